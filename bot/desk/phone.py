"""Logging an attempt to phone the citizen."""

from __future__ import annotations

from bot.desk import waiting
from bot.desk.claim import plan_lease
from bot.desk.ports import Change
from bot.desk.reply import plan_after_answer
from bot.desk.work import Work
from bot.domain.actions import Action
from bot.domain.callback import Callback, CaseState, Note, NoteKind, PhoneResult
from bot.domain.dialog import Choice, Say


async def tapped(work: Work, choice: Choice) -> None:
    """First tap: what came of it? Second tap: logged, and the citizen is told where that helps her."""
    case = await work.case(Action.PHONE_LOG, choice.case, choice.fence)
    if case is None:
        return
    if choice.arg not in set(PhoneResult):
        rows = tuple(
            (Choice(Action.PHONE_LOG, result, f"phone-{_key(result)}", case=case.number, fence=case.fence),)
            for result in PhoneResult
        )
        await work.say(Say("phone-how", {"case": case.number}, rows))
        return
    await _log(work, case, PhoneResult(choice.arg))


def _key(result: PhoneResult) -> str:
    return result.value.replace("_", "-")


async def _log(work: Work, case: Callback, result: PhoneResult) -> None:
    tx = work.tx
    changed = await tx.cases.change(case, _change(work, case, result))
    if changed is None:
        await work.lost()
        return
    await tx.cases.add_note(case.id, Note(tx.now, NoteKind.PHONE, work.me, f"phone-{_key(result)}"))
    await tx.audit.add("phone", work.me, case.id, result)
    await work.say(Say("phone-logged", {"case": case.number}))
    if result is PhoneResult.REACHED:
        await plan_after_answer(work, changed)
        return
    await plan_lease(work, changed)
    await waiting.tried(work.desk, tx, changed)
    key = "phone-wrong-citizen" if result is PhoneResult.WRONG_NUMBER else "phone-missed-citizen"
    await work.desk.say(tx, case.contact, Say(key, {"case": case.number}), callback=case.id)


def _change(work: Work, case: Callback, result: PhoneResult) -> Change:
    """Reached counts as answered; anything else is an action that renews the lease."""
    now = work.tx.now
    if result is PhoneResult.REACHED:
        answered = case.answered_at or now
        return Change(state=CaseState.ANSWERED, lease_until=None, answered_at=answered)
    if case.state is CaseState.ANSWERED:
        return Change(state=CaseState.ANSWERED)
    return Change(lease_until=now + work.desk.settings.delays.lease)
