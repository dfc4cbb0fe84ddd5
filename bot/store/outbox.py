"""The outbox: the only way out. A row is sent in order per contact, and marked when the channel took it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, func, select, union, update

from bot.desk.ports import OutboxRow
from bot.domain.ids import CallbackId, ContactId, OutboxId
from bot.domain.messages import OutboundMessage
from bot.store import tables as t

if TYPE_CHECKING:
    from bot.store.tx import Tx

_WAITING = ("open", "sending")


@dataclass(frozen=True, slots=True)
class OutboxQueries:
    """To be sent, sent, not deliverable."""

    tx: Tx

    async def add(
        self,
        contact: ContactId,
        message: OutboundMessage,
        *,
        not_before: datetime | None = None,
        callback: CallbackId | None = None,
        origin: ContactId | None = None,
    ) -> OutboxId:
        """Put a message into the outbox. `origin` is told whether it arrived."""
        values = {
            "contact_id": contact,
            "body_sealed": self.tx.keys.seal(message.to_json(), "outbox.body"),
            "state": "open",
            "callback_id": callback,
            "card": message.card,
            "origin_id": origin,
            "created_at": self.tx.now,
            "not_before": not_before or self.tx.now,
        }
        new_id = await self.tx.insert(t.outbox, values)
        assert new_id is not None
        return OutboxId(new_id)

    async def contacts_due(self, limit: int) -> tuple[ContactId, ...]:
        """Contacts whose oldest waiting row may be sent now."""
        o = t.outbox.c
        first = (
            select(func.min(o.id).label("id")).where(o.state.in_(_WAITING)).group_by(o.contact_id).subquery()
        )
        query = (
            select(o.contact_id)
            .join(first, first.c.id == o.id)
            .where(o.not_before <= self.tx.now, (o.leased_until.is_(None)) | (o.leased_until <= self.tx.now))
            .order_by(o.id)
            .limit(limit)
        )
        return tuple(ContactId(row[0]) for row in await self.tx.execute(query))

    async def next_due(self) -> datetime | None:
        """The soonest time at which a waiting row may be sent."""
        query = select(func.min(t.outbox.c.not_before)).where(t.outbox.c.state.in_(_WAITING))
        return (await self.tx.execute(query)).scalar()

    async def take(self, contact: ContactId, lease: timedelta) -> OutboxRow | None:
        """Her oldest waiting row, leased to this sender; None if there is none or another has it."""
        o = t.outbox.c
        query = select(t.outbox).where(o.contact_id == contact, o.state.in_(_WAITING)).order_by(o.id).limit(1)
        row = (await self.tx.execute(query)).first()
        if row is None or row.not_before > self.tx.now or (row.leased_until or row.not_before) > self.tx.now:
            return None
        won = await self.tx.execute(
            update(t.outbox)
            .where(o.id == row.id, o.state == row.state, o.attempts == row.attempts)
            .values(state="sending", leased_until=self.tx.now + lease, attempts=row.attempts + 1)
        )
        return self._row(row) if won.rowcount == 1 else None

    def _row(self, row: Any) -> OutboxRow:
        message = OutboundMessage.from_json(self.tx.keys.unseal(row.body_sealed, "outbox.body"))
        return OutboxRow(
            OutboxId(row.id), ContactId(row.contact_id), message, row.callback_id, row.origin_id, row.attempts
        )

    async def sent(self, row: OutboxRow, ref: str) -> None:
        """The channel took it: the words go, and the card's place is remembered for edits."""
        values = {"state": "sent", "sent_at": self.tx.now, "leased_until": None, "body_sealed": None}
        await self.tx.execute(update(t.outbox).where(t.outbox.c.id == row.id).values(**values))
        if row.message.card and ref:
            card = {"contact_id": row.contact, "card": row.message.card, "ref": ref}
            await self.tx.upsert(t.cards, ("contact_id", "card"), card)

    async def later(self, row: OutboxRow, at: datetime, reason: str) -> None:
        """Not delivered; try again at that time."""
        values = {"state": "open", "not_before": at, "leased_until": None, "reason": reason[:200]}
        await self.tx.execute(update(t.outbox).where(t.outbox.c.id == row.id).values(**values))

    async def undeliverable(self, row: OutboxRow, reason: str) -> None:
        """It will never be delivered."""
        values = {"state": "dead", "leased_until": None, "body_sealed": None, "reason": reason[:200]}
        await self.tx.execute(update(t.outbox).where(t.outbox.c.id == row.id).values(**values))

    async def free_leases(self) -> None:
        """Only for the one instance of a SQLite desk, at its start: nobody else is sending."""
        sending = t.outbox.c.state == "sending"
        await self.tx.execute(update(t.outbox).where(sending).values(state="open", leased_until=None))

    async def card_ref(self, contact: ContactId, card: str) -> str:
        """Where a card was sent, or empty."""
        query = select(t.cards.c.ref).where(t.cards.c.contact_id == contact, t.cards.c.card == card)
        return (await self.tx.execute(query)).scalar() or ""

    async def card_holders(self, card: str) -> tuple[ContactId, ...]:
        """Everybody who has this card, or will get it."""
        has = select(t.cards.c.contact_id).where(t.cards.c.card == card)
        gets = select(t.outbox.c.contact_id).where(t.outbox.c.card == card, t.outbox.c.state.in_(_WAITING))
        return tuple(ContactId(row[0]) for row in await self.tx.execute(union(has, gets)))

    async def drop_cards(self, card: str) -> None:
        """The card is done with; a later one of this name is sent anew."""
        await self.tx.execute(delete(t.cards).where(t.cards.c.card == card))

    async def counts(self) -> dict[str, int]:
        """How many rows are in each state."""
        query = select(t.outbox.c.state, func.count()).group_by(t.outbox.c.state)
        return {row[0]: row[1] for row in await self.tx.execute(query)}

    async def erase(self, contact: ContactId) -> None:
        """Erasure: what was written to her loses its words; what waits is not sent."""
        await self.tx.execute(
            update(t.outbox).where(t.outbox.c.contact_id == contact).values(body_sealed=None, state="erased")
        )

    async def erase_about(self, callback: CallbackId) -> None:
        """Erasure: messages about her case that wait for others lose their words too."""
        await self.tx.execute(
            update(t.outbox)
            .where(t.outbox.c.callback_id == callback)
            .values(body_sealed=None, state="erased")
        )
