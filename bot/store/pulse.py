"""Once a second: is there anything to do? One statement, so that an idle desk costs next to nothing."""

from __future__ import annotations

from sqlalchemy import bindparam, exists, select

from bot.store import tables as t
from bot.store.tx import Tx

_NOW = bindparam("now", type_=t.Utc)
_O = t.outbox.c
_WAITS = _O.state.in_(("open", "sending")) & (_O.not_before <= _NOW)
_FREE = _O.leased_until.is_(None) | (_O.leased_until <= _NOW)
_ASKED = select(
    exists().where(t.inbox.c.state == "open").label("turns"),
    exists().where(_WAITS & _FREE).label("outbox"),
    exists().where(t.reminders.c.due_at <= _NOW).label("reminders"),
)


async def due(tx: Tx) -> frozenset[str]:
    """Which of `turns`, `outbox` and `reminders` may have work now."""
    row = (await tx.execute(_ASKED, {"now": tx.now})).mappings().one()
    return frozenset(name for name, there in row.items() if there)
