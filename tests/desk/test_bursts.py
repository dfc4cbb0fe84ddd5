"""Several messages typed in a burst are one question; what is complete does not wait."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.desk.ports import Received
from bot.domain.messages import InboundKind
from bot.store.engine import Store
from tests.support.library import small_shelf
from tests.support.room import Clock, Room, furnish
from tests.support.settings import settings


@pytest.fixture
async def slow_room(store: Store, clock: Clock) -> Room:
    """A desk that waits two seconds for more, as shipped."""
    made = settings()
    limits = replace(made.limits, burst=timedelta(seconds=2), waiting_messages=6)
    return await furnish(store, clock, replace(made, limits=limits), small_shelf())


async def test_a_burst_is_one_question(slow_room: Room) -> None:
    for part in ("公司拖欠工资", "不发", "怎么办？"):
        await slow_room.receive(slow_room.message("mei", text=part))
        slow_room.clock.advance(timedelta(seconds=1))
    assert slow_room.screen("mei") == []
    await slow_room.jumps(timedelta(seconds=2))
    assert sum("解决了" in "".join(s.labels) for s in slow_room.screen("mei")) == 1


async def test_who_types_on_and_on_is_answered_all_the_same(slow_room: Room) -> None:
    for _ in range(5):
        await slow_room.receive(slow_room.message("mei", text="公司拖欠工资不发怎么办？"))
        slow_room.clock.advance(timedelta(milliseconds=1900))
    await slow_room.jumps(timedelta(seconds=1))
    assert slow_room.screen("mei")


async def test_a_command_does_not_wait(slow_room: Room) -> None:
    await slow_room.says("mei", "/start")
    assert "自动应答" in slow_room.last("mei")


async def test_a_tap_comes_after_the_words_before_it(slow_room: Room) -> None:
    await slow_room.says("mei", "公司拖欠工资不发怎么办？")
    await slow_room.jumps(timedelta(seconds=3))
    token = slow_room.token("mei", "解决了")
    await slow_room.receive(slow_room.message("mei", text="谢谢"))
    await slow_room.receive(slow_room.message("mei", kind=InboundKind.BUTTON, token=token))
    heard = [s.text for s in slow_room.screen("mei")]
    assert "不客气" in heard[-2]
    assert "太好了" in heard[-1]


async def test_a_flood_is_told_once_and_the_rest_is_not_kept(slow_room: Room) -> None:
    answers = [await slow_room.intake(slow_room.message("mei", text=f"第{n}条")) for n in range(10)]
    assert answers.count(Received.ACCEPTED) == 6
    assert answers.count(Received.LIMITED) == 4
    await slow_room.settle()
    assert sum("消息有点多" in s.text for s in slow_room.screen("mei")) == 1


async def test_the_same_message_twice_has_one_effect(slow_room: Room) -> None:
    message = slow_room.message("mei", text="/start")
    assert await slow_room.receive(message) is Received.ACCEPTED
    assert await slow_room.receive(message) is Received.DUPLICATE
    assert len(slow_room.screen("mei")) == 1
