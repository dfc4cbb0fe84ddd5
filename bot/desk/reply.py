"""An expert's words go to the citizen, under the station's name."""

from __future__ import annotations

from bot.desk import hand_over
from bot.desk.ports import Change
from bot.desk.queue import open_rows
from bot.desk.work import Work
from bot.domain.actions import Action, Refusal, refuse
from bot.domain.callback import Callback, CaseState, Note, NoteKind, parse_case_number
from bot.domain.dialog import Choice, Say, Stage
from bot.domain.messages import ChatKind
from bot.domain.reminders import ReminderKind

_MET = (
    ReminderKind.LEASE_NUDGE, ReminderKind.LEASE_OVER, ReminderKind.PROMISE_OVER, ReminderKind.CITIZEN_WAITS,
)  # fmt: skip
"""What an answer makes needless."""


async def tapped(work: Work, choice: Choice) -> None:
    """Bind her typing to this case."""
    case = await work.case(Action.REPLY, choice.case, choice.fence)
    if case is not None:
        work.at(case.number)
        await work.say(Say("reply-now", {"case": case.number}))


async def command(work: Work, argument: str) -> None:
    """/reply NUMBER binds her typing to a case."""
    if not argument.strip():
        await work.say(Say("reply-how", rows=open_rows(await work.tx.cases.owned_by(work.me))))
        return
    number = parse_case_number(argument)
    case = await work.case(Action.REPLY, number) if number else None
    if case is not None:
        work.at(case.number)
        await work.say(Say("reply-now", {"case": case.number}))
    elif number is None:
        await work.say(Say("case-number-wrong"))


async def leave(work: Work, _argument: str) -> None:
    """/cancel: her typing is about no case any more."""
    had = work.conversation.case
    work.leave()
    await work.say(Say("left-case", {"case": had}) if had else Say("nothing-to-cancel"))


async def typed(work: Work) -> None:
    """What she typed goes to the citizen, if the case is still hers; else nothing is sent."""
    number, said = work.conversation.case, work.heard.said
    if work.conversation.stage is Stage.RELEASING:
        await hand_over.release_typed(work, said.text)
        return
    case = await work.tx.cases.by_number(number)
    refusal = refuse(Action.REPLY, work.actor, ChatKind.PRIVATE, case)
    if refusal is not None or case is None:
        work.leave()
        reason = (refusal or Refusal.UNKNOWN_CASE).value
        await work.say(Say("not-sent", {"case": number}, quote=said.text))
        await work.say(Say(reason))
        return
    if not (said.text or said.files) or said.edited:
        await work.say(Say("edited-not-relayed" if said.edited else "unsupported"))
        return
    await _relay(work, case)


async def _relay(work: Work, case: Callback) -> None:
    tx, said = work.tx, work.heard.said
    answered = await tx.cases.change(
        case, Change(state=CaseState.ANSWERED, lease_until=None, answered_at=case.answered_at or tx.now)
    )
    if answered is None:
        await work.lost()
        return
    await tx.cases.add_note(case.id, Note(tx.now, NoteKind.EXPERT, work.me, said.text, said.files))
    await tx.audit.add("answer", work.me, case.id)
    await _send(work, answered)
    await plan_after_answer(work, answered)


async def _send(work: Work, case: Callback) -> None:
    """Each piece tells the expert whether it arrived."""
    said, desk, tx = work.heard.said, work.desk, work.tx
    if said.text:
        say = Say("expert-says", {"case": case.number}, words=said.text)
        await desk.say(tx, case.contact, say, callback=case.id, origin=work.me)
    for file in said.files:
        say = Say("expert-file", {"case": case.number}, file=file)
        await desk.say(tx, case.contact, say, callback=case.id, origin=work.me)


async def plan_after_answer(work: Work, case: Callback) -> None:
    """The lease is over; ask the day after, remind once, then close with a word."""
    tx, delays, hours = work.tx, work.desk.settings.delays, work.desk.settings.hours
    for kind in _MET:
        await tx.reminders.drop(kind, case.id)
    planned = (
        (ReminderKind.ASK_SOLVED, delays.ask_solved),
        (ReminderKind.NO_REACTION, delays.no_reaction),
        (ReminderKind.AUTO_CLOSE, delays.auto_close),
    )
    for kind, wait in planned:
        due = hours.after_quiet(tx.now + wait)
        await tx.reminders.set(kind, due, callback=case.id, fence=case.fence)
