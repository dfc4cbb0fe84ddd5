"""Experts on Telegram beside a citizen: claim, talk, phone, close, reopen, through the app as it runs."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio

from bot.domain.callback import CaseState, Outcome
from bot.domain.ids import CaseNumber
from bot.domain.people import Role
from tests.e2e.telegram_office import STRANGE, Office, open_office
from tests.telegram_server import User

PHONE = "13800138000"


@pytest_asyncio.fixture
async def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Office]:
    async with open_office(tmp_path, monkeypatch) as opened:
        yield opened


async def claimed(office: Office) -> tuple[User, User, CaseNumber]:
    """A citizen, the expert who has her case, its number."""
    wang = await office.hires("王律师")
    mei = office.server.user("李梅")
    number = await office.asks_for_callback(mei)
    wang.taps("接单", on=await wang.hears("新请求"))
    await wang.hears("现在直接打字")
    await mei.hears("已接单")
    return mei, wang, number


async def test_an_admin_invites_and_the_link_makes_one_expert(office: Office) -> None:
    chen = await office.hires("陈主任", Role.ADMIN)
    chen.says("/invite expert 李律师")
    token = re.search(r"/join (\S+)", (await chen.hears("/join")).text)
    assert token is not None
    li, eve = office.server.user("小李"), office.server.user("Eve")
    li.starts(token[1])
    await li.hears("欢迎，李律师")
    eve.starts(token[1])
    await eve.hears("无效")
    eve.says("/queue")
    await eve.hears("没有这个权限")


async def test_one_of_two_claims_and_the_others_card_says_who(office: Office) -> None:
    wang, li = await office.hires("王律师"), await office.hires("李律师")
    mei = office.server.user("李梅")
    number = await office.asks_for_callback(mei)
    card, late = await wang.hears("新请求"), await li.hears("新请求")
    assert number in card.text
    assert "李梅" not in card.text
    wang.taps("接单", on=card)
    await wang.hears("现在直接打字")
    changed = await li.hears("已由 王律师 接单")
    assert (changed.id, changed.edited, changed.labels) == (late.id, True, [])
    li.taps("接单", on=late)
    await li.hears(f"{number} 已由 王律师 接单")
    await office.quiet()
    assert next(message for message in wang.chat if message.id == card.id).labels == []
    assert (await office.case(number)).state is CaseState.CLAIMED


async def test_two_taps_at_the_same_moment_have_one_winner(office: Office) -> None:
    experts = [await office.hires(name) for name in ("王律师", "李律师", "赵律师")]
    await office.asks_for_callback(office.server.user("李梅"))
    cards = [await one.hears("新请求") for one in experts]
    for one, card in zip(experts, cards, strict=True):
        one.taps("接单", on=card)
    await office.quiet()
    got = [any("现在直接打字" in message.text for message in one.chat) for one in experts]
    assert got.count(True) == 1


async def test_words_and_files_pass_both_ways_and_the_expert_sees_that_they_arrived(office: Office) -> None:
    mei, wang, number = await claimed(office)
    wang.says("您先录音，再找物业。")
    said = await mei.hears("您先录音")
    assert "专家" in said.text
    assert "王律师" not in said.text
    await wang.hears(f"已送达 {number}")
    mei.says("录了，然后呢？")
    heard = await wang.hears("录了，然后呢？")
    assert "李梅" not in heard.text
    mei.sends_photo(b"\xff\xd8\xffphoto", "录音截图")
    await wang.hears("录音截图")
    photo = await wang.hears("发来文件")
    assert photo.kind == "photo"
    wang.sends_document(b"%PDF", "起诉状.pdf", caption="照这个写")
    await mei.hears("照这个写")
    assert (await mei.hears("发来文件")).kind == "document"
    await wang.hears("已送达")
    assert "李梅" not in "".join(message.text for message in wang.chat)


async def test_only_the_owner_sees_the_phone(office: Office) -> None:
    wang, li = await office.hires("王律师"), await office.hires("李律师")
    mei = office.server.user("李梅")
    mei.says(STRANGE)
    await office.picks_topic(mei)
    mei.taps("先不说", on=await mei.hears("第 2 步"))
    mei.says(PHONE)
    mei.taps("工作时间都行", on=await mei.hears("什么时候"))
    mei.taps("提交", on=await mei.hears("第 4 步"))
    await mei.hears("专家会打给您")
    wang.taps("接单", on=await wang.hears("新请求"))
    assert PHONE in (await wang.hears("现在直接打字")).text
    await li.hears("已由 王律师 接单")
    assert PHONE not in "".join(message.text for message in li.chat)


async def test_a_case_is_phoned_closed_rated_and_opened_again(office: Office) -> None:
    mei, wang, number = await claimed(office)
    li = await office.hires("李律师")
    wang.taps("记录电话")
    wang.taps("无人接听", on=await wang.hears("结果"))
    await mei.hears("没有接通")
    wang.taps("记录电话")
    wang.taps("接通", on=await wang.hears("结果"))
    await wang.hears("已记录")
    assert (await office.case(number)).state is CaseState.ANSWERED
    wang.taps("办结")
    wang.taps("转调解", on=await wang.hears("怎样办结"))
    await mei.hears("已办结：转调解")
    rate = await mei.hears("打个分")
    assert (await office.case(number)).outcome is Outcome.MEDIATION
    mei.taps("2 ★", on=rate)
    await mei.hears("哪里不好")
    mei.says("没人回我电话")
    await mei.hears("记下了")
    mei.taps("没解决，再问", on=rate)
    await mei.hears("重新排队")
    again = await wang.hears("再次打开")
    assert number in again.text
    li.taps("接单", on=await li.hears("再次打开"))
    assert "没人回我电话" in (await li.hears("现在直接打字")).text
    await wang.hears("已由 李律师 接单")
    case = await office.case(number)
    assert (case.state, case.rating) == (CaseState.CLAIMED, 2)


async def test_a_claim_that_sleeps_goes_back_to_the_queue_with_a_fresh_card(office: Office) -> None:
    mei, wang, number = await claimed(office)
    await office.passes(timedelta(minutes=46))
    await wang.hears("还没有动作")
    await office.passes(timedelta(minutes=15))
    await wang.hears("已自动退回队列")
    await mei.hears("重新排队")
    wang.taps("接单", on=await wang.hears(f"退回队列 {number}"))
    await wang.hears(f"个案 {number}")


async def test_who_blocked_the_bot_gets_nothing_and_the_expert_is_told_what_to_do(office: Office) -> None:
    mei, wang, number = await claimed(office)
    mei.blocks()
    wang.says("您先录音。")
    told = await wang.hears("没有送达")
    assert number in told.text
    assert "打电话" in told.text
    assert "联系不上" in told.text
    mei.unblocks()
    mei.says("手机坏了，刚换")
    await wang.hears("手机坏了，刚换")
    wang.says("没关系。")
    await mei.hears("没关系。")
    await wang.hears("已送达")


async def test_a_forwarded_card_is_useless_to_whoever_taps_it(office: Office) -> None:
    wang, li = await office.hires("王律师"), await office.hires("李律师")
    eve = office.server.user("Eve", started=True)
    number = await office.asks_for_callback(office.server.user("李梅"))
    card = await wang.hears("新请求")
    await li.hears("新请求")
    for other in (li, eve):
        wang.forwards(card, other)
        other.taps("接单", on=card)
        await other.hears("不是给您的")
    assert (await office.case(number)).state is CaseState.OPEN
    li.says("/duty")
    await li.hears("值班中")  # in her own chat still, not where the card was


async def test_in_a_group_a_card_does_nothing_and_nothing_is_told(office: Office) -> None:
    wang = await office.hires("王律师")
    number = await office.asks_for_callback(office.server.user("李梅"))
    card = await wang.hears("新请求")
    group = office.server.group("法律服务站", wang)
    copy = wang.forwards(card, group)
    wang.taps("接单", on=copy, in_=group)
    await group.hears("请私聊我")
    wang.says("/queue@legal_desk_bot", in_=group)
    await group.hears("请私聊我")
    wang.says("今天谁值班？", in_=group)
    await office.quiet()
    assert number not in "".join(message.text for message in group.chat if message.by_bot)
    assert (await office.case(number)).state is CaseState.OPEN
    wang.taps("接单", on=card)
    await wang.hears("现在直接打字")


async def test_an_english_speaking_expert_reads_english(office: Office) -> None:
    kim = await office.hires("Kim", language_code="en")
    number = await office.asks_for_callback(office.server.user("李梅"))
    kim.taps("Claim", on=await kim.hears("New request"))
    await kim.hears("What you type now goes to the citizen")
    kim.says("请先录音")
    await kim.hears(f"Delivered, {number}")
