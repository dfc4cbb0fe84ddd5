"""Giving a case back or on: release with a reason, transfer to a named expert, lapse of a lease."""

from __future__ import annotations

from dataclasses import replace

from bot.desk import cards, cases
from bot.desk.claim import owned, plan_lease
from bot.desk.desk import Desk
from bot.desk.ports import Change, Tx
from bot.desk.work import Work
from bot.domain.actions import Action
from bot.domain.callback import Callback, CaseState, Note, NoteKind
from bot.domain.clean import clean_text
from bot.domain.dialog import Choice, Rows, Say, Stage
from bot.domain.ids import ContactId
from bot.domain.people import Role, Staff

REASONS = ("field", "time", "conflict")
_MAX_COLLEAGUES = 12
BACK = Change(state=CaseState.OPEN, owner_id=None, lease_until=None, claimed_at=None, answered_at=None)


async def release_tapped(work: Work, choice: Choice) -> None:
    """First tap: why? Second tap: back into the queue."""
    case = await work.case(Action.RELEASE, choice.case, choice.fence)
    if case is None:
        return
    if choice.arg in REASONS:
        await _release(work, case, f"release-{choice.arg}", "")
        return
    work.at(case.number, Stage.RELEASING)
    await work.say(Say("release-why", {"case": case.number}, _reasons(case)))


def _reasons(case: Callback) -> Rows:
    return tuple(
        (Choice(Action.RELEASE, reason, f"release-{reason}", case=case.number, fence=case.fence),)
        for reason in REASONS
    )


async def release_typed(work: Work, text: str) -> None:
    """A typed reason does as well."""
    case = await work.case(Action.RELEASE, work.conversation.case)
    if case is None:
        work.leave()
    elif text:
        await _release(work, case, "story-released", clean_text(text, 300))
    else:
        await work.say(Say("release-why", {"case": case.number}, _reasons(case)))


async def _release(work: Work, case: Callback, why: str, words: str) -> None:
    tx = work.tx
    promise = cases.promise_in_new_hands(work.desk, tx, case)
    opened = await tx.cases.change(case, replace(BACK, promise_at=promise))
    if opened is None:
        await work.lost()
        return
    await tx.cases.add_note(case.id, Note(tx.now, NoteKind.SYSTEM, work.me, why))
    if words:
        await tx.cases.add_note(case.id, Note(tx.now, NoteKind.EXPERT, work.me, words))
    await tx.audit.add("release", work.me, case.id, why)
    work.leave()
    await work.say(Say("released", {"case": case.number}))
    if case.owner is not None and case.owner != work.me:
        await work.say(Say("taken-from-you", {"case": case.number}), to=case.owner)
    over = int(promise <= tx.now)
    say = Say("released-citizen", {"case": case.number, "promise": promise, "over": over})
    await back_to_queue(work.desk, tx, opened, say)


async def back_to_queue(desk: Desk, tx: Tx, case: Callback, to_citizen: Say) -> None:
    """Plan the promise anew, show the request again, and tell the citizen what happened."""
    await cases.plan_anew(desk, tx, case)
    await cards.announce(desk, tx, case)
    await desk.say_quietly(tx, case.contact, to_citizen, callback=case.id)


async def lapse(desk: Desk, tx: Tx, case: Callback) -> None:
    """Nothing happened within the lease: back to the queue, and both sides can see why."""
    opened = await tx.cases.change(case, BACK)
    if opened is None:
        return
    await tx.cases.add_note(case.id, Note(tx.now, NoteKind.SYSTEM, None, "story-lapsed"))
    await tx.audit.add("lapse", None, case.id)
    if case.owner is not None:
        await desk.say(tx, case.owner, Say("lease-over", {"case": case.number}), callback=case.id)
    over = int(case.promise_at <= tx.now)
    say = Say("lapsed-citizen", {"case": case.number, "promise": case.promise_at, "over": over})
    await back_to_queue(desk, tx, opened, say)


# transfer


async def transfer_tapped(work: Work, choice: Choice) -> None:
    """First tap: to whom? Second tap: it is hers."""
    case = await work.case(Action.TRANSFER, choice.case, choice.fence)
    if case is None:
        return
    colleagues = await _colleagues(work, case)
    target = next((s for s in colleagues if str(s.contact) == choice.arg), None)
    if target is not None:
        await _transfer(work, case, target)
    elif not colleagues:
        await work.say(Say("transfer-nobody"))
    else:
        await work.say(Say("transfer-whom", {"case": case.number}, _names(case, colleagues)))


async def _colleagues(work: Work, case: Callback) -> list[Staff]:
    """Other experts: those on duty who fit first."""
    others = [
        s
        for s in await work.tx.contacts.all_staff()
        if Role.EXPERT in s.roles and s.contact not in (case.owner, case.contact)
    ]
    fits = {s.contact: s.fits(case.draft.topic, case.draft.region) for s in others}
    return sorted(others, key=lambda s: (not s.on_duty, not fits[s.contact], s.name))[:_MAX_COLLEAGUES]


def _names(case: Callback, colleagues: list[Staff]) -> Rows:
    return tuple(
        (
            Choice(
                Action.TRANSFER,
                str(s.contact),
                label=s.name + (" ●" if s.on_duty else ""),
                case=case.number,
                fence=case.fence,
            ),
        )
        for s in colleagues
    )


async def _transfer(work: Work, case: Callback, target: Staff) -> None:
    tx = work.tx
    promise = cases.promise_in_new_hands(work.desk, tx, case)
    moved = await tx.cases.change(case, replace(owned(work, target.contact), promise_at=promise))
    if moved is None:
        await work.lost()
        return
    await tx.cases.add_note(case.id, Note(tx.now, NoteKind.SYSTEM, work.me, "story-transferred"))
    await tx.audit.add("transfer", work.me, case.id, str(target.contact))
    await cases.plan_anew(work.desk, tx, moved)
    await plan_lease(work, moved)
    work.leave()
    await work.say(Say("transferred", {"case": case.number, "who": target.name}))
    await _welcome(work, moved, target.contact)
    if case.owner is not None and case.owner != work.me:
        await work.say(Say("taken-from-you", {"case": case.number}), to=case.owner)


async def _welcome(work: Work, case: Callback, target: ContactId) -> None:
    rows = ((Choice(Action.OPEN_CASE, key="button-open", case=case.number, fence=case.fence),),)
    say = Say("transferred-to-you", {"case": case.number, "who": work.staff.name}, rows)
    await work.say(say, to=target, callback=case.id)
