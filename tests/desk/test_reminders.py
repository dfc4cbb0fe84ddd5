"""Promises that the desk makes to itself, over days."""

from __future__ import annotations

from datetime import timedelta

from bot.domain.people import Role
from tests.support.room import Room

STRANGE = "隔壁天天半夜练唢呐我该怎么维权"


def _heard(room: Room, who: str, words: str) -> int:
    return sum(words in s.text for s in room.screen(who))


async def test_an_unclaimed_request_near_its_promise_goes_to_experts_then_to_the_supervisor(
    room: Room,
) -> None:
    await room.hires("wang")
    await room.hires("zhao", Role.SUPERVISOR)
    await room.asks_for_callback("mei", STRANGE)
    await room.passes(timedelta(hours=28))
    assert _heard(room, "wang", "还没有人接单") == 1
    assert _heard(room, "zhao", "超时") == 1
    assert _heard(room, "mei", "非常抱歉") == 1


async def test_a_claim_without_action_is_nudged_then_goes_back_and_both_sides_see_why(room: Room) -> None:
    await room.hires("wang")
    await room.asks_for_callback("mei", STRANGE)
    await room.taps("wang", "接单")
    await room.passes(timedelta(minutes=50))
    assert _heard(room, "wang", "还没有动作") == 1
    await room.passes(timedelta(minutes=15))
    assert _heard(room, "wang", "已自动退回队列") == 1
    assert _heard(room, "mei", "没有及时处理") == 1


async def test_an_answer_stops_the_lease(room: Room) -> None:
    await room.hires("wang")
    await room.asks_for_callback("mei", STRANGE)
    await room.taps("wang", "接单")
    await room.says("wang", "您先录音。")
    await room.passes(timedelta(hours=3))
    assert _heard(room, "wang", "自动退回") == 0


async def test_after_an_answer_she_is_asked_reminded_once_and_the_case_closes(room: Room) -> None:
    await room.hires("wang")
    await room.asks_for_callback("mei", STRANGE)
    await room.taps("wang", "接单")
    await room.says("wang", "您先录音。")
    await room.passes(timedelta(days=8))
    assert _heard(room, "mei", "解决了吗？") == 1
    assert _heard(room, "mei", "还没有听到您的消息") == 1
    assert _heard(room, "mei", "没有解决的话") == 1
    assert _heard(room, "wang", "已自动办结") == 1


async def test_an_agreed_phone_window_is_announced_to_both(room: Room) -> None:
    await room.hires("wang")
    await room.says("mei", STRANGE)
    await room.picks_topic("mei", "房产物业")
    for step in ("先不说", "打电话给我"):
        await room.taps("mei", step)
    await room.says("mei", "13812345678")
    await room.taps("mei", "11月23日（周一）14:00")
    await room.taps("mei", "提交")
    await room.taps("wang", "接单")
    await room.says("wang", "收到，下午打给您。")
    await room.passes(timedelta(hours=5))
    assert _heard(room, "wang", "约好 11月23日（周一）14:00") == 1
    assert _heard(room, "mei", "请留意接听") == 1


async def test_nobody_is_woken_at_night(room: Room) -> None:
    await room.hires("wang")
    await room.asks_for_callback("mei", STRANGE)
    room.clock.advance(timedelta(hours=12, minutes=50))
    await room.taps("wang", "接单")
    room.news("mei")
    await room.passes(timedelta(hours=1, minutes=10))
    assert "没有及时处理" not in room.news("mei")
    await room.passes(timedelta(hours=10))
    assert "没有及时处理" in room.news("mei")


async def test_an_own_reminder_comes_in_its_time(room: Room) -> None:
    await room.hires("wang")
    await room.asks_for_callback("mei", STRANGE)
    await room.taps("wang", "接单")
    await room.says("wang", "您先录音。")
    await room.play(("wang", "/remind 2h 问物业", "提醒您"))
    await room.passes(timedelta(hours=2, minutes=10))
    assert "跟进提醒" in room.last("wang")
    assert "问物业" in room.last("wang")


async def test_days_of_downtime_lose_nothing_and_late_ones_say_so(room: Room) -> None:
    await room.hires("wang")
    await room.asks_for_callback("mei", STRANGE)
    await room.taps("wang", "接单")
    await room.says("wang", "您先录音。")
    await room.says("wang", "/remind 2h 问物业")
    await room.jumps(timedelta(days=3))
    assert "晚到的提醒" in room.news("wang")


async def test_an_unfinished_form_is_remembered_once(room: Room) -> None:
    await room.says("mei", STRANGE)
    await room.passes(timedelta(hours=2))
    assert _heard(room, "mei", "还没有提交") == 1


async def test_a_broken_promise_is_told_once_even_if_the_claim_lapses_after_it(room: Room) -> None:
    await room.hires("wang")
    await room.hires("zhao", Role.SUPERVISOR)
    await room.asks_for_callback("mei", STRANGE)
    await room.passes(timedelta(hours=26, minutes=30))
    await room.taps("wang", "接单")
    await room.passes(timedelta(hours=22))
    assert _heard(room, "wang", "已自动退回队列") == 1
    assert _heard(room, "zhao", "超时") == 1
    assert _heard(room, "mei", "非常抱歉") == 1


async def test_a_promise_that_an_answer_has_met_is_not_called_broken_when_the_case_changes_hands(
    room: Room,
) -> None:
    await room.hires("wang")
    await room.hires("li")
    await room.hires("zhao", Role.SUPERVISOR)
    await room.asks_for_callback("mei", STRANGE)
    await room.taps("wang", "接单")
    await room.says("wang", "请先和邻居谈一谈")
    await room.passes(timedelta(days=2))
    await room.taps("wang", "转接")
    await room.taps("wang", "li")
    await room.taps("li", "打开")
    await room.says("li", "谈了吗")
    await room.taps("li", "退回")
    await room.taps("li", "没有时间")
    await room.settle()
    assert _heard(room, "mei", "重新排队，最晚 11月26日") == 1
    assert _heard(room, "mei", "非常抱歉") == 0
    assert _heard(room, "zhao", "超时") == 0


async def test_an_urgent_request_is_not_called_late_at_once(room: Room) -> None:
    await room.hires("wang")
    await room.says("mei", "我不想活了")
    await room.picks_topic("mei", "人身侵权")
    await room.taps("mei", "先不说")
    await room.taps("mei", "在这里回复我")
    await room.taps("mei", "提交")
    assert _heard(room, "wang", "还没有人接单") == 0
    await room.passes(timedelta(hours=2))
    assert _heard(room, "wang", "还没有人接单") == 1
    assert _heard(room, "wang", "晚到") == 0
