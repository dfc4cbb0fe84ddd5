"""Whether what is in the tables fits together: what no transaction of the desk ever leaves behind.

`db check` asks this of a backup, and the tests of crashes and cut disks ask it of what is left.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, FromClause, LargeBinary, exists, func, select

from bot.domain.callback import CaseState
from bot.domain.errors import BotError
from bot.domain.reminders import ReminderKind
from bot.store import tables as t
from bot.store.tx import Tx

_c, _r, _i, _o = t.callbacks.c, t.reminders.c, t.inbox.c, t.outbox.c
_LIVE = (CaseState.OPEN, CaseState.CLAIMED, CaseState.ANSWERED)
_HELD = (CaseState.CLAIMED, CaseState.ANSWERED)
_WAITING = ("open", "sending")
_NEWEST = 200


def _planned(kind: ReminderKind) -> ColumnElement[bool]:
    return exists().where(_r.callback_id == _c.id, _r.kind == kind)


def _rules(now: datetime) -> tuple[tuple[str, FromClause, ColumnElement[bool]], ...]:
    """What would be wrong, where, and how to see it."""
    lease = exists().where(_r.callback_id == _c.id, _r.kind == ReminderKind.LEASE_OVER, _r.fence == _c.fence)
    opened = exists().where(t.audit.c.callback_id == _c.id, t.audit.c.action == "open")
    unpromised = _c.state.in_((CaseState.OPEN, CaseState.CLAIMED)) & (_c.promise_at > now)
    return (
        ("未办结的请求没有内容", t.callbacks, _c.state.in_(_LIVE) & _c.draft_sealed.is_(None)),
        ("排队的请求有接单人", t.callbacks, (_c.state == CaseState.OPEN) & _c.owner_id.is_not(None)),
        ("已接的请求没有接单人", t.callbacks, _c.state.in_(_HELD) & _c.owner_id.is_(None)),
        ("办结的请求没有办结时间", t.callbacks, (_c.state == CaseState.CLOSED) & _c.closed_at.is_(None)),
        ("接了单没有时限", t.callbacks, (_c.state == CaseState.CLAIMED) & _c.lease_until.is_(None)),
        ("接单时限没有提醒", t.callbacks, (_c.state == CaseState.CLAIMED) & ~lease),
        ("答复时限没有提醒", t.callbacks, unpromised & ~_planned(ReminderKind.PROMISE_OVER)),
        ("请求没有登记", t.callbacks, ~opened),
        ("等着办的来信没有内容", t.inbox, (_i.state == "open") & _i.body_sealed.is_(None)),
        ("办完的来信还留着内容", t.inbox, (_i.state == "done") & _i.body_sealed.is_not(None)),
        ("等着发的消息没有内容", t.outbox, _o.state.in_(_WAITING) & _o.body_sealed.is_(None)),
        ("发出的消息没有时间", t.outbox, (_o.state == "sent") & _o.sent_at.is_(None)),
        ("发出的消息还留着内容", t.outbox, (_o.state == "sent") & _o.body_sealed.is_not(None)),
    )


async def unsound(tx: Tx, now: datetime) -> list[str]:
    """What does not fit together, with the number of rows. `now` decides which promises still lie ahead."""
    found = []
    for what, table, wrong in _rules(now):
        rows = (await tx.execute(select(func.count()).select_from(table).where(wrong))).scalar_one()
        if rows:
            found.append(f"{what}（{rows} 行）")
    broken = await tx.audit.verify()
    if broken is not None:
        found.append(f"操作记录从第 {broken} 行起对不上")
    return found


async def unreadable(tx: Tx) -> list[str]:
    """Sealed columns whose newest values this desk's keys do not open."""
    found = []
    for table in t.metadata.sorted_tables:
        for column in table.columns:
            if isinstance(column.type, LargeBinary):
                rows = await _newest(tx, column)
                name = f"{table.name}.{column.name.removesuffix('_sealed')}"
                if not all(_opens(tx, row, name) for row in rows):
                    found.append(name)
    return [f"密钥打不开 {'、'.join(found)}"] if found else []


async def foreign(tx: Tx) -> bool:
    """Whether the newest contact was written with a key that this instance does not have."""
    newest = (await _newest(tx, t.contacts.c.name_sealed))[:1]
    return not all(_opens(tx, name, "contacts.name") for name in newest)


async def _newest(tx: Tx, column: Any) -> list[bytes]:
    order = [key.desc() for key in column.table.primary_key.columns]
    query = select(column).where(column.is_not(None)).order_by(*order).limit(_NEWEST)
    return list((await tx.execute(query)).scalars())


def _opens(tx: Tx, blob: bytes, name: str) -> bool:
    try:
        tx.keys.open_bytes(blob, name)
    except BotError:
        return False
    return True
