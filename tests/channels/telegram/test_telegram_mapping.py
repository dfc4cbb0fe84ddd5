"""Updates as Telegram writes them become messages as the desk knows them."""

from __future__ import annotations

from typing import Any

import pytest

from bot.channels.telegram.mapping import Ignored, Mapped, read
from bot.domain.messages import Address, ChatKind, FileRef, InboundKind, InboundMessage
from tests.channels.telegram.telegram_bench import NOW, TELEGRAM

MEI = {"id": 7, "is_bot": False, "first_name": "李", "last_name": "梅", "language_code": "zh-hans"}
PRIVATE = {"id": 7, "type": "private", "first_name": "李"}
GROUP = {"id": -100500, "type": "supergroup", "title": "法律服务站"}
DATE = 1_795_395_600


def mapped(kind: str, content: dict[str, Any], update_id: int = 1) -> Mapped:
    return read({"update_id": update_id, kind: content}, "Legal_Desk_bot", NOW)


def said(**content: Any) -> InboundMessage:
    """A private message of hers with this content."""
    base = {"message_id": 5, "date": DATE, "chat": PRIVATE, "from": MEI}
    message = mapped("message", {**base, **content})
    assert isinstance(message, InboundMessage)
    return message


def file(**more: Any) -> dict[str, Any]:
    return {"file_id": "F", "file_unique_id": "f", "file_size": 9, **more}


PIXELS = {"width": 2, "height": 2, "duration": 1}


def test_a_text_has_its_sender_its_chat_and_her_name() -> None:
    assert said(text="工资") == InboundMessage(
        channel=TELEGRAM,
        external_id="u1:7:5",
        sender=Address(TELEGRAM, "7", "7"),
        received_at=NOW,
        kind=InboundKind.TEXT,
        name="李 梅",
        language="zh-hans",
        text="工资",
    )


@pytest.mark.parametrize(
    ("content", "kind", "ref"),
    [
        ({"voice": file(duration=3, mime_type="audio/ogg")}, "voice", ("voice:F", "voice", "audio/ogg")),
        (
            {"document": file(file_name="a.pdf", mime_type="x/y")},
            "document",
            ("document:F", "document", "x/y"),
        ),
        ({"video": file(**PIXELS, mime_type="video/mp4")}, "video", ("video:F", "video", "video/mp4")),
        ({"video_note": file(length=2, duration=1)}, "video", ("video_note:F", "video", "video/mp4")),
        (
            {"audio": file(duration=3, mime_type="audio/mpeg")},
            "document",
            ("audio:F", "document", "audio/mpeg"),
        ),
        (
            {"animation": file(**PIXELS, mime_type="video/mp4"), "document": file(mime_type="video/mp4")},
            "video",
            ("animation:F", "video", "video/mp4"),
        ),
    ],
)
def test_a_file_keeps_the_way_it_came_in_its_id(
    content: dict[str, Any], kind: str, ref: tuple[str, str, str]
) -> None:
    message = said(**content, caption="看看")
    assert (message.kind, message.text) == (kind, "看看")
    assert message.file is not None
    assert (message.file.id, message.file.kind, message.file.mime, message.file.size) == (*ref, 9)


def test_of_a_photo_the_largest_size_counts() -> None:
    sizes = [
        file(file_id=name, width=side, height=side) for name, side in (("s", 90), ("l", 800), ("m", 320))
    ]
    for size in sizes:
        size["file_unique_id"] = size["file_id"]
    assert said(photo=sizes).file == FileRef(TELEGRAM, "photo:l", "photo", "", "image/jpeg", 9)


def test_a_place_is_its_coordinates_and_its_name() -> None:
    where = {"latitude": 39.9042, "longitude": 116.4074}
    assert said(location=where).text == "39.9042,116.4074"
    venue = said(location=where, venue={"location": where, "title": "法院", "address": "东路1号"})
    assert (venue.kind, venue.text) == (InboundKind.LOCATION, "39.9042,116.4074 法院 东路1号")


def test_her_own_contact_gives_her_phone() -> None:
    message = said(contact={"phone_number": "+8613800138000", "first_name": "李", "user_id": 7})
    assert (message.kind, message.phone) == (InboundKind.CONTACT, "+8613800138000")


@pytest.mark.parametrize("owner", [{"user_id": 8}, {}])
def test_somebody_elses_contact_gives_no_phone(owner: dict[str, int]) -> None:
    message = said(contact={"phone_number": "+8613800138000", "first_name": "王", **owner})
    assert (message.kind, message.phone, message.text) == (InboundKind.CONTACT, "", "")


@pytest.mark.parametrize(
    "content",
    [
        {"dice": {"emoji": "🎲", "value": 3}},
        {"story": {"chat": PRIVATE, "id": 1}},
        {"poll": {"id": "1", "question": "?", "options": [], "total_voter_count": 0, "is_closed": False,
                  "is_anonymous": True, "type": "regular", "allows_multiple_answers": False}},
        {"hologram": {"depth": 3}},
        {},
    ],
)  # fmt: skip
def test_whatever_the_desk_does_not_know_is_other(content: dict[str, Any]) -> None:
    assert said(**content).kind is InboundKind.OTHER


def test_a_question_is_read_even_if_it_replies_to_something_unreadable() -> None:
    quoted = {"message_id": 4, "date": DATE, "chat": PRIVATE, "poll": {"of": "the future"}}
    assert said(text="这是什么意思", reply_to_message=quoted).text == "这是什么意思"


def test_a_sticker_is_a_sticker() -> None:
    sticker = file(type="regular", width=1, height=1, is_animated=False, is_video=False)
    assert said(sticker=sticker).kind is InboundKind.STICKER


