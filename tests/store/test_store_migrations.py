"""Migrations: from nothing to the newest, once, and never down by accident."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, text

from bot.domain.errors import StoreError
from bot.store.engine import Store
from bot.store.migrate import NEWEST, config, migrate
from bot.store.sealing import KeyRing
from bot.store.tables import metadata
from tests.support.databases import SQLITE
from tests.support.room import Clock

from .things import EVERYWHERE, people

pytestmark = EVERYWHERE
HEAD = ScriptDirectory.from_config(config()).get_current_head()


@pytest.fixture
async def blank(
    database: str, tmp_path: Path, request: pytest.FixtureRequest, keys: KeyRing, clock: Clock
) -> AsyncIterator[tuple[Store, Store]]:
    """Two instances on a database without any table."""
    if database == SQLITE:
        url = f"sqlite:///{tmp_path}/blank.sqlite3"
    else:
        server = request.getfixturevalue("postgres")
        name = await server.create()
        url = server.url(name)
    stores = Store(url, keys, clock), Store(url, keys, clock)
    yield stores
    for store in stores:
        await store.close()


def differences(connection: Connection) -> list[object]:
    # Alembic cannot read an empty default of SQLite; PostgreSQL's are compared
    options = {"compare_type": True, "compare_server_default": connection.dialect.name != "sqlite"}
    return list(compare_metadata(MigrationContext.configure(connection, opts=options), metadata))


def test_the_version_that_needs_no_migration_is_the_newest() -> None:
    assert NEWEST == HEAD


async def test_an_empty_database_is_brought_to_the_newest_version_once(blank: tuple[Store, Store]) -> None:
    store, _ = blank
    assert await migrate(store) == ("", HEAD)
    await people(store, "mei")
    assert await migrate(store) == (HEAD, HEAD)
    async with store.read() as tx:
        assert len(await tx.contacts.all_staff()) == 0


async def test_the_migrated_tables_are_those_that_the_queries_know(blank: tuple[Store, Store]) -> None:
    store, _ = blank
    await migrate(store)
    async with store.engine.connect() as connection:
        assert await connection.run_sync(differences) == []


async def test_a_table_that_no_migration_makes_would_be_seen(blank: tuple[Store, Store]) -> None:
    """Teeth of the comparison above."""
    store, _ = blank
    await migrate(store)
    async with store.engine.begin() as connection:
        await connection.execute(text("DROP TABLE audit_head"))
        await connection.execute(text("DROP INDEX ix_inbox_state"))
        assert len(await connection.run_sync(differences)) == 2


async def test_two_instances_that_start_at_once_migrate_once(blank: tuple[Store, Store]) -> None:
    async with asyncio.timeout(20):
        results = await asyncio.gather(*(migrate(store) for store in blank))
    assert sorted(results) == [("", HEAD), (HEAD, HEAD)]


async def test_a_database_of_a_newer_version_is_refused_and_left_alone(store: Store) -> None:
    async with store.engine.begin() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StoreError, match=r"9999.*新版程序"):
        await migrate(store)
    async with store.engine.connect() as connection:
        assert (await connection.execute(text("SELECT version_num FROM alembic_version"))).scalar() == "9999"


async def test_a_migration_that_fails_leaves_nothing_behind(blank: tuple[Store, Store]) -> None:
    store, _ = blank
    async with store.engine.begin() as connection:
        await connection.execute(text("CREATE TABLE reminders (id INTEGER)"))
    with pytest.raises(StoreError):
        await migrate(store)
    async with store.engine.begin() as connection:
        assert await connection.run_sync(lambda c: inspect(c).get_table_names()) == ["reminders"]
        await connection.execute(text("DROP TABLE reminders"))
    assert await migrate(store) == ("", HEAD)
