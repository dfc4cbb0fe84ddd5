"""One long dialogue in which everything happens that a case can go through, with words that must not leak."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta

from bot.domain.messages import InboundKind
from bot.domain.people import Role
from tests.support.room import Room

PHONE = "13987654321"
NAME = "莫妮卡娜丽"
CASE_FACT = "隔壁天天半夜练唢呐绿鹦鹉案情"
CANARIES = {
    "phone": PHONE,
    "name": NAME,
    "question": CASE_FACT,
    "details": "蓝孔雀补充说明",
    "place": "白鹭洲胡同七号",
    "added": "红隼又来了一次",
    "answer": "黄鹂请您先录音",
    "reason": "灰雁没有空",
    "own reminder": "黑鹳问一下物业",
    "rating": "紫燕等得太久",
    "free talk": "银鸥公司拖欠工资不发怎么办",
}
"""Each stands in one place of the dialogue only; none is in any text of ours."""


@dataclass
class Life:
    """Who took part, and the number of the case."""

    number: str
    staff: tuple[str, ...] = ("wang", "li", "zhao", "chen")


async def lives(room: Room) -> Life:
    """From the first word to a rating and beyond: the case is claimed again in the end."""
    c = CANARIES
    await room.hires("wang")
    await room.hires("zhao", Role.SUPERVISOR)
    await room.hires("chen", Role.ADMIN)
    await _named(room, c["free talk"])
    await _named(room, c["question"])
    await room.picks_topic("mei", "房产物业")
    await _named(room, c["place"])
    await room.taps("mei", "打电话给我")
    await _named(room, PHONE)
    await room.taps("mei", "工作时间都行")
    await _named(room, c["details"])
    await room.sends_file("mei", InboundKind.PHOTO, "照片")
    await room.taps("mei", "提交")
    number = _number(room)
    await room.says("chen", "/invite expert 李律师")
    await room.hires("li")
    await room.taps("wang", "接单")
    await _named(room, c["added"])
    await room.says("wang", c["answer"])
    await room.says("wang", f"/remind 2h {c['own reminder']}")
    await room.passes(timedelta(hours=2, minutes=5))
    await room.says("wang", "/mine")
    await room.taps("wang", "打开")
    await room.taps("wang", "记录电话")
    await room.taps("wang", "无人接听")
    await room.says("wang", f"/case {number}")
    await room.taps("wang", "退回")
    await room.says("wang", c["reason"])
    await room.taps("wang", "接单")
    await room.taps("wang", "转接")
    await room.taps("wang", "li")
    await room.taps("li", "打开")
    await room.taps("li", "记录电话")
    await room.taps("li", "接通")
    await room.taps("li", "办结")
    await room.taps("li", "转调解")
    await room.taps("mei", "2 ★")
    await _named(room, c["rating"])
    await room.taps("mei", "没解决，再问")
    await room.taps("wang", "接单")
    return Life(number)


async def _named(room: Room, text: str) -> None:
    await room.receive(room.message("mei", text=text, name=NAME))


def _number(room: Room) -> str:
    found = re.search(r"\d{3}-\d{3}-\d{3}", room.last("mei"))
    assert found, room.last("mei")
    return found[0]
