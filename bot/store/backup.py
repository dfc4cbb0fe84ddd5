"""A copy of a SQLite desk while it works, and whether such a copy is whole and can be read.

The copy is made inside one reading transaction: it is the desk as it was at one moment, and the desk goes
on writing meanwhile. It gets its name only after it was written out and checked.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import NullPool

from bot.desk.ports import Clock
from bot.domain.errors import StoreError
from bot.store import migrate, onehop
from bot.store.engine import Store
from bot.store.sealing import KeyRing
from bot.store.sound import unreadable, unsound
from bot.store.tx import Tx

_PAGES = 256
_PG = "数据库是 PostgreSQL：请用 pg_dump -Fc 库名 > 文件 备份，用 pg_restore 恢复。"
_ASIDE = ("-wal", "-shm", "-journal")
_CLOCK = timedelta(hours=1)
"""How far this machine's clock may be from the one that the desk ran on."""
Rows = dict[str, int]
Progress = Callable[[int, int], None]
"""Told after every step: pages left, pages in all."""


def _quiet(_left: int, _total: int) -> None:
    """Nobody wants to know."""


# making one


async def back_up(store: Store, target: Path, progress: Progress = _quiet) -> Rows:
    """Copy the database to `target` (0600), which appears only when it is whole; returns rows per table.

    StoreError when it cannot be done, or when there is such a file already. What a killed backup leaves is
    `target.part`; the next one of that name begins it anew.
    """
    if not store.is_sqlite:
        raise StoreError(_PG)
    if target.exists():  # noqa: ASYNC240
        raise StoreError(f"{target} 已经存在；备份不覆盖旧文件，请换一个名字。")
    part = target.with_name(f"{target.name}.part")
    try:
        async with store.engine.connect() as connection:
            driver: Any = (await connection.get_raw_connection()).driver_connection
            rows: Rows = await driver.on_thread(_copy, part, progress)
        _publish(part, target)
    except (sqlite3.Error, SQLAlchemyError, OSError) as error:
        raise StoreError(f"备份没有完成，没有写出 {target}（{_why(error)}）。") from error
    return rows


def _why(error: Exception) -> str:
    words = getattr(error, "strerror", None) or getattr(error, "sqlite_errorname", None)
    return str(words or type(error).__name__)


def _copy(database: sqlite3.Connection, part: Path, progress: Progress) -> Rows:
    """On the connection's own thread."""
    descriptor = _own(part)
    try:
        database.execute("BEGIN")
        try:
            rows = _count(database)
            with contextlib.closing(sqlite3.connect(part, isolation_level=None)) as copy:
                copy.execute("PRAGMA synchronous=OFF")
                database.backup(copy, pages=_PAGES, progress=lambda _, left, total: progress(left, total))
                copy.execute("PRAGMA journal_mode=DELETE")
        finally:
            database.execute("ROLLBACK")
        os.fsync(descriptor)
        _verify(part, rows)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    finally:
        os.close(descriptor)
    return rows


def _own(part: Path) -> int:
    """The unfinished copy, empty and for nobody else; OSError when another backup is at it."""
    descriptor = os.open(part, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.fchmod(descriptor, 0o600)
        os.ftruncate(descriptor, 0)
        for aside in _ASIDE:
            Path(f"{part}{aside}").unlink(missing_ok=True)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def _verify(part: Path, rows: Rows) -> None:
    with contextlib.closing(_open(part)) as copy:
        problems = _faults(copy)
        if problems or _count(copy) != rows:
            raise StoreError(f"备份写出来不完整，已经删掉（{'；'.join(problems) or '行数不对'}）。")


def _publish(part: Path, target: Path) -> None:
    """The name, at once and only if it is free; where there are no hard links, nearly so."""
    try:
        os.link(part, target)
        part.unlink()
    except FileExistsError:
        part.unlink()
        raise
    except OSError:
        if target.exists():
            raise
        part.rename(target)
    folder = os.open(target.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


# checking one


@dataclass(frozen=True, slots=True)
class Checked:
    """What a database file holds, and what is wrong with it."""

    version: str
    rows: Rows
    problems: tuple[str, ...]
    newest: bool = True


async def check(file: Path, keys: KeyRing, clock: Clock) -> Checked:
    """Look through a database file without changing it. What is wrong is returned, not raised."""
    if not file.is_file():  # noqa: ASYNC240
        return Checked("", {}, (f"没有这个文件：{file}",))
    try:
        with contextlib.closing(_open(file)) as database:
            problems = _faults(database)
            rows = _count(database)
        async with _reading(file) as connection:
            version, newest, unknown = await connection.run_sync(_version)
            problems += unknown
            if newest and not problems:
                tx = Tx(connection, keys, clock, True, True)
                problems += await unreadable(tx) or await unsound(tx, clock() + _CLOCK)
    except (sqlite3.Error, SQLAlchemyError) as error:
        cause = getattr(error, "orig", None) or error
        return Checked("", {}, (f"不是完好的 SQLite 数据库（{_why(cause)}）",))
    return Checked(version, rows, tuple(problems), newest)


def _open(file: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{quote(str(file))}?mode=ro", uri=True, isolation_level=None)


def _faults(database: sqlite3.Connection) -> list[str]:
    """What SQLite itself finds wrong."""
    damage = [str(row[0]) for row in database.execute("PRAGMA integrity_check(5)")]
    if damage != ["ok"]:
        return [f"文件损坏：{damage[0]}"]
    orphans = len(database.execute("PRAGMA foreign_key_check").fetchall())
    return [f"{orphans} 行指向不存在的行"] if orphans else []


def _count(database: sqlite3.Connection) -> Rows:
    names = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name"
    tables = [str(row[0]) for row in database.execute(names).fetchall()]
    return {
        name: int(database.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0])  # noqa: S608 - its own
        for name in tables
    }


@asynccontextmanager
async def _reading(file: Path) -> AsyncIterator[AsyncConnection]:
    async def creator() -> Any:
        return await onehop.OneHopConnection(lambda: _open(file), iter_chunk_size=64)

    engine = create_async_engine(
        "sqlite+aiosqlite://", async_creator=creator, poolclass=NullPool, hide_parameters=True
    )
    try:
        async with engine.connect() as connection:
            yield connection
    finally:
        await engine.dispose()


def _version(connection: Any) -> tuple[str, bool, list[str]]:
    """The tables' version, whether it is this program's, and why it cannot be used."""
    version = MigrationContext.configure(connection).get_current_revision() or ""
    script = ScriptDirectory.from_config(migrate.config())
    if not version:
        return "", False, ["不是本程序的数据库，或者是空的"]
    if version not in {s.revision for s in script.walk_revisions()}:
        return version, False, [f"是更新的版本（{version}）写的；请用新版程序检查"]
    return version, version == script.get_current_head(), []
