"""What the desk says stands on the person's screen, as it was meant."""

from __future__ import annotations

import asyncio

import pytest

from bot.channels.telegram.render import units
from bot.domain.messages import (
    Block,
    BlockKind,
    Button,
    ChannelName,
    FileRef,
    InboundKind,
    OutboundMessage,
    Retry,
    Sent,
)
from tests.channels.telegram.telegram_bench import TELEGRAM, Bench, bench, text
from tests.telegram_server import Kind, User

WEB = ChannelName("web")
PHONE = "📱 发送我的手机号"


def ref(outcome: object) -> str:
    assert isinstance(outcome, Sent), outcome
    return outcome.ref


async def test_blocks_arrive_with_their_styles_and_buttons() -> None:
    async with bench() as b:
        mei = b.server.user(started=True)
        blocks = (
            Block(BlockKind.TITLE, "👩‍⚖️答复"),
            Block(BlockKind.QUOTE, "您问"),
            Block(BlockKind.NOTE, "未签署"),
        )
        outcome = await b.send(mei, OutboundMessage(blocks, ((Button("有帮助", "y"), Button("没有", "n")),)))
        (seen,) = mei.chat
        assert outcome == Sent(f"{mei.id}:{seen.id}")
        assert seen.text == "👩‍⚖️答复\n\n您问\n\n未签署"
        assert [(e["type"], e["offset"], e["length"]) for e in seen.raw["entities"]] == [
            ("bold", 0, 7),
            ("blockquote", 9, 2),
            ("italic", 13, 3),
        ]
        assert [[(one.text, one.data) for one in row] for row in seen.rows] == [
            [("有帮助", "y"), ("没有", "n")]
        ]


async def test_peoples_words_never_become_markup_and_links_have_no_preview() -> None:
    async with bench() as b:
        mei = b.server.user(started=True)
        words = "<b>粗</b> *斜* [链](https://a.cn) `x` _y_ &amp;"
        await b.send(mei, words)
        assert mei.chat[0].text == words
        (call,) = b.calls("sendMessage")
        assert "parse_mode" not in call
        assert call["link_preview_options"] == {"is_disabled": True}


async def test_a_long_answer_comes_in_parts_with_the_buttons_on_the_last() -> None:
    async with bench() as b:
        mei = b.server.user(started=True)
        sentence = "用人单位应当按时足额支付劳动报酬😀。"
        outcome = await b.send(mei, text(sentence * 500, ("转人工",)))
        assert all(units(one.text) <= 4096 and one.text.endswith("。") for one in mei.chat)
        assert "".join(one.text for one in mei.chat) == sentence * 500
        assert [one.labels for one in mei.chat] == [[]] * (len(mei.chat) - 1) + [["转人工"]]
        assert ref(outcome) == f"{mei.id}:{mei.chat[-1].id}"


async def test_nothing_to_say_is_said_to_nobody() -> None:
    async with bench() as b:
        mei = b.server.user(started=True)
        assert (await b.send(mei, " ")).__class__.__name__ == "Undeliverable"
        assert mei.chat == []


async def test_a_card_is_replaced_in_place() -> None:
    async with bench() as b:
        mei = b.server.user(started=True)
        card = ref(await b.send(mei, text("排队中", ("撤回",))))
        assert await b.send(mei, "已接单", edit=card) == Sent(card)
        assert [(one.text, one.labels) for one in mei.chat] == [("已接单", [])]


async def test_a_card_that_already_looks_so_counts_as_sent() -> None:
    async with bench() as b:
        mei = b.server.user(started=True)
        card = ref(await b.send(mei, text("排队中", ("撤回",))))
        assert await b.send(mei, text("排队中", ("撤回",)), edit=card) == Sent(card)


