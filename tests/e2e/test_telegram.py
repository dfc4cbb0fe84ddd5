"""A citizen on Telegram, from her first word to the receipt, through the app as it runs."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from bot.domain.callback import Reach
from bot.domain.people import Role
from tests.e2e.telegram_office import STRANGE, WAGES, Office, number_in, open_office
from tests.telegram_server import User


@pytest_asyncio.fixture
async def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Office]:
    async with open_office(tmp_path, monkeypatch) as opened:
        yield opened


async def test_a_question_is_answered_with_its_law_and_one_tap_ends_it(office: Office) -> None:
    mei = office.server.user("李梅")
    mei.starts()
    hello = await mei.hears("自动应答")
    assert "人工" in hello.text
    assert "120" in hello.text
    mei.says(WAGES)
    answer = await mei.hears("《劳动合同法》第三十条")
    assert "不是律师意见" in answer.text
    assert answer.labels == ["解决了", "不是我问的", "问专家"]
    mei.taps("解决了")
    await mei.sees_toast()
    await mei.hears("太好了")


async def test_a_desk_that_is_only_nearly_sure_asks_did_you_mean(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wary = "answer_precision = 0.999999\nsuggest_precision = 0.000001"
    async with open_office(tmp_path, monkeypatch, faq=wary) as office:
        mei = office.server.user("李梅")
        mei.says("公司拖欠工资不发，请问该怎么办呢")
        asked = await mei.hears("您是不是想问")
        assert asked.labels[-1] == "都不是，问专家"
        mei.taps(asked.labels[0])
        answer = await mei.hears("不是律师意见，也不构成代理；")
        assert asked.labels[0] in answer.text


async def test_none_of_these_leads_to_an_expert(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wary = "answer_precision = 0.999999\nsuggest_precision = 0.000001"
    async with open_office(tmp_path, monkeypatch, faq=wary) as office:
        mei = office.server.user("李梅")
        mei.says("公司拖欠工资不发，请问该怎么办呢")
        mei.taps("都不是", on=await mei.hears("您是不是想问"))
        form = await mei.hears("第 1 步")
        assert "公司拖欠工资不发，请问该怎么办呢" in form.text


async def test_a_callback_is_filled_in_by_buttons(office: Office) -> None:
    mei = office.server.user("李梅")
    mei.says(STRANGE)
    await office.picks_topic(mei)
    for screen, label in (("第 2 步", "城关区"), ("第 3 步", "在这里回复我"), ("第 4 步", "提交")):
        mei.taps(label, on=await mei.hears(screen))
    receipt = await mei.hears("专家会回复您")
    assert "最晚 11月24日（周二）12:00" in receipt.text
    case = await office.case(number_in(receipt))
    assert (case.draft.question, case.draft.place, case.draft.reach) == (STRANGE, "城关区", Reach.CHAT)


async def test_a_callback_is_filled_in_by_typed_numbers(office: Office) -> None:
    mei = office.server.user("李梅")
    mei.says(STRANGE)
    await mei.hears("第 1 步")
    mei.says("1")  # the first choice is a topic
    for screen, label in (("第 2 步", "东城街道"), ("第 3 步", "在这里回复我"), ("第 4 步", "提交")):
        shown = await mei.hears(screen)
        mei.says(str(shown.labels.index(label) + 1))
    case = await office.case(number_in(await mei.hears("专家会回复您")))
    assert case.draft.place == "东城街道"


async def test_her_own_phone_comes_by_one_tap_and_the_keyboard_goes_away(office: Office) -> None:
    mei = office.server.user("李梅")
    mei.says(STRANGE)
    await office.picks_topic(mei)
    mei.taps("先不说", on=await mei.hears("第 2 步"))
    mei.taps("打电话给我", on=await mei.hears("第 3 步"))
    await mei.hears("输入框下方的按钮")
    mei.sends_contact("+8613900000000", own=False)
    await mei.hears("别人的名片")
    await mei.hears("输入框下方的按钮")
    mei.taps("发送我的手机号")
    mei.taps("工作时间都行", on=await mei.hears("什么时候"))
    mei.taps("提交", on=await mei.hears("第 4 步"))
    case = await office.case(number_in(await mei.hears("专家会打给您")))
    assert (case.draft.reach, case.draft.phone) == (Reach.PHONE, "13800138000")
    await office.quiet()
    assert mei.keyboard == []


@pytest.mark.parametrize(
    ("code", "hello"),
    [
        ("zh-hans", "自动应答"), ("zh-TW", "自動應答"), ("zh-hant", "自動應答"),
        ("en-GB", "automatic assistant"), ("ru", "自动应答"), (None, "自动应答"),
    ],
)  # fmt: skip
async def test_she_is_greeted_in_the_language_of_her_client(
    office: Office, code: str | None, hello: str
) -> None:
    somebody = office.server.user("Kim", language_code=code)
    somebody.starts()
    await somebody.hears(hello)


async def test_a_language_that_she_chose_holds_for_what_follows(office: Office) -> None:
    mei = office.server.user("李梅")
    mei.says("/language")
    mei.taps("English", on=await mei.hears("choose a language"))
    await mei.hears("this language")
    mei.says(WAGES)
    assert "Solved" in (await mei.hears("Legal basis")).labels


def menu(office: Office, scope: dict[str, Any], language: str = "") -> dict[str, str]:
    """The commands that Telegram shows there, and what it says about them."""
    commands = office.server.world.commands.get(json.dumps([scope, language], sort_keys=True), [])
    return {command["command"]: command["description"] for command in commands}


async def menu_of(office: Office, person: User) -> dict[str, str]:
    """Her own menu, once it was set."""
    office.app.menu_loop.wake()
    scope = {"type": "chat", "chat_id": person.id}
    return await office.server.until(lambda: menu(office, scope) or None)


async def test_everybody_sees_the_citizens_commands_in_chinese_or_english(office: Office) -> None:
    await office.server.called("setMyCommands", 2)
    for language, word in (("", "找专家"), ("en", "Ask an expert")):
        shown = menu(office, {"type": "default"}, language)
        assert list(shown) == ["start", "my", "human", "privacy", "language", "help"]
        assert shown["human"] == word


async def test_staff_see_the_commands_of_their_role_in_their_language(office: Office) -> None:
    wang, kim = await office.hires("王律师"), await office.hires("Kim", language_code="en")
    chen = await office.hires("陈主任", Role.ADMIN)
    expert = ["queue", "mine", "case", "duty", "remind", "cancel", "my", "language", "help"]
    assert list(await menu_of(office, wang)) == list(await menu_of(office, kim)) == expert
    assert (await menu_of(office, wang))["queue"] == "待接单"
    assert (await menu_of(office, kim))["queue"] == "Waiting requests"
    assert "invite" in await menu_of(office, chen)
    assert "duty" not in await menu_of(office, chen)


async def test_a_menu_follows_a_new_role_and_a_new_language(office: Office) -> None:
    wang = await office.hires("王律师")
    await menu_of(office, wang)
    wang.starts(await office.invite(Role.ADMIN))
    await wang.hears("欢迎")
    wang.says("/language")
    wang.taps("English", on=await wang.hears("choose a language"))
    await wang.hears("this language")
    office.app.menu_loop.wake()
    scope = {"type": "chat", "chat_id": wang.id}
    await office.server.until(lambda: menu(office, scope).get("invite", "").startswith("Invite") or None)


async def test_who_is_dismissed_sees_the_citizens_commands_again(office: Office) -> None:
    wang, chen = await office.hires("王律师"), await office.hires("陈主任", Role.ADMIN)
    await menu_of(office, wang)
    chen.says("/revoke 王律师")
    chen.taps("撤销", on=await chen.hears("王律师"))
    await wang.hears("身份")
    office.app.menu_loop.wake()
    scope = {"type": "chat", "chat_id": wang.id}
    await office.server.until(lambda: menu(office, scope) == {} or None)


async def test_a_menu_that_was_refused_is_tried_again(office: Office) -> None:
    await office.server.called("setMyCommands", 2)
    office.server.faults.add("server_error", method="setMyCommands")
    wang = await office.hires("王律师")
    office.app.menu_loop.wake()
    await office.server.called("setMyCommands", 3)
    assert menu(office, {"type": "chat", "chat_id": wang.id}) == {}
    office.clock.advance(timedelta(minutes=2))
    assert "queue" in await menu_of(office, wang)
