"""An expert at work: claims, answers, phones, hands over, closes."""

from __future__ import annotations

import re
from datetime import timedelta

from bot.domain.messages import ChatKind, InboundKind, Undeliverable
from bot.domain.people import Role
from tests.support.room import Room

STRANGE = "隔壁天天半夜练唢呐我该怎么维权"
PHONE = "13812345678"


async def test_a_request_reaches_the_expert_on_duty_without_the_phone(room: Room) -> None:
    await room.hires("wang")
    number = await room.asks_for_callback("mei", STRANGE, phone=PHONE)
    card = room.last("wang")
    assert number in card
    assert "唢呐" in card
    assert PHONE not in card
    assert "mei" not in card


async def test_one_tap_claims_and_shows_the_phone_to_the_owner_only(room: Room) -> None:
    await room.hires("wang")
    await room.hires("li")
    number = await room.asks_for_callback("mei", STRANGE, phone=PHONE)
    late = room.token("li", "接单")
    await room.play(("wang", "[接单]", PHONE))
    await room.taps_token("li", late)
    assert "已由 wang 接单" in room.last("li")
    assert any(f"{number} 已由 wang 接单" in s.text for s in room.screen("li"))
    assert PHONE not in "".join(s.text for s in room.screen("li"))
    assert "已接单" in room.last("mei")


async def test_while_an_expert_holds_the_talk_the_bot_is_silent_and_words_pass_both_ways(room: Room) -> None:
    await room.hires("wang")
    await room.asks_for_callback("mei", STRANGE)
    await room.taps("wang", "接单")
    await room.play(
        ("wang", "您先录音，再找物业。", "已送达"),
        ("mei", "", "您先录音"),
        ("mei", "公司拖欠工资不发怎么办？", ""),
        ("wang", "", "公司拖欠工资不发怎么办？"),
    )
    assert any("您先录音" in s.text and "专家" in s.text for s in room.screen("mei"))
    assert "wang" not in "".join(s.text for s in room.screen("mei"))


async def test_a_failed_delivery_says_so_and_what_to_do(room: Room) -> None:
    await room.hires("wang")
    await room.asks_for_callback("mei", STRANGE)
    await room.taps("wang", "接单")
    room.messenger.outcomes["mei"] = [Undeliverable("blocked", gone=True)]
    await room.play(("wang", "您先录音。", "没有送达"))
    assert "打电话" in room.last("wang")


async def test_phone_attempts_are_logged_and_a_missed_one_is_told(room: Room) -> None:
    await room.hires("wang")
    await room.asks_for_callback("mei", STRANGE, phone=PHONE)
    await room.taps("wang", "接单")
    await room.play(("wang", "[记录电话]", "结果"), ("wang", "[无人接听]", "已记录"))
    assert "没有接通" in room.last("mei")


async def test_release_needs_a_reason_and_goes_back_to_the_queue(room: Room) -> None:
    await room.hires("wang")
    await room.hires("li")
    number = await room.asks_for_callback("mei", STRANGE)
    await room.taps("wang", "接单")
    await room.play(("wang", "[退回]", "为什么"), ("wang", "[不是我的专长]", "已退回队列"))
    assert "重新排队" in room.last("mei")
    await room.play(("li", "[接单]", number))


async def test_words_typed_after_the_case_was_given_back_are_not_sent(room: Room) -> None:
    await room.hires("wang")
    await room.asks_for_callback("mei", STRANGE)
    await room.taps("wang", "接单")
    room.news("mei")
    await room.jumps(timedelta(minutes=61))
    assert "自动退回" in "".join(s.text for s in room.screen("wang"))
    room.news("mei")
    await room.play(("wang", "您先录音。", "没有发出"), ("mei", "", ""))


async def test_transfer_gives_the_case_to_a_named_colleague(room: Room) -> None:
    await room.hires("wang")
    await room.hires("li")
    number = await room.asks_for_callback("mei", STRANGE, phone=PHONE)
    await room.taps("wang", "接单")
    stale = room.token("wang", "办结")
    await room.play(("wang", "[转接]", "转给谁"), ("wang", "[li]", "已转给 li"), ("li", "[打开]", PHONE))
    await room.taps_token("wang", stale)
    assert "不归您" in room.last("wang")
    assert number in room.last("li")


async def test_closing_asks_the_citizen_and_not_solved_opens_it_again(room: Room) -> None:
    await room.hires("wang")
    await room.asks_for_callback("mei", STRANGE)
    await room.taps("wang", "接单")
    await room.play(("wang", "[办结]", "怎样办结"), ("wang", "[转调解]", "已办结"))
    assert "打个分" in room.last("mei")
    await room.play(
        ("mei", "[2 ★]", "哪里不好"), ("mei", "等太久了", "记下了"), ("mei", "[没解决，再问]", "重新排队")
    )
    await room.play(("wang", "[接单]", "等太久了"))


async def test_queue_and_mine_list_what_waits_and_what_is_held(room: Room) -> None:
    await room.hires("wang")
    number = await room.asks_for_callback("mei", STRANGE)
    await room.play(
        ("wang", "/queue", number), ("wang", f"[接单 {number}]", "唢呐"), ("wang", "/mine", number)
    )
    await room.play(("wang", "/queue", "没有待接"))


async def test_off_duty_gets_no_cards_and_going_on_duty_shows_what_waits(room: Room) -> None:
    await room.hires("wang")
    await room.play(("wang", "/duty off", "未值班"))
    number = await room.asks_for_callback("mei", STRANGE)
    assert number not in room.last("wang")
    await room.play(("wang", "/duty on", number))


