"""Opens the database and hands out transactions; the only place that knows SQLite from PostgreSQL."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DBAPIError, InterfaceError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from bot.desk.ports import Clock
from bot.domain.errors import StoreError
from bot.store.sealing import KeyRing
from bot.store.tx import Tx

_BUSY_MS = 5000


def async_url(database_url: str) -> URL:
    """sqlite:///path and postgresql://… with the asynchronous driver named."""
    url = make_url(database_url)
    driver = {
        "sqlite": "sqlite+aiosqlite",
        "postgresql": "postgresql+asyncpg",
        "postgres": "postgresql+asyncpg",
    }
    name = driver.get(url.get_backend_name())
    if name is None:
        raise StoreError(f"database_url: 只支持 sqlite 和 postgresql，而不是 {url.get_backend_name()}。")
    return url.set(drivername=name)


class Store:
    """The desk's memory. One writer at a time on SQLite; row locks on PostgreSQL."""

    def __init__(self, database_url: str, keys: KeyRing, clock: Clock) -> None:
        self._url = async_url(database_url)
        self.keys = keys
        self.clock = clock
        self.is_sqlite = self._url.get_backend_name() == "sqlite"
        self._engine = self._make_engine()
        self._writer = asyncio.Lock()

    def _make_engine(self) -> AsyncEngine:
        if not self.is_sqlite:
            return create_async_engine(self._url, pool_pre_ping=True, pool_size=8)
        _private_file(self._url.database)
        engine = create_async_engine(self._url, pool_size=4, max_overflow=4)
        event.listen(engine.sync_engine, "connect", _on_connect)
        event.listen(engine.sync_engine, "begin", _on_begin)
        return engine

    @property
    def engine(self) -> AsyncEngine:
        """For migrations and backups."""
        return self._engine

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[Tx]:
        """A writing transaction: committed at the end, rolled back on any error. Raises StoreError."""
        if not self.is_sqlite:
            async with self._transaction() as tx:
                yield tx
            return
        async with self._writer, self._transaction() as tx:
            yield tx

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Tx]:
        """A reading transaction on one snapshot; never waits for the writer."""
        async with self._transaction(read_only=True) as tx:
            yield tx

    @asynccontextmanager
    async def _transaction(self, *, read_only: bool = False) -> AsyncIterator[Tx]:
        try:
            async with self._connection() as connection:
                await connection.execution_options(desk_read_only=read_only)
                async with connection.begin():
                    yield Tx(connection, self.keys, self.clock, self.is_sqlite)
        except SQLAlchemyError as error:
            raise wrap(error) from error

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[AsyncConnection]:
        """A connection from the pool; a server that is not there raises OSError before it is one."""
        try:
            connection = await self._engine.connect().start()
        except OSError as error:
            raise wrap(error) from error
        try:
            yield connection
        finally:
            await connection.close()

    async def close(self) -> None:
        """Give back every connection; on SQLite the WAL is folded into the file."""
        if self.is_sqlite:
            await self.checkpoint()
        await self._engine.dispose()

    async def checkpoint(self) -> None:
        """Fold the WAL into the file and empty it (after an erasure, so that nothing stays there)."""
        if not self.is_sqlite:
            return
        async with self._writer, self._engine.connect() as connection:
            raw = await connection.get_raw_connection()
            driver = raw.driver_connection
            assert driver is not None
            await driver.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    async def ping(self) -> datetime:
        """The clock, if the database answers; StoreError otherwise."""
        async with self.read() as tx:
            await tx.execute(text("SELECT 1"))
        return self.clock()


def wrap(error: Exception) -> StoreError:
    """A database error in words that name no data (statements and parameters stay out of logs)."""
    cause = error.orig if isinstance(error, DBAPIError) and not isinstance(error, InterfaceError) else error
    return StoreError(f"{type(error).__name__}: {type(cause).__name__}")


def _private_file(path: str | None) -> None:
    """Database files are born 0600 in a 0700 folder."""
    if not path or path == ":memory:":
        return
    file = Path(path)
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not file.exists():
        os.close(os.open(file, os.O_WRONLY | os.O_CREAT, 0o600))


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


def _on_begin(connection: Any) -> None:
    read_only = connection.get_execution_options().get("desk_read_only", False)
    connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")
