"""Sends what was committed: in order per contact, side by side for different contacts (step 6)."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Coroutine
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Any

import structlog

from bot.desk.desk import Desk
from bot.desk.ports import Channel, OutboxRow, Tx
from bot.domain.dialog import Say
from bot.domain.errors import BotError, StoreError
from bot.domain.ids import ContactId
from bot.domain.messages import Ambiguous, ChannelName, Moved, Retry, SendOutcome, Sent, Undeliverable
from bot.domain.people import Contact

log = structlog.get_logger()
_LEASE = timedelta(seconds=5)
"""After a crash its rows are free again that much later; what is still on its way is renewed each second."""
_AT_ONCE = 200
_FIRST_WAIT = 2.0
_LONGEST_WAIT = 600.0
_MAX_ATTEMPTS = 30
_STORE_PAUSE = 1.0


@dataclass(frozen=True, slots=True)
class Parcel:
    """A leased row, to whom it goes, and the message that it replaces, if any."""

    to: Contact
    row: OutboxRow
    edit: str


@dataclass(slots=True)
class _Flight:
    """A row on its way; `seen` by a renewal before, so it has been for a second at least."""

    row: OutboxRow
    seen: bool = False


@dataclass(slots=True)
class OutboxRunner:
    """Keeps one worker per contact that has something waiting."""

    desk: Desk
    channels: dict[ChannelName, Channel]
    lease: timedelta = _LEASE
    pause: float = _STORE_PAUSE
    """Seconds before an outcome that could not be written is written again."""
    workers: dict[ContactId, asyncio.Task[None]] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    passed: set[ContactId] = field(default_factory=set)
    """Contacts whose worker was still there; it may have looked before the new row was written."""
    flights: dict[ContactId, _Flight] = field(default_factory=dict)
    """What this process is sending: nothing more is taken for such a contact, whatever the lease says."""

    async def run_due(self) -> int:
        """Start a worker for every contact with something due; returns how many were started."""
        async with self.desk.store.read() as tx:
            due = await tx.outbox.contacts_due(_AT_ONCE)
        started = 0
        for contact in due:
            if contact in self.workers:
                self.passed.add(contact)
            else:
                self._start(contact, self._drain(contact))
                started += 1
        return started

    def hand(self, parcel: Parcel) -> None:
        """Send this one, which was taken in a transaction that is committed now, and what follows it."""
        self._start(parcel.to.id, self._carry(parcel, self.workers.get(parcel.to.id)))

    def _start(self, contact: ContactId, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self.workers[contact] = task
        task.add_done_callback(partial(self._ended, contact))

    def _ended(self, contact: ContactId, task: asyncio.Task[None]) -> None:
        if self.workers.get(contact) is task:
            del self.workers[contact]
        if contact in self.passed:
            self.passed.discard(contact)
            self.desk.wake_outbox()
        if not task.cancelled() and task.exception() is not None:
            log.error("outbox worker failed", contact=contact, error=type(task.exception()).__name__)

    async def settle(self) -> None:
        """Wait until the running workers are done (for a clean stop, and in tests)."""
        while self.workers:
            await asyncio.gather(*self.workers.values(), return_exceptions=True)

    async def stop(self, within: float) -> None:
        """Let sends that are under way finish for that many seconds, then cancel: rows stay theirs."""
        running = list(self.workers.values())
        if running:
            await asyncio.wait(running, timeout=within)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    async def _drain(self, contact: ContactId) -> None:
        """Send this contact's rows one after the other until none is due."""
        async with self.desk.store.begin() as tx:
            parcel = await self.take(tx, contact)
        await self._carry(parcel)

    async def _carry(self, parcel: Parcel | None, before: asyncio.Task[None] | None = None) -> None:
        """`before` is the same contact's worker that has nothing left, and is about to end."""
        if before is not None:
            await asyncio.wait({before})
        while parcel is not None:
            self.flights[parcel.to.id] = _Flight(parcel.row)
            try:
                outcome = await self._send(parcel)
                self._count(outcome)
                following = await self._keep(parcel, outcome)
            finally:
                del self.flights[parcel.to.id]
            parcel = following

    async def renew(self) -> None:
        """Called each second: what takes longer stays ours. A process that died renews nothing, and another
        sends what it was sending."""
        old = [flight.row for flight in self.flights.values() if flight.seen]
        for flight in self.flights.values():
            flight.seen = True
        if old:
            async with self.desk.store.begin() as tx:
                await tx.outbox.renew(old, self.lease)

    async def take(self, tx: Tx, contact: ContactId) -> Parcel | None:
        """Her next row that is due, leased, and what sending it needs; None while another is on its way."""
        return None if contact in self.flights else await self._take(tx, contact)

    async def _take(self, tx: Tx, contact: ContactId) -> Parcel | None:
        row = await tx.outbox.take(contact, self.lease)
        if row is None:
            return None
        to = await tx.contacts.get(contact)
        edit = await tx.outbox.card_ref(contact, row.message.card) if row.message.card else ""
        return Parcel(to, row, edit)

    async def _send(self, parcel: Parcel) -> SendOutcome:
        to, row, edit = parcel.to, parcel.row, parcel.edit
        channel = self.channels.get(to.address.channel)
        if channel is None:
            return Retry(_LONGEST_WAIT, "channel is not running")
        try:
            return await channel.send(to.address, row.message, key=f"o{row.id}", edit=edit)
        except StoreError:
            return Retry(_FIRST_WAIT, "store")
        except BotError as error:
            return Undeliverable(str(error)[:200])
        except Exception as error:  # noqa: BLE001 - one message must not stop those behind it
            log.error("send failed", outbox=row.id, error=type(error).__name__)  # noqa: TRY400
            return Ambiguous(type(error).__name__)

    async def _keep(self, parcel: Parcel, outcome: SendOutcome) -> Parcel | None:
        """Write what became of it, as often as it takes: nobody else knows, and forgotten it would be sent
        again when the lease is over. Returns the next one."""
        while True:
            try:
                return await self._settle(parcel.to, parcel.row, outcome)
            except StoreError as error:
                log.error("store failed", outbox=parcel.row.id, error=str(error))  # noqa: TRY400 - no data
                await asyncio.sleep(self.pause)

    async def _settle(self, to: Contact, row: OutboxRow, outcome: SendOutcome) -> Parcel | None:
        """Write what became of it, and take the next row if it may follow."""
        async with self.desk.store.begin() as tx:
            match outcome:
                case Sent(ref):
                    await tx.outbox.sent(row, ref)
                case Moved(chat):
                    await tx.contacts.move(to.id, chat)
                    await tx.outbox.later(row, tx.now, "moved")
                case Undeliverable(reason, gone):
                    await tx.outbox.undeliverable(row, reason)
                    if gone:
                        await tx.contacts.set_reachable(to.id, reachable=False)
                case Retry() | Ambiguous() if row.attempts + 1 >= _MAX_ATTEMPTS:
                    await tx.outbox.undeliverable(row, outcome.reason)
                case Retry() | Ambiguous():
                    await tx.outbox.later(row, tx.now + _wait(outcome, row.attempts), outcome.reason)
                    return None
            await self._tell_origin(tx, row, outcome)
            following = await self._take(tx, to.id)
        if row.origin is not None:
            self.desk.wake_outbox()
        log.info("sent", outbox=row.id, channel=to.address.channel, outcome=type(outcome).__name__)
        return following

    def _count(self, outcome: SendOutcome) -> None:
        name = type(outcome).__name__.lower()
        self.counts[name] = self.counts.get(name, 0) + 1

    async def _tell_origin(self, tx: Tx, row: OutboxRow, outcome: SendOutcome) -> None:
        """The expert whose words these were sees whether they arrived, and what to do if not."""
        if row.origin is None or isinstance(outcome, Moved):
            return
        case = await tx.cases.by_id(row.callback) if row.callback is not None else None
        if case is None:
            return
        key = "delivered" if isinstance(outcome, Sent) else "not-delivered"
        if isinstance(outcome, Undeliverable) and outcome.gone:
            key = "not-delivered-gone"
        await self.desk.say(tx, row.origin, Say(key, {"case": case.number}))


def _wait(outcome: Retry | Ambiguous, attempts: int) -> timedelta:
    """What the channel asked for, or doubling with jitter."""
    backoff = min(_FIRST_WAIT * 2**attempts, _LONGEST_WAIT) * random.uniform(0.8, 1.2)  # noqa: S311
    asked = outcome.after if isinstance(outcome, Retry) else 0.0
    return timedelta(seconds=asked or backoff)
