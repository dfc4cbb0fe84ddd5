"""Reminders: rows that are due at a time; one waiting row per kind, case and person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import delete, func, select

from bot.domain.ids import CallbackId, ContactId, ReminderId
from bot.domain.reminders import Reminder, ReminderKind
from bot.store import tables as t

if TYPE_CHECKING:
    from bot.store.tx import Tx


def _slot(kind: ReminderKind, callback: CallbackId | None, contact: ContactId | None, extra: str) -> str:
    return f"{kind}:{callback or ''}:{contact or ''}:{extra}"


@dataclass(frozen=True, slots=True)
class ReminderQueries:
    """What is due when."""

    tx: Tx

    async def set(
        self,
        kind: ReminderKind,
        due_at: datetime,
        *,
        callback: CallbackId | None = None,
        contact: ContactId | None = None,
        fence: int = 0,
        text: str = "",
    ) -> None:
        """Plan a reminder; the same kind for the same case and person is planned anew.

        An expert's own reminders stand side by side: they differ by their time or their words.
        """
        extra = ""
        if kind is ReminderKind.OWN:
            extra = self.tx.keys.index(f"{due_at.timestamp()} {text}", "reminders.slot")[:16]
        values = {
            "slot": _slot(kind, callback, contact, extra),
            "kind": kind,
            "callback_id": callback,
            "contact_id": contact,
            "due_at": due_at,
            "fence": fence,
            "text_sealed": self.tx.keys.seal(text, "reminders.text") if text else None,
        }
        await self.tx.upsert(t.reminders, ("slot",), values)

    async def drop(
        self, kind: ReminderKind, callback: CallbackId | None = None, contact: ContactId | None = None
    ) -> None:
        """Take a planned reminder back."""
        slot = _slot(kind, callback, contact, "")
        await self.tx.execute(delete(t.reminders).where(t.reminders.c.slot == slot))

    async def drop_all(self, callback: CallbackId, keep: tuple[ReminderKind, ...] = ()) -> None:
        """Take back everything planned for a case but these kinds."""
        planned = t.reminders.c.callback_id == callback
        await self.tx.execute(delete(t.reminders).where(planned, t.reminders.c.kind.not_in(keep)))

    async def due(self, limit: int) -> tuple[ReminderId, ...]:
        """Ids of what is due, oldest first."""
        query = (
            select(t.reminders.c.id)
            .where(t.reminders.c.due_at <= self.tx.now)
            .order_by(t.reminders.c.due_at, t.reminders.c.id)
            .limit(limit)
        )
        return tuple(ReminderId(row[0]) for row in await self.tx.execute(query))

    async def take(self, reminder: ReminderId) -> Reminder | None:
        """Remove a due reminder and return it; None if another instance has or had it, or it was put off."""
        r = t.reminders.c
        due = select(r.id).where(r.id == reminder, r.due_at <= self.tx.now)
        free = due.with_for_update(skip_locked=True).scalar_subquery()
        gone = await self.tx.execute(delete(t.reminders).where(r.id == free).returning(*r))
        row = gone.first()
        if row is None:
            return None
        text = self.tx.keys.unseal(row.text_sealed, "reminders.text") if row.text_sealed else ""
        return Reminder(
            ReminderId(row.id),
            ReminderKind(row.kind),
            row.callback_id,
            row.contact_id,
            row.due_at,
            row.fence,
            text,
        )

    async def planned(self, callback: CallbackId) -> dict[ReminderKind, datetime]:
        """What is planned for a case."""
        r = t.reminders.c
        query = select(r.kind, func.min(r.due_at)).where(r.callback_id == callback).group_by(r.kind)
        return {ReminderKind(row[0]): row[1] for row in await self.tx.execute(query)}

    async def erase(self, contact: ContactId) -> None:
        """Erasure: nothing is planned for her any more."""
        mine = select(t.callbacks.c.id).where(t.callbacks.c.contact_id == contact)
        r = t.reminders.c
        await self.tx.execute(delete(t.reminders).where((r.contact_id == contact) | r.callback_id.in_(mine)))
