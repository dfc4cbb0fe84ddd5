"""A citizen and her cases: open, add, show, cancel, rate, reopen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.desk import cards, waiting
from bot.desk.desk import Desk
from bot.desk.ports import Change, Tx
from bot.domain.actions import Action, Refusal, refuse
from bot.domain.callback import Callback, CaseState, Draft, Note, NoteKind, Outcome, Reach
from bot.domain.clean import clean_text, preview
from bot.domain.dialog import AddToCase, Arg, Choice, Conversation, Rows, Say, Stage
from bot.domain.form import MAX_DETAILS
from bot.domain.ids import CaseNumber, ContactId
from bot.domain.messages import ChatKind
from bot.domain.people import Actor, Contact
from bot.domain.reminders import ReminderKind

SHOWN = 5
_STORY = 6


@dataclass(frozen=True, slots=True)
class After:
    """What an effect adds to its turn: more to say, and a change of the conversation."""

    says: tuple[Say, ...] = ()
    conversation: Callable[[Conversation], Conversation] | None = None


# opening


async def open_case(desk: Desk, tx: Tx, contact: Contact, draft: Draft) -> After:
    """Put the draft into the queue, promise a time, tell the experts; the receipt says all of it."""
    live = await tx.cases.live_of(contact.id)
    if len(live) >= desk.settings.limits.live_cases:
        return After((Say("too-many-cases", {"count": len(live)}),))
    case = await tx.cases.open(contact.id, desk.settings.station.id, draft, _promise(desk, tx, draft))
    await tx.audit.add("open", contact.id, case.id)
    for file in draft.files:
        await tx.cases.add_note(case.id, Note(tx.now, NoteKind.CITIZEN, contact.id, "", (file,)))
    await plan_promise(desk, tx, case)
    await cards.announce(desk, tx, case)
    place = await tx.cases.place_in_queue(case)
    return After((_receipt(desk, case, place),))


def _promise(desk: Desk, tx: Tx, draft: Draft) -> datetime:
    """Urgent is counted in working time to the minute; the rest ends with a working span."""
    delays, hours = desk.settings.delays, desk.settings.hours
    promise = hours.promise(tx.now, delays.promise)
    return min(promise, hours.after_work(tx.now, delays.promise_urgent)) if draft.urgent else promise


def _receipt(desk: Desk, case: Callback, place: int) -> Say:
    key = "receipt-phone" if case.draft.reach is Reach.PHONE else "receipt-chat"
    rows: Rows = (
        (
            Choice(Action.CASE_ADD, key="button-case-add", case=case.number, fence=case.fence),
            Choice(Action.CASE_CANCEL, key="button-case-cancel", case=case.number, fence=case.fence),
        ),
    )
    args: dict[str, Arg] = {
        "case": case.number,
        "promise": case.promise_at,
        "place": place,
        "urgent": int(case.draft.urgent),
        "minutes": int(desk.settings.delays.promise_urgent / timedelta(minutes=1)),
    }
    return Say(key, args, rows)


def promise_in_new_hands(desk: Desk, tx: Tx, case: Callback) -> datetime:
    """The promise of a case that changes hands: one that an answer has met already counts no more."""
    met = case.state is CaseState.ANSWERED and case.promise_at <= tx.now
    return _promise(desk, tx, case.draft) if met else case.promise_at


async def plan_anew(desk: Desk, tx: Tx, case: Callback) -> None:
    """After a change of hands: only the promise and the time to phone. A broken promise that everybody
    has heard of is not told again."""
    over = (await tx.reminders.planned(case.id)).get(ReminderKind.PROMISE_OVER)
    await tx.reminders.drop_all(case.id)
    await plan_promise(desk, tx, case)
    if over is None and case.promise_at <= tx.now:
        await tx.reminders.drop(ReminderKind.PROMISE_OVER, case.id)


async def plan_promise(desk: Desk, tx: Tx, case: Callback) -> None:
    """Remind the desk before and when the promise runs out: when little time is left, at half of it."""
    left, delays = case.promise_at - tx.now, desk.settings.delays
    if left > timedelta(0):
        warning = delays.promise_urgent / 2 if case.draft.urgent else delays.promise_warning
        near = case.promise_at - min(warning, delays.promise_warning, left / 2)
        await tx.reminders.set(ReminderKind.PROMISE_NEAR, near, callback=case.id)
    await tx.reminders.set(ReminderKind.PROMISE_OVER, case.promise_at, callback=case.id)
    window = case.draft.window
    if window is not None and window.start > tx.now:
        due = window.start - delays.window_warning
        await tx.reminders.set(ReminderKind.WINDOW_NEAR, due, callback=case.id)


# adding


async def add(desk: Desk, tx: Tx, contact: Contact, effect: AddToCase) -> After:
    """Her words go into the case, and to its expert at once if it has one."""
    case = await tx.cases.by_number(effect.case)
    if case is None or case.contact != contact.id:
        return After((Say(Refusal.UNKNOWN_CASE.value),))
    if case.state is CaseState.CLOSED:
        return After((Say(Refusal.STATE.value),))
    text = clean_text(effect.text, MAX_DETAILS)
    await tx.cases.add_note(case.id, Note(tx.now, NoteKind.CITIZEN, contact.id, text, effect.files))
    await tx.audit.add("add", contact.id, case.id)
    if case.owner is None:
        return After((Say("added", {"case": case.number}),))
    await _relay_to_owner(desk, tx, case, text, effect)
    return After()


async def _relay_to_owner(desk: Desk, tx: Tx, case: Callback, text: str, effect: AddToCase) -> None:
    assert case.owner is not None
    rows = cards.owner_rows(case)
    if text:
        say = Say("citizen-says", {"case": case.number}, rows, quote=text)
        await desk.say(tx, case.owner, say, callback=case.id)
    for file in effect.files:
        say = Say("citizen-file", {"case": case.number}, () if text else rows, file=file)
        await desk.say(tx, case.owner, say, callback=case.id)
    if not effect.thanks:
        await waiting.begin(desk, tx, case)


async def mark_urgent(desk: Desk, tx: Tx, contact: Contact, number: CaseNumber) -> After:
    """A live case became urgent: a sooner promise, which she hears of, and so does whoever holds it or may
    claim it."""
    case = await tx.cases.by_number(number)
    if case is None or case.contact != contact.id or case.draft.urgent:
        return After()
    await tx.cases.save_draft(case.id, replace(case.draft, urgent=True))
    await tx.audit.add("urgent", contact.id, case.id)
    promise = min(case.promise_at, _promise(desk, tx, replace(case.draft, urgent=True)))
    changed = await tx.cases.change(case, Change(promise_at=promise))
    if changed is None:
        return After()
    broken = promise <= tx.now  # everybody has heard of it: not told again
    sooner = Say("now-urgent", {"case": number, "promise": promise})
    after = After((sooner,)) if promise < case.promise_at else After()
    if changed.owner is not None:
        if changed.state is CaseState.CLAIMED and not broken:
            await tx.reminders.set(ReminderKind.PROMISE_OVER, promise, callback=case.id)
        await desk.say(tx, changed.owner, Say("became-urgent", {"case": number}), callback=case.id)
        return after
    if not broken:
        await plan_promise(desk, tx, changed)
    await cards.announce(desk, tx, changed)
    return after


# her list


async def show_all(desk: Desk, tx: Tx, contact: Contact) -> After:
    """Her last cases, one button each."""
    found = await tx.cases.all_of(contact.id, SHOWN)
    if not found:
        return After((Say("my-none"),))
    says = [_line(desk, contact, case) for case in found]
    rows = tuple(
        (Choice(Action.CASE_SHOW, label=case.number, case=case.number, fence=case.fence),) for case in found
    )
    return After((Say("my-list", {"lines": "\n".join(says)}, rows),))


def _line(desk: Desk, contact: Contact, case: Callback) -> str:
    texts, language = desk.texts, contact.language
    state = texts.get(language, f"state-{case.state}")
    topic = desk.knowledge.shelf.topic_name(case.draft.topic)
    return f"- {case.number} · {topic} · {state}"


async def act(desk: Desk, tx: Tx, actor: Actor, choice: Choice) -> After:
    """A button on one of her own cases, checked against the case as it is now."""
    case = await tx.cases.by_number(choice.case)
    refusal = refuse(choice.action, actor, ChatKind.PRIVATE, case, choice.fence)
    if refusal is not None or case is None:
        return After((Say((refusal or Refusal.UNKNOWN_CASE).value),))
    match choice.action:
        case Action.CASE_SHOW:
            return After((await _details(tx, case),))
        case Action.CASE_ADD:
            return After((Say("add-now", {"case": case.number}),), _stage(Stage.ADDING, case.number))
        case Action.CASE_CANCEL:
            await withdraw(desk, tx, case)
            return After((Say("case-withdrawn", {"case": case.number}),))
        case Action.CASE_RATE:
            return await _rate(tx, case, choice.arg)
        case Action.CASE_SOLVED:
            return await _solved(desk, tx, case)
        case Action.CASE_REOPEN:
            return await _reopen(desk, tx, case)
        case _:
            return After((Say(Refusal.FORGED.value),))


def _stage(stage: Stage, number: CaseNumber) -> Callable[[Conversation], Conversation]:
    return lambda conversation: replace(conversation, stage=stage, case=number)


async def _details(tx: Tx, case: Callback) -> Say:
    rows: list[tuple[Choice, ...]] = []
    number, fence = case.number, case.fence
    if case.state is not CaseState.CLOSED:
        rows.append(
            (
                Choice(Action.CASE_ADD, key="button-case-add", case=number, fence=fence),
                Choice(Action.CASE_CANCEL, key="button-case-cancel", case=number, fence=fence),
            )
        )
    if case.state in (CaseState.CLOSED, CaseState.ANSWERED):
        rows.append((Choice(Action.CASE_REOPEN, key="button-case-reopen", case=number, fence=fence),))
    place = await tx.cases.place_in_queue(case) if case.state is CaseState.OPEN else 0
    args: dict[str, Arg] = {
        "case": number,
        "promise": case.promise_at,
        "place": place,
        "opened": case.opened_at,
    }
    return Say(f"case-{case.state}", args, tuple(rows), quote=preview(case.draft.question))


async def withdraw(desk: Desk, tx: Tx, case: Callback) -> None:
    """She takes her request back: closed, its reminders gone, whoever holds it is told."""
    change = Change(
        state=CaseState.CLOSED, owner_id=None, lease_until=None, closed_at=tx.now, outcome=Outcome.WITHDRAWN
    )
    closed = await tx.cases.change(case, change)
    if closed is None:
        return
    await tx.audit.add("withdraw", case.contact, case.id)
    await tx.reminders.drop_all(case.id)
    await cards.update(desk, tx, case, Say("card-withdrawn", {"case": case.number}))
    if case.owner is not None:
        await desk.say(tx, case.owner, Say("withdrawn", {"case": case.number}), callback=case.id)


# after the answer


async def _rate(tx: Tx, case: Callback, arg: str) -> After:
    rating = int(arg) if arg.isdecimal() and 1 <= int(arg) <= 5 else None
    if rating is None:
        return After((Say(Refusal.FORGED.value),))
    await tx.cases.change(case, Change(rating=rating))
    await tx.audit.add("rate", case.contact, case.id, str(rating))
    key = "rated-low" if rating <= 2 else "rated"
    rows: Rows = ()
    if rating <= 2:
        rows = ((Choice(Action.CASE_REOPEN, key="button-case-reopen", case=case.number, fence=case.fence),),)
    return After((Say(key, {"case": case.number}, rows),), _stage(Stage.RATING_WORD, case.number))


async def rate_word(tx: Tx, contact: Contact, number: CaseNumber, text: str) -> After:
    """A word that goes with the rating; a late one still counts."""
    case = await tx.cases.by_number(number)
    if case is not None and case.contact == contact.id:
        await tx.cases.add_note(case.id, Note(tx.now, NoteKind.CITIZEN, contact.id, text))
        await tx.audit.add("rate_word", contact.id, case.id)
    return After()


async def _solved(desk: Desk, tx: Tx, case: Callback) -> After:
    """She says it is solved: the case is closed as answered, and she may rate it."""
    closed = await close(tx, case, Outcome.ANSWERED)
    if closed is None:
        return After((Say(Refusal.STALE.value),))
    await tx.cases.add_note(case.id, Note(tx.now, NoteKind.SYSTEM, case.contact, "story-solved"))
    await tx.audit.add("solved", case.contact, case.id)
    if case.owner is not None:
        await desk.say(tx, case.owner, Say("solved-by-citizen", {"case": case.number}), callback=case.id)
    return After((rating_say(closed),))


async def close(tx: Tx, case: Callback, outcome: Outcome) -> Callback | None:
    """Close a case with an outcome; None if it changed hands meanwhile. The owner stays on record."""
    change = Change(state=CaseState.CLOSED, lease_until=None, closed_at=tx.now, outcome=outcome)
    closed = await tx.cases.change(case, change)
    if closed is not None:
        await tx.reminders.drop_all(case.id)
    return closed


def rating_say(case: Callback) -> Say:
    """Was it solved? 1 to 5, or open it again."""
    stars = tuple(
        Choice(Action.CASE_RATE, str(n), label=f"{n} ★", case=case.number, fence=case.fence)
        for n in range(1, 6)
    )
    again = Choice(Action.CASE_REOPEN, key="button-case-reopen", case=case.number, fence=case.fence)
    return Say("rate", {"case": case.number}, (stars, (again,)))


async def _reopen(desk: Desk, tx: Tx, case: Callback) -> After:
    """Not solved: back into the queue with a new promise; the expert who had it hears of it too."""
    promise = _promise(desk, tx, case.draft)
    change = Change(
        state=CaseState.OPEN, owner_id=None, lease_until=None, closed_at=None, outcome=None,
        answered_at=None, claimed_at=None, promise_at=promise,
    )  # fmt: skip
    opened = await tx.cases.change(case, change)
    if opened is None:
        return After((Say(Refusal.STALE.value),))
    await tx.cases.add_note(case.id, Note(tx.now, NoteKind.SYSTEM, case.contact, "story-reopened"))
    await tx.audit.add("reopen", case.contact, case.id)
    await tx.reminders.drop_all(case.id)
    await plan_promise(desk, tx, opened)
    also: tuple[ContactId, ...] = (case.owner,) if case.owner is not None else ()
    await cards.announce(desk, tx, opened, also=also)
    return After((Say("reopened", {"case": case.number, "promise": promise}),))