def test_an_edit_carries_the_new_words_and_differs_from_the_message() -> None:
    message = {"message_id": 5, "date": DATE, "chat": PRIVATE, "from": MEI, "edit_date": DATE + 9}
    edited = mapped("edited_message", {**message, "text": "改了"}, 2)
    assert isinstance(edited, InboundMessage)
    assert (edited.kind, edited.text, edited.external_id) == (
        InboundKind.EDITED,
        "改了",
        f"u2:7:5:e{DATE + 9}",
    )
    moving = mapped("edited_message", {**message, "location": {"latitude": 1, "longitude": 2}})
    assert moving == Ignored("edit_without_words")


def tapped(**more: Any) -> Mapped:
    return mapped("callback_query", {"id": "99", "from": MEI, "chat_instance": "1", "data": "do:1", **more})


@pytest.mark.parametrize("date", [DATE, 0])
def test_a_tap_has_its_token_and_its_card_even_if_the_message_is_inaccessible(date: int) -> None:
    tap = tapped(message={"message_id": 31, "date": date, "chat": GROUP})
    assert isinstance(tap, InboundMessage)
    assert (tap.kind, tap.token, tap.card_ref) == (InboundKind.BUTTON, "do:1", "-100500:31")
    assert (tap.sender, tap.chat) == (Address(TELEGRAM, "7", "-100500"), ChatKind.GROUP)
    assert tap.external_id == "u1:q99"


def test_a_tap_on_an_inline_message_has_no_card() -> None:
    tap = tapped(inline_message_id="x")
    assert isinstance(tap, InboundMessage)
    assert (tap.card_ref, tap.sender.chat, tap.chat) == ("", "7", ChatKind.PRIVATE)


def member(status: str) -> dict[str, Any]:
    banned = {"until_date": 0} if status == "kicked" else {}
    return {"status": status, "user": {"id": 1, "is_bot": True, "first_name": "b"}, **banned}


def membership(chat: dict[str, Any], old: str, new: str) -> Mapped:
    change = {"old_chat_member": member(old), "new_chat_member": member(new)}
    return mapped("my_chat_member", {"chat": chat, "from": MEI, "date": DATE, **change})


def test_who_blocks_the_bot_has_left() -> None:
    left = membership(PRIVATE, "member", "kicked")
    assert isinstance(left, InboundMessage)
    assert (left.kind, left.sender.user) == (InboundKind.LEFT, "7")
    assert membership(PRIVATE, "kicked", "member") == Ignored("membership")


def test_a_group_that_takes_the_bot_in_shows_itself() -> None:
    added = membership(GROUP, "left", "member")
    assert isinstance(added, InboundMessage)
    assert (added.kind, added.chat, added.sender.chat) == (InboundKind.OTHER, ChatKind.GROUP, "-100500")
    assert membership(GROUP, "member", "kicked") == Ignored("membership")


def in_group(text: str = "你好", **more: Any) -> Mapped:
    return mapped(
        "message", {"message_id": 5, "date": DATE, "chat": GROUP, "from": MEI, "text": text, **more}
    )


def test_a_group_message_is_from_her_and_goes_to_the_group() -> None:
    message = in_group()
    assert isinstance(message, InboundMessage)
    assert (message.chat, message.sender) == (ChatKind.GROUP, Address(TELEGRAM, "7", "-100500"))


def test_an_anonymous_admin_is_the_group_and_nobody_else() -> None:
    more: dict[str, Any] = {"from": {"id": 1087968824, "is_bot": True, "first_name": "Group"}}
    message = in_group(**more, sender_chat=GROUP)
    assert isinstance(message, InboundMessage)
    assert (message.sender.user, message.name) == ("-100500", "法律服务站")


def test_a_command_loses_our_name_and_those_for_other_bots_are_not_ours() -> None:
    ours = in_group("/queue@legal_desk_BOT now")
    assert isinstance(ours, InboundMessage)
    assert ours.text == "/queue now"
    assert in_group("/queue@other_bot now") == Ignored("command_for_another_bot")


def test_an_email_after_a_slash_is_left_alone() -> None:
    message = in_group("/start a@b.cn")
    assert isinstance(message, InboundMessage)
    assert message.text == "/start a@b.cn"


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"from": {"id": 9, "is_bot": True, "first_name": "x"}}, "from_a_bot"),
        ({"new_chat_title": "新名"}, "service_message"),
        ({"is_automatic_forward": True, "sender_chat": {"id": -5, "type": "channel"}}, "channel_post"),
    ],
)
def test_what_nobody_said_is_ignored(more: dict[str, Any], reason: str) -> None:
    assert in_group(**more) == Ignored(reason)


def test_other_kinds_of_updates_are_ignored_by_name() -> None:
    post = {"message_id": 1, "date": DATE, "chat": {"id": -5, "type": "channel"}, "text": "x"}
    assert mapped("channel_post", post) == Ignored("channel_post")
    assert mapped("telepathy", {}) == Ignored("telepathy")


def test_a_lone_surrogate_from_a_client_cannot_reach_the_store() -> None:
    assert said(text="a\ud83d\x00").text == "a\ufffd"
    odd = "\ud83d"
    who = {**MEI, "first_name": odd, "language_code": odd}
    sent = file(file_name=f"{odd}.pdf", mime_type=odd) | {"file_id": odd}
    said(**{"text": odd, "from": who, "document": sent}).to_json().encode()


def test_the_external_id_is_the_same_again_and_differs_when_update_ids_restart() -> None:
    base = {"date": DATE, "chat": PRIVATE, "from": MEI, "text": "x"}
    ids = [mapped("message", {**base, "message_id": n}, 4) for n in (5, 5, 6)]
    first, again, other = (one.external_id for one in ids if isinstance(one, InboundMessage))
    assert first == again != other
