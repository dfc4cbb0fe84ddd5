"""People talk with python-telegram-bot's Bot through the server."""

from __future__ import annotations

import asyncio

import pytest
import telegram
from telegram import InlineKeyboardButton, InlineKeyboardMarkup, KeyboardButton, ReplyKeyboardMarkup
from telegram.constants import ParseMode

from . import ManualClock, TelegramServer
from .conftest import Read


def keyboard(*labels: str) -> InlineKeyboardMarkup:
    return InlineKeyboardMarkup(
        [[InlineKeyboardButton(label, callback_data=f"do:{label}")] for label in labels]
    )


async def test_a_question_reaches_the_bot_and_the_answer_reaches_her(
    server: TelegramServer, bot: telegram.Bot, read: Read
) -> None:
    mei = server.user("李梅", username="limei_2026")
    mei.says("老板拖欠工资怎么办？")
    (update,) = await read()
    assert update.message is not None
    assert update.message.text == "老板拖欠工资怎么办？"
    assert update.message.from_user is not None
    assert update.message.from_user.language_code == "zh-hans"
    waiting = asyncio.create_task(mei.hears("劳动监察"))
    await bot.send_chat_action(mei.id, "typing")
    sent = await bot.send_message(mei.id, "可以向<b>劳动监察</b>投诉", parse_mode=ParseMode.HTML)
    heard = await waiting
    assert heard.id == sent.message_id
    assert heard.text == "可以向劳动监察投诉"
    assert heard.raw["entities"] == [{"type": "bold", "offset": 3, "length": 4}]
    assert [message.text for message in mei.chat] == ["老板拖欠工资怎么办？", "可以向劳动监察投诉"]


async def test_a_tap_is_a_real_callback_query_and_the_edit_shows(
    server: TelegramServer, bot: telegram.Bot, read: Read
) -> None:
    mei = server.user(started=True)
    await bot.send_message(mei.id, "第一条", reply_markup=keyboard("有帮助", "转人工"))
    await bot.send_message(mei.id, "第二条", reply_markup=keyboard("转人工"))
    mei.taps("转人工")
    (update,) = await read()
    query = update.callback_query
    assert query is not None
    assert isinstance(query.message, telegram.Message)
    assert (query.data, query.message.text) == ("do:转人工", "第二条")
    assert len(server.unanswered) == 1
    await query.answer("好的", show_alert=True)
    assert server.unanswered == []
    assert (await mei.sees_toast("好的")).alert
    await query.edit_message_text("已为您登记", reply_markup=keyboard("撤回"))
    assert (await mei.hears("已为您登记")).labels == ["撤回"]
    assert [message.text for message in mei.chat] == ["第一条", "已为您登记"]
    with pytest.raises(AssertionError, match="no button"):
        mei.taps("不存在")


async def test_forged_data_and_deleted_messages_reach_the_bot(
    server: TelegramServer, bot: telegram.Bot, read: Read
) -> None:
    mei = server.user(started=True)
    await bot.send_message(mei.id, "您好", reply_markup=keyboard("接单"))
    seen = mei.chat[-1]
    mei.taps_data("claim:999")
    await bot.delete_message(mei.id, seen.id)
    mei.taps("接单", on=seen)
    forged, late = await read()
    assert forged.callback_query is not None
    assert forged.callback_query.data == "claim:999"
    assert late.callback_query is not None
    assert late.callback_query.message is not None
    assert not late.callback_query.message.is_accessible
    assert mei.chat == []


async def test_buttons_travel_with_a_forwarded_message(
    server: TelegramServer, bot: telegram.Bot, read: Read
) -> None:
    expert, stranger = server.user("张律师", started=True), server.user("陌生人")
    await bot.send_message(expert.id, "新的留言", reply_markup=keyboard("接单"))
    expert.forwards(expert.chat[-1], to=stranger)
    stranger.taps("接单")
    stranger.forwards(expert.chat[-1])
    tap, copy = await read()
    assert tap.callback_query is not None
    assert tap.callback_query.from_user.id == stranger.id
    assert copy.message is not None
    assert copy.message.forward_origin is not None


