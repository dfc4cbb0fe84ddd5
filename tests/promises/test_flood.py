"""A flood costs those who send it: others are served as if it were not there, and nothing grows without end.

No time is measured here: what is counted are turns, rows and words. `bench/flood.py` measures.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from bot.desk.knowledge import Knowledge
from bot.desk.ports import Received
from bot.desk.rates import MAX_KEYS, Rates
from bot.domain.ids import ContactId
from bot.domain.messages import InboundKind
from bot.store import tables as t
from bot.store.engine import Store
from tests.promises.scale import scale
from tests.support.library import small_shelf
from tests.support.room import MONDAY, Clock, Room, furnish
from tests.support.settings import settings

CROWD = scale(50, 10_000)
EACH = 100
QUESTION = "公司拖欠工资不发怎么办？"
WORD = "消息有点多"


async def a_room(store: Store, clock: Clock, **limits: Any) -> Room:
    """A desk with the shipped limits, but for these."""
    made = settings()
    shipped = replace(made.limits, messages_at_once=60, messages_per_minute=30)
    return await furnish(store, clock, replace(made, limits=replace(shipped, **limits)), small_shelf())


@pytest.fixture
async def hall(store: Store, clock: Clock) -> Room:
    """A desk with the shipped limits."""
    return await a_room(store, clock)


async def _sends(room: Room, who: str, number: int) -> Counter[Received]:
    return Counter([await room.intake(room.message(who, text=f"{QUESTION}{n}")) for n in range(number)])


async def _rows(store: Store, table: Any = t.inbox) -> int:
    async with store.read() as tx:
        return int((await tx.execute(select(func.count()).select_from(table))).scalar_one())


def _words(room: Room, who: str) -> int:
    return sum(WORD in shown.text for shown in room.screen(who))


def _watch(
    room: Room, monkeypatch: pytest.MonkeyPatch, meanwhile: Callable[[], object] = lambda: None
) -> list[ContactId]:
    """Whose turns are run, in their order; `meanwhile` is called in each."""
    order: list[ContactId] = []
    act = type(room.turns)._act

    async def noted(self: Any, tx: Any, contact: ContactId, rows: Any) -> str:
        order.append(contact)
        meanwhile()
        return await act(self, tx, contact, rows)

    monkeypatch.setattr(type(room.turns), "_act", noted)
    return order


async def _id(room: Room, who: str) -> ContactId:
    async with room.store.read() as tx:
        contact = await tx.contacts.find(room.message(who).sender)
    assert contact is not None
    return contact.id


# one contact


async def test_one_who_floods_is_told_once_and_the_rest_is_not_kept(hall: Room) -> None:
    got = await _sends(hall, "eve", EACH)
    assert got == {Received.ACCEPTED: 60, Received.LIMITED: 40}
    assert await _rows(hall.store) == 60
    await hall.settle()
    assert _words(hall, "eve") == 1
    assert await _sends(hall, "eve", EACH) == {Received.LIMITED: 100}
    await hall.settle()
    assert _words(hall, "eve") == 1


async def test_who_was_refused_is_heard_again_a_little_later_and_told_again_much_later(hall: Room) -> None:
    await _sends(hall, "eve", EACH)
    await hall.jumps(timedelta(minutes=1))
    assert await _sends(hall, "eve", 31) == {Received.ACCEPTED: 30, Received.LIMITED: 1}
    await hall.settle()
    assert _words(hall, "eve") == 1
    await hall.jumps(timedelta(minutes=11))
    await _sends(hall, "eve", EACH)
    await hall.settle()
    assert _words(hall, "eve") == 2


async def test_refusing_goes_on_without_the_database(hall: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    await _sends(hall, "eve", EACH)

    def begin(_store: Store) -> None:
        raise AssertionError("asked the database")

    monkeypatch.setattr(Store, "begin", begin)
    assert await _sends(hall, "eve", 1000) == {Received.LIMITED: 1000}


async def test_of_many_lines_of_one_person_only_the_first_is_matched_in_advance(
    hall: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[str] = []
    monkeypatch.setattr(Knowledge, "begin", lambda _knowledge, text: begun.append(text))
    await _sends(hall, "eve", EACH)
    await _sends(hall, "mei", 1)
    assert begun == [f"{QUESTION}0"] * 2


async def test_one_flood_of_taps_does_not_hold_up_anybody(
    hall: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each tap is a turn of its own: sixty of them wait when somebody else asks."""
    for n in range(EACH):
        await hall.intake(hall.message("eve", kind=InboundKind.BUTTON, token=f"x:{n}"))
    await hall.intake(hall.message("mei", text=QUESTION))
    order = _watch(hall, monkeypatch)
    await hall.settle()
    assert order.index(await _id(hall, "mei")) <= 1
    assert order.count(await _id(hall, "eve")) == 60


