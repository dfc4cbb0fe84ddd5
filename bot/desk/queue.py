"""What waits and what is mine: lists for experts and supervisors."""

from __future__ import annotations

from dataclasses import replace

from bot.desk import cards
from bot.desk.claim import hand_case
from bot.desk.work import Work
from bot.domain.actions import Action, refuse
from bot.domain.callback import Callback, CaseState, parse_case_number
from bot.domain.clean import one_line
from bot.domain.dialog import Arg, Choice, Rows, Say
from bot.domain.messages import ChatKind
from bot.domain.people import Role

_SHOWN = 8
_WELCOME = {
    (True, True): "staff-welcome-admin",
    (True, False): "staff-welcome",
    (False, True): "lead-welcome-admin",
    (False, False): "lead-welcome",
}
"""What is said to staff, by whether they are experts and admins."""


async def welcome(work: Work, _argument: str) -> None:
    """What she can do here."""
    counts = await work.tx.cases.counts()
    duty = work.desk.texts.get(work.contact.language, "on-duty" if work.staff.on_duty else "off-duty")
    buttons = [
        (Choice(Action.QUEUE, key="button-queue"), Choice(Action.MINE, key="button-mine")),
        (Choice(Action.DUTY, key="button-duty"),),
    ]
    rows = tuple(buttons) if Role.EXPERT in work.staff.roles else (buttons[0][:1],)
    args: dict[str, Arg] = {"name": work.staff.name, "duty": duty, "open": counts.get(CaseState.OPEN, 0)}
    key = _WELCOME[Role.EXPERT in work.staff.roles, Role.ADMIN in work.staff.roles]
    await work.say(Say(key, args, rows))


async def queue_tapped(work: Work, _choice: Choice) -> None:
    """The button does what /queue does."""
    await show_queue(work, "")


async def mine_tapped(work: Work, _choice: Choice) -> None:
    """The button does what /mine does."""
    await show_mine(work, "")


async def show_queue(work: Work, _argument: str) -> None:
    """What waits, urgent and oldest first, each with its claim button for experts."""
    waiting = await work.tx.cases.queue(_SHOWN)
    if not waiting:
        await work.say(Say("queue-empty"))
        return
    total = (await work.tx.cases.counts()).get(CaseState.OPEN, 0)
    lines = "\n".join(_line(work, case) for case in waiting)
    rows = tuple(
        (Choice(Action.CLAIM, key="button-claim-case", case=c.number, fence=c.fence),) for c in waiting
    )
    can_claim = Role.EXPERT in work.staff.roles
    args: dict[str, Arg] = {"lines": lines, "count": total}
    await work.say(Say("queue-list", args, rows if can_claim else ()))


def _line(work: Work, case: Callback) -> str:
    language = work.contact.language
    urgent = work.desk.texts.get(language, "mark-urgent") if case.draft.urgent else ""
    topic = work.desk.knowledge.shelf.topic_name(case.draft.topic)
    promise = work.desk.texts.when(case.promise_at, language)
    return f"- {urgent}{case.number} · {topic} · {one_line(case.draft.place) or '—'} · ≤ {promise}"


def open_rows(held: tuple[Callback, ...]) -> Rows:
    """A button for each of her cases."""
    shown = held[:_SHOWN]
    return tuple(
        (Choice(Action.OPEN_CASE, key="button-open-case", case=c.number, fence=c.fence),) for c in shown
    )


async def show_mine(work: Work, _argument: str) -> None:
    """What she holds."""
    held = await work.tx.cases.owned_by(work.me)
    if not held:
        await work.say(Say("mine-empty"))
        return
    rows = open_rows(held)
    lines = "\n".join(_line(work, case) for case in held)
    await work.say(Say("mine-list", {"lines": lines, "count": len(held)}, rows))


async def open_tapped(work: Work, choice: Choice) -> None:
    """The whole case again, for its owner."""
    case = await work.case(Action.OPEN_CASE, choice.case, choice.fence)
    if case is not None:
        await hand_case(work, case)


async def open_typed(work: Work, argument: str) -> None:
    """/case NUMBER: the whole case for its owner; the card without phone for staff while it waits, and for
    supervisors at any time."""
    if not argument.strip():
        await work.say(Say("case-how", rows=open_rows(await work.tx.cases.owned_by(work.me))))
        return
    number = parse_case_number(argument)
    case = await work.tx.cases.by_number(number) if number else None
    if case is None or case.contact == work.me:
        await work.say(Say("case-number-wrong"))
        return
    refusal = refuse(Action.OPEN_CASE, work.actor, ChatKind.PRIVATE, case)
    if refusal is None:
        await hand_case(work, case)
    elif case.state is CaseState.OPEN:
        await work.say(await cards.request(work.desk, work.tx, case, work.me), callback=case.id)
    elif Role.SUPERVISOR in work.actor.roles:
        seen = await cards.request(work.desk, work.tx, case, work.me)
        await work.say(replace(seen, rows=cards.lead_rows(case), card=""), callback=case.id)
    else:
        await work.say(Say(refusal.value))