async def test_only_experts_who_fit_the_topic_are_asked(room: Room) -> None:
    await room.hires("wang", topics=("family",))
    await room.hires("li", topics=("labor",))
    number = await room.asks_for_callback("mei", STRANGE)
    assert number in room.last("li")
    assert room.screen("wang") == []


async def test_an_invite_makes_an_expert_once(room: Room) -> None:
    token = await room.invites(Role.EXPERT)
    await room.play(
        ("wang", f"/join {token}", "欢迎"), ("li", f"/join {token}", "无效"), ("wang", "/duty", "值班中")
    )


async def test_an_invite_expires(room: Room) -> None:
    token = await room.invites(Role.EXPERT)
    await room.jumps(timedelta(hours=73))
    await room.play(("wang", f"/start {token}", "过期"))


async def test_an_admin_invites_in_chat_and_an_expert_may_not(room: Room) -> None:
    await room.hires("chen", Role.ADMIN)
    await room.hires("wang")
    await room.play(("chen", "/invite expert 李律师", "/join"), ("wang", "/invite expert 我", "没有这个权限"))
    token = re.search(r"/join (\S+)", room.screen("chen")[-1].text)
    assert token is not None
    await room.play(("li", f"/join {token[1]}", "李律师"))


async def test_staff_commands_are_refused_to_citizens(room: Room) -> None:
    await room.play(("mei", "/queue", "没有这个权限"), ("mei", "/mine", "没有这个权限"))


async def test_a_forwarded_card_is_useless_to_another_expert(room: Room) -> None:
    await room.hires("wang")
    await room.hires("li", on_duty=False)
    await room.asks_for_callback("mei", STRANGE)
    await room.taps_token("li", room.token("wang", "接单"))
    assert "不是给您的" in room.last("li")


async def test_a_group_is_refused_and_nothing_changes(room: Room) -> None:
    await room.hires("wang")
    await room.asks_for_callback("mei", STRANGE)
    await room.taps("wang", "接单", ChatKind.GROUP)
    async with room.store.read() as tx:
        assert len(await tx.cases.queue(10)) == 1


async def test_files_travel_to_the_expert_and_back(room: Room) -> None:
    await room.hires("wang")
    await room.asks_for_callback("mei", STRANGE)
    await room.taps("wang", "接单")
    await room.sends_file("mei", InboundKind.PHOTO)
    assert any(s.message.file is not None for s in room.screen("wang"))
    await room.sends_file("wang", InboundKind.DOCUMENT, "起诉状样本")
    assert any(s.message.file is not None for s in room.screen("mei"))


async def test_danger_marks_a_waiting_case_urgent(room: Room) -> None:
    await room.hires("wang")
    number = await room.asks_for_callback("mei", STRANGE)
    await room.says("mei", "我不想活了，想自杀")
    assert any(f"【紧急】新请求 {number}" in s.text for s in room.screen("wang"))
    assert "12356" in "".join(s.text for s in room.screen("mei"))


async def test_an_expert_who_types_without_an_open_case_learns_that_nobody_got_it(room: Room) -> None:
    await room.hires("wang")
    await room.asks_for_callback("mei", STRANGE)
    await room.taps("wang", "接单")
    await room.taps("wang", "办结")
    await room.taps("wang", "已答复")
    await room.play(("wang", "还有一件事请您留意", "没有发给市民"))


async def test_a_supervisor_sees_a_held_case_without_its_phone_and_gives_it_to_another(room: Room) -> None:
    await room.hires("wang")
    await room.hires("li")
    await room.hires("zhao", Role.SUPERVISOR)
    number = await room.asks_for_callback("mei", STRANGE, phone=PHONE)
    await room.taps("wang", "接单")
    await room.play(("zhao", "/start", "待接单 0 件"), ("zhao", f"/case {number}", "唢呐"))
    assert PHONE not in room.last("zhao")
    await room.play(("zhao", "[转接]", "转给谁"), ("zhao", "[li]", "已转给 li"), ("li", "[打开]", PHONE))
    assert "转给别人" in "".join(s.text for s in room.screen("wang"))


async def test_commands_without_their_words_say_how_with_an_example(room: Room) -> None:
    await room.hires("wang")
    await room.play(
        ("wang", "/remind", "/remind 3d 看看是否立案"),
        ("wang", "/remind 3d", "先用 /queue 接一件"),
        ("wang", "/case", "/case 482-719-355"),
        ("wang", "/reply", "/reply 482-719-355"),
    )


async def test_a_reminder_needs_no_open_case_when_there_is_only_one(room: Room) -> None:
    await room.hires("wang")
    number = await room.asks_for_callback("mei", STRANGE)
    await room.taps("wang", "接单")
    await room.play(("wang", "/cancel", "不再发给"), ("wang", "/remind 3d", f"提醒您 {number}"))


async def test_with_several_cases_she_is_asked_which_one(room: Room) -> None:
    await room.hires("wang")
    numbers = [await room.asks_for_callback(who, STRANGE) for who in ("mei", "eve")]
    for number in numbers:
        await room.says("wang", "/queue")
        await room.taps("wang", f"接单 {number}")
    await room.play(
        ("wang", "/cancel", "不再发给"),
        ("wang", "/remind 3d", "提醒哪一件"),
        ("wang", f"[打开 {numbers[0]}]", numbers[0]),
        ("wang", "/remind 3d", f"提醒您 {numbers[0]}"),
        ("wang", "/case", f"打开 {numbers[1]}"),
    )
