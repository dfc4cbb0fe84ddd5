"""A stopped desk with something in every table and in every sealed column."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import LargeBinary, insert, select, update

from bot.domain.dialog import Say
from bot.domain.ids import ContactId
from bot.store import tables as t
from bot.store.engine import Store
from bot.store.sealing import KeyRing, new_key_line
from tests.promises.life import lives
from tests.support.databases import sqlite_url
from tests.support.library import small_shelf
from tests.support.room import Clock, furnish
from tests.support.settings import settings

Contents = dict[str, dict[Any, bytes | None]]
SEALED = [
    (table, c) for table in t.metadata.sorted_tables for c in table.columns if isinstance(c.type, LargeBinary)
]

KEY = new_key_line()
_made: list[bytes] = []


async def furnished(store: Store) -> None:
    """A life, and something in every sealed column that it leaves empty."""
    room = await furnish(store, Clock(), settings(), small_shelf())
    await lives(room)
    seal, now = store.keys.seal, Clock()()
    async with store.begin() as tx:
        await tx.inbox.quarantine("telegram", "7", "{broken", "why")
        event = {
            "user": "w",
            "seq": 1,
            "key": "k",
            "kind": "in",
            "body_sealed": seal("话", "web_events.body"),
        }
        await tx.execute(insert(t.web_events).values(**event, at=now))
        for n in range(6):
            file = {
                "name_sealed": seal(f"{n}.pdf", "web_files.name"),
                "data_sealed": tx.keys.seal_bytes(os.urandom(20_000), "web_files.data"),
            }
            await tx.execute(
                insert(t.web_files).values(id=f"f{n}", user="w", kind="d", mime="m", at=now, **file)
            )
        body = {"body_sealed": seal("等着", "inbox.body"), "state": "failed"}
        await tx.execute(update(t.inbox).where(t.inbox.c.id == 1).values(**body))
        await room.desk.say(tx, ContactId(1), Say("help"), not_before=now + timedelta(days=999))
        await tx.execute(update(t.reminders).values(text_sealed=seal("跟进", "reminders.text")))
    await store.close()


async def full_desk(folder: Path) -> str:
    """The address of such a SQLite desk, under KEY; it is made once in this process."""
    if not _made:
        url = await sqlite_url(folder)
        await furnished(Store(url, KeyRing.load(folder / "no-file", KEY), Clock()))
        _made.append((folder / "desk.sqlite3").read_bytes())
    (folder / "desk.sqlite3").write_bytes(_made[0])
    return f"sqlite:///{folder}/desk.sqlite3"


async def contents(store: Store) -> Contents:
    """Everything that is sealed, opened with the store's keys: column, primary key, words."""
    found = Contents()
    async with store.read() as tx:
        for table, column in SEALED:
            (key,) = table.primary_key.columns
            name = f"{table.name}.{column.name.removesuffix('_sealed')}"
            rows = (await tx.execute(select(key, column))).all()
            found[name] = {row[0]: row[1] and tx.keys.open_bytes(row[1], name) for row in rows}
    return found
