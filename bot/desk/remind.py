"""An expert's own reminder on a case: /remind 3d text."""

from __future__ import annotations

import re
from datetime import timedelta

from bot.desk.queue import open_rows
from bot.desk.work import Work
from bot.domain.actions import Action
from bot.domain.callback import Callback
from bot.domain.dialog import Choice, Say
from bot.domain.ids import CaseNumber
from bot.domain.reminders import ReminderKind

_WHEN = re.compile(r"(\d{1,3})\s?(d|h|m|天|日|小时|分钟|分)\s*(.{0,300})", re.DOTALL)
_UNITS = {
    "d": timedelta(days=1), "天": timedelta(days=1), "日": timedelta(days=1),
    "h": timedelta(hours=1), "小时": timedelta(hours=1),
    "m": timedelta(minutes=1), "分": timedelta(minutes=1), "分钟": timedelta(minutes=1),
}  # fmt: skip


async def typed(work: Work, argument: str) -> None:
    """Remind her of her current case after that time."""
    found = _WHEN.fullmatch(argument.strip())
    if found is None or int(found[1]) == 0:
        await work.say(Say("remind-how"))
        return
    number = work.conversation.case or await _only_case(work)
    if not number:
        return
    case = await work.case(Action.REMIND, number)
    if case is not None:
        await _plan(work, case, int(found[1]) * _UNITS[found[2]], found[3].strip())


async def _only_case(work: Work) -> CaseNumber | None:
    """The one case that she holds; with none or several she is told how to go on."""
    held = await work.tx.cases.owned_by(work.me)
    if len(held) == 1:
        return held[0].number
    key = "remind-which" if held else "remind-no-case"
    await work.say(Say(key, rows=open_rows(held)))
    return None


async def tapped(work: Work, choice: Choice) -> None:
    """The button reminds tomorrow."""
    case = await work.case(Action.REMIND, choice.case, choice.fence)
    if case is not None:
        await _plan(work, case, timedelta(days=1), "")


async def _plan(work: Work, case: Callback, wait: timedelta, text: str) -> None:
    due = work.tx.now + wait
    await work.tx.reminders.set(
        ReminderKind.OWN, due, callback=case.id, contact=work.me, fence=case.fence, text=text
    )
    await work.tx.audit.add("remind", work.me, case.id)
    await work.say(Say("remind-set", {"case": case.number, "when": due}))
