"""Callback requests: one owner at a time, and a stale writer changes nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest
from sqlalchemy import select, update

from bot.desk.ports import KEEP, Change
from bot.domain.callback import Callback, CaseState, Draft, Note, NoteKind, Outcome
from bot.domain.faq import EntryId
from bot.domain.ids import CallbackId, CaseNumber, ContactId
from bot.domain.messages import FileRef
from bot.store import cases
from bot.store import tables as t
from bot.store.engine import Store
from tests.support.room import MONDAY, Clock

from .test_store_contacts import DRAFT
from .things import (
    DAY,
    EVERYWHERE,
    FAKE,
    HOUR,
    MINUTE,
    SECOND,
    STATION,
    a_case,
    all_at_once,
    now_of,
    people,
)

pytestmark = EVERYWHERE


def claimed(by: ContactId, until: int = 60) -> Change:
    lease = MONDAY + until * MINUTE
    return Change(state=CaseState.CLAIMED, owner_id=by, lease_until=lease, claimed_at=MONDAY)


BACK = Change(state=CaseState.OPEN, owner_id=None, lease_until=None, claimed_at=None, answered_at=None)
ANSWERED = Change(state=CaseState.ANSWERED, lease_until=None, answered_at=MONDAY)
CLOSED = Change(state=CaseState.CLOSED, lease_until=None, closed_at=MONDAY, outcome=Outcome.ANSWERED)


async def change(store: Store, seen: Callback, what: Change) -> Callback | None:
    async with store.begin() as tx:
        return await tx.cases.change(seen, what)


async def test_a_case_comes_back_as_it_was_opened(store: Store, clock: Clock) -> None:
    case = await a_case(store, draft=DRAFT)
    assert await now_of(store, case) == case
    assert (case.draft, case.state, case.fence, case.opened_at) == (DRAFT, CaseState.OPEN, 1, clock.now)
    assert (case.promise_at, case.owner, case.outcome, case.rating) == (clock.now + DAY, None, None, None)
    async with store.read() as tx:
        assert await tx.cases.by_number(case.number) == case
        assert await tx.cases.by_number(CaseNumber("000-000-000")) is None
        assert await tx.cases.by_id(CallbackId(999)) is None


async def test_a_number_that_is_taken_is_drawn_again(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = iter(["111-111-111", "111-111-111", "222-222-222"])
    monkeypatch.setattr(cases, "new_case_number", lambda: CaseNumber(next(drawn)))
    assert [(await a_case(store)).number for _ in range(2)] == ["111-111-111", "222-222-222"]


async def test_every_column_of_a_change_is_written_and_the_rest_stays(store: Store) -> None:
    [wang] = await people(store, "wang")
    case = await a_case(store)
    whole = Change(
        CaseState.CLOSED, wang, MONDAY + MINUTE, MONDAY + HOUR, MONDAY + 2 * HOUR, MONDAY + 3 * HOUR,
        Outcome.MEDIATION, 4, MONDAY + 2 * DAY,
    )  # fmt: skip
    done = await change(store, case, whole)
    assert done == replace(
        case, state=CaseState.CLOSED, owner=wang, fence=2, lease_until=MONDAY + MINUTE,
        claimed_at=MONDAY + HOUR, answered_at=MONDAY + 2 * HOUR, closed_at=MONDAY + 3 * HOUR,
        outcome=Outcome.MEDIATION, rating=4, promise_at=MONDAY + 2 * DAY,
    )  # fmt: skip
    assert done is not None
    assert await change(store, done, Change(rating=5)) == replace(done, rating=5)
    assert Change(topic=KEEP).values() == {}


# one owner at a time


async def race(
    stores: tuple[Store, Store], case: Callback, act: Callable[[Store, int], Awaitable[bool]]
) -> int:
    """How many of eight experts who saw the same open case think that they have it."""
    barrier = asyncio.Barrier(8)

    async def one(n: int) -> bool:
        async with stores[n % 2].read() as tx:
            seen = await tx.cases.by_id(case.id)
        assert seen is not None
        assert seen.state is CaseState.OPEN
        await barrier.wait()
        return await act(stores[n % 2], n)

    return sum(await all_at_once(8, one))


async def test_of_many_who_claim_at_once_exactly_one_wins(store: Store, other: Store) -> None:
    experts = await people(store, *(f"e{n}" for n in range(8)))
    case = await a_case(store)

    async def claim(at: Store, n: int) -> bool:
        return await change(at, case, claimed(experts[n])) is not None

    assert await race((store, other), case, claim) == 1
    after = await now_of(store, case)
    assert (after.state, after.fence) == (CaseState.CLAIMED, 2)


async def test_a_claim_without_its_condition_is_seen_to_fail_this_suite(store: Store, other: Store) -> None:
    """Teeth: what looks first and writes afterwards gives one case to several."""
    experts = await people(store, *(f"e{n}" for n in range(8)))
    case = await a_case(store)

    async def claim(at: Store, n: int) -> bool:
        async with at.begin() as tx:
            mine = update(t.callbacks).where(t.callbacks.c.id == case.id)
            await tx.execute(mine.values(owner_id=experts[n], state=CaseState.CLAIMED))
            return True

    assert await race((store, other), case, claim) > 1


async def test_of_many_who_look_and_claim_in_one_transaction_one_wins(store: Store, other: Store) -> None:
    experts = await people(store, *(f"e{n}" for n in range(8)))
    case = await a_case(store)

    async def claim(n: int) -> bool:
        async with (store, other)[n % 2].begin() as tx:
            seen = await tx.cases.by_id(case.id)
            assert seen is not None
            return await tx.cases.change(case, claimed(experts[n])) is not None

    assert sum(await all_at_once(8, claim)) == 1


@pytest.mark.parametrize(
    "what", [BACK, claimed(ContactId(1)), ANSWERED, CLOSED], ids=["release", "transfer", "answer", "close"]
)
async def test_a_stale_owner_changes_nothing(store: Store, what: Change) -> None:
    wang, li = await people(store, "wang", "li")
    case = await a_case(store)
    first = await change(store, case, claimed(wang))
    assert first is not None
    second = await change(store, first, claimed(li))
    assert second is not None
    assert (first.fence, second.fence) == (2, 3)
    for stale in (case, first):
        assert await change(store, stale, what) is None
    assert await now_of(store, case) == second


@pytest.mark.parametrize("first", [BACK, ANSWERED, CLOSED], ids=["lapse", "answer", "close"])
@pytest.mark.parametrize("second", [BACK, ANSWERED, CLOSED], ids=["lapse", "answer", "close"])
async def test_of_two_who_act_on_the_same_claim_the_first_wins(
    store: Store, first: Change, second: Change
) -> None:
    [wang] = await people(store, "wang")
    seen = await change(store, await a_case(store), claimed(wang))
    assert seen is not None
    after = await change(store, seen, first)
    assert after is not None
    assert await change(store, seen, second) is None
    assert await now_of(store, seen) == after


async def test_what_was_closed_meanwhile_is_not_answered_or_closed_again(store: Store) -> None:
    [wang] = await people(store, "wang")
    held = await change(store, await a_case(store), claimed(wang))
    assert held is not None
    seen = await change(store, held, ANSWERED)
    assert seen is not None
    closed = await change(store, seen, CLOSED)
    assert closed is not None
    for late in (ANSWERED, replace(CLOSED, outcome=Outcome.UNREACHED), BACK, Change(promise_at=MONDAY)):
        assert await change(store, seen, late) is None
    assert await now_of(store, seen) == closed


async def test_a_lease_that_was_prolonged_does_not_lapse(store: Store) -> None:
    [wang] = await people(store, "wang")
    seen = await change(store, await a_case(store), claimed(wang))
    assert seen is not None
    longer = await change(store, seen, Change(lease_until=MONDAY + 3 * HOUR))
    assert await change(store, seen, BACK) is None
    assert await now_of(store, seen) == longer


# lists


async def test_the_queue_is_urgent_and_oldest_first_and_a_place_is_the_place_in_it(
    store: Store, clock: Clock
) -> None:
    [wang] = await people(store, "wang")
    made = []
    for number, urgent in enumerate((False, True, False, True, False)):
        made.append(await a_case(store, f"u{number}", Draft("问", urgent=urgent)))
        clock.advance(-SECOND if number == 2 else SECOND)  # a clock may be set back
    taken = await change(store, made[0], claimed(wang))
    assert taken is not None
    async with store.read() as tx:
        queue = await tx.cases.queue(10)
        places = [await tx.cases.place_in_queue(case) for case in queue]
        assert len(await tx.cases.live(10)) == 5
        assert await tx.cases.queue(2) == queue[:2]
        assert await tx.cases.counts() == {CaseState.OPEN: 4, CaseState.CLAIMED: 1}
    assert [c.draft.urgent for c in queue] == [True, True, False, False]
    assert [c.opened_at for c in queue[:2]] == sorted(c.opened_at for c in queue[:2])
    assert [c.opened_at for c in queue[2:]] == sorted(c.opened_at for c in queue[2:])
    assert places == [1, 2, 3, 4]


async def test_her_cases_and_an_experts_are_found(store: Store, clock: Clock) -> None:
    mei, wang = await people(store, "mei", "wang")
    first = await a_case(store)
    clock.advance(SECOND)
    second = await a_case(store)
    await a_case(store, "li")
    held = await change(store, first, claimed(wang))
    assert held is not None
    async with store.read() as tx:
        assert await tx.cases.live_of(mei) == (second, held)
        assert await tx.cases.owned_by(wang) == (held,)
        assert await tx.cases.owned_by(mei) == ()
    closed = await change(store, held, CLOSED)
    async with store.read() as tx:
        assert await tx.cases.live_of(mei) == (second,)
        assert await tx.cases.all_of(mei, 10) == (second, closed)
        assert await tx.cases.all_of(mei, 1) == (second,)
        assert await tx.cases.owned_by(wang) == ()


async def test_an_empty_queue_is_empty(store: Store) -> None:
    async with store.read() as tx:
        assert await tx.cases.queue(10) == ()
        assert await tx.cases.counts() == {}
        assert await tx.cases.feedback() == {}


# facts, story, figures


async def phone_index(store: Store, case: Callback) -> str:
    async with store.read() as tx:
        query = select(t.callbacks.c.phone_index).where(t.callbacks.c.id == case.id)
        return str((await tx.execute(query)).scalar_one())


async def test_changed_facts_are_kept_and_equal_phones_meet(store: Store) -> None:
    case, same = await a_case(store, draft=DRAFT), await a_case(store, "li", Draft("x", phone=DRAFT.phone))
    assert await phone_index(store, case) == await phone_index(store, same) != ""
    changed = replace(DRAFT, phone="13900000000", urgent=False, question="新")
    async with store.begin() as tx:
        await tx.cases.save_draft(case.id, changed)
    assert (await now_of(store, case)).draft == changed
    assert await phone_index(store, case) not in ("", await phone_index(store, same))
    async with store.begin() as tx:
        await tx.cases.save_draft(case.id, replace(changed, phone=""))
    assert await phone_index(store, case) == ""


async def test_the_story_is_told_in_order_and_cut_to_its_end(store: Store) -> None:
    [wang] = await people(store, "wang")
    case, other_case = await a_case(store), await a_case(store)
    file = FileRef(FAKE, "f1", "photo", "欠条.jpg", "image/jpeg", 3)
    story = [
        Note(MONDAY, NoteKind.CITIZEN, case.contact, "有录音", (file,)),
        Note(MONDAY, NoteKind.SYSTEM, None, "story-claimed"),
        Note(MONDAY - HOUR, NoteKind.PHONE, wang, "没人接"),
    ]
    async with store.begin() as tx:
        for note in story:
            await tx.cases.add_note(case.id, note)
        await tx.cases.add_note(other_case.id, story[0])
        assert await tx.cases.notes(case.id, 10) == tuple(story)
        assert await tx.cases.notes(case.id, 2) == tuple(story[1:])


async def test_feedback_is_counted_for_each_entry(store: Store) -> None:
    async with store.begin() as tx:
        for entry, helped in (("a", True), ("a", True), ("a", False), ("b", False)):
            await tx.cases.add_feedback(EntryId(entry), helped)
        assert await tx.cases.feedback() == {"a": (2, 1), "b": (0, 1)}


async def test_erasure_takes_facts_and_story_and_leaves_the_figures(store: Store) -> None:
    case, other_case = await a_case(store, draft=DRAFT), await a_case(store, "li", DRAFT)
    async with store.begin() as tx:
        for one in (case, other_case):
            await tx.cases.add_note(one.id, Note(MONDAY, NoteKind.CITIZEN, one.contact, "有录音"))
        await tx.cases.erase(case.contact)
    after = await now_of(store, case)
    assert after == replace(case, draft=Draft("", DRAFT.topic, DRAFT.region, urgent=True))
    assert (after.opened_at, after.number, after.station) == (case.opened_at, case.number, STATION)
    assert await phone_index(store, case) == ""
    assert await now_of(store, other_case) == other_case
    async with store.read() as tx:
        assert [n.text for n in await tx.cases.notes(case.id, 9)] == [""]
        assert [n.text for n in await tx.cases.notes(other_case.id, 9)] == ["有录音"]
