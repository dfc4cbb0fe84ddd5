"""Claiming a request: one tap, one winner."""

from __future__ import annotations

from bot.desk import cards
from bot.desk.ports import Change
from bot.desk.work import Work
from bot.domain.actions import Action
from bot.domain.callback import Callback, CaseState, Note, NoteKind
from bot.domain.dialog import Choice, Say
from bot.domain.reminders import ReminderKind


async def tapped(work: Work, choice: Choice) -> None:
    """Claim it if it is still open; otherwise say who has it."""
    seen = await work.tx.cases.by_number(choice.case)
    if seen is not None and seen.state is not CaseState.OPEN and seen.contact != work.me:
        await _too_late(work, seen)
        return
    case = await work.case(Action.CLAIM, choice.case, choice.fence, seen)
    if case is None:
        return
    if case.contact == work.me:
        await work.say(Say("own-question"))
        return
    won = await work.tx.cases.change(case, owned(work, work.me))
    if won is None:
        await _too_late(work, await work.tx.cases.by_id(case.id) or case)
        return
    await _after_claim(work, case, won)


def owned(work: Work, owner: int) -> Change:
    """The change that gives a case to an owner, with a fresh lease."""
    lease = work.tx.now + work.desk.settings.delays.lease
    return Change(state=CaseState.CLAIMED, owner_id=owner, lease_until=lease, claimed_at=work.tx.now)  # type: ignore[arg-type]


async def _too_late(work: Work, case: Callback) -> None:
    owner = await work.tx.contacts.staff(case.owner) if case.owner is not None else None
    if case.owner == work.me:
        await work.say(Say("claim-yours", {"case": case.number}))
    elif owner is None:
        await work.say(Say("claim-gone", {"case": case.number}))
    else:
        await work.say(Say("claim-lost", {"case": case.number, "who": owner.name}))


async def _after_claim(work: Work, before: Callback, case: Callback) -> None:
    tx, desk = work.tx, work.desk
    await tx.audit.add("claim", work.me, case.id)
    await tx.cases.add_note(case.id, Note(tx.now, NoteKind.SYSTEM, work.me, "story-claimed"))
    await tx.reminders.drop(ReminderKind.PROMISE_NEAR, case.id)
    await plan_lease(work, case)
    await cards.update(desk, tx, before, Say("card-claimed", {"case": case.number, "who": work.staff.name}))
    await hand_case(work, case)
    await desk.say(tx, case.contact, Say("claimed", {"case": case.number}), callback=case.id)


async def plan_lease(work: Work, case: Callback) -> None:
    """A nudge before the lease ends, and the end itself."""
    if case.lease_until is None:
        return
    nudge = case.lease_until - work.desk.settings.delays.lease_nudge
    for kind, due in ((ReminderKind.LEASE_NUDGE, nudge), (ReminderKind.LEASE_OVER, case.lease_until)):
        await work.tx.reminders.set(kind, due, callback=case.id, fence=case.fence)


async def hand_case(work: Work, case: Callback) -> None:
    """Show the actor the whole case and bind her typing to it."""
    await work.say(await cards.whole_case(work.desk, work.tx, case, work.me), callback=case.id)
    await cards.send_files(work.desk, work.tx, case, work.me)
    work.at(case.number)
