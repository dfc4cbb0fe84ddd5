"""What real Telegram refuses is refused here, in its words; what no client should send is a violation."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest
import telegram
from telegram import ForceReply, InlineKeyboardButton, InlineKeyboardMarkup
from telegram.constants import ParseMode
from telegram.error import BadRequest

from . import ManualClock, TelegramServer, User
from .call import read_markup
from .errors import ApiError


@pytest.fixture
def mei(server: TelegramServer) -> User:
    return server.user(started=True)


BROKEN_HTML = [
    ("<b>粗", 'Can\'t find end tag corresponding to start tag "b"'),
    ("<p>段</p>", 'Unsupported start tag "p" at byte offset 0'),
    ("字</b>", "Unexpected end tag at byte offset 3"),
    ("<b>一<i>二</b></i>", 'Unmatched end tag at byte offset 12, expected "</i>", found "</b>"'),
    ("1 < 2", "Unclosed start tag at byte offset 2"),
    ("<span>x</span>", 'Tag "span" must have class "tg-spoiler" at byte offset 0'),
]
BROKEN_MARKDOWN = [
    ("第1条.", "Character '.' is reserved and must be escaped with the preceding '\\'"),
    ("*粗", "Can't find end of Bold entity at byte offset 0"),
    ("[字](http://a.b", "Can't find end of a URL"),
]
GOOD = [
    ("html", "<b>粗<i>斜</i></b> &lt;&amp;&#20320;", "粗斜 <&你", ["bold", "italic"]),
    ("html", '<a href="https://a.cn/?x=1&amp;y">链</a><blockquote expandable>引</blockquote>', "链引",
     ["text_link", "expandable_blockquote"]),
    ("html", '<pre><code class="language-py">x</code></pre><span class="tg-spoiler">y</span>', "xy",
     ["pre", "spoiler"]),
    ("markdownv2", r"*粗_斜_* 第1条\. `a.b` ||密||", "粗斜 第1条. a.b 密",
     ["bold", "italic", "code", "spoiler"]),
    ("markdownv2", "[链](https://a.cn/x)\n>引\n>文", "链\n引\n文", ["text_link", "blockquote"]),
    ("markdownv2", "```py\nx = 1.\n```\n__下__", "x = 1.\n\n下", ["pre", "underline"]),
    ("", "  <b>x  ", "<b>x", []),
]  # fmt: skip


@pytest.mark.parametrize(("source", "words"), BROKEN_HTML)
def test_broken_html_is_refused(source: str, words: str) -> None:
    with pytest.raises(ApiError) as caught:
        read_markup(source, "HTML", None)
    assert caught.value.description == f"Bad Request: can't parse entities: {words}"


@pytest.mark.parametrize(("source", "words"), BROKEN_MARKDOWN)
def test_broken_markdown_is_refused(source: str, words: str) -> None:
    with pytest.raises(ApiError) as caught:
        read_markup(source, "MarkdownV2", None)
    assert words in caught.value.description


@pytest.mark.parametrize(("mode", "source", "text", "kinds"), GOOD)
def test_good_markup_becomes_text_and_entities(mode: str, source: str, text: str, kinds: list[str]) -> None:
    read = read_markup(source, mode, None)
    assert (read.text, [entity["type"] for entity in read.entities]) == (text, kinds)


async def test_a_text_may_have_4096_characters_after_its_entities_are_read(
    mei: User, bot: telegram.Bot
) -> None:
    await bot.send_message(mei.id, f"<b>{'字' * 4096}</b>", parse_mode=ParseMode.HTML)
    await bot.send_message(mei.id, "😀" * 4096)
    with pytest.raises(BadRequest, match="Message is too long"):
        await bot.send_message(mei.id, "字" * 4097)
    with pytest.raises(BadRequest, match="Message caption is too long"):
        await bot.send_photo(mei.id, b"\xff\xd8", caption="字" * 1025)
    with pytest.raises(BadRequest, match="Message text is empty"):
        await bot.send_message(mei.id, "")
    with pytest.raises(BadRequest, match="Text must be non-empty"):
        await bot.send_message(mei.id, "  \n ")
    with pytest.raises(BadRequest, match="Can't parse entities"):
        await bot.send_message(mei.id, "<b>", parse_mode=ParseMode.HTML)
    with pytest.raises(BadRequest, match="Message to be replied not found"):
        await bot.send_message(mei.id, "好", reply_to_message_id=5)


async def test_buttons_have_64_bytes(mei: User, bot: telegram.Bot) -> None:
    def markup(text: str, data: str) -> InlineKeyboardMarkup:
        return InlineKeyboardMarkup([[InlineKeyboardButton(text, callback_data=data)]])

    await bot.send_message(mei.id, "好", reply_markup=markup("好", "x" * 64))
    with pytest.raises(BadRequest, match=r"(?i)button_data_invalid"):
        await bot.send_message(mei.id, "好", reply_markup=markup("好", "字" * 22))
    with pytest.raises(BadRequest, match="button text must be non-empty"):
        await bot.send_message(mei.id, "好", reply_markup=markup("", "x"))
    with pytest.raises(BadRequest, match="text buttons are unallowed"):
        await bot.send_message(
            mei.id, "好", reply_markup=InlineKeyboardMarkup([[InlineKeyboardButton("好")]])
        )


async def test_edits_are_strict(mei: User, server: TelegramServer, bot: telegram.Bot) -> None:
    sent = await bot.send_message(mei.id, "<b>好</b>", parse_mode=ParseMode.HTML)
    with pytest.raises(BadRequest, match="Message is not modified"):
        await sent.edit_text("<b>好</b>", parse_mode=ParseMode.HTML)
    await sent.edit_text("好")
    with pytest.raises(BadRequest, match="Message is not modified"):
        await sent.edit_reply_markup(None)
    with pytest.raises(BadRequest, match="Message to edit not found"):
        await bot.edit_message_text("好", mei.id, 9999)
    with pytest.raises(BadRequest, match="Message can't be edited"):
        await bot.edit_message_text("好", mei.id, mei.says("我的话").id)
    forced = await bot.send_message(mei.id, "请写", reply_markup=ForceReply())
    with pytest.raises(BadRequest, match="Message can't be edited"):
        await forced.edit_text("请再写")
    photo = await bot.send_photo(mei.id, b"\xff\xd8", caption="图")
    with pytest.raises(BadRequest, match="There is no text in the message to edit"):
        await photo.edit_text("好")
    await photo.edit_caption("新图")
    assert (await mei.hears("新图")).edited


async def test_old_messages_are_not_deleted(mei: User, bot: telegram.Bot, clock: ManualClock) -> None:
    sent, said = await bot.send_message(mei.id, "好"), mei.says("好")
    await bot.delete_message(mei.id, said.id)
    clock.advance(timedelta(hours=49))
    with pytest.raises(BadRequest, match="Message can't be deleted"):
        await sent.delete()
    with pytest.raises(BadRequest, match="Message to delete not found"):
        await bot.delete_message(mei.id, said.id)


async def test_json_urlencoded_multipart_and_query_are_the_same(mei: User, server: TelegramServer) -> None:
    url = f"{server.base_url}{server.token}/SENDmessage"
    form = {
        "chat_id": str(mei.id),
        "text": "好",
        "reply_markup": '{"inline_keyboard":[[{"text":"a","callback_data":"b"}]]}',
    }
    as_json = {**form, "reply_markup": {"inline_keyboard": [[{"text": "a", "callback_data": "b"}]]}}
    async with httpx.AsyncClient() as client:
        replies = [
            await client.post(url, json=as_json),
            await client.post(url, data=form),
            await client.post(url, data=form, files={"none": b""}),
            await client.get(url, params=form),
        ]
    assert [reply.json()["ok"] for reply in replies] == [True] * 4
    assert [message.labels for message in mei.chat] == [["a"]] * 4
    assert server.violations == ["sendMessage: unknown parameter 'none'"]
    server.violations.clear()


async def test_wrong_names_and_tokens(server: TelegramServer) -> None:
    async with httpx.AsyncClient() as client:
        unknown = await client.get(f"{server.base_url}{server.token}/sendNothing")
        assert unknown.json() == {
            "ok": False,
            "error_code": 404,
            "description": "Not Found: method not found",
        }
        assert (await client.get(f"{server.base_url}1:x/getMe")).status_code == 401
        assert (await client.get(f"{server.url}/nothing")).status_code == 404
        assert (await client.get(f"{server.base_file_url}{server.token}/a.jpg")).status_code == 404
    assert server.violations == ["sendNothing: no such method"]
    server.violations.clear()


BAD_REQUESTS = [
    ("sendMessage", {"text": "好", "txet": "好"}, "unknown parameter 'txet'"),
    ("sendMessage", {}, "text: Field required"),
    ("sendMessage", {"text": "好", "reply_markup": "{broken"}, "reply_markup"),
    (
        "sendMessage",
        {"text": "好", "reply_markup": {"inline_keyboard": [[{"text": "a", "data": "b"}]]}},
        "'data'",
    ),
    ("editMessageText", {"text": "好", "message_id": "x"}, "message_id"),
    ("pinChatMessage", {"message_id": 1}, "not modelled here"),
]


@pytest.mark.parametrize(("method", "params", "words"), BAD_REQUESTS)
async def test_what_no_client_should_send_is_a_violation(
    mei: User, server: TelegramServer, method: str, params: dict[str, object], words: str
) -> None:
    async with httpx.AsyncClient() as client:
        await client.post(f"{server.base_url}{server.token}/{method}", json={"chat_id": mei.id, **params})
    assert words in server.violations[0]
    server.violations.clear()


async def test_what_telegram_would_not_send_is_a_violation(server: TelegramServer) -> None:
    server.world.judge.update({"update_id": 1, "message": {"message_id": 1}})
    server.world.judge.update({"update_id": "1", "mesage": {}})
    assert [line.split(":")[0] for line in server.violations] == ["update", "update.update_id", "update"]
    server.violations.clear()
