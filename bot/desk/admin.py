"""Words to the admins about the FAQ: what went live, what is broken and how to mend it."""

from __future__ import annotations

from bot.desk.desk import Desk
from bot.domain.dialog import Say
from bot.domain.people import Role

_SHOWN = 5


async def faq_live(desk: Desk, count: int) -> None:
    """A new version answers from now on."""
    await _tell(desk, Say("faq-live", {"count": count}))


async def faq_broken(desk: Desk, problems: list[str]) -> None:
    """The last good version stays; say what to mend."""
    lines = "\n".join(f"- {problem}" for problem in problems[:_SHOWN])
    await _tell(desk, Say("faq-broken", {"problems": lines, "count": len(problems)}))


async def _tell(desk: Desk, say: Say) -> None:
    async with desk.store.begin() as tx:
        for staff in await tx.contacts.all_staff():
            if Role.ADMIN in staff.roles:
                await desk.say(tx, staff.contact, say)
    desk.wake_outbox()
