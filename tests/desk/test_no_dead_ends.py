"""Whatever a person does on a screen, she can go on from there."""

from __future__ import annotations

import pytest

from tests.support.room import Room

STRANGE = "隔壁天天半夜练唢呐我该怎么维权"


@pytest.fixture
async def placing(room: Room) -> Room:
    """Mei is asked where it happened."""
    await room.says("mei", STRANGE)
    await room.picks_topic("mei", "房产物业")
    return room


async def test_after_another_language_the_form_goes_on_in_it(placing: Room) -> None:
    await placing.play(
        ("mei", "语言", "English"), ("mei", "[繁體中文]", "第 2 步"), ("mei", "[先不說]", "第 3 步")
    )


async def test_an_old_button_within_the_form_shows_the_screen_that_is_on(placing: Room) -> None:
    old = placing.token("mei", "先不说")
    await placing.play(("mei", "我的咨询", "还没有找过"), ("mei", "隐私", "删除"))
    await placing.taps_token("mei", old)
    await placing.play(("mei", "[先不说]", "第 3 步"))


@pytest.mark.parametrize("number", ["9", "99", "0"])
async def test_a_number_that_no_choice_has_is_no_answer_and_no_question(placing: Room, number: str) -> None:
    await placing.play(("mei", number, "没有这个数字的选项，请回复 1 到 5"), ("mei", "4", "第 3 步"))


async def test_who_has_no_phone_is_not_told_that_her_number_is_wrong(placing: Room) -> None:
    await placing.taps("mei", "先不说")
    await placing.taps("mei", "打电话给我")
    await placing.play(("mei", "我没有电话", "记下了"))
    assert "好像不对" not in "".join(s.text for s in placing.screen("mei"))
    await placing.play(("mei", "[在这里回复我]", "第 4 步"))


async def test_danger_told_within_the_form_makes_the_request_urgent(placing: Room) -> None:
    await placing.play(("mei", "他要杀了我，救命", "110"), ("mei", "[先不说]", "第 3 步"))
    await placing.taps("mei", "在这里回复我")
    await placing.play(("mei", "[提交]", "按急事办"))


async def test_a_yes_to_erasing_asks_for_the_button_and_erases_nothing(room: Room) -> None:
    await room.asks_for_callback("mei", STRANGE)
    await room.taps("mei", "补充")
    await room.says("mei", "隐私")
    await room.taps("mei", "删除我的数据")
    await room.play(("mei", "好的", "删除后不能恢复"), ("mei", "[确定删除]", "已删除"))


async def test_a_rating_can_be_typed_as_a_number(room: Room) -> None:
    await room.hires("wang")
    await room.asks_for_callback("mei", STRANGE)
    await room.taps("wang", "接单")
    await room.taps("wang", "办结")
    await room.taps("wang", "已答复")
    await room.play(("mei", "5", "谢谢您的评分"))
    async with room.store.read() as tx:
        contact = await tx.contacts.find(room.message("mei").sender)
        assert contact is not None
        assert [case.rating for case in await tx.cases.all_of(contact.id, 5)] == [5]


async def test_a_question_about_the_end_leaves_her_in_the_form_that_she_is_in(room: Room) -> None:
    await room.hires("wang")
    await room.asks_for_callback("mei", STRANGE)
    await room.says("mei", "还有，楼上漏水")
    await room.taps("mei", "另一个问题")
    await room.picks_topic("mei", "房产物业")
    await room.taps("wang", "接单")
    await room.taps("wang", "办结")
    await room.taps("wang", "已答复")
    await room.play(("mei", "1", "第 3 步"))


async def test_the_words_of_a_button_that_an_expert_types_are_no_message_to_the_citizen(room: Room) -> None:
    await room.hires("wang")
    await room.asks_for_callback("mei", STRANGE, phone="13812345678")
    await room.taps("wang", "接单")
    await room.play(("wang", "[记录电话]", "结果"), ("wang", "无人接听", "已记录到"))
    assert not any("专家（" in s.text for s in room.screen("mei"))
