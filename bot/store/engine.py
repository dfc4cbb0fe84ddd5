"""Opens the database and hands out transactions; the only place that knows SQLite from PostgreSQL."""

from __future__ import annotations

import contextlib
import fcntl
import os
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import event, func, select, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError, StatementError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from bot.desk.ports import Clock
from bot.domain.errors import StoreError
from bot.store import onehop
from bot.store.group import GroupWriter
from bot.store.onehop import Here
from bot.store.sealing import KeyRing
from bot.store.tx import Tx

_BUSY_MS = 20_000
_FOLD_MS = 250
"""How long emptying the WAL waits for readers; it holds up writers meanwhile."""
_CONNECT_SECONDS = 5
_LINE_SECONDS = 120
"""How long a turn waits for a connection to PostgreSQL: when 200 people write at once that is no fault."""

_STILL = "30s"
"""After so long without a statement PostgreSQL undoes a transaction: its instance stands still, or its
machine is gone without a word, and others wait for its locks."""


def async_url(database_url: str) -> URL:
    """sqlite:///path and postgresql://… with the asynchronous driver named; StoreError for others."""
    try:
        url = make_url(database_url)
    except ArgumentError:
        raise StoreError("database_url 读不懂：要写 sqlite:///路径 或 postgresql://主机/库名。") from None
    driver = {
        "sqlite": "sqlite+aiosqlite",
        "postgresql": "postgresql+asyncpg",
        "postgres": "postgresql+asyncpg",
    }
    name = driver.get(url.get_backend_name())
    if name is None:
        raise StoreError(f"database_url: 只支持 sqlite 和 postgresql，而不是 {url.get_backend_name()}。")
    if url.get_backend_name() == "sqlite" and url.database in (None, "", ":memory:"):
        raise StoreError("database_url：SQLite 要写明文件，例如 sqlite:///var/desk.sqlite3。")
    return url.set(drivername=name)


