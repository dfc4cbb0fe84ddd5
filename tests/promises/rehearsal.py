"""What one message would do: it runs through the real desk in a transaction that is looked at, then undone.

So thousands of attempts start from the very same state, on either database.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any, cast

from sqlalchemy import Executable, Table, UpdateBase, select

from bot.desk.intake import Intake
from bot.desk.turns import TurnRunner
from bot.domain.messages import InboundMessage
from bot.store import tables as t
from bot.store.engine import Store
from bot.store.tx import Tx
from tests.support.room import Room

PASSING = frozenset({"inbox", "outbox", "conversations", "cards"})
"""Where every message leaves a trace, and where a refusal is said."""
LASTING = tuple(table for table in t.metadata.sorted_tables if table.name not in PASSING)
Rows = dict[str, dict[Any, dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class Touched:
    """One row that was made, changed or removed; `row` is how it is now, or was before it went."""

    table: str
    row: dict[str, Any]


@dataclass
class Seen:
    """What a rehearsed message did: lasting changes, and what was said to whom (contact id, JSON)."""

    touched: list[Touched]
    said: list[tuple[int, str]]
    failed: bool


@dataclass
class _Same:
    """A store whose transactions are all the one that will be undone."""

    tx: Tx
    written: set[str] = field(default_factory=set)

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[Tx]:
        yield self.tx
        await self.tx.audit.write()

    read = begin


class _Undo(Exception):
    pass


def _undo() -> None:
    raise _Undo


@dataclass
class Rehearsal:
    """A desk at one moment."""

    room: Room

    @asynccontextmanager
    async def once(self) -> AsyncIterator[Attempt]:
        """One attempt; whatever it writes is undone at the end."""
        try:
            async with self.room.store.begin() as tx:
                yield Attempt(self.room, tx)
                _undo()
        except _Undo:
            return


@dataclass
class Attempt:
    """Inside of an attempt."""

    room: Room
    tx: Tx

    async def sees(self, message: InboundMessage, before: Rows) -> Seen:
        """Hand the message to the desk, run its turn, and say what differs from `before`."""
        same = _Same(self.tx)
        _watch(self.tx, same.written)
        desk = replace(self.room.desk, store=cast(Store, same))
        turns = TurnRunner(desk)
        last = await self._last_said()
        await Intake(desk)(message)
        await turns.run_due()
        after = await rows(self.tx) if same.written - PASSING else before
        return Seen(
            list(differences(before, after)), await self._said(last), turns.counts.get("error", 0) > 0
        )

    async def _last_said(self) -> int:
        found = await self.tx.execute(select(t.outbox.c.id).order_by(t.outbox.c.id.desc()).limit(1))
        return int(found.scalar() or 0)

    async def _said(self, after: int) -> list[tuple[int, str]]:
        query = select(t.outbox).where(t.outbox.c.id > after).order_by(t.outbox.c.id)
        return [
            (row.contact_id, self.tx.keys.unseal(row.body_sealed, "outbox.body"))
            for row in await self.tx.execute(query)
            if row.body_sealed
        ]


def _watch(tx: Tx, written: set[str]) -> None:
    """Note which tables are written; where nothing was written, nothing can have changed."""
    execute = tx.execute

    async def watched(statement: Executable, values: Mapping[str, Any] | None = None) -> Any:
        if isinstance(statement, UpdateBase):
            written.add(cast(Table, getattr(statement, "table")).name)  # noqa: B009
        elif not isinstance(statement, Executable) or not getattr(statement, "is_select", False):
            written.add("?")
        return await execute(statement, values)

    object.__setattr__(tx, "execute", watched)


async def rows(tx: Tx) -> Rows:
    """Every lasting row by table and primary key."""
    found: Rows = {}
    for table in LASTING:
        keys = [c.name for c in table.primary_key.columns]
        everything = [dict(row._mapping) for row in await tx.execute(select(table))]
        found[table.name] = {tuple(row[k] for k in keys): row for row in everything}
    return found


def differences(before: Rows, after: Rows) -> list[Touched]:
    """What differs, table by table."""
    touched = []
    for table, new in after.items():
        old = before[table]
        for key in old.keys() | new.keys():
            if old.get(key) != new.get(key):
                touched.append(Touched(table, new.get(key) or old[key]))
    return touched
