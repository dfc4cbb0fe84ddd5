"""Closing a case with an outcome."""

from __future__ import annotations

from bot.desk import cases
from bot.desk.work import Work
from bot.domain.actions import Action
from bot.domain.callback import Callback, Note, NoteKind, Outcome
from bot.domain.dialog import Choice, Say


async def tapped(work: Work, choice: Choice) -> None:
    """First tap: how did it end? Second tap: closed, and the citizen is asked whether it helped."""
    case = await work.case(Action.CLOSE, choice.case, choice.fence)
    if case is None:
        return
    if choice.arg in set(Outcome):
        await _close(work, case, Outcome(choice.arg))
        return
    rows = tuple(
        (Choice(Action.CLOSE, o, f"outcome-{o.replace('_', '-')}", case=case.number, fence=case.fence),)
        for o in Outcome
    )
    await work.say(Say("close-how", {"case": case.number}, rows))


async def _close(work: Work, case: Callback, outcome: Outcome) -> None:
    closed = await cases.close(work.tx, case, outcome)
    if closed is None:
        await work.lost()
        return
    note = Note(work.tx.now, NoteKind.SYSTEM, work.me, f"outcome-{outcome.replace('_', '-')}")
    await work.tx.cases.add_note(case.id, note)
    await work.tx.audit.add("close", work.me, case.id, outcome)
    work.leave()
    await work.say(Say("closed", {"case": case.number}))
    citizen = await work.tx.contacts.get(case.contact)
    text = work.desk.texts.get(citizen.language, f"outcome-{outcome.replace('_', '-')}")
    said = Say("closed-citizen", {"case": case.number, "outcome": text})
    await work.desk.say(work.tx, case.contact, said, callback=case.id)
    await work.desk.ask(work.tx, case.contact, cases.rating_say(closed), callback=case.id)
