"""A citizen who writes again after an answer is not forgotten: somebody is reminded until her expert acts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self

from bot.desk.desk import Desk
from bot.desk.ports import Tx
from bot.domain.callback import Callback, CaseState
from bot.domain.reminders import ReminderKind

_ALONE = 2
"""So often her expert is reminded alone; after that the supervisors hear of it too, once a day."""
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Wait:
    """How long she waits, as the reminder's row keeps it: since when, and which reminder comes next."""

    since: datetime
    number: int = 1

    @classmethod
    def read(cls, text: str) -> Self:
        """The reverse of str."""
        number, _, since = text.partition(" ")
        return cls(datetime.fromisoformat(since), int(number))

    def __str__(self) -> str:
        return f"{self.number} {self.since.isoformat()}"

    def next(self) -> Wait:
        """One reminder later."""
        return Wait(self.since, self.number + 1)

    @property
    def long(self) -> bool:
        """Whether her expert alone does not help."""
        return self.number > _ALONE


async def begin(desk: Desk, tx: Tx, case: Callback) -> None:
    """She wrote: nobody asks her now whether it is solved, and the case does not close by itself. What she
    writes while she waits puts nothing off."""
    for kind in (ReminderKind.NO_REACTION, ReminderKind.AUTO_CLOSE, ReminderKind.ASK_SOLVED):
        await tx.reminders.drop(kind, case.id)
    planned = await tx.reminders.planned(case.id)
    if case.state is CaseState.ANSWERED and ReminderKind.CITIZEN_WAITS not in planned:
        await plan(desk, tx, case, Wait(tx.now))


async def tried(desk: Desk, tx: Tx, case: Callback) -> None:
    """Her expert phoned in vain: reminded again, from the beginning, if she waits."""
    if ReminderKind.CITIZEN_WAITS in await tx.reminders.planned(case.id):
        await plan(desk, tx, case, Wait(tx.now))


async def plan(desk: Desk, tx: Tx, case: Callback, wait: Wait) -> None:
    """The next reminder, in working time: nobody can help her at night."""
    hours, lease = desk.settings.hours, desk.settings.delays.lease
    often = wait.number <= _ALONE + 1
    due = hours.after_work(tx.now, lease) if often else hours.after_work(tx.now + _DAY, timedelta(0))
    kind = ReminderKind.CITIZEN_WAITS
    await tx.reminders.set(kind, due, callback=case.id, fence=case.fence, text=str(wait))