class Store:
    """The desk's memory. One writer at a time on SQLite; row locks on PostgreSQL.

    `server_time`: on PostgreSQL the time of a transaction is the server's, not `clock`'s: of several
    instances none may take a lease for over because its own clock is ahead.
    """

    def __init__(self, database_url: str, keys: KeyRing, clock: Clock, *, server_time: bool = False) -> None:
        self._url = async_url(database_url)
        self.keys = keys
        self.clock = clock
        self.is_sqlite = self._url.get_backend_name() == "sqlite"
        self._server_time = server_time and not self.is_sqlite
        self._engine = self._make_engine()
        self._writer = GroupWriter(self._engine)
        self._traces = False
        self._held: int | None = None

    def _make_engine(self) -> AsyncEngine:
        if not self.is_sqlite:
            lives = {"idle_in_transaction_session_timeout": _STILL}
            waits = {"timeout": _CONNECT_SECONDS, "server_settings": lives}
            return create_async_engine(
                self._url, pool_pre_ping=True, pool_size=8, pool_timeout=_LINE_SECONDS, hide_parameters=True,
                connect_args=waits,
            )  # fmt: skip
        path = self._url.database or ""
        _private_file(path)
        engine = create_async_engine(
            self._url, pool_size=4, max_overflow=4, hide_parameters=True,
            async_creator=partial(onehop.connect, path),
        )  # fmt: skip
        event.listen(engine.sync_engine, "connect", _on_connect)
        event.listen(engine.sync_engine, "checkout", _on_checkout)
        event.listen(engine.sync_engine, "begin", _on_begin)
        return engine

    @property
    def engine(self) -> AsyncEngine:
        """For migrations and backups."""
        return self._engine

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[Tx]:
        """A writing transaction: committed at the end, rolled back on any error. Raises StoreError.

        After an erasure the WAL is emptied too: at once, or after the next write if a reader is in the way.
        """
        if not self.is_sqlite:
            async with self._transaction() as tx:
                yield tx
            return
        try:
            async with self._writer.transaction() as (connection, database):
                tx = Tx(connection, self.keys, self.clock, True, False, database)
                yield tx
                await tx.audit.write()
        except (SQLAlchemyError, OSError) as error:
            raise wrap(error) from error
        self._traces = self._traces or tx.erased
        if self._traces:
            await self.checkpoint()

    @asynccontextmanager
    async def read(self, *, survey: bool = False) -> AsyncIterator[Tx]:
        """A reading transaction on one snapshot; never waits for the writer, and cannot write.

        A `survey` may take long (it reads whole tables): others are served meanwhile.
        """
        async with self._transaction(read_only=True, here=Here.NOTHING if survey else Here.READING) as tx:
            yield tx

    @asynccontextmanager
    async def _transaction(self, *, read_only: bool = False, here: Here = Here.NOTHING) -> AsyncIterator[Tx]:
        try:
            async with self._engine.connect() as connection:
                await connection.execution_options(**self._options(read_only))
                database = await self._database(connection, here) if self.is_sqlite else None
                async with connection.begin():
                    clock = await self._now(connection) if self._server_time else self.clock
                    tx = Tx(connection, self.keys, clock, self.is_sqlite, read_only, database)
                    yield tx
                    await tx.audit.write()
        except (SQLAlchemyError, OSError) as error:
            # OSError: a server that is not there, or went away, before it is the driver's own error
            raise wrap(error) from error

    async def _database(self, connection: AsyncConnection, here: Here) -> sqlite3.Connection | None:
        """The file itself, for what needs no thread."""
        driver = await onehop.run(connection, here)
        return None if here is Here.NOTHING else driver.database

    async def _now(self, connection: AsyncConnection) -> Clock:
        now: datetime = (await connection.execute(select(func.now()))).scalar_one()
        return lambda: now

    def _options(self, read_only: bool) -> dict[str, Any]:
        if self.is_sqlite:
            return {"desk_read_only": read_only}
        if read_only:
            return {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        return {}

    def hold(self) -> None:
        """Be the only desk on this SQLite file until the process ends; StoreError if another one is.

        Two would send each other's messages again. On PostgreSQL many instances share the work.
        """
        if not self.is_sqlite or self._held is not None:
            return
        held = os.open(f"{self._url.database}.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(held)
            raise StoreError(
                f"另一个问答台正在用数据库 {self._url.database}。先停掉它；要多个实例，请用 PostgreSQL。"
            ) from None
        self._held = held

    async def close(self) -> None:
        """Give back every connection; on SQLite the WAL is folded into the file."""
        await self.checkpoint()
        await self._engine.dispose()
        if self._held is not None:
            os.close(self._held)
            self._held = None

    async def checkpoint(self) -> None:
        """Fold the WAL into the file and empty it, as far as readers allow."""
        if self.is_sqlite:
            async with self._writer.alone():
                self._traces = not await self._fold() and self._traces

    async def _fold(self) -> bool:
        """Empty the WAL; False if a reader was in the way. What was committed stays committed either way."""
        try:
            async with self._engine.connect() as connection:
                raw = await connection.get_raw_connection()
                driver: Any = raw.driver_connection
                await driver.execute(f"PRAGMA busy_timeout={_FOLD_MS}")
                try:
                    rows = await driver.execute_fetchall("PRAGMA wal_checkpoint(TRUNCATE)")
                finally:
                    await driver.execute(f"PRAGMA busy_timeout={_BUSY_MS}")
        except (SQLAlchemyError, sqlite3.Error, OSError):
            return False
        return [row[0] for row in rows] == [0]

    async def ping(self) -> datetime:
        """The clock, if the database answers; StoreError otherwise."""
        async with self.read() as tx:
            await tx.execute(text("SELECT 1"))
        return self.clock()


def wrap(error: Exception) -> StoreError | ValueError:
    """A database error in words that name no data (statements and parameters stay out of logs).

    ValueError when one value is at fault, that no database could hold: trying again would not help.
    """
    cause = error.orig if isinstance(error, StatementError) else error
    code = getattr(cause, "sqlstate", None) or getattr(cause, "sqlite_errorname", None)
    kind = f"{type(error).__name__} {code or type(cause).__name__}"
    own = isinstance(error, StatementError) and not isinstance(error, DBAPIError)
    if own or str(code).startswith("22") or isinstance(getattr(cause, "__cause__", None), ValueError):
        return ValueError(f"a value that cannot be stored ({kind})")
    return StoreError(f"数据库没有完成操作，什么也没有写入（{kind}）。")


def _private_file(path: str) -> None:
    """Database files are 0600 in a 0700 folder, those of a restored backup too."""
    file = Path(path)
    try:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        os.close(os.open(file, os.O_WRONLY | os.O_CREAT, 0o600))
    except OSError as error:
        raise StoreError(f"数据库文件 {path} 打不开（{error.strerror}）；请检查文件夹和权限。") from error
    for one in (file, Path(f"{path}-wal"), Path(f"{path}-shm")):
        with contextlib.suppress(OSError):  # not there, or not ours
            if one.stat().st_mode & 0o077:
                one.chmod(0o600)


def _on_connect(connection: Any, _record: object) -> None:
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        f"busy_timeout={_BUSY_MS}",
        "secure_delete=ON",
        "trusted_schema=OFF",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _on_checkout(connection: Any, _record: object, _proxy: object) -> None:
    connection.driver_connection.here = Here.NOTHING


def _on_begin(connection: Any) -> None:
    read_only = connection.get_execution_options().get("desk_read_only", False)
    connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")