@pytest.mark.parametrize(
    "why", ["Bad Request: message can't be edited", "Bad Request: message to edit not found"]
)
async def test_a_card_that_can_no_longer_be_edited_is_sent_anew(why: str) -> None:
    async with bench() as b:
        mei = b.server.user(started=True)
        card = ref(await b.send(mei, "排队中"))
        b.server.faults.add(Kind.ERROR, method="editMessageText", description=why)
        anew = ref(await b.send(mei, "已接单", edit=card))
        assert [one.text for one in mei.chat] == ["排队中", "已接单"]
        assert anew == f"{mei.id}:{mei.chat[-1].id}" != card


@pytest.mark.parametrize("edit", ["99:1", "nonsense", ":", "1"])
async def test_a_ref_of_another_chat_edits_nothing(edit: str) -> None:
    async with bench() as b:
        mei = b.server.user(started=True)
        await b.send(mei, "已接单", edit=edit)
        assert b.calls("editMessageText") == []
        assert mei.chat[0].text == "已接单"


async def test_a_card_that_grew_too_long_goes_on_below() -> None:
    async with bench() as b:
        mei = b.server.user(started=True)
        card = ref(await b.send(mei, text("短", ("转人工",))))
        await b.send(mei, text("长。" * 3000, ("转人工",)), edit=card)
        assert [len(one.text) for one in mei.chat] == [4096, 1904]
        assert [one.labels for one in mei.chat] == [[], ["转人工"]]


async def test_a_card_with_a_file_is_replaced_by_a_new_text() -> None:
    async with bench() as b:
        mei = b.server.user(started=True)
        b.desk.files["1"] = b"%PDF"
        with_file = text("见附件", file=FileRef(WEB, "1", "document", "a.pdf"))
        card = ref(await b.send(mei, with_file))
        assert ref(await b.send(mei, "已办结", edit=card)) != card
        assert [one.text for one in mei.chat] == ["见附件", "已办结"]


async def sent_in(b: Bench, mei: User, way: str) -> FileRef:
    """A file that she sends, as the desk gets it."""
    getattr(mei, f"sends_{way}")()
    await b.poll()
    assert b.desk.last.file is not None
    return b.desk.last.file


@pytest.mark.parametrize("way", ["photo", "voice", "video", "document"])
async def test_a_file_of_telegram_goes_on_by_its_id_with_its_words(way: str) -> None:
    async with bench() as b:
        mei, expert = b.server.user("李梅"), b.server.user("张律师", started=True)
        file = await sent_in(b, mei, way)
        await b.send(expert, text("来自来访者", ("接单",), file=file))
        (seen,) = expert.chat
        assert (seen.kind, seen.text, seen.labels) == (way, "来自来访者", ["接单"])
        assert b.calls(f"send{way.title()}")[0][way] == file.id.partition(":")[2]


async def test_a_file_can_be_read_again() -> None:
    async with bench() as b:
        mei = b.server.user()
        mei.sends_document(b"%PDF-1.7 hetong", "合同.pdf")
        await b.poll()
        file = b.desk.last.file
        assert file is not None
        assert (file.name, file.mime) == ("合同.pdf", "application/pdf")
        assert await b.channel.fetch(file) == b"%PDF-1.7 hetong"


async def test_a_file_of_another_channel_is_uploaded() -> None:
    async with bench() as b:
        expert = b.server.user(started=True)
        b.desk.files["1"] = b"\x89PNG"
        await b.send(expert, text("截图", file=FileRef(WEB, "1", "photo", "a.png", "image/png", 4)))
        (seen,) = expert.chat
        assert (seen.kind, seen.text) == ("photo", "截图")


async def test_a_photo_that_telegram_refuses_goes_as_a_document() -> None:
    async with bench() as b:
        expert = b.server.user(started=True)
        b.desk.files["1"] = b"\x89PNG"
        b.server.faults.add(
            Kind.ERROR, method="sendPhoto", description="Bad Request: PHOTO_INVALID_DIMENSIONS"
        )
        await b.send(expert, text("长图", file=FileRef(WEB, "1", "photo", "a.png", "image/png", 4)))
        assert [(one.kind, one.text) for one in expert.chat] == [("document", "长图")]


