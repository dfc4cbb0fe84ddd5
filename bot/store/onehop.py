"""aiosqlite with one hop to its thread per statement: execute, fetch and close go together.

SQLAlchemy's dialect makes a cursor, executes, fetches and closes in four hops of 37-150 µs each; on a
small machine that is most of a turn. Most statements need not even that one: they find their pages in the
cache and take some 20 µs, less than the hop. What may wait goes to the thread: the writer's BEGIN and
COMMIT, and surveys that read whole tables.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from enum import Enum
from pathlib import Path
from typing import Any

import aiosqlite
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection

Row = tuple[Any, ...]
_WAITS = ("BEGIN", "COMMIT", "PRAGMA", "VACUUM")


class Here(Enum):
    """What a connection runs here, and not on its thread."""

    NOTHING = "nothing"
    STATEMENTS = "statements"
    """All but what may wait for a lock or for the disk."""
    READING = "reading"
    """Everything: a reader of SQLite's WAL waits for nobody."""


class OneHopCursor:
    """As much of aiosqlite.Cursor as SQLAlchemy's dialect uses; the rows are here after execute()."""

    arraysize = 1

    def __init__(self, connection: OneHopConnection) -> None:
        self._connection = connection
        self._rows: list[Row] = []
        self.description: Any = None
        self.rowcount = -1
        self.lastrowid: int | None = None

    async def __aenter__(self) -> OneHopCursor:
        return self

    async def execute(self, operation: str, parameters: Iterable[Any] = ()) -> OneHopCursor:
        """Run one statement."""
        here = self._connection.here
        if here is Here.READING or (here is Here.STATEMENTS and not operation.startswith(_WAITS)):
            self._run(self._connection.database, operation, parameters)
        else:
            await self._connection.on_thread(self._run, operation, parameters)
        return self

    async def executemany(self, operation: str, parameters: Iterable[Iterable[Any]]) -> OneHopCursor:
        """Run one statement for each set of parameters."""
        await self._connection.on_thread(self._run_many, operation, parameters)
        return self

    def _run(self, database: sqlite3.Connection, operation: str, parameters: Any) -> None:
        self._take(database.execute(operation, parameters))

    def _run_many(self, database: sqlite3.Connection, operation: str, parameters: Any) -> None:
        self._take(database.executemany(operation, parameters))

    def _take(self, cursor: sqlite3.Cursor) -> None:
        try:
            self.description = cursor.description
            self._rows = cursor.fetchall() if cursor.description else []
            self.rowcount, self.lastrowid = cursor.rowcount, cursor.lastrowid
        finally:
            cursor.close()

    async def fetchall(self) -> Sequence[Row]:
        """All rows, once."""
        rows, self._rows = self._rows, []
        return rows

    async def close(self) -> None:
        """Closed already."""


class OneHopConnection(aiosqlite.Connection):
    """aiosqlite's connection with such cursors; `here` says what needs no thread."""

    here = Here.NOTHING

    @property
    def database(self) -> sqlite3.Connection:
        """The connection itself."""
        return self._conn

    def cursor(self) -> Any:
        """A cursor that needs no hop to be made."""
        return OneHopCursor(self)

    async def rollback(self) -> None:
        """Undo what is open; the pool asks for it whenever a connection comes back, mostly in vain."""
        if not self._conn.in_transaction:
            return
        if self.here is Here.READING:
            self._conn.rollback()
        else:
            await super().rollback()

    async def commit(self) -> None:
        """The end of a reading transaction needs no thread."""
        if self.here is Here.READING:
            self._conn.commit()
        else:
            await super().commit()

    def savepoint(self, statement: str) -> None:
        """SAVEPOINT, RELEASE, ROLLBACK TO: they touch no disk, and SQLAlchemy would compile each anew."""
        try:
            self._conn.execute(statement)
        except sqlite3.Error as error:
            raise OperationalError(statement, None, error) from error

    async def on_thread(self, work: Any, *args: Any) -> Any:
        """Run `work(sqlite3 connection, *args)` on the connection's thread."""
        return await self._execute(work, self._conn, *args)  # type: ignore[no-untyped-call]


async def run(connection: AsyncConnection, here: Here) -> OneHopConnection:
    """From now on this one's driver, which is returned, runs that much here."""
    raw = await connection.get_raw_connection()
    driver: Any = raw.driver_connection
    assert isinstance(driver, OneHopConnection)
    driver.here = here
    return driver


async def connect(path: str) -> aiosqlite.Connection:
    """Open a database file."""

    def open_file() -> sqlite3.Connection:
        return sqlite3.connect(Path(path), isolation_level=None, check_same_thread=False)

    connection = OneHopConnection(open_file, iter_chunk_size=64)
    connection._thread.daemon = True  # as SQLAlchemy sets it: a desk that is killed must not hang on it
    return await connection