async def test_who_comes_in_while_a_flood_is_worked_off_does_not_wait_for_its_end(
    hall: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n in range(60):
        await hall.intake(hall.message("eve", kind=InboundKind.BUTTON, token=f"x:{n}"))
    comes: list[asyncio.Task[Received]] = []

    def arrives() -> None:
        if not comes:
            comes.append(asyncio.ensure_future(hall.intake(hall.message("mei"))))

    order = _watch(hall, monkeypatch, arrives)
    await hall.settle()
    assert await comes[0] is Received.ACCEPTED
    assert order.index(await _id(hall, "mei")) < 20
    assert len(order) == 61


# a crowd


@pytest.mark.databases("sqlite", "postgresql")
async def test_who_asks_one_thing_comes_before_a_crowd_that_asks_a_hundred(
    store: Store, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = await a_room(store, clock, waiting_in_all=100_000)
    room.turns.shared = not store.is_sqlite  # as the app has it
    crowd = scale(30, 1000)
    for n in range(crowd):
        for _ in range(8):
            await room.intake(room.message(f"eve{n}", kind=InboundKind.BUTTON, token="x:1"))
    await room.intake(room.message("mei", text=QUESTION))
    order = _watch(room, monkeypatch)
    await room.turns.run_due()
    first = 1 if store.is_sqlite else 16  # PostgreSQL runs the turns of a round side by side
    assert order.index(await _id(room, "mei")) < first
    assert len(order) == 8 * crowd + 1


async def test_an_answer_goes_out_before_those_of_people_to_whom_many_wait(hall: Room) -> None:
    hall.turns.outbox = None  # as after a restart: all of it lies in the outbox, and nobody has begun
    for n in range(30):
        for _ in range(8):
            await hall.intake(hall.message(f"eve{n}", kind=InboundKind.BUTTON, token="x:1"))
    await hall.turns.run_due()
    await hall.intake(hall.message("mei", text=QUESTION))
    await hall.turns.run_due()
    mei = await _id(hall, "mei")
    async with hall.store.read() as tx:
        assert (await tx.outbox.contacts_due(1)) == (mei,)


async def test_a_crowd_fills_the_desk_only_so_far_and_whoever_is_new_still_comes_in(
    store: Store, clock: Clock
) -> None:
    full = 4 * CROWD
    room = await a_room(store, clock, waiting_in_all=full)
    kept: Counter[Received] = Counter()
    for _ in range(EACH // 10):
        for n in range(CROWD):
            kept += await _sends(room, f"eve{n}", 1)
        clock.advance(timedelta(seconds=1))
    assert kept[Received.ACCEPTED] == await _rows(store) <= full + CROWD
    assert await _sends(room, "mei", 2) == {Received.ACCEPTED: 1, Received.LIMITED: 1}
    await room.settle()
    assert "工资" in room.screen("mei")[-2].text + room.screen("mei")[-1].text
    told = [_words(room, f"eve{n}") for n in range(CROWD)]
    assert set(told) == {1}


async def test_when_it_is_twice_as_full_nobody_is_let_in_until_it_is_not(store: Store, clock: Clock) -> None:
    room = await a_room(store, clock, waiting_in_all=10)
    for n in range(40):
        await _sends(room, f"eve{n}", 1)
    assert await _rows(store) == 20
    clock.advance(timedelta(seconds=1))
    assert await _sends(room, "mei", 1) == {Received.LIMITED: 1}
    await room.settle()
    clock.advance(timedelta(seconds=1))
    assert await _sends(room, "mei", 1) == {Received.ACCEPTED: 1}


# memory


def test_what_is_remembered_of_senders_is_bounded_and_forgets_the_oldest() -> None:
    rates = Rates(1, 1)
    for n in range(MAX_KEYS + 500):
        assert rates.take(str(n), MONDAY) == 0
    assert len(rates._buckets) == MAX_KEYS
    assert rates.take(str(MAX_KEYS), MONDAY) > 0
    assert rates.take("0", MONDAY) == 0


async def test_who_was_told_is_forgotten_too(hall: Room) -> None:
    for n in range(MAX_KEYS + 500):
        hall.intake.door.first_refusal(hall.message(f"eve{n}").sender, MONDAY)
    assert len(hall.intake.door._refused) == MAX_KEYS


def test_a_clock_that_goes_back_gives_nothing_away() -> None:
    rates = Rates(60, 1)
    assert rates.take("eve", MONDAY) == 0
    assert rates.take("eve", MONDAY - timedelta(hours=1)) > 0
    assert rates.take("eve", MONDAY) > 0
