"""The inbox: what was received, once, until its turn is done."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, case, func, select, update

from bot.desk.ports import InboxRow
from bot.domain.ids import ContactId, InboxId
from bot.domain.messages import InboundMessage
from bot.store import tables as t
from bot.store.plain import plain

if TYPE_CHECKING:
    from bot.store.tx import Tx

_MANY = 5
_HERS = t.inbox.c.contact_id == bindparam("contact")
_OPEN = t.inbox.c.state == "open"
_OPEN_OF = (
    select(t.inbox.c.id, t.inbox.c.body_sealed, t.inbox.c.attempts).where(_HERS, _OPEN).order_by(t.inbox.c.id)
)
_COUNT = select(func.count()).where(_HERS, _OPEN)
_END_BURST = (
    update(t.inbox)
    .where(_HERS, _OPEN, t.inbox.c.ready_at > bindparam("now"))
    .values(ready_at=bindparam("now"))
)
_DUE = (
    select(t.inbox.c.contact_id)
    .where(_OPEN)
    .group_by(t.inbox.c.contact_id)
    .having(
        (func.max(t.inbox.c.ready_at) <= bindparam("now", type_=t.Utc))
        | (func.min(t.inbox.c.received_at) <= bindparam("patient", type_=t.Utc))
    )
    .order_by(case((func.count() > _MANY, 1), else_=0), func.min(t.inbox.c.id))
    .limit(bindparam("most"))
)
_NEXT_READY = select(func.min(t.inbox.c.ready_at)).where(
    _OPEN, t.inbox.c.ready_at > bindparam("now", type_=t.Utc)
)
_DONE = update(t.inbox).where(t.inbox.c.id == bindparam("row")).values(state="done", body_sealed=None)


@dataclass(frozen=True, slots=True)
class InboxQueries:
    """Received, waiting, done."""

    tx: Tx

    async def add(self, contact: ContactId, message: InboundMessage, ready_at: datetime) -> bool:
        """Keep a message; False if it was here before. `ready_at` is when its burst may be over."""
        values = {
            "channel": message.channel,
            "external_id": message.external_id,
            "contact_id": contact,
            "body_sealed": self.tx.keys.seal(message.to_json(), "inbox.body"),
            "received_at": self.tx.now,
            "ready_at": ready_at,
            "state": "open",
        }
        added = await self.tx.insert(t.inbox, values, ("channel", "external_id")) is not None
        if added and ready_at <= self.tx.now:
            await self._end_burst(contact)
        return added

    async def _end_burst(self, contact: ContactId) -> None:
        """A tap or a command is complete, and so is what she typed before it."""
        await self.tx.execute(_END_BURST, {"contact": contact, "now": self.tx.now})

    async def due(self, patience: timedelta, limit: int) -> tuple[ContactId, ...]:
        """Contacts whose last message is ready, or whose first has waited for longer than `patience`.

        Who has many waiting comes after those who have few: a flood holds up itself.
        """
        values = {"now": self.tx.now, "patient": self.tx.now - patience, "most": limit}
        return tuple(ContactId(row[0]) for row in await self.tx.execute(_DUE, values))

    async def next_ready(self) -> datetime | None:
        """The soonest time to come at which a waiting message may be ready."""
        return (await self.tx.execute(_NEXT_READY, {"now": self.tx.now})).scalar()

    async def open_of(self, contact: ContactId) -> tuple[InboxRow, ...]:
        """Her waiting messages, oldest first."""
        return tuple(
            InboxRow(
                InboxId(row.id),
                InboundMessage.from_json(self.tx.keys.unseal(row.body_sealed, "inbox.body")),
                row.attempts,
            )
            for row in await self.tx.execute(_OPEN_OF, {"contact": contact})
        )

    async def done(self, rows: tuple[InboxId, ...]) -> None:
        """Their turn is over: the words go, the identity stays against duplicates."""
        for row in rows:
            await self.tx.execute(_DONE, {"row": row})

    async def failed(self, rows: tuple[InboxId, ...], give_up: bool) -> None:
        """Their turn raised an error: try again, or set them aside for a person to look at."""
        await self.tx.execute(
            update(t.inbox)
            .where(t.inbox.c.id.in_(rows))
            .values(state="failed" if give_up else "open", attempts=t.inbox.c.attempts + 1)
        )

    async def count_open(self, contact: ContactId) -> int:
        """How many of hers wait."""
        return int((await self.tx.execute(_COUNT, {"contact": contact})).scalar_one())

    async def count_waiting(self) -> int:
        """How many of everybody's wait."""
        query = select(func.count()).select_from(t.inbox).where(t.inbox.c.state == "open")
        return int((await self.tx.execute(query)).scalar_one())

    async def quarantine(self, channel: str, external_id: str, raw: str, reason: str) -> None:
        """Keep what could not be read, sealed, for an operator; without an id of its own, by its content."""
        identity = external_id or hashlib.sha256(raw.encode("utf-8", "surrogatepass")).hexdigest()
        values = {
            "channel": channel,
            "external_id": plain(identity, 160),
            "raw_sealed": self.tx.keys.seal(raw[:65536], "quarantine.raw"),
            "reason": plain(reason, 200),
            "at": self.tx.now,
        }
        await self.tx.insert(t.quarantine, values, ("channel", "external_id"))

    async def count_quarantined(self) -> int:
        """How many were set aside."""
        query = select(func.count()).select_from(t.quarantine)
        return int((await self.tx.execute(query)).scalar_one())

    async def erase(self, contact: ContactId) -> None:
        """Erasure: no words of hers stay in the inbox."""
        await self.tx.execute(
            update(t.inbox).where(t.inbox.c.contact_id == contact).values(body_sealed=None, state="done")
        )