@pytest.mark.parametrize(
    "file",
    [
        FileRef(WEB, "unknown", "photo"),
        FileRef(TELEGRAM, "document:never-existed", "document"),
        FileRef(TELEGRAM, "nonsense", "document"),
    ],
)
async def test_a_file_that_is_gone_does_not_take_the_words_with_it(file: FileRef) -> None:
    async with bench() as b:
        expert = b.server.user(started=True)
        await b.send(expert, text("一位来访者", ("接单",), file=file))
        (seen,) = expert.chat
        assert (seen.text, seen.labels) == ("一位来访者\n\n（附件已经取不到了）", ["接单"])


async def test_words_too_long_for_a_caption_follow_the_file() -> None:
    async with bench() as b:
        mei, expert = b.server.user("李梅"), b.server.user("张律师", started=True)
        file = await sent_in(b, mei, "photo")
        await b.send(expert, text("很长。" * 400, ("接单",), file=file))
        assert [(one.kind, len(one.text), one.labels) for one in expert.chat] == [
            ("photo", 0, []),
            ("text", 1200, ["接单"]),
        ]


async def test_a_phone_is_asked_for_with_telegrams_own_button() -> None:
    async with bench() as b:
        mei = b.server.user(started=True)
        await b.send(mei, text("请留下手机号", ask_phone=True))
        assert mei.keyboard == [PHONE]
        mei.taps(PHONE)
        await b.poll()
        assert (b.desk.last.kind, b.desk.last.phone) == (InboundKind.CONTACT, "+8613800138000")


async def test_buttons_and_the_phone_button_come_together() -> None:
    async with bench() as b:
        mei = b.server.user(started=True)
        card = ref(await b.send(mei, text("请留下手机号", ("不用电话",), ask_phone=True)))
        first, second = mei.chat
        assert (first.labels, second.labels, mei.keyboard) == (["不用电话"], [], [PHONE])
        assert card == f"{mei.id}:{first.id}"


@pytest.mark.parametrize("rows", [(), (("看进度",),)])
async def test_the_phone_button_goes_once_she_has_answered(rows: tuple[tuple[str, ...], ...]) -> None:
    async with bench() as b:
        mei = b.server.user(started=True)
        await b.send(mei, text("请留下手机号", ask_phone=True))
        mei.says("13800138000")
        await b.poll()
        await b.send(mei, text("记下了", *rows))
        assert mei.keyboard == []
        assert [one.text for one in mei.chat if one.by_bot] == ["请留下手机号", "记下了"]


async def test_the_phone_button_stays_until_she_has_answered() -> None:
    async with bench() as b:
        mei = b.server.user(started=True)
        await b.send(mei, text("请留下手机号", ask_phone=True))
        await b.send(mei, "别急，慢慢来")
        assert mei.keyboard == [PHONE]


async def test_a_group_is_not_asked_for_a_phone() -> None:
    async with bench() as b:
        group = b.server.group("服务站", b.server.user())
        await b.send(group.id, text("新的留言", ("接单",), ask_phone=True))
        assert [(one.text, one.labels) for one in group.chat] == [("新的留言", ["接单"])]


async def test_an_answer_that_stopped_half_way_goes_on_where_it_stopped() -> None:
    async with bench() as b:
        mei = b.server.user(started=True)
        long = text("段落。" * 3000, ("转人工",))
        gate = b.server.faults.hold("sendMessage", after=True)
        first = asyncio.create_task(b.send(mei, long, key="k1"))
        await gate.reached.wait()
        b.server.faults.add(Kind.TOO_MANY, method="sendMessage", retry_after=2)
        gate.release()
        assert await first == Retry(2, "429")
        b.time.now += 2
        assert isinstance(await b.send(mei, long, key="k1"), Sent)
        assert [len(one.text) for one in mei.chat] == [4095, 4095, 810]


async def test_the_same_key_again_sends_nothing_again() -> None:
    async with bench() as b:
        mei = b.server.user(started=True)
        first = await b.send(mei, "一次就好", key="k1")
        assert await b.send(mei, "一次就好", key="k1") == first
        assert await b.send(mei, "一次就好", key="k2") != first
        assert len(mei.chat) == 2
