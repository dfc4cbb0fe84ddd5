"""A new key for what is sealed already: row by row under the newest key, then all that hangs on the root.

The ring holds the new key first and the older ones behind it, so whatever has or has not been sealed anew
can be read at any time, and a rotation that was killed is gone on with by running it again. Blind indexes
and the audit trail move to the new key in one transaction at the end, after the trail was found whole.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from sqlalchemy import Column, LargeBinary, Table, func, or_, select, update

from bot.domain.errors import StoreError
from bot.store import tables as t
from bot.store.engine import Store
from bot.store.sealing import KeyRing
from bot.store.sound import unreadable
from bot.store.tx import Tx

_ROWS = 200
_FEW = 4
"""Rows in a transaction; files are up to 20 MB each."""
Progress = Callable[[int], None]
"""Told how many more rows were sealed."""
_BROKEN = (
    "操作记录对不上（python -m bot db audit 会说从哪一行起）。先查清楚：换了密钥，就看不出谁改过什么了。"
)


async def check(store: Store) -> None:
    """StoreError unless the ring opens everything and the audit trail is whole under its root."""
    async with store.read() as tx:
        closed = await unreadable(tx)
        if closed:
            raise StoreError(f"{closed[0]}：密钥文件不是这个数据库的那一把，什么也没有改。")
        if await tx.audit.verify() is not None and not await tx.audit.moved():
            raise StoreError(_BROKEN)


async def waiting(store: Store) -> int:
    """How many rows hold something under an older key."""
    async with store.read() as tx:
        counts = [select(func.count()).select_from(table).where(_old(tx, table)) for table in _sealed()]
        return sum([int((await tx.execute(count)).scalar_one()) for count in counts])


async def rotate(store: Store, progress: Progress) -> None:
    """Bring everything under the newest key of the store's ring; nothing of the others is needed then.

    No desk may run on the database. May be killed at any time, and run again.
    """
    newest = store.keys.newest()
    if newest is None:
        raise StoreError("没有新密钥：密钥要有两行，新的在前。")
    for table in _sealed():
        await _seal_anew(store, table, progress)
    async with store.begin() as tx:
        if not await tx.audit.moved():
            await _move_root(tx, newest)
        tx.erased = True  # on SQLite the old bytes leave the WAL as well
    left = await waiting(store)
    if left:
        raise StoreError(f"还有 {left} 行用的是旧密钥：有别的程序同时在写。停掉它，再来一次。")
    await store.checkpoint()


def _sealed() -> Iterator[Table]:
    return (table for table in t.metadata.sorted_tables if _columns(table))


def _columns(table: Table) -> list[Column[Any]]:
    return [column for column in table.columns if isinstance(column.type, LargeBinary)]


def _old(tx: Tx, table: Table) -> Any:
    return or_(
        *(func.substr(column, 1, len(tx.keys.primary)) != tx.keys.primary for column in _columns(table))
    )


async def _seal_anew(store: Store, table: Table, progress: Progress) -> None:
    """A few rows at a time, in the order of their key: each commit is a place to go on from."""
    after = None
    while True:
        async with store.begin() as tx:
            done, after = await _batch(tx, table, after)
            tx.erased = True
        progress(done)
        if after is None:
            return


async def _batch(tx: Tx, table: Table, after: Any) -> tuple[int, Any]:
    (key,) = table.primary_key.columns
    columns = _columns(table)
    query = select(key, *columns).where(_old(tx, table)).order_by(key)
    if after is not None:
        query = query.where(key > after)
    rows = list(await tx.execute(query.limit(_FEW if table is t.web_files else _ROWS)))
    for row in rows:
        values = {c.name: _again(tx.keys, row._mapping[c], c) for c in columns}
        await tx.execute(update(table).where(key == row[0]).values(**values))
    return len(rows), rows[-1][0] if rows else None


def _again(keys: KeyRing, blob: bytes | None, column: Column[Any]) -> bytes | None:
    if blob is None:
        return None
    name = f"{column.table.name}.{column.name.removesuffix('_sealed')}"
    return keys.seal_bytes(keys.open_bytes(blob, name), name)


async def _move_root(tx: Tx, newest: KeyRing) -> None:
    if await tx.audit.verify() is not None:
        raise StoreError(_BROKEN)
    await tx.audit.add("rotate", None, None, newest.primary.hex())
    await tx.audit.sign_anew(newest)
    await tx.cases.index_anew(newest)
