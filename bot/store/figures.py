"""What waits, and since when: the figures that an operator watches. Numbers only, no words of people."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, select

from bot.domain.callback import CaseState
from bot.store import tables as t
from bot.store.tx import Tx


@dataclass(frozen=True, slots=True)
class Figures:
    """Counts, and ages in seconds (0 when nothing waits)."""

    cases: dict[CaseState, int]
    oldest_open: float
    late: int
    inbox_waiting: int
    inbox_oldest: float
    inbox_failed: int
    outbox_waiting: int
    outbox_lag: float
    outbox_dead: int
    reminders_planned: int
    reminders_lag: float
    quarantined: int


async def figures(tx: Tx) -> Figures:
    """All of them on one snapshot."""
    c, i, o, r = t.callbacks.c, t.inbox.c, t.outbox.c, t.reminders.c
    counts = await tx.cases.counts()
    live = (CaseState.OPEN, CaseState.CLAIMED)
    waiting = o.state.in_(("open", "sending"))
    return Figures(
        cases={s: counts.get(s, 0) for s in (CaseState.OPEN, CaseState.CLAIMED, CaseState.ANSWERED)},
        oldest_open=await _age(tx, func.min(c.opened_at), c.state == CaseState.OPEN),
        late=await _count(tx, c.state.in_(live) & (c.promise_at < tx.now)),
        inbox_waiting=await _count(tx, i.state == "open"),
        inbox_oldest=await _age(tx, func.min(i.received_at), i.state == "open"),
        inbox_failed=await _count(tx, i.state == "failed"),
        outbox_waiting=await _count(tx, waiting),
        outbox_lag=await _age(tx, func.min(o.not_before), waiting),
        outbox_dead=await _count(tx, o.state == "dead"),
        reminders_planned=await _count(tx, r.id > 0),
        reminders_lag=await _age(tx, func.min(r.due_at), r.id > 0),
        quarantined=await tx.inbox.count_quarantined(),
    )


async def _count(tx: Tx, which: ColumnElement[bool]) -> int:
    return int((await tx.execute(select(func.count()).where(which))).scalar_one())


async def _age(tx: Tx, oldest: ColumnElement[datetime], which: ColumnElement[bool]) -> float:
    at = (await tx.execute(select(oldest).where(which))).scalar()
    return 0.0 if at is None else max(0.0, (tx.now - at).total_seconds())