async def test_a_reply_keyboard_writes_its_words_or_shares_the_phone(
    server: TelegramServer, bot: telegram.Bot, read: Read
) -> None:
    mei = server.user(started=True)
    buttons = [[KeyboardButton("发送手机号", request_contact=True)], [KeyboardButton("跳过")]]
    markup = ReplyKeyboardMarkup(buttons, one_time_keyboard=True)
    for label in ("跳过", "发送手机号"):
        await bot.send_message(mei.id, "怎么联系您？", reply_markup=markup)
        assert mei.keyboard == ["发送手机号", "跳过"]
        mei.taps(label)
        assert mei.keyboard == []
    said, shared = await read()
    assert said.message is not None
    assert said.message.text == "跳过"
    assert shared.message is not None
    assert shared.message.contact is not None
    assert shared.message.contact.user_id == mei.id


async def test_everything_a_person_can_send_parses(
    server: TelegramServer, bot: telegram.Bot, read: Read
) -> None:
    mei = server.user()
    mei.starts("station_7-A")
    mei.edits(mei.says("请问 https://example.com/a 可信吗"), "请问可信吗")
    mei.sends_photo(caption="合同照片", album="a1")
    mei.sends_document("正文".encode(), "材料.txt", "text/plain", album="a1")
    mei.sends_voice(seconds=9)
    mei.sends_video()
    mei.sends_sticker()
    mei.sends_location()
    mei.sends_contact(own=False)
    mei.says("回复这条", reply_to=mei.chat[-1])
    updates = await read()
    kinds = [update.effective_message for update in updates]
    assert all(kinds)
    assert len(updates) == 11
    start = updates[0].message
    assert start is not None
    assert start.entities[0].type == "bot_command"
    assert updates[2].edited_message is not None
    assert server.pending == []


async def test_files_go_up_and_come_down(server: TelegramServer, bot: telegram.Bot, read: Read) -> None:
    mei = server.user()
    mei.sends_voice(b"OggS-voice-bytes")
    mei.sends_document(b"big", size=20 * 2**20 + 1)
    voice, big = await read()
    assert voice.message is not None
    assert voice.message.voice is not None
    file = await bot.get_file(voice.message.voice.file_id)
    assert bytes(await file.download_as_bytearray()) == b"OggS-voice-bytes"
    assert big.message is not None
    assert big.message.document is not None
    with pytest.raises(telegram.error.BadRequest, match="File is too big"):
        await bot.get_file(big.message.document.file_id)
    sent = await bot.send_document(mei.id, b"xlsx", filename="案件.xlsx", caption="请看")
    assert sent.document is not None
    assert sent.document.file_name == "案件.xlsx"
    await bot.send_document(mei.id, sent.document.file_id)
    with pytest.raises(telegram.error.BadRequest, match="Can't use file of type"):
        await bot.send_photo(mei.id, sent.document.file_id)
    await bot.send_photo(mei.id, b"\xff\xd8\xff")
    await bot.send_voice(mei.id, b"OggS")
    await bot.send_video(mei.id, b"mp4", caption="说明")
    await bot.send_location(mei.id, 39.9, 116.4)
    await bot.send_contact(mei.id, "12348", "公共法律服务")
    await bot.send_sticker(mei.id, b"RIFF")
    kinds = [message.kind for message in mei.chat if message.by_bot]
    assert kinds == ["document", "document", "photo", "voice", "video", "location", "contact", "sticker"]


