"""The outbox: the only way out. A row is sent in order per contact, and marked when the channel took it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, bindparam, case, delete, func, select, union, update

from bot.desk.ports import OutboxRow
from bot.domain.ids import CallbackId, ContactId, OutboxId
from bot.domain.messages import OutboundMessage
from bot.store import tables as t
from bot.store.plain import plain
from bot.store.web import blank

if TYPE_CHECKING:
    from bot.store.tx import Tx

_WAITING = ("open", "sending")
_MANY = 5
_O = t.outbox.c
_NOW = bindparam("now", type_=t.Utc)
# Rows whose order counts: one that waits for another try holds up the rest; one put off does not yet.
_IN_LINE = _O.state.in_(_WAITING) & ((_O.attempts > 0) | (_O.not_before <= _NOW))
_LINES = select(func.min(_O.id).label("id"), func.count().label("rows")).where(_IN_LINE)
_FIRSTS = _LINES.group_by(_O.contact_id).subquery()
_DUE = (
    select(_O.contact_id)
    .join(_FIRSTS, _FIRSTS.c.id == _O.id)
    .where(_O.not_before <= _NOW, (_O.leased_until.is_(None)) | (_O.leased_until <= _NOW))
    .order_by(case((_FIRSTS.c.rows > _MANY, 1), else_=0), _O.id)
    .limit(bindparam("most"))
)
_HERS = (_O.contact_id == bindparam("contact")) & _IN_LINE
# the first or none: SKIP LOCKED over all of hers would give the second
_FIRST = (
    select(t.outbox)
    .where(_O.id == select(func.min(_O.id)).where(_HERS).scalar_subquery(), _HERS)
    .with_for_update(skip_locked=True)
)
_TAKE = (
    update(t.outbox)
    .where(_O.id == bindparam("row"), _O.state == bindparam("was"), _O.attempts == bindparam("tries"))
    .values(state="sending", leased_until=bindparam("until"), attempts=bindparam("tried"))
)
_MINE = (_O.id == bindparam("row")) & (_O.state == "sending") & (_O.attempts == bindparam("tries"))
_SENT = (
    update(t.outbox)
    .where(_MINE)
    .values(state="sent", sent_at=bindparam("now"), leased_until=None, body_sealed=None)
)
_LATER = (
    update(t.outbox)
    .where(_MINE)
    .values(state="open", not_before=bindparam("at"), leased_until=None, reason=bindparam("why"))
)
_DEAD = (
    update(t.outbox)
    .where(_MINE)
    .values(state="dead", leased_until=None, body_sealed=None, reason=bindparam("why"))
)
_RENEW = update(t.outbox).where(_MINE).values(leased_until=bindparam("until", type_=t.Utc))
_CARD = select(t.cards.c.ref).where(
    t.cards.c.contact_id == bindparam("contact"), t.cards.c.card == bindparam("named")
)


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
        self.tx.told.add(contact)
        return OutboxId(new_id)

    async def contacts_due(self, limit: int) -> tuple[ContactId, ...]:
        """Contacts whose first row in line may be sent now; who has many in line comes last."""
        values = {"now": self.tx.now, "most": limit}
        return tuple(ContactId(row[0]) for row in await self.tx.execute(_DUE, values))

    async def next_due(self) -> datetime | None:
        """The soonest time at which a waiting row may be sent."""
        query = select(func.min(t.outbox.c.not_before)).where(t.outbox.c.state.in_(_WAITING))
        return (await self.tx.execute(query)).scalar()

    async def take(self, contact: ContactId, lease: timedelta) -> OutboxRow | None:
        """Her first row in line, leased to this sender; None if there is none or another has it."""
        row = (await self.tx.execute(_FIRST, {"contact": contact, "now": self.tx.now})).first()
        if row is None or row.not_before > self.tx.now or (row.leased_until or row.not_before) > self.tx.now:
            return None
        was = {"row": row.id, "was": row.state, "tries": row.attempts}
        won = await self.tx.execute(_TAKE, was | {"until": self.tx.now + lease, "tried": row.attempts + 1})
        return self._row(row) if won.rowcount == 1 else None

    def _row(self, row: Any) -> OutboxRow:
        message = OutboundMessage.from_json(self.tx.keys.unseal(row.body_sealed, "outbox.body"))
        return OutboxRow(
            OutboxId(row.id), ContactId(row.contact_id), message, row.callback_id, row.origin_id, row.attempts
        )

    async def renew(self, rows: Sequence[OutboxRow], lease: timedelta) -> None:
        """They are still on their way: leased anew, unless another has taken one meanwhile."""
        for row in rows:
            await self.tx.execute(_RENEW, self._mine(row) | {"until": self.tx.now + lease})

    async def sent(self, row: OutboxRow, ref: str) -> None:
        """The channel took it: the words go, and the card's place is remembered for edits."""
        sent = self._mine(row) | {"now": self.tx.now}
        marked = (await self.tx.execute(_SENT, sent)).rowcount == 1
        if marked and row.message.card and ref:
            card = {"contact_id": row.contact, "card": row.message.card, "ref": ref}
            await self.tx.upsert(t.cards, ("contact_id", "card"), card)

    async def later(self, row: OutboxRow, at: datetime, reason: str) -> None:
        """Not delivered; try again at that time."""
        await self.tx.execute(_LATER, self._mine(row) | {"at": at, "why": plain(reason, 200)})

    async def undeliverable(self, row: OutboxRow, reason: str) -> None:
        """It will never be delivered."""
        await self.tx.execute(_DEAD, self._mine(row) | {"why": plain(reason, 200)})

    def _mine(self, row: OutboxRow) -> dict[str, Any]:
        """A sending that is still this sender's: the lease did not pass to another, and the words were not
        erased meanwhile."""
        return {"row": row.id, "tries": row.attempts + 1}

    async def free_leases(self) -> None:
        """Only for the one instance of a SQLite desk, at its start: nobody else is sending."""
        sending = t.outbox.c.state == "sending"
        await self.tx.execute(update(t.outbox).where(sending).values(state="open", leased_until=None))

    async def card_ref(self, contact: ContactId, card: str) -> str:
        """Where a card was sent, or empty."""
        return (await self.tx.execute(_CARD, {"contact": contact, "named": card})).scalar() or ""

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

    async def drop_about_others(self, contact: ContactId) -> None:
        """She works here no more: what waits for her about other people's cases is not sent."""
        others = select(t.callbacks.c.id).where(t.callbacks.c.contact_id != contact)
        await self._erase((t.outbox.c.contact_id == contact) & t.outbox.c.callback_id.in_(others))

    async def erase(self, contact: ContactId) -> None:
        """Erasure: what waits for her is not sent (what was sent has lost its words already)."""
        await self._erase(t.outbox.c.contact_id == contact)

    async def erase_about(self, callback: CallbackId) -> None:
        """Erasure: messages about her case to others are not sent, and gone from their web chats."""
        about = t.outbox.c.callback_id == callback
        await self._erase(about)
        await blank(self.tx, callback)

    async def _erase(self, whose: ColumnElement[bool]) -> None:
        waiting = t.outbox.c.state.in_(_WAITING)
        gone = {"state": "erased", "body_sealed": None, "leased_until": None}
        await self.tx.execute(update(t.outbox).where(whose, waiting).values(**gone))
