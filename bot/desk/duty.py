"""On and off duty, specialities and regions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

from bot.desk import cards
from bot.desk.work import Work
from bot.domain.actions import Action
from bot.domain.dialog import Choice, Rows, Say
from bot.domain.faq import TopicId
from bot.domain.people import Staff

_SHOWN = 5
_T = TypeVar("_T", bound=str)


async def show(work: Work, argument: str) -> None:
    """/duty, /duty on, /duty off."""
    wanted = argument.strip().lower()
    if wanted in ("on", "off", "上班", "下班", "值班", "休息"):
        await _set(work, on_duty=wanted in ("on", "上班", "值班"))
        return
    await work.say(_state(work, work.staff))


def _state(work: Work, staff: Staff) -> Say:
    rows: Rows = (
        (
            Choice(
                Action.DUTY, "off" if staff.on_duty else "on", "button-off" if staff.on_duty else "button-on"
            ),
        ),
        (Choice(Action.TOPICS, key="button-topics"), Choice(Action.REGIONS, key="button-regions")),
    )
    language = work.contact.language
    shelf = work.desk.knowledge.shelf
    every = work.desk.texts.get(language, "all-of-them")
    topics = "、".join(shelf.topic_name(t) for t in staff.topics) or every
    regions = "、".join(staff.regions) or every
    key = "duty-on" if staff.on_duty else "duty-off"
    return Say(key, {"topics": topics, "regions": regions}, rows, card="duty")


async def profile(work: Work, _argument: str) -> None:
    """/profile shows the same page."""
    await work.say(_state(work, work.staff))


async def duty_tapped(work: Work, choice: Choice) -> None:
    """On, off, or show."""
    if choice.arg in ("on", "off"):
        await _set(work, on_duty=choice.arg == "on")
    else:
        await work.say(_state(work, work.staff))


async def _set(work: Work, *, on_duty: bool) -> None:
    work.staff = replace(work.staff, on_duty=on_duty)
    await work.tx.contacts.save_staff(work.staff)
    await work.tx.audit.add("duty", work.me, None, "on" if on_duty else "off")
    await work.say(_state(work, work.staff))
    if on_duty:
        await _show_waiting(work)


async def _show_waiting(work: Work) -> None:
    """What came while nobody was here."""
    waiting = [c for c in await work.tx.cases.queue(50) if work.staff.fits(c.draft.topic, c.draft.region)]
    for case in [c for c in waiting if c.contact != work.me][:_SHOWN]:
        say = await cards.request(work.desk, work.tx, case, work.me)
        await work.say(say, callback=case.id)


async def topics_tapped(work: Work, choice: Choice) -> None:
    """Toggle a speciality; none chosen means all."""
    known = {t.id for t in work.desk.knowledge.shelf.topics}
    if choice.arg in known:
        topics = _toggled(work.staff.topics, TopicId(choice.arg))
        await _save(work, replace(work.staff, topics=topics))
    shelf = work.desk.knowledge.shelf
    marks = [(t.id, t.short, t.id in work.staff.topics) for t in shelf.topics]
    await work.say(Say("choose-topics", rows=_checks(Action.TOPICS, marks), card="topics"))


async def regions_tapped(work: Work, choice: Choice) -> None:
    """Toggle a region; none chosen means all."""
    names = work.desk.settings.regions
    if choice.arg.isdecimal() and int(choice.arg) < len(names):
        regions = _toggled(work.staff.regions, names[int(choice.arg)])
        await _save(work, replace(work.staff, regions=regions))
    marks = [(str(i), name, name in work.staff.regions) for i, name in enumerate(names)]
    await work.say(Say("choose-regions", rows=_checks(Action.REGIONS, marks), card="regions"))


def _toggled(chosen: tuple[_T, ...], one: _T) -> tuple[_T, ...]:
    return tuple(x for x in chosen if x != one) if one in chosen else (*chosen, one)


def _checks(action: Action, marks: Sequence[tuple[str, str, bool]]) -> Rows:
    choices = [Choice(action, arg, label=f"{'☑' if on else '☐'} {name}") for arg, name, on in marks]
    pairs = [tuple(choices[i : i + 2]) for i in range(0, len(choices), 2)]
    return (*pairs, (Choice(Action.DUTY, key="button-done"),))


async def _save(work: Work, staff: Staff) -> None:
    work.staff = staff
    await work.tx.contacts.save_staff(staff)
