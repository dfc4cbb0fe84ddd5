"""A desk moves to another database: every row of every table, in one transaction of the target.

What is sealed stays sealed, under the same key. Each table is counted and summed on both sides before the
target commits; if anything differs, the target stays empty.
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Table, cast, func, insert, select, tuple_
from sqlalchemy.dialects.postgresql import REGCLASS
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.errors import StoreError
from bot.store import tables as t
from bot.store.engine import Store, wrap
from bot.store.sound import unreadable
from bot.store.tx import Tx

_ROWS = 500
_FEW = 4
"""Rows read at a time; files are up to 20 MB each."""
Progress = Callable[[int], None]
"""Told how many more rows were copied."""


@dataclass(frozen=True, slots=True)
class Side:
    """What one database holds of a table. The sum is the same in whatever order the rows come."""

    rows: int = 0
    total: int = 0

    def plus(self, row: Mapping[str, Any]) -> Side:
        """With one more row."""
        digest = hashlib.sha256(repr(sorted(row.items())).encode("utf-8", "surrogatepass")).digest()
        return Side(self.rows + 1, (self.total + int.from_bytes(digest)) % 2**256)

    @property
    def checksum(self) -> str:
        """As it is shown."""
        return f"{self.total:064x}"


@dataclass(frozen=True, slots=True)
class Copied:
    """One table on both sides."""

    table: str
    source: Side
    target: Side

    @property
    def same(self) -> bool:
        """Whether the target holds exactly what the source holds."""
        return self.source == self.target


async def count(store: Store) -> int:
    """All rows."""
    async with store.read() as tx:
        counts = [select(func.count()).select_from(table) for table in t.metadata.sorted_tables]
        return sum([int((await tx.execute(one)).scalar_one()) for one in counts])


async def copy(source: Store, target: Store, progress: Progress) -> tuple[Copied, ...]:
    """Copy everything; what differs afterwards is returned, and then nothing was written.

    Both have this version's tables. StoreError when the target is not empty or refuses a row.
    """
    async with source.read() as read:
        try:
            async with target.engine.connect() as connection, connection.begin() as transaction:
                write = Tx(connection, target.keys, target.clock, target.is_sqlite, read_only=False)
                await _empty(write)
                copied = [await _table(read, write, connection, table, progress) for table in _tables()]
                if not all(one.same for one in copied):
                    await transaction.rollback()
                    return tuple(copied)
                await _usable(write)
        except (SQLAlchemyError, OSError) as error:
            raise wrap(error) from error
    await target.checkpoint()
    return tuple(copied)


def _tables() -> list[Table]:
    """Those that others refer to come first."""
    return list(t.metadata.sorted_tables)


async def _empty(tx: Tx) -> None:
    for table in _tables():
        if (await tx.execute(select(func.count()).select_from(table))).scalar_one():
            raise StoreError(
                f"目标数据库不是空的（表 {table.name} 里有资料）；请换一个空的，什么也没有写入。"
            )


async def _table(
    read: Tx, write: Tx, connection: AsyncConnection, table: Table, progress: Progress
) -> Copied:
    source, target = Side(), Side()
    async for page in _pages(read, table):
        try:
            await connection.execute(insert(table), page)
        except SQLAlchemyError as error:
            raise StoreError(
                f"表 {table.name} 有一行目标数据库不收，什么也没有写入（{wrap(error)}）。"
            ) from error
        for row in page:
            source = source.plus(row)
        progress(len(page))
    async for page in _pages(write, table):
        for row in page:
            target = target.plus(row)
    await _go_on_counting(write, connection, table)
    return Copied(table.name, source, target)


async def _pages(tx: Tx, table: Table) -> AsyncIterator[list[dict[str, Any]]]:
    keys = list(table.primary_key.columns)
    after: tuple[Any, ...] | None = None
    while True:
        query = select(table).order_by(*keys).limit(_FEW if table is t.web_files else _ROWS)
        if after is not None:
            query = query.where(tuple_(*keys) > after)
        page = [dict(row._mapping) for row in await tx.execute(query)]
        if not page:
            return
        yield page
        after = tuple(page[-1][key.name] for key in keys)


async def _go_on_counting(tx: Tx, connection: AsyncConnection, table: Table) -> None:
    """PostgreSQL gives ids from a sequence, which has not seen those that came with the rows."""
    counted = table.autoincrement_column
    if connection.dialect.name != "postgresql" or counted is None:
        return
    highest = (await tx.execute(select(func.max(counted)))).scalar()
    if highest is not None:
        sequence = cast(func.pg_get_serial_sequence(table.name, counted.name), REGCLASS)
        await tx.execute(select(func.setval(sequence, highest)))


async def _usable(tx: Tx) -> None:
    """The key opens it and the trail is whole: else it would be found out when the old one is gone."""
    closed = await unreadable(tx)
    if closed:
        raise StoreError(f"{closed[0]}：请用原来的密钥，什么也没有写入。")
    broken = await tx.audit.verify()
    if broken is not None:
        raise StoreError(f"操作记录从第 {broken} 行起对不上，什么也没有写入。")
