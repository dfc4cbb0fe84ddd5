"""A case that comes into the queue again is no new request: the card says what happened."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.support.room import Room

STRANGE = "隔壁天天半夜练唢呐我该怎么维权"


@pytest.fixture
async def claimed(room: Room) -> Room:
    """A case in wang's hands; li is there too."""
    await room.hires("wang")
    await room.hires("li")
    await room.asks_for_callback("mei", STRANGE)
    await room.taps("wang", "接单")
    return room


async def test_an_open_request_is_new_the_first_time(claimed: Room) -> None:
    await claimed.asks_for_callback("eve", STRANGE)
    assert "新请求" in claimed.last("li")
    assert "经过" not in claimed.last("li")


async def test_what_the_citizen_opened_again_says_how_it_ended_and_how_it_was_rated(claimed: Room) -> None:
    await claimed.taps("wang", "办结")
    await claimed.taps("wang", "转调解")
    await claimed.taps("mei", "2 ★")
    await claimed.taps("mei", "没解决，再问")
    for who in ("wang", "li"):
        card = claimed.last(who)
        assert "再次打开" in card
        assert "新请求" not in card
        assert "wang 接单；" in card
        assert "wang 转调解；" in card
        assert "市民说没有解决，再次打开（市民评分 2 ★）" in card
        assert "mei" not in card


async def test_what_closed_by_itself_says_so_when_it_is_opened_again(claimed: Room) -> None:
    await claimed.says("wang", "您先录音。")
    await claimed.passes(timedelta(days=8))
    await claimed.taps("mei", "没解决，再问")
    assert "市民没有再说话，自动办结；" in claimed.last("li")


async def test_what_an_expert_gave_back_says_why(claimed: Room) -> None:
    await claimed.taps("wang", "退回")
    await claimed.taps("wang", "有利益冲突")
    assert "退回队列" in claimed.last("li")
    assert "wang 有利益冲突" in claimed.last("li")
    await claimed.play(("li", "[接单]", "唢呐"))


async def test_what_lapsed_says_so_to_the_next_expert(claimed: Room) -> None:
    await claimed.passes(timedelta(minutes=65))
    assert "退回队列" in claimed.last("li")
    assert "自动退回" in claimed.last("li")
