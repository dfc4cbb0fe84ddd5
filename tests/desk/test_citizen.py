"""A citizen's way through the desk, as dialogues."""

from __future__ import annotations

import pytest

from bot.domain.messages import InboundKind
from tests.support.room import Room

WAGES = "公司拖欠工资不发怎么办？"
STRANGE = "隔壁天天半夜练唢呐我该怎么维权"


async def test_first_words_are_answered_with_who_speaks_and_the_law_it_rests_on(room: Room) -> None:
    await room.play(("mei", WAGES, "自动应答"))
    answer = room.last("mei")
    assert "《劳动合同法》第三十条" in answer
    assert "一般性法律信息" in answer
    assert "12333" in answer


async def test_start_says_who_answers_that_a_human_is_there_and_emergency_numbers(room: Room) -> None:
    await room.play(("mei", "/start", "120"))
    assert "人工" in room.last("mei")
    assert "不是律师意见" in room.last("mei")


async def test_a_solved_answer_ends_kindly(room: Room) -> None:
    await room.play(("mei", WAGES, "解决了"), ("mei", "[解决了]", "太好了"))


async def test_a_number_picks_what_the_button_with_that_number_picks(room: Room) -> None:
    await room.play(("mei", WAGES, "解决了"), ("mei", "1", "太好了"))


async def test_a_callback_takes_four_taps_and_gives_a_receipt(room: Room) -> None:
    await room.says("mei", STRANGE)
    await room.picks_topic("mei", "房产物业")
    await room.play(
        ("mei", "[城关区]", "第 3 步"),
        ("mei", "[在这里回复我]", "第 4 步"),
        ("mei", "[提交]", "最晚 11月24日（周二）12:00"),
    )
    assert "排在第 1 位" in room.last("mei")


async def test_refusing_consent_stores_nothing_and_still_answers(room: Room) -> None:
    await room.says("mei", STRANGE)
    await room.play(("mei", "[不同意]", "不保存"), ("mei", WAGES, "《劳动合同法》第三十条"))


async def test_a_phone_number_is_checked_and_a_window_agreed(room: Room) -> None:
    await room.says("mei", STRANGE)
    await room.picks_topic("mei", "房产物业")
    await room.play(
        ("mei", "城关区解放路", "第 3 步"),
        ("mei", "[打电话给我]", "号码"),
        ("mei", "1381234567", "好像不对"),
        ("mei", "138 1234 5678", "什么时候"),
        ("mei", "[11月23日", "第 4 步"),
        ("mei", "有录音", "记下了"),
        ("mei", "[提交]", "专家会打给您"),
    )


async def test_thanks_and_greetings_open_nothing(room: Room) -> None:
    await room.says("mei", "/start")
    await room.play(
        ("mei", "谢谢你", "不客气"), ("mei", "你好", "您好"), ("mei", "我的咨询", "还没有找过专家")
    )


async def test_danger_gets_the_emergency_card_before_anything_else(room: Room) -> None:
    await room.says("mei", "我老公正在打我，救命")
    first = room.screen("mei")[0]
    assert "110" in first.text
    assert "安全" in first.text


async def test_my_questions_shows_adds_and_cancels(room: Room) -> None:
    number = await room.asks_for_callback("mei", STRANGE)
    await room.play(
        ("mei", "我的咨询", number),
        ("mei", f"[{number}]", "等专家接单"),
        ("mei", "[补充]", "请写要补充"),
        ("mei", "他还录了视频", "已补充"),
        ("mei", "我的咨询", number),
        ("mei", f"[{number}]", "取消咨询"),
        ("mei", "[取消咨询]", "已取消"),
        ("mei", "我的咨询", "已办结"),
    )


async def test_an_old_button_says_that_the_step_is_over(room: Room) -> None:
    await room.says("mei", WAGES)
    old = room.token("mei", "解决了")
    await room.taps("mei", "问专家")
    await room.taps_token("mei", old)
    assert "这一步已经过去了" in room.screen("mei")[-2].text
    assert "第 1 步" in room.last("mei")


async def test_somebody_elses_button_changes_nothing(room: Room) -> None:
    await room.says("mei", WAGES)
    await room.says("eve", "/start")
    await room.taps_token("eve", room.token("mei", "解决了"))
    assert "不是给您的" in room.last("eve")


async def test_language_can_be_chosen_and_holds(room: Room) -> None:
    await room.play(
        ("mei", "/language", "English"), ("mei", "[繁體中文]", "以後用這種語言"), ("mei", WAGES, "勞動合同法")
    )


@pytest.mark.parametrize("typed", ["語言", "语言。", "語言！", " 语言 ", "Language"])
async def test_a_word_is_heard_in_either_script(room: Room, typed: str) -> None:
    await room.play(("mei", typed, "繁體中文"))


async def test_a_place_alone_is_no_question_and_goes_with_the_next_one(room: Room) -> None:
    await room.says("mei", "/start")
    await room.receive(room.message("mei", kind=InboundKind.LOCATION, text="39.9,116.4 朝阳门"))
    assert "是什么事" in room.last("mei")
    await room.says("mei", STRANGE)
    await room.picks_topic("mei", "房产物业")
    for step in ("先不说", "在这里回复我", "提交"):
        await room.taps("mei", step)
    async with room.store.read() as tx:
        (case,) = await tx.cases.queue(5)
    assert case.draft.details == "39.9,116.4 朝阳门"


async def test_a_place_answers_where_it_happened(room: Room) -> None:
    await room.says("mei", STRANGE)
    await room.picks_topic("mei", "房产物业")
    await room.receive(room.message("mei", kind=InboundKind.LOCATION, text="39.9,116.4 朝阳门"))
    assert "第 3 步" in room.last("mei")


async def test_words_in_the_form_that_are_no_choice_are_kept_for_the_expert(room: Room) -> None:
    await room.hires("wang")
    story = "我住在幸福花园三号楼，去年从老家搬来，当时房东说好押一付三，后来又变卦了，还把我的东西扔了"
    await room.says("mei", STRANGE)
    await room.picks_topic("mei", "房产物业")
    await room.says("mei", story)
    await room.play(("mei", "我晚上上夜班", "记下了"))
    await room.taps("mei", "在这里回复我")
    await room.taps("mei", "提交")
    await room.taps("wang", "接单")
    assert story in room.last("wang")
    assert "我晚上上夜班" in room.last("wang")
