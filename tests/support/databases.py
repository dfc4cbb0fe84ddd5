"""Fresh, migrated databases for tests, made from one that was migrated once in this process."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

from bot.store.engine import Store
from bot.store.migrate import migrate
from bot.store.sealing import KeyRing, new_key_line
from tests.support.postgres import Server

SQLITE, POSTGRESQL = "sqlite", "postgresql"
_empty: list[bytes] = []


def a_key() -> KeyRing:
    """A key ring of one new key."""
    return KeyRing.load(Path("not-a-file"), new_key_line())


async def _migrated(url: str) -> None:
    store = Store(url, a_key(), lambda: datetime.now(UTC))
    await migrate(store)
    await store.close()


async def sqlite_url(folder: Path) -> str:
    """A migrated SQLite file in this folder."""
    file = folder / "desk.sqlite3"
    url = f"sqlite:///{file}"
    if _empty:
        file.write_bytes(_empty[0])
    else:
        await _migrated(url)
        _empty.append(file.read_bytes())
    return url


@asynccontextmanager
async def postgresql_url(server: Server) -> AsyncIterator[str]:
    """A migrated PostgreSQL database, gone in the end."""
    if not server.template:
        name = await server.create()
        await _migrated(server.url(name))
        server.template = name
    async with server.database() as url:
        yield url