async def test_a_block_is_told_and_refuses_messages(
    server: TelegramServer, bot: telegram.Bot, read: Read
) -> None:
    mei, new = server.user(started=True), server.user("新人")
    mei.blocks()
    with pytest.raises(telegram.error.Forbidden, match="bot was blocked by the user"):
        await bot.send_message(mei.id, "在吗")
    mei.unblocks()
    await bot.send_message(mei.id, "在吗")
    blocked, back = await read()
    assert blocked.my_chat_member is not None
    assert blocked.my_chat_member.new_chat_member.status == "kicked"
    assert back.my_chat_member is not None
    assert back.my_chat_member.new_chat_member.status == "member"
    with pytest.raises(telegram.error.Forbidden, match="can't initiate conversation"):
        await bot.send_message(new.id, "您好")
    with pytest.raises(telegram.error.BadRequest, match="Chat not found"):
        await bot.send_message(987654321, "您好")
    mei.deactivates()
    with pytest.raises(telegram.error.Forbidden, match="user is deactivated"):
        await bot.send_message(mei.id, "在吗")


async def test_groups_keep_privacy_and_migrate(server: TelegramServer, bot: telegram.Bot, read: Read) -> None:
    zhang = server.user("张律师")
    group = server.group("法律服务站", zhang, supergroup=False)
    zhang.says("大家好", in_=group)
    zhang.says("/queue", in_=group)
    await bot.send_message(group.id, "新的留言", reply_markup=keyboard("接单"))
    assert (await group.hears("新的")).labels == ["接单"]
    zhang.says("我来", in_=group, reply_to=group.chat[-1])
    zhang.taps("接单", in_=group)
    texts = [update.effective_message and update.effective_message.text for update in await read()]
    assert texts == ["/queue", "我来", "新的留言"]
    bigger = group.migrates()
    with pytest.raises(telegram.error.ChatMigrated) as caught:
        await bot.send_message(group.id, "在吗")
    assert caught.value.new_chat_id == bigger.id
    bigger.sets_bot("administrator", zhang)
    zhang.says("现在都能听到", in_=bigger)
    assert len(await read()) == 4
    assert await bot.leave_chat(bigger.id)
    with pytest.raises(telegram.error.Forbidden, match="not a member of the supergroup"):
        await bot.send_message(bigger.id, "在吗")


async def test_copies_forwards_commands_and_chat_details(server: TelegramServer, bot: telegram.Bot) -> None:
    mei, zhang = server.user(started=True), server.user("张律师", started=True)
    said = mei.says("我的合同被骗了")
    copied = await bot.copy_message(zhang.id, mei.id, said.id)
    forwarded = await bot.forward_message(zhang.id, mei.id, said.id)
    assert forwarded.forward_origin is not None
    assert [message.id for message in zhang.chat] == [copied.message_id, forwarded.message_id]
    with pytest.raises(telegram.error.BadRequest, match="Message to copy not found"):
        await bot.copy_message(zhang.id, mei.id, 1)
    await bot.set_my_commands([("start", "开始"), ("help", "帮助")], language_code="zh")
    assert [one.command for one in await bot.get_my_commands(language_code="zh")] == ["start", "help"]
    assert list(await bot.get_my_commands()) == []
    assert (await bot.get_chat(mei.id)).first_name == "李梅"
    assert (await bot.get_me()).username == "legal_desk_bot"


async def test_the_wait_for_words_fails_with_the_chat(server: TelegramServer, bot: telegram.Bot) -> None:
    mei = server.user(started=True)
    await bot.send_message(mei.id, "您好")
    with pytest.raises(AssertionError, match=r"nobody said '再见'(?s:.*)您好"):
        await mei.hears("再见", timeout=0)


async def test_a_tap_must_be_answered_once_and_in_time(
    server: TelegramServer, bot: telegram.Bot, clock: ManualClock
) -> None:
    mei = server.user(started=True)
    await bot.send_message(mei.id, "您好", reply_markup=keyboard("好"))
    first, second = mei.taps("好"), mei.taps("好")
    await bot.answer_callback_query(first)
    with pytest.raises(telegram.error.BadRequest, match="Query is too old"):
        await bot.answer_callback_query(first)
    clock.advance(server.world.callback_answer * 2)
    with pytest.raises(telegram.error.BadRequest, match="Query is too old"):
        await bot.answer_callback_query(second)
