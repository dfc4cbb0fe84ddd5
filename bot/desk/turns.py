"""Runs turns: takes a contact's waiting messages in order, one transaction for each turn (steps 3 to 5)."""

from __future__ import annotations

import asyncio
import random
import time
from dataclasses import dataclass, field
from datetime import datetime

import structlog

from bot.desk import citizen, staff
from bot.desk.desk import Desk
from bot.desk.heard import Heard, hear
from bot.desk.outbox import OutboxRunner, Parcel
from bot.desk.ports import InboxRow, Tx
from bot.desk.spread import Spread
from bot.domain.dialog import STAFF_COMMANDS, Say
from bot.domain.errors import StoreError
from bot.domain.ids import ContactId
from bot.domain.messages import ChatKind, InboundKind
from bot.domain.people import Actor

log = structlog.get_logger()
MAX_ATTEMPTS = 3
_AT_ONCE = 200
_SOME = 16
_FIRST = 2
_FRUITLESS = 3
_JOINABLE = frozenset(
    {InboundKind.TEXT, InboundKind.PHOTO, InboundKind.VOICE, InboundKind.DOCUMENT, InboundKind.VIDEO,
     InboundKind.LOCATION}
)  # fmt: skip


@dataclass(slots=True)
class TurnRunner:
    """The loop over contacts whose messages are ready; `soonest` is when more may be ready."""

    desk: Desk
    outbox: OutboxRunner | None = None
    """Takes what a turn has to say to whose turn it is, without a look and a transaction of its own."""
    shared: bool = False
    """Whether other instances take turns as well."""
    soonest: datetime | None = None
    more: bool = False
    counts: dict[str, int] = field(default_factory=dict)
    seconds: Spread = field(default_factory=Spread)

    async def run_due(self) -> int:
        """Run every turn that is due now; returns how many. Errors cost their own turn only."""
        ran = fruitless = 0
        patience = self.desk.settings.limits.burst_patience
        while True:
            async with self.desk.store.read() as tx:
                due = await tx.inbox.due(patience, _AT_ONCE)
                self.soonest = await tx.inbox.next_ready()
            some = self._some(due)
            self.more = len(due) == _AT_ONCE or len(some) < len(due)
            done = await self._side_by_side(some)
            ran += sum(done)
            fruitless = 0 if any(done) else fruitless + 1
            if not self.more or (fruitless and some == due) or fruitless == _FRUITLESS:
                return ran

    def _some(self, due: tuple[ContactId, ...]) -> tuple[ContactId, ...]:
        """Where others work too, a few: those whose turn it is most, and of the next ones some by chance. All
        would try the same ones otherwise, and most of what each tries another would have."""
        if not self.shared or len(due) <= _SOME:
            return due
        return due[:_FIRST] + tuple(random.sample(due[_FIRST : 4 * _SOME], _SOME - _FIRST))

    async def _side_by_side(self, due: tuple[ContactId, ...]) -> list[int]:
        """One turn of each: different contacts' turns wait for the disk together, and who has many waits for
        the others before her next. A fault of the store ends the round."""
        tasks = [asyncio.create_task(self._turn(contact)) for contact in due]
        done = await asyncio.gather(*tasks, return_exceptions=True)
        fault = next((one for one in done if isinstance(one, BaseException)), None)
        if fault is not None:
            raise fault
        return [task.result() for task in tasks]

    async def _turn(self, contact: ContactId) -> int:
        """One turn in one transaction: 1 if there was one."""
        started = time.perf_counter()
        rows: tuple[InboxRow, ...] = ()
        parcel: Parcel | None = None
        told: frozenset[ContactId] = frozenset()
        try:
            async with self.desk.store.begin() as tx:
                if not await tx.lock_contact(contact):
                    return 0
                waiting = await tx.inbox.open_of(contact)
                rows = _next_turn(waiting)
                if not rows:
                    return 0
                self.more |= len(rows) < len(waiting)
                outcome = await self._act(tx, contact, rows)
                await tx.inbox.done(tuple(r.id for r in rows))
                if self.outbox is not None:
                    parcel = await self.outbox.take(tx, contact)
                told = frozenset(tx.told)
        except StoreError:
            raise
        except Exception as error:  # noqa: BLE001 - a fault in one turn must not stop the others
            await self._failed(contact, rows, error)
            outcome, parcel, self.more = "error", None, True
            if not rows:  # what waits cannot even be read: leave it, or this would go on for ever
                return 0
        self._note(rows, contact, outcome, started)
        if parcel is not None and self.outbox is not None:
            self.outbox.hand(parcel)
        if parcel is None or told - {contact}:
            self.desk.wake_outbox()
        return 1

    async def _act(self, tx: Tx, contact_id: ContactId, rows: tuple[InboxRow, ...]) -> str:
        contact = await tx.contacts.get(contact_id)
        first = rows[0].message
        if first.kind is InboundKind.LEFT:
            await tx.contacts.set_reachable(contact_id, reachable=False)
            return "left"
        conversation = await tx.contacts.conversation(contact)
        heard = hear(self.desk, contact, conversation, tuple(r.message for r in rows))
        if first.chat is ChatKind.GROUP:
            return await self._group(tx, contact_id, heard)
        worker = await tx.contacts.staff(contact_id)
        actor = Actor.of(contact_id, worker)
        if await staff.handle(self.desk, tx, actor, worker, contact, conversation, heard):
            return "staff"
        if heard.command in STAFF_COMMANDS:
            await self.desk.say(tx, contact_id, Say("refused-role"))
            return "refused"
        return await citizen.handle(self.desk, tx, actor, contact, conversation, heard)

    async def _group(self, tx: Tx, contact: ContactId, heard: Heard) -> str:
        """In a group nothing is done and nothing private is said."""
        if heard.command is not None or heard.tapped or heard.refusal is not None:
            await self.desk.say(tx, contact, Say("refused-private"))
            return "refused"
        return "ignored"

    async def _failed(self, contact: ContactId, rows: tuple[InboxRow, ...], error: Exception) -> None:
        """Try again, then set the message aside and say so; it is kept for a person to look at."""
        give_up = any(r.attempts + 1 >= MAX_ATTEMPTS for r in rows)
        log.error(
            "turn failed", contact=contact, inbox=[r.id for r in rows], error=type(error).__name__,
            where=_where(error), gave_up=give_up,
        )  # fmt: skip
        if not rows:
            return
        async with self.desk.store.begin() as tx:
            await tx.inbox.failed(tuple(r.id for r in rows), give_up)
            if give_up:
                await self.desk.say(tx, contact, Say("turn-failed"))

    def _note(self, rows: tuple[InboxRow, ...], contact: ContactId, outcome: str, started: float) -> None:
        self.counts[outcome] = self.counts.get(outcome, 0) + 1
        seconds = time.perf_counter() - started
        self.seconds.add(seconds)
        ms = round(seconds * 1000, 1)
        kind, channel = (rows[0].message.kind, rows[0].message.channel) if rows else ("", "")
        log.info("turn", action=kind, channel=channel, contact=contact, outcome=outcome, ms=ms)


def _where(error: Exception) -> str:
    """File and line of an error, without its message: that may quote a person's words."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_code.co_filename.rsplit('/', 1)[-1]}:{trace.tb_lineno}" if trace else ""


def _next_turn(rows: tuple[InboxRow, ...]) -> tuple[InboxRow, ...]:
    """The first message, with those that follow it in the same burst."""
    taken: list[InboxRow] = []
    for row in rows:
        if taken and not (_joins(row) and _joins(taken[0])):
            break
        taken.append(row)
    return tuple(taken)


def _joins(row: InboxRow) -> bool:
    return row.message.kind in _JOINABLE and not row.message.text.lstrip().startswith("/")
