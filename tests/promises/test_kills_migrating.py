"""kill -9 in the middle of a migration: the tables are as before it, and the next start goes through."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import text

from bot.config import load_config
from bot.parts import open_store
from bot.store.migrate import config
from tests.operate.life import sound
from tests.promises.kills import IN_MIGRATION, Death, Town, asks, database_url, nursery, town
from tests.promises.scale import MEMORY, SOAK
from tests.support.databases import POSTGRESQL, SQLITE

pytestmark = pytest.mark.databases(SQLITE, POSTGRESQL)
_STEP = """
import sqlalchemy as sa
from alembic import op

revision = "later"
down_revision = "{head}"
branch_labels = depends_on = None


def upgrade() -> None:
    op.add_column("contacts", sa.Column("seen", sa.BigInteger(), nullable=True))
    op.execute("UPDATE contacts SET seen = id")
    op.create_table("letters", sa.Column("id", sa.BigInteger(), nullable=False))
    op.execute("INSERT INTO letters SELECT id FROM inbox")
    op.create_index("ix_contacts_seen", "contacts", ["seen"])
"""
FIRST = 30
"""Statements of the first migration, or a few less."""
STATEMENTS = 6
"""Five of these, and the one that notes the version; the kill after them comes before the commit."""


@asynccontextmanager
async def a_town(database: str, request: pytest.FixtureRequest) -> AsyncIterator[Town]:
    """Without a desk yet, and without tables."""
    async with contextlib.AsyncExitStack() as stack:
        url = await stack.enter_async_context(database_url(database, request))
        folder = stack.enter_context(tempfile.TemporaryDirectory(dir=MEMORY))
        born = await stack.enter_async_context(nursery())
        yield await stack.enter_async_context(town(born, Path(folder), url))


async def _lives(place: Town, name: str) -> None:
    """A desk starts, answers somebody, and ends."""
    await place.starts()
    await asks(place.server.user(name))
    await place.server.drained(30)
    await place.stops()


async def test_a_migration_killed_anywhere_leaves_the_tables_as_they_were(
    database: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    head = ScriptDirectory.from_config(config()).get_current_head()
    (tmp_path / "later.py").write_text(_STEP.format(head=head))
    async with a_town(database, request) as place:
        for nth in range(1, FIRST + 1, 1 if SOAK else 28):
            await place.dies(Death(IN_MIGRATION, nth), tables=False)
        await _lives(place, "梅")
        waiting = place.server.user("等")
        waiting.says("公司拖欠工资不发怎么办？")
        for nth in range(1, STATEMENTS + 2, 1 if SOAK else 6):
            place.steps = str(tmp_path)
            await place.dies(Death(IN_MIGRATION, nth))
            place.steps = ""
            await _lives(place, f"前{nth}")  # the version before still runs on what is there
        await waiting.hears("《劳动合同法》")
        place.steps = str(tmp_path)
        known = len(place.server.users), len(place.server.world.updates.emitted)
        await _lives(place, "后")
        await _look(place, *known)


async def _look(place: Town, people: int, letters: int) -> None:
    """The later version's tables have what was there when it came."""
    store = open_store(load_config(place.config))
    try:
        assert await sound(store) == []
        async with store.read() as tx:
            seen = await tx.execute(text("SELECT count(seen) FROM contacts"))
            assert seen.scalar_one() == people
            kept = await tx.execute(text("SELECT count(*) FROM letters"))
            assert kept.scalar_one() == letters
    finally:
        await store.close()
