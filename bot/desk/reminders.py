"""Fires what is due: each reminder once, in the transaction that also writes what follows from it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog

from bot.desk import cards, cases, hand_over, waiting
from bot.desk.desk import Desk
from bot.desk.ports import Tx
from bot.domain.actions import Action
from bot.domain.callback import Callback, CaseState, Note, NoteKind, Outcome
from bot.domain.dialog import FORM_STAGES, Arg, Choice, Rows, Say
from bot.domain.errors import StoreError
from bot.domain.ids import ContactId, ReminderId
from bot.domain.people import Role
from bot.domain.reminders import Reminder, ReminderKind

log = structlog.get_logger()
_AT_ONCE = 100
_TRY_AGAIN = timedelta(minutes=5)


@dataclass(slots=True)
class ReminderRunner:
    """The loop over due reminders. One that fails holds up no other; it is tried again a little later."""

    desk: Desk
    fired: int = 0
    not_before: dict[ReminderId, datetime] = field(default_factory=dict)

    async def run_due(self) -> int:
        """Fire everything that is due now; returns how many rows were taken."""
        ran = 0
        while True:
            async with self.desk.store.read() as tx:
                due = await tx.reminders.due(_AT_ONCE + len(self.not_before))
                ready = [r for r in due if self.not_before.get(r, tx.now) <= tx.now]
            fired = sum([await self._try(reminder) for reminder in ready])
            ran += fired
            if not fired:  # none is left, or another instance is at those that are
                self.fired += ran
                return ran

    async def _try(self, reminder: ReminderId) -> int:
        try:
            fired = await self._fire(reminder)
        except StoreError:
            raise
        except Exception as error:  # noqa: BLE001 - a fault in one reminder must not stop the others
            log.error("reminder failed", reminder=reminder, error=type(error).__name__)  # noqa: TRY400
            async with self.desk.store.read() as tx:
                self.not_before[reminder] = tx.now + _TRY_AGAIN
            return 0
        self.not_before.pop(reminder, None)
        return fired

    async def _fire(self, reminder_id: ReminderId) -> int:
        async with self.desk.store.begin() as tx:
            reminder = await tx.reminders.take(reminder_id)
            if reminder is None:
                return 0
            await _fire(self.desk, tx, reminder)
        log.info("reminder", kind=reminder.kind, case=reminder.callback, late=reminder.late(tx.now))
        self.desk.wake_outbox()
        return 1


async def _fire(desk: Desk, tx: Tx, reminder: Reminder) -> None:
    if reminder.kind is ReminderKind.FORM_WAITING:
        await _form_waiting(desk, tx, reminder)
        return
    if reminder.callback is None:
        return
    case = await tx.cases.by_id(reminder.callback)
    if case is not None:
        await _FIRE[reminder.kind](desk, tx, reminder, case)


def _late(tx: Tx, reminder: Reminder, say: Say) -> Say:
    """The same, but marked late when it is."""
    return Say(say.key, {**say.args, "late": int(reminder.late(tx.now))}, say.rows, quote=say.quote)


async def _form_waiting(desk: Desk, tx: Tx, reminder: Reminder) -> None:
    """She left the form half done: one word, not at night."""
    if reminder.contact is None:
        return
    contact = await tx.contacts.get(reminder.contact)
    conversation = await tx.contacts.conversation(contact)
    if conversation.stage not in FORM_STAGES:
        return
    quiet_end = desk.settings.hours.after_quiet(tx.now)
    if quiet_end > tx.now:
        await tx.reminders.set(ReminderKind.FORM_WAITING, quiet_end, contact=contact.id)
        return
    await desk.say(tx, contact.id, Say("form-waiting"))


async def _promise_near(desk: Desk, tx: Tx, reminder: Reminder, case: Callback) -> None:
    """Nobody has claimed it and the promise runs out: experts on duty, or the supervisors."""
    if case.state is CaseState.OPEN:
        for staff in await _watchers(tx, case, Role.EXPERT):
            rows = ((Choice(Action.CLAIM, key="button-claim", case=case.number, fence=case.fence),),)
            say = Say("promise-near", {"case": case.number, "promise": case.promise_at}, rows)
            await desk.say(tx, staff, _late(tx, reminder, say), callback=case.id)


async def _promise_over(desk: Desk, tx: Tx, reminder: Reminder, case: Callback) -> None:
    """The promise is broken: the supervisors, the owner, and an honest word to the citizen."""
    if case.state not in (CaseState.OPEN, CaseState.CLAIMED):
        return
    say = _late(tx, reminder, Say("promise-over", {"case": case.number, "promise": case.promise_at}))
    told = set(await _watchers(tx, case, Role.SUPERVISOR)) | ({case.owner} if case.owner else set())
    for contact in told:
        await desk.say(tx, contact, say, callback=case.id)
    await desk.say_quietly(tx, case.contact, Say("sorry-late", {"case": case.number}), callback=case.id)


async def _watchers(tx: Tx, case: Callback, role: Role) -> list[ContactId]:
    """Experts on duty, or the supervisors; whoever is there if nobody of that role is."""
    staff = [s for s in await tx.contacts.all_staff() if s.contact != case.contact]
    on_duty = [s.contact for s in staff if Role.EXPERT in s.roles and s.on_duty]
    leads = [s.contact for s in staff if Role.SUPERVISOR in s.roles]
    first, second = (on_duty, leads) if role is Role.EXPERT else (leads, on_duty)
    return first or second or [s.contact for s in staff]


async def _lease_nudge(desk: Desk, tx: Tx, reminder: Reminder, case: Callback) -> None:
    """The owner has done nothing yet."""
    if case.state is not CaseState.CLAIMED or case.owner is None or case.fence != reminder.fence:
        return
    until = case.lease_until or tx.now
    say = Say("lease-nudge", {"case": case.number, "until": until}, cards.owner_rows(case))
    await desk.say(tx, case.owner, _late(tx, reminder, say), callback=case.id)


async def _lease_over(desk: Desk, tx: Tx, reminder: Reminder, case: Callback) -> None:
    """Back to the queue, unless she acted meanwhile (then the lease was moved or is gone)."""
    if case.state is not CaseState.CLAIMED or case.fence != reminder.fence:
        return
    if case.lease_until is not None and case.lease_until > tx.now:
        await tx.reminders.set(ReminderKind.LEASE_OVER, case.lease_until, callback=case.id, fence=case.fence)
        return
    await hand_over.lapse(desk, tx, case)


async def _window_near(desk: Desk, tx: Tx, reminder: Reminder, case: Callback) -> None:
    """The agreed time to phone comes up: the expert, and the citizen. When it has passed already, the
    expert still learns what was agreed, but the citizen is not told to wait for a call."""
    window = case.draft.window
    if window is None or case.state is CaseState.CLOSED:
        return
    args: dict[str, Arg] = {"case": case.number, "start": window.start}
    if case.owner is not None:
        say = _late(tx, reminder, Say("window-near", args, cards.owner_rows(case)))
        await desk.say(tx, case.owner, say, callback=case.id)
        if window.end > tx.now:
            say = _late(tx, reminder, Say("window-citizen", args))
            await desk.say(tx, case.contact, say, callback=case.id)
        return
    for contact in await _watchers(tx, case, Role.EXPERT):
        rows = ((Choice(Action.CLAIM, key="button-claim", case=case.number, fence=case.fence),),)
        await desk.say(
            tx, contact, _late(tx, reminder, Say("window-unclaimed", args, rows)), callback=case.id
        )


def _answered_rows(case: Callback) -> Rows:
    def button(action: Action, key: str) -> Choice:
        return Choice(action, key=key, case=case.number, fence=case.fence)

    return ((button(Action.CASE_SOLVED, "button-solved"), button(Action.CASE_REOPEN, "button-case-reopen")),)


async def _ask_citizen(desk: Desk, tx: Tx, reminder: Reminder, case: Callback) -> None:
    """Was it solved? Asked the day after an answer, and once more if she says nothing."""
    if case.state is not CaseState.ANSWERED or case.fence != reminder.fence:
        return
    key = "ask-solved" if reminder.kind is ReminderKind.ASK_SOLVED else "no-reaction"
    planned = await tx.reminders.planned(case.id)
    closes = planned.get(ReminderKind.AUTO_CLOSE, tx.now)
    say = Say(key, {"case": case.number, "closes": closes}, _answered_rows(case))
    await desk.say_quietly(tx, case.contact, _late(tx, reminder, say), callback=case.id)


async def _auto_close(desk: Desk, tx: Tx, reminder: Reminder, case: Callback) -> None:
    """She did not react to the answer: closed with a word; she can open it again."""
    if case.state is not CaseState.ANSWERED or case.fence != reminder.fence:
        return
    closed = await cases.close(tx, case, Outcome.ANSWERED)
    if closed is None:
        return
    await tx.cases.add_note(case.id, Note(tx.now, NoteKind.SYSTEM, None, "story-auto-closed"))
    await tx.audit.add("auto_close", None, case.id)
    await desk.say_quietly(tx, case.contact, Say("auto-closed", {"case": case.number}), callback=case.id)
    morning = desk.settings.hours.after_quiet(tx.now)
    await desk.ask(tx, case.contact, cases.rating_say(closed), callback=case.id, not_before=morning)
    if case.owner is not None:
        await desk.say(tx, case.owner, Say("auto-closed-expert", {"case": case.number}), callback=case.id)


async def _citizen_waits(desk: Desk, tx: Tx, reminder: Reminder, case: Callback) -> None:
    """She wrote again and has no reply yet: her expert, and when that does not help the supervisors."""
    if case.state is not CaseState.ANSWERED or case.owner is None or case.fence != reminder.fence:
        return
    wait = waiting.Wait.read(reminder.text)
    args: dict[str, Arg] = {"case": case.number, "since": wait.since}
    say = Say("citizen-waits", args, cards.owner_rows(case))
    await desk.say(tx, case.owner, _late(tx, reminder, say), callback=case.id)
    if wait.long:
        owner = await tx.contacts.staff(case.owner)
        args = {"case": case.number, "since": wait.since, "who": owner.name if owner else "—"}
        for lead in await _leads(tx, case):
            say = Say("citizen-waits-long", args, cards.lead_rows(case))
            await desk.say(tx, lead, _late(tx, reminder, say), callback=case.id)
    await waiting.plan(desk, tx, case, wait.next())


async def _leads(tx: Tx, case: Callback) -> list[ContactId]:
    staff = await tx.contacts.all_staff()
    leads = [s.contact for s in staff if Role.SUPERVISOR in s.roles]
    return [lead for lead in leads if lead not in (case.contact, case.owner)]


async def _own(desk: Desk, tx: Tx, reminder: Reminder, case: Callback) -> None:
    """An expert's own follow-up, while the case is hers."""
    if reminder.contact is None or case.owner != reminder.contact:
        return
    say = Say("own-reminder", {"case": case.number}, cards.owner_rows(case), quote=reminder.text)
    await desk.say(tx, reminder.contact, _late(tx, reminder, say), callback=case.id)


_Fire = Callable[[Desk, Tx, Reminder, Callback], Awaitable[None]]
_FIRE: dict[ReminderKind, _Fire] = {
    ReminderKind.PROMISE_NEAR: _promise_near,
    ReminderKind.PROMISE_OVER: _promise_over,
    ReminderKind.LEASE_NUDGE: _lease_nudge,
    ReminderKind.LEASE_OVER: _lease_over,
    ReminderKind.WINDOW_NEAR: _window_near,
    ReminderKind.NO_REACTION: _ask_citizen,
    ReminderKind.ASK_SOLVED: _ask_citizen,
    ReminderKind.AUTO_CLOSE: _auto_close,
    ReminderKind.CITIZEN_WAITS: _citizen_waits,
    ReminderKind.OWN: _own,
}
