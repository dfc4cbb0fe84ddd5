"""Fills a desk with very many cases: copies of one that went its real way, made inside of the database."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Table, cast, func, insert, literal, select
from sqlalchemy import String as Text
from sqlalchemy.sql import case

from bot.domain.ids import CaseNumber
from bot.domain.messages import Address
from bot.store import tables as t
from bot.store.engine import Store
from bot.store.tx import Tx
from tests.support.room import FAKE

_STEP = 1_000_000
"""Copies have negative ids, this far from one another, so that the ids to come are not touched."""
_UNIQUE = {"contacts": ("user",), "inbox": ("external_id",), "reminders": ("slot",), "callbacks": ("number",)}


async def copy_case(store: Store, who: str, number: CaseNumber, count: int, *, mail: bool = True) -> None:
    """So many more people like `who`, each with a case like hers, and with `mail` all she wrote and heard."""
    async with store.begin() as tx:
        contact = await tx.contacts.find(Address(FAKE, who, who))
        found = await tx.cases.by_number(number)
        assert contact is not None
        assert found is not None
        hers, its = contact.id, found.id
        await _copy(tx, t.contacts, t.contacts.c.id == hers, hers, its, count)
        await _copy(tx, t.conversations, t.conversations.c.contact_id == hers, hers, its, count)
        await _copy(tx, t.callbacks, t.callbacks.c.id == its, hers, its, count)
        for table in (t.inbox, t.outbox) if mail else ():
            await _copy(tx, table, table.c.contact_id == hers, hers, its, count)
        for table in (t.notes, t.reminders):
            await _copy(tx, table, table.c.callback_id == its, hers, its, count)


async def _copy(tx: Tx, table: Table, which: ColumnElement[bool], hers: int, its: int, count: int) -> None:
    n = select(literal(1).label("n")).cte("numbers", recursive=True)
    n = n.union_all(select(n.c.n + 1).where(n.c.n < count))
    columns = [_column(table, name, n.c.n, hers, its).label(name) for name in table.c.keys()]  # noqa: SIM118
    rows = select(*columns).select_from(table.join(n, literal(value=True))).where(which)
    await tx.execute(insert(table).from_select(list(table.c.keys()), rows))


def _column(table: Table, name: str, n: ColumnElement[int], hers: int, its: int) -> ColumnElement[Any]:
    column = table.c[name]
    if name in _UNIQUE.get(table.name, ()):
        return func.substr(cast(n, Text) + ":" + column, 1, getattr(column.type, "length"))  # noqa: B009
    if name == "id":
        return _moved(column, n, hers if table is t.contacts else its if table is t.callbacks else None)
    if name == "contact_id":
        return _moved(column, n, hers)
    return _moved(column, n, its) if name == "callback_id" else column


def _moved(column: ColumnElement[int], n: ColumnElement[int], of: int | None) -> ColumnElement[Any]:
    """The id of the n-th copy; with `of`, only of this row (others are of people who are not copied)."""
    copy = -(cast(n, BigInteger) * _STEP + (column if of is None else of))
    return copy if of is None else case((column == of, copy), else_=column)
