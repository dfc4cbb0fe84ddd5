"""Reminders: each is taken once, when it is due."""

from __future__ import annotations

from datetime import timedelta

from bot.domain.ids import ReminderId
from bot.domain.reminders import Reminder, ReminderKind
from bot.store.engine import Store
from tests.support.room import Clock

from .things import EVERYWHERE, HOUR, MINUTE, SECOND, a_case, all_at_once, and_dies, people

pytestmark = EVERYWHERE
NEAR, OVER, OWN = ReminderKind.PROMISE_NEAR, ReminderKind.PROMISE_OVER, ReminderKind.OWN


async def due(store: Store, limit: int = 10) -> tuple[ReminderId, ...]:
    async with store.read() as tx:
        return await tx.reminders.due(limit)


async def take(store: Store, reminder: ReminderId) -> Reminder | None:
    async with store.begin() as tx:
        return await tx.reminders.take(reminder)


async def take_all(store: Store) -> list[Reminder]:
    found = [await take(store, reminder) for reminder in await due(store)]
    return [reminder for reminder in found if reminder is not None]


async def test_a_reminder_comes_back_as_it_was_planned_at_its_microsecond(store: Store, clock: Clock) -> None:
    [wang] = await people(store, "wang")
    case = await a_case(store)
    at = clock.now + HOUR + timedelta(microseconds=1)
    async with store.begin() as tx:
        await tx.reminders.set(OWN, at, callback=case.id, contact=wang, fence=7, text="问物业")
        await tx.reminders.set(ReminderKind.FORM_WAITING, at, contact=wang)
    clock.advance(HOUR)
    assert await due(store) == ()
    clock.advance(timedelta(microseconds=1))
    first, second = await take_all(store)
    assert first == Reminder(first.id, OWN, case.id, wang, at, 7, "问物业")
    assert second == Reminder(second.id, ReminderKind.FORM_WAITING, None, wang, at, 0, "")
    assert await due(store) == ()


async def test_what_is_due_comes_oldest_first(store: Store, clock: Clock) -> None:
    made = [await a_case(store) for _ in range(3)]
    async with store.begin() as tx:
        for case, minutes in zip(made, (3, 1, 2), strict=True):
            await tx.reminders.set(NEAR, clock.now + minutes * MINUTE, callback=case.id)
    clock.advance(HOUR)
    assert len(await due(store, 2)) == 2
    assert [r.callback for r in await take_all(store)] == [made[1].id, made[2].id, made[0].id]


async def test_of_many_who_take_a_reminder_at_once_one_gets_it(store: Store, other: Store) -> None:
    case = await a_case(store)
    async with store.begin() as tx:
        await tx.reminders.set(NEAR, tx.now, callback=case.id)
    [reminder] = await due(store)

    async def fire(n: int) -> Reminder | None:
        return await take((store, other)[n % 2], reminder)

    assert sorted(map(bool, await all_at_once(8, fire))) == [False] * 7 + [True]


async def test_a_reminder_that_was_put_off_after_it_was_seen_is_not_taken(store: Store, other: Store) -> None:
    case = await a_case(store)
    async with store.begin() as tx:
        await tx.reminders.set(NEAR, tx.now, callback=case.id)
    [seen] = await due(store)
    async with other.begin() as tx:
        await tx.reminders.set(NEAR, tx.now + HOUR, callback=case.id)
    assert await take(store, seen) is None


async def test_a_reminder_whose_taking_failed_is_still_there(store: Store) -> None:
    case = await a_case(store)
    async with store.begin() as tx:
        await tx.reminders.set(NEAR, tx.now, callback=case.id)
    [reminder] = await due(store)
    await and_dies(store, lambda tx: tx.reminders.take(reminder))
    assert await due(store) == (reminder,)


async def test_the_same_kind_for_the_same_case_is_planned_anew(store: Store, clock: Clock) -> None:
    case, second = await a_case(store), await a_case(store)
    async with store.begin() as tx:
        for minutes in (30, 10, 20):
            await tx.reminders.set(NEAR, tx.now + minutes * MINUTE, callback=case.id, fence=minutes)
        await tx.reminders.set(OVER, tx.now + HOUR, callback=case.id)
        await tx.reminders.set(NEAR, tx.now + HOUR, callback=second.id)
        assert await tx.reminders.planned(case.id) == {
            NEAR: clock.now + 20 * MINUTE,
            OVER: clock.now + HOUR,
        }
    clock.advance(20 * MINUTE)
    assert [(r.kind, r.fence) for r in await take_all(store)] == [(NEAR, 20)]


async def test_an_experts_own_reminders_stand_side_by_side(store: Store, clock: Clock) -> None:
    [wang] = await people(store, "wang")
    case = await a_case(store)
    async with store.begin() as tx:
        for minutes in (1, 2, 2):
            at = tx.now + minutes * MINUTE
            await tx.reminders.set(OWN, at, callback=case.id, contact=wang, text=f"{minutes}")
        assert await tx.reminders.planned(case.id) == {OWN: clock.now + MINUTE}
    clock.advance(HOUR)
    assert [r.text for r in await take_all(store)] == ["1", "2"]


async def test_reminders_are_taken_back_by_kind_or_all_but_some(store: Store, clock: Clock) -> None:
    [mei] = await people(store, "mei")
    case, second = await a_case(store), await a_case(store)
    async with store.begin() as tx:
        for one in (case, second):
            for kind in (NEAR, OVER, ReminderKind.WINDOW_NEAR):
                await tx.reminders.set(kind, tx.now + HOUR, callback=one.id)
        await tx.reminders.set(ReminderKind.FORM_WAITING, tx.now + HOUR, contact=mei)
        await tx.reminders.drop(NEAR, case.id)
        assert set(await tx.reminders.planned(case.id)) == {OVER, ReminderKind.WINDOW_NEAR}
        await tx.reminders.drop_all(case.id, keep=(OVER,))
        assert set(await tx.reminders.planned(case.id)) == {OVER}
        await tx.reminders.drop_all(case.id)
        assert await tx.reminders.planned(case.id) == {}
        assert len(await tx.reminders.planned(second.id)) == 3
    clock.advance(HOUR + SECOND)
    assert len(await due(store)) == 4
    async with store.begin() as tx:
        await tx.reminders.drop(ReminderKind.FORM_WAITING, contact=mei)
    assert len(await due(store)) == 3


async def test_erasure_takes_all_that_was_planned_for_her(store: Store, clock: Clock) -> None:
    mei, wang = await people(store, "mei", "wang")
    case, other_case = await a_case(store), await a_case(store, "li")
    async with store.begin() as tx:
        await tx.reminders.set(NEAR, tx.now, callback=case.id)
        await tx.reminders.set(OWN, tx.now, callback=case.id, contact=wang, text="问她的物业")
        await tx.reminders.set(ReminderKind.FORM_WAITING, tx.now, contact=mei)
        await tx.reminders.set(NEAR, tx.now, callback=other_case.id)
        await tx.reminders.erase(mei)
    assert [r.callback for r in await take_all(store)] == [other_case.id]
