"""What people send beside plain words, and what a changed client may send: taken in or kindly declined."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from bot.domain.callback import CaseState
from tests.e2e.telegram_office import STRANGE, WAGES, Office, open_office
from tests.telegram_server import User

PHONE = "13800138000"
DECLINED = "请用文字、图片、语音或文件"


@pytest_asyncio.fixture
async def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Office]:
    async with open_office(tmp_path, monkeypatch) as opened:
        yield opened
        async with opened.app.store.read() as tx:
            assert await tx.inbox.count_quarantined() == 0


def raw(user: User, **content: Any) -> None:
    """A message of a kind that she has no method for."""
    world = user.world
    message = {
        "message_id": world.new_message_id(user.room), "from": user.raw, "chat": user.room.raw,
        "date": world.now(), **content,
    }  # fmt: skip
    world.updates.emit("message", message, ("message", user.id))


def poll(user: User) -> None:
    """She sends a poll."""
    kinds = {"is_closed": False, "is_anonymous": True, "type": "regular", "allows_multiple_answers": False}
    extra = {"allows_revoting": False, "members_only": False}
    option = {"persistent_id": "0", "text": "去", "voter_count": 0}
    body = {"id": "1", "question": "去不去告", "options": [option, {**option, "text": "不去"}]}
    raw(user, poll={**body, "total_voter_count": 0, **kinds, **extra})


def edit(user: User) -> None:
    """She mends a typing error in what she just said."""
    user.edits(user.says("我想问物业非"), "我想问物业费")


SENDS: dict[str, tuple[Callable[[User], object], str, str]] = {
    # what she does: (how, what she then hears without a case, what her expert hears)
    "voice": (lambda u: u.sends_voice(), "收到了", "发来文件"),
    "photo": (lambda u: u.sends_photo(), "收到了", "发来文件"),
    "document": (lambda u: u.sends_document(), "收到了", "发来文件"),
    "video": (lambda u: u.sends_video(), "收到了", "发来文件"),
    "a file that is too large for us": (lambda u: u.sends_document(size=40_000_000), "收到", "发来文件"),
    "location": (lambda u: u.sends_location(39.9, 116.4), "收到了", "39.9,116.4"),
    "her phone": (lambda u: u.sends_contact(), "请说说您遇到的事", PHONE),
    "sticker": (lambda u: u.sends_sticker(), DECLINED, ""),
    "poll": (poll, DECLINED, ""),
    "dice": (lambda u: raw(u, dice={"emoji": "🎲", "value": 3}), DECLINED, ""),
    "edited words": (edit, "我想问物业费", "我想问物业费"),
    "emoji": (lambda u: u.says("😀"), "好的", "😀"),
    "an unknown command": (lambda u: u.says("/nosuch"), "怎么用", ""),
}


async def test_without_a_case_everything_gets_a_fitting_word(office: Office) -> None:
    for name, (send, answer, _) in SENDS.items():
        mei = office.server.user(name)
        mei.starts()
        await mei.hears("自动应答")
        send(mei)
        await mei.hears(answer)


async def test_while_an_expert_has_the_case_everything_reaches_her_or_is_declined(office: Office) -> None:
    wang, mei = await office.hires("王律师"), office.server.user("李梅")
    await office.asks_for_callback(mei)
    wang.taps("接单", on=await wang.hears("新请求"))
    await wang.hears("现在直接打字")
    await office.quiet()
    for send, answer, arrives in SENDS.values():
        before = len(mei.room.heard)
        send(mei)
        if arrives:
            heard = await wang.hears(arrives)
            await office.quiet()
            news = [str(heard.raw.get("text")) for heard in mei.room.heard[before:]]
            assert news == [], "while a person holds the talk the bot is silent"
            assert heard.text != ""
        else:
            await mei.hears(answer)


async def test_a_file_comes_to_the_expert_with_her_buttons_and_without_an_empty_word(office: Office) -> None:
    wang, mei = await office.hires("王律师"), office.server.user("李梅")
    number = await office.asks_for_callback(mei)
    wang.taps("接单", on=await wang.hears("新请求"))
    await wang.hears("现在直接打字")
    mei.sends_photo()
    photo = await wang.hears(number)
    assert photo.kind == "photo"
    assert "办结" in photo.labels


async def test_a_long_message_passes_whole_both_ways(office: Office) -> None:
    wang, mei = await office.hires("王律师"), office.server.user("李梅")
    story = "".join(f"第{n}件：物业又停水了。" for n in range(1, 300))
    mei.says(story)
    await office.picks_topic(mei)
    for screen, label in (("第 2 步", "先不说"), ("第 3 步", "在这里回复我"), ("第 4 步", "提交")):
        mei.taps(label, on=await mei.hears(screen))
    wang.taps("接单", on=await wang.hears("新请求"))
    await wang.hears("现在直接打字")
    assert "第299件" in "".join(message.text for message in wang.chat)
    for sender, reader in ((mei, wang), (wang, mei)):
        sender.says("补充：" + story)
        await reader.hears("补充：")
        await office.quiet()
        last = reader.chat[[("补充：" in m.text and m.by_bot) for m in reader.chat].index(True) :]
        assert "第299件" in "".join(message.text for message in last)


async def test_files_before_the_question_and_in_the_form_go_into_the_case(office: Office) -> None:
    wang, mei = await office.hires("王律师"), office.server.user("李梅")
    mei.sends_photo(b"\xff\xd8\xff1")
    await mei.hears("收到了")
    mei.says(STRANGE)
    await office.picks_topic(mei)
    screen = await mei.hears("第 2 步")
    mei.sends_voice()
    await mei.hears("文件收到了")
    screen = await mei.hears("第 2 步")
    mei.sends_location(39.9, 116.4)
    mei.taps("在这里回复我", on=await mei.hears("第 3 步"))
    screen = await mei.hears("第 4 步")
    mei.sends_document()
    await mei.hears("记下了")
    mei.taps("提交", on=await mei.hears("第 4 步"))
    await mei.hears("已提交")
    assert screen.labels == ["提交", "取消"]
    wang.taps("接单", on=await wang.hears("新请求"))
    assert "39.9,116.4" in (await wang.hears("现在直接打字")).text
    await office.quiet()
    kinds = [message.kind for message in wang.chat if "发来文件" in message.text]
    assert kinds == ["photo", "voice", "document"]


async def test_forged_and_broken_button_data_changes_nothing(office: Office) -> None:
    wang, mei = await office.hires("王律师"), office.server.user("李梅")
    number = await office.asks_for_callback(mei)
    card = await wang.hears("新请求")
    token = card.buttons[0].data or ""
    payload, _, mac = token.rpartition(":")
    forged = [
        "x", ":", "::::", "cl", "cl:1:2:3:4:5", "🙂" * 16, "\x00", "a" * 64, payload, payload + ":",
        ":" + mac, f"{payload[:-2]}9::{mac}", token.swapcase(),
        token.replace("cl:", "rl:", 1), "zz:1:1:" + mac,
    ]  # fmt: skip
    for data in forged:
        for person in (wang, mei):
            person.taps_data(data)
            await person.hears("不是给您的")
    assert (await office.case(number)).state is CaseState.OPEN
    wang.taps("接单", on=card)
    await wang.hears("现在直接打字")


async def test_a_button_of_a_step_that_is_over_says_so(office: Office) -> None:
    mei = office.server.user("李梅")
    mei.says(WAGES)
    answer = await mei.hears("《劳动合同法》")
    mei.taps("解决了", on=answer)
    await mei.hears("太好了")
    mei.taps("问专家", on=answer)
    await mei.hears("这一步已经过去了")


async def test_the_same_tap_twice_has_its_effect_once(office: Office) -> None:
    mei = office.server.user("李梅")
    mei.says(STRANGE)
    await office.picks_topic(mei)
    for screen, label in (("第 2 步", "先不说"), ("第 3 步", "在这里回复我")):
        mei.taps(label, on=await mei.hears(screen))
    last = await mei.hears("第 4 步")
    mei.taps("提交", on=last)
    mei.taps("提交", on=last)
    await mei.hears("已提交")
    await mei.hears("这一步已经过去了")
    async with office.app.store.read() as tx:
        assert len(await tx.cases.queue(10)) == 1


async def test_an_update_that_nobody_can_read_is_set_aside_and_the_next_one_works(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_office(tmp_path, monkeypatch) as office:
        mei = office.server.user("李梅")
        office.server.emit_raw({"message": {"message_id": "一", "chat": 7}})
        mei.starts()
        await mei.hears("自动应答")
        async with office.app.store.read() as tx:
            assert await tx.inbox.count_quarantined() == 1


async def test_words_that_look_like_markup_arrive_as_they_are(office: Office) -> None:
    wang, mei = await office.hires("王律师"), office.server.user("<b>李*梅_</b>")
    await office.asks_for_callback(mei)
    wang.taps("接单", on=await wang.hears("新请求"))
    await wang.hears("现在直接打字")
    nasty = "<b>*粗*</b> _斜_ [链](tg://user?id=1) `代码` \\ && 《劳动法》"
    mei.says(nasty)
    assert nasty in (await wang.hears("粗")).text
    wang.says(nasty)
    assert nasty in (await mei.hears("粗")).text
