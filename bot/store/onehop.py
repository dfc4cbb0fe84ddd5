"""aiosqlite with one hop to its thread per statement: execute, fetch and close go together.

SQLAlchemy's dialect makes a cursor, executes, fetches and closes in four hops of 37-150 µs each; on a
small machine that is most of a turn. The writer's statements need not even that one: they find their pages
in the cache and take some 20 µs, less than the hop; only what may wait (BEGIN, COMMIT) goes to the thread.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import aiosqlite

Row = tuple[Any, ...]
_WAITS = ("BEGIN", "COMMIT", "PRAGMA", "VACUUM")


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
        if self._connection.at_once and not operation.startswith(_WAITS):
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
    """aiosqlite's connection with such cursors. `at_once`: run statements here, without the thread."""

    at_once = False

    @property
    def database(self) -> sqlite3.Connection:
        """The connection itself."""
        return self._conn

    def cursor(self) -> Any:
        """A cursor that needs no hop to be made."""
        return OneHopCursor(self)

    async def on_thread(self, work: Any, *args: Any) -> Any:
        """Run `work(sqlite3 connection, *args)` on the connection's thread."""
        return await self._execute(work, self._conn, *args)  # type: ignore[no-untyped-call]


async def connect(path: str) -> aiosqlite.Connection:
    """Open a database file."""

    def open_file() -> sqlite3.Connection:
        return sqlite3.connect(Path(path), isolation_level=None, check_same_thread=False)

    connection = OneHopConnection(open_file, iter_chunk_size=64)
    connection._thread.daemon = True  # as SQLAlchemy sets it: a desk that is killed must not hang on it
    return await connection
