"""What is urgent is promised, reminded and told as urgent."""

from __future__ import annotations

from datetime import timedelta

from bot.domain.callback import CaseState
from bot.domain.people import Role
from tests.support.room import Room

STRANGE = "隔壁天天半夜练唢呐我该怎么维权"
DANGER = "我不想活了，想自杀"


def _heard(room: Room, who: str, words: str) -> int:
    return sum(words in s.text for s in room.screen(who))


async def _asks_in_danger(room: Room, reach: str = "在这里回复我") -> None:
    await room.says("mei", DANGER)
    await room.picks_topic("mei", "人身侵权")
    await room.taps("mei", "先不说")
    await room.taps("mei", reach)


async def test_an_urgent_request_is_promised_within_the_hour_and_the_receipt_says_so(room: Room) -> None:
    await room.hires("wang")
    await _asks_in_danger(room)
    await room.taps("mei", "提交")
    assert "按急事办（工作时间 60 分钟内），最晚 11月23日（周一）10:00 前" in room.last("mei")
    assert "最晚：11月23日（周一）10:00" in room.last("wang")


async def test_before_the_noon_break_the_rest_of_the_hour_is_worked_after_it(room: Room) -> None:
    room.clock.advance(timedelta(hours=2, minutes=30))
    await _asks_in_danger(room, "打电话给我")
    await room.says("mei", "13812345678")
    await room.taps("mei", "工作时间都行")
    await room.taps("mei", "提交")
    assert "按急事办（工作时间 60 分钟内），最晚 11月23日（周一）14:30 前，专家打电话给您" in room.last("mei")


async def test_what_is_not_urgent_says_nothing_of_it(room: Room) -> None:
    await room.asks_for_callback("mei", STRANGE)
    assert "急事" not in room.last("mei")


async def test_nobody_is_reminded_of_an_urgent_request_in_the_night_before_its_hour(room: Room) -> None:
    await room.hires("wang")
    room.clock.advance(timedelta(hours=12))
    await _asks_in_danger(room)
    await room.taps("mei", "提交")
    await room.passes(timedelta(hours=12, minutes=10))  # 09:10
    assert _heard(room, "wang", "还没有人接单") == 0
    await room.passes(timedelta(minutes=30))
    assert _heard(room, "wang", "还没有人接单") == 1


async def test_a_claimed_case_that_turns_urgent_is_called_late_at_its_new_time(room: Room) -> None:
    await room.hires("wang")
    await room.hires("zhao", Role.SUPERVISOR)
    await room.asks_for_callback("mei", STRANGE)
    await room.taps("wang", "接单")
    await room.says("mei", DANGER)
    assert _heard(room, "wang", "请马上查看") == 1
    await room.passes(timedelta(minutes=30))
    await room.taps("wang", "记录电话")  # the claim holds on: it is not its lapse that plans anew
    await room.taps("wang", "占线")
    await room.passes(timedelta(minutes=25))
    assert _heard(room, "zhao", "超时") == 0
    await room.passes(timedelta(minutes=10))
    assert _heard(room, "zhao", "超时") == 1
    async with room.store.read() as tx:
        assert [case.state for case in await tx.cases.live(5)] == [CaseState.CLAIMED]
    await room.passes(timedelta(days=2))
    assert _heard(room, "zhao", "超时") == 1


async def test_a_broken_promise_is_not_told_again_when_the_case_turns_urgent(room: Room) -> None:
    await room.hires("wang")
    await room.hires("zhao", Role.SUPERVISOR)
    await room.asks_for_callback("mei", STRANGE)
    await room.passes(timedelta(hours=28))
    assert _heard(room, "zhao", "超时") == 1
    await room.says("mei", DANGER)
    await room.passes(timedelta(hours=3))
    assert _heard(room, "zhao", "超时") == 1
    assert _heard(room, "mei", "非常抱歉") == 1
    assert _heard(room, "wang", "【紧急】新请求") == 1


async def test_she_hears_of_the_sooner_promise_after_the_emergency_numbers(room: Room) -> None:
    number = await room.asks_for_callback("mei", STRANGE)
    room.news("mei")
    await room.says("mei", DANGER)
    told = room.news("mei")
    said = f"{number} 已改按急事办，最晚 11月23日（周一）10:00 前"
    assert said in told
    assert told.rindex("110") < told.index(said)
    await room.says("mei", DANGER)
    assert "已改按急事办" not in room.news("mei")
