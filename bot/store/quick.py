"""The statements that every turn runs, straight to sqlite3: SQLAlchemy compiles each of them once.

Through SQLAlchemy's connection a statement costs some 100 µs besides what SQLite does; 20 of them were a
third of a turn. Here SQLAlchemy still writes the SQL, converts the values both ways and makes the rows.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from typing import Any

from sqlalchemy import ClauseElement, Executable
from sqlalchemy.dialects.sqlite.aiosqlite import SQLiteDialect_aiosqlite
from sqlalchemy.engine import IteratorResult
from sqlalchemy.engine.result import SimpleResultMetaData
from sqlalchemy.exc import DBAPIError, StatementError
from sqlalchemy.sql.compiler import SQLCompiler

_DIALECT = SQLiteDialect_aiosqlite()
_KINDS = 256
"""More than there are statements that are made once; any that are made anew each time push each other out."""


class QuickResult(IteratorResult[*tuple[Any, ...]]):
    """The rows, and how many rows a writing statement touched."""

    rowcount: int


class _Statement:
    """What SQLAlchemy made of one: its text, values to convert and put in order, columns to convert."""

    def __init__(self, statement: Executable, values: Mapping[str, Any]) -> None:
        assert isinstance(statement, ClauseElement)
        compiled = statement.compile(dialect=_DIALECT, column_keys=list(values))
        assert isinstance(compiled, SQLCompiler)
        assert not compiled.insert_prefetch, "a column's default is made by SQLAlchemy's connection"
        whole = compiled.construct_expanded_state(dict(values))
        self._sql = whole.statement
        ingoing: Mapping[str, Any] = compiled._bind_processors
        self._values = [(n, whole.parameters[n], ingoing.get(n)) for n in whole.positiontup or ()]
        columns = compiled._result_columns
        self._keys = SimpleResultMetaData([column.keyname for column in columns])
        made = [column.type._cached_result_processor(_DIALECT, None) for column in columns]
        self._columns = made if any(made) else None

    def run(self, database: sqlite3.Connection, values: Mapping[str, Any]) -> QuickResult:
        try:
            given = [
                values.get(name, known) if convert is None else convert(values.get(name, known))
                for name, known, convert in self._values
            ]
        except Exception as error:
            raise StatementError(
                type(error).__name__, self._sql, None, error, hide_parameters=True
            ) from error
        try:
            cursor = database.execute(self._sql, given)
            rows: list[Any] = cursor.fetchall() if cursor.description else []
        except sqlite3.Error as error:
            raise _wrapped(self._sql, error) from error
        if self._columns is not None:
            rows = [
                tuple([v if c is None else c(v) for v, c in zip(row, self._columns, strict=True)])
                for row in rows
            ]
        result = QuickResult(self._keys, iter(rows))
        result.rowcount = cursor.rowcount
        return result


def _wrapped(sql: str, error: sqlite3.Error) -> BaseException:
    """As SQLAlchemy raises it, without the values."""
    return DBAPIError.instance(sql, None, error, sqlite3.Error, hide_parameters=True)


_made: dict[tuple[Executable, tuple[str, ...]], _Statement] = {}


def run(database: sqlite3.Connection, statement: Executable, values: Mapping[str, Any]) -> QuickResult:
    """Run a statement that is made once, with all of its `bindparam`s in `values`. Raises DBAPIError."""
    key = statement, tuple(values)
    made = _made.get(key)
    if made is None:
        if len(_made) >= _KINDS:
            _made.clear()
        made = _made[key] = _Statement(statement, values)
    return made.run(database, values)
