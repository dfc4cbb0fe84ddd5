"""The callback form takes what answers its questions, and nothing else for an answer."""

from __future__ import annotations

import pytest

from bot.domain.callback import Callback
from tests.support.room import Room

STRANGE = "隔壁天天半夜练唢呐我该怎么维权"


async def _case(room: Room) -> Callback:
    async with room.store.read() as tx:
        (case,) = await tx.cases.queue(5)
    return case


async def _submits(room: Room) -> Callback:
    await room.taps("mei", "在这里回复我")
    await room.taps("mei", "提交")
    return await _case(room)


@pytest.fixture
async def placing(room: Room) -> Room:
    """Mei is asked where it happened."""
    await room.says("mei", STRANGE)
    await room.picks_topic("mei", "房产物业")
    return room


# the place


@pytest.mark.parametrize(
    ("typed", "place", "region"),
    [
        ("王家村", "王家村", ""), ("我在城关区解放路", "我在城关区解放路", "城关区"),
        ("东城", "东城街道", "东城街道"),
        ("深圳", "深圳", ""),
    ],
)  # fmt: skip
async def test_a_typed_place_is_taken(placing: Room, typed: str, place: str, region: str) -> None:
    await placing.play(("mei", typed, "第 3 步"))
    case = await _submits(placing)
    assert (case.draft.place, case.draft.region, case.draft.details) == (place, region, "")


async def test_words_that_are_no_place_are_kept_and_asked_about_once_kindly(placing: Room) -> None:
    await placing.play(("mei", "他打我还不承认", "我没看出是哪里"))
    assert "先不说" in placing.last("mei")
    await placing.play(("mei", "就是不承认怎么办", "第 3 步"))
    case = await _submits(placing)
    assert (case.draft.place, case.draft.region) == ("", "")
    assert case.draft.details == "他打我还不承认\n就是不承认怎么办"


async def test_asked_again_she_can_skip_or_choose_or_type_the_place(placing: Room) -> None:
    await placing.says("mei", "他打我还不承认")
    await placing.play(("mei", "王家村", "第 3 步"))
    assert (await _submits(placing)).draft.place == "王家村"


async def test_a_sentence_that_names_a_region_is_both(placing: Room) -> None:
    await placing.play(("mei", "我在城关区被他打了，他不承认", "第 3 步"))
    case = await _submits(placing)
    assert (case.draft.place, case.draft.region) == ("城关区", "城关区")
    assert "他不承认" in case.draft.details


# thanks and the like


@pytest.mark.parametrize("talk", ["谢谢", "好的", "你好", "嗯嗯", "再见", "你是谁", "👍"])
async def test_small_talk_on_the_consent_screen_is_no_part_of_the_question(room: Room, talk: str) -> None:
    await room.says("mei", STRANGE)
    await room.says("mei", talk)
    assert "第 1 步" in room.last("mei")
    assert talk not in room.last("mei")
    assert "已补充" not in room.news("mei")
    await room.picks_topic("mei", "房产物业")
    await room.taps("mei", "先不说")
    assert (await _submits(room)).draft.question == STRANGE


async def test_small_talk_is_no_place_no_phone_and_nothing_to_add(placing: Room) -> None:
    await placing.play(("mei", "好的", "第 2 步"), ("mei", "[先不说]", "第 3 步"), ("mei", "好的", "第 3 步"))
    await placing.taps("mei", "打电话给我")
    await placing.play(("mei", "好的", "号码"))
    assert "好像不对" not in "".join(s.text for s in placing.screen("mei"))
    await placing.says("mei", "13812345678")
    await placing.play(
        ("mei", "谢谢", "什么时候"), ("mei", "[工作时间都行]", "第 4 步"), ("mei", "谢谢", "第 4 步")
    )
    await placing.taps("mei", "提交")
    assert (await _case(placing)).draft.details == ""


async def test_nothing_to_add_submits(placing: Room) -> None:
    await placing.taps("mei", "先不说")
    await placing.play(("mei", "[在这里回复我]", "第 4 步"), ("mei", "没有了。", "已提交"))


async def test_thanks_are_not_added_to_a_waiting_case(room: Room) -> None:
    number = await room.asks_for_callback("mei", STRANGE)
    await room.taps("mei", "补充")
    await room.play(("mei", "谢谢", "不客气"), ("mei", "他还录了视频", f"已补充到 {number}"))


# buttons that are typed


async def test_a_button_that_is_typed_is_a_tap(room: Room) -> None:
    await room.says("mei", STRANGE)
    await room.play(("mei", "不同意", "不保存"))
    await room.says("mei", STRANGE)
    await room.play(
        ("mei", "房产物业", "第 2 步"), ("mei", "先不说", "第 3 步"), ("mei", "打电话", "号码"),
        ("mei", "在这里回复我", "第 4 步"), ("mei", "提交", "已提交"),
    )  # fmt: skip


async def test_words_to_an_expert_are_never_a_tap(room: Room) -> None:
    await room.hires("wang")
    number = await room.asks_for_callback("mei", STRANGE)
    await room.taps("wang", "接单")
    await room.taps("mei", "补充")
    await room.play(("mei", "取消咨询", ""), ("wang", "", "取消咨询"))
    async with room.store.read() as tx:
        assert [case.number for case in await tx.cases.live(5)] == [number]


# topics


async def test_the_likeliest_topics_come_first_and_the_rest_on_demand(room: Room) -> None:
    await room.says("mei", STRANGE)
    if "换个专题" in room.last("mei"):
        await room.taps("mei", "换个专题")
    assert len(room.screen("mei")[-1].labels) == 8
    await room.taps("mei", "更多专题")
    labels = room.screen("mei")[-1].labels
    assert len(labels) == len(room.desk.knowledge.shelf.topics) + 1
    await room.play(("mei", "[涉外海事]", "第 2 步"))


async def test_a_topic_typed_by_its_name_need_not_be_shown(room: Room) -> None:
    await room.says("mei", STRANGE)
    await room.play(("mei", "涉外与海事", "第 2 步"))
