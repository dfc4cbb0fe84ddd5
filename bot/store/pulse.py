"""Once a second: is there anything to do? One statement, so that an idle desk costs next to nothing."""

from __future__ import annotations

from sqlalchemy import exists, select

from bot.store import tables as t
from bot.store.tx import Tx


async def due(tx: Tx) -> frozenset[str]:
    """Which of `turns`, `outbox` and `reminders` may have work now."""
    i, o, r = t.inbox.c, t.outbox.c, t.reminders.c
    waiting = o.state.in_(("open", "sending")) & (o.not_before <= tx.now)
    free = o.leased_until.is_(None) | (o.leased_until <= tx.now)
    asked = {
        "turns": exists().where(i.state == "open"),
        "outbox": exists().where(waiting & free),
        "reminders": exists().where(r.due_at <= tx.now),
    }
    row = (await tx.execute(select(*asked.values()))).one()
    return frozenset(name for name, there in zip(asked, row, strict=True) if there)
