"""A citizen who writes again after an answer is not forgotten."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.domain.people import Role
from tests.support.room import Room

STRANGE = "隔壁天天半夜练唢呐我该怎么维权"
AGAIN = "录了音，他不认，然后呢"
WAITS = "的市民在等您回话"


def _heard(room: Room, who: str, words: str) -> int:
    return sum(words in s.text for s in room.screen(who))


@pytest.fixture
async def answered(room: Room) -> Room:
    """A case that wang has answered; zhao is the supervisor."""
    await room.hires("wang")
    await room.hires("zhao", Role.SUPERVISOR)
    await room.asks_for_callback("mei", STRANGE, phone="13812345678")
    await room.taps("wang", "接单")
    await room.says("wang", "您先录音。")
    return room


async def test_her_expert_is_reminded_again_and_then_the_supervisor_hears_of_it(answered: Room) -> None:
    await answered.says("mei", AGAIN)
    assert AGAIN in answered.last("wang")
    await answered.passes(timedelta(minutes=125))
    assert _heard(answered, "wang", WAITS) == 2
    assert _heard(answered, "zhao", "起等回话") == 0
    await answered.passes(timedelta(hours=4))
    assert _heard(answered, "wang", WAITS) == 3
    assert _heard(answered, "zhao", "的市民从 11月23日（周一）09:00 起等回话，已几次提醒 wang") == 1
    await answered.taps("zhao", "转接")


async def test_nobody_is_forgotten_over_days_and_nobody_is_reminded_at_night(answered: Room) -> None:
    await answered.says("mei", AGAIN)
    heard = []
    for _ in range(3):
        await answered.passes(timedelta(hours=9, minutes=5))  # 18:05, the office has closed
        heard.append(_heard(answered, "zhao", "起等回话"))
        await answered.passes(timedelta(hours=14, minutes=55))
    assert heard == [1, 2, 3]
    assert _heard(answered, "zhao", "起等回话") == 3
    async with answered.store.read() as tx:
        assert len(await tx.cases.live(5)) == 1


async def test_a_reply_ends_the_reminders(answered: Room) -> None:
    await answered.says("mei", AGAIN)
    await answered.passes(timedelta(minutes=70))
    assert _heard(answered, "wang", WAITS) == 1
    await answered.says("wang", "去派出所备案。")
    await answered.passes(timedelta(days=2))
    assert _heard(answered, "wang", WAITS) == 1
    assert _heard(answered, "mei", "解决了吗？") == 1


async def test_a_call_in_vain_starts_the_reminders_anew(answered: Room) -> None:
    await answered.says("mei", AGAIN)
    await answered.passes(timedelta(minutes=50))
    await answered.taps("wang", "记录电话")
    await answered.taps("wang", "无人接听")
    await answered.passes(timedelta(minutes=50))
    assert _heard(answered, "wang", WAITS) == 0
    await answered.passes(timedelta(minutes=15))
    assert _heard(answered, "wang", WAITS) == 1


async def test_who_writes_on_and_on_puts_no_reminder_off(answered: Room) -> None:
    for _ in range(3):
        await answered.says("mei", AGAIN)
        await answered.passes(timedelta(minutes=25))
    assert _heard(answered, "wang", WAITS) == 1


async def test_thanks_reach_the_expert_and_ask_for_no_answer(answered: Room) -> None:
    await answered.says("mei", "好的，谢谢您")
    assert "好的，谢谢您" in answered.last("wang")
    await answered.passes(timedelta(days=8))
    assert _heard(answered, "wang", WAITS) == 0
    assert _heard(answered, "mei", "解决了吗？") == 1
    assert _heard(answered, "wang", "已自动办结") == 1


async def test_a_bare_question_mark_is_no_thanks(answered: Room) -> None:
    await answered.says("mei", "？？")
    await answered.passes(timedelta(minutes=65))
    assert _heard(answered, "wang", WAITS) == 1


async def test_whoever_takes_the_case_over_is_not_reminded_of_her_predecessors_silence(
    answered: Room,
) -> None:
    await answered.hires("li")
    await answered.says("mei", AGAIN)
    await answered.taps("wang", "转接")
    await answered.taps("wang", "li")
    await answered.taps("li", "打开")
    assert AGAIN in answered.last("li")
    await answered.says("li", "去派出所备案。")
    await answered.passes(timedelta(hours=5))
    assert _heard(answered, "li", WAITS) + _heard(answered, "wang", WAITS) == 0
