"""A Telegram update as the InboundMessage that the desk knows, or the reason why it is none."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from telegram import CallbackQuery, Chat, ChatMemberUpdated, Message, Update, User
from telegram.constants import ChatMemberStatus, ChatType

from bot.channels.telegram.files import of_message
from bot.channels.telegram.render import clean
from bot.channels.telegram.settings import TELEGRAM
from bot.channels.telegram.trim import is_service, trim
from bot.domain.messages import Address, ChatKind, FileRef, InboundKind, InboundMessage

_ID_LIMIT = 160
_ID = re.compile(r"-?[0-9]{1,19}")
_OUT = (ChatMemberStatus.LEFT, ChatMemberStatus.BANNED)
_FILE_KINDS = (
    ("photo", InboundKind.PHOTO),
    ("voice", InboundKind.VOICE),
    ("animation", InboundKind.VIDEO),
    ("video", InboundKind.VIDEO),
    ("video_note", InboundKind.VIDEO),
    ("audio", InboundKind.DOCUMENT),
    ("document", InboundKind.DOCUMENT),
)


@dataclass(frozen=True, slots=True)
class Ignored:
    """An update that is none of the desk's business."""

    reason: str


Mapped = InboundMessage | Ignored


def read(raw: dict[str, Any], username: str, now: datetime) -> Mapped:
    """The update as a message; raises whatever its parser raises when it is broken.

    `username` is the bot's own: groups address commands /so@username. The external id holds the update
    id, which is the same on redelivery, and the id of what happened, because update ids start again
    anywhere after an idle week.
    """
    if is_service(raw):
        return Ignored("service_message")
    mapped = _mapped(Update.de_json(trim(raw), None), username, now)
    if isinstance(mapped, InboundMessage):
        _check(mapped)
    return mapped


def _check(message: InboundMessage) -> None:
    """The parser takes values of any kind; TypeError for those that would fail, or poison, a later turn."""
    file = message.file
    words = [message.name, message.language, message.text, message.token, message.phone]
    words += [file.id, file.kind, file.name, file.mime] if file else []
    if not all(isinstance(word, str) for word in words):
        raise TypeError("a text that is none")
    if file and (type(file.size) is not int or not 0 <= file.size < 2**53):
        raise TypeError("a size that is none")
    if not (_ID.fullmatch(message.sender.user) and _ID.fullmatch(message.sender.chat)):
        raise TypeError("an id that is none")
    if len(message.external_id.encode()) > _ID_LIMIT:
        raise TypeError("an id that is too long")


def _mapped(update: Update, username: str, now: datetime) -> Mapped:
    if message := update.message:
        return _message(message, update.update_id, username, now)
    if message := update.edited_message:
        return _edited(message, update.update_id, username, now)
    if query := update.callback_query:
        return _button(query, update.update_id, now)
    if change := update.my_chat_member:
        return _membership(change, update.update_id, now)
    return Ignored(_type_of(update))


def _type_of(update: Update) -> str:
    known = (name for name in Update.ALL_TYPES if getattr(update, name, None))
    return next(known, None) or next(iter(update.api_kwargs), "empty")


def _message(message: Message, update_id: int, username: str, now: datetime) -> Mapped:
    if ignored := _not_a_person(message):
        return ignored
    text = _without_username(message.text or message.caption or "", username)
    if text is None:
        return Ignored("command_for_another_bot")
    base = _base(message, f"u{update_id}:{message.chat_id}:{message.message_id}", now)
    file = of_message(message)
    if place := _place(message):
        return replace(base, kind=InboundKind.LOCATION, text=place)
    if message.contact:
        return replace(base, kind=InboundKind.CONTACT, phone=_own_phone(message))
    return replace(base, kind=_kind(message, file), text=clean(text), file=file)


def _edited(message: Message, update_id: int, username: str, now: datetime) -> Mapped:
    """New words or a new file; a live location that moves is an edit too, and nothing to the desk."""
    if ignored := _not_a_person(message):
        return ignored
    file = of_message(message)
    text = _without_username(message.text or message.caption or "", username)
    if text is None or not (text or file):
        return Ignored("edit_without_words")
    edited = int(message.edit_date.timestamp()) if message.edit_date else 0
    base = _base(message, f"u{update_id}:{message.chat_id}:{message.message_id}:e{edited}", now)
    return replace(base, kind=InboundKind.EDITED, text=clean(text), file=file)


def _not_a_person(message: Message) -> Ignored | None:
    if message.is_automatic_forward or message.chat.type == ChatType.CHANNEL:
        return Ignored("channel_post")
    if message.sender_chat is None and (message.from_user is None or message.from_user.is_bot):
        return Ignored("from_a_bot")
    return None


def _kind(message: Message, file: FileRef | None) -> InboundKind:
    if message.text:
        return InboundKind.TEXT
    if message.sticker:
        return InboundKind.STICKER
    if file is None:
        return InboundKind.OTHER
    return next((kind for name, kind in _FILE_KINDS if message[name]), InboundKind.DOCUMENT)


def _place(message: Message) -> str:
    if venue := message.venue:
        where = f"{venue.location.latitude},{venue.location.longitude}"
        return clean(f"{where} {venue.title} {venue.address}").strip()
    if location := message.location:
        return f"{location.latitude},{location.longitude}"
    return ""


def _own_phone(message: Message) -> str:
    """Anybody's card can be forwarded: the number counts only when it is the sender's own."""
    contact, sender = message.contact, message.from_user
    own = contact and sender and not message.sender_chat and contact.user_id == sender.id
    return clean(contact.phone_number) if contact and own else ""


def _without_username(text: str, username: str) -> str | None:
    """`/start@ourbot x` as `/start x`; None when the command is for another bot."""
    if not text.startswith("/"):
        return text
    command, gap, rest = text.partition(" ")
    name, at, addressee = command.partition("@")
    if not at:
        return text
    return name + gap + rest if addressee.lower() == username.lower() else None


def _button(query: CallbackQuery, update_id: int, now: datetime) -> Mapped:
    if query.data is None:
        return Ignored("game")
    message = query.message
    chat = message.chat if message else None
    user = str(query.from_user.id)
    group = chat if _chat_kind(chat) is ChatKind.GROUP else None
    return InboundMessage(
        channel=TELEGRAM,
        external_id=f"u{update_id}:q{query.id}",
        # A tap on a message of somebody else's private chat must not move hers there.
        sender=Address(TELEGRAM, user, str(group.id) if group else user),
        received_at=now,
        kind=InboundKind.BUTTON,
        chat=_chat_kind(chat),
        name=clean(query.from_user.full_name),
        language=clean(query.from_user.language_code or ""),
        token=clean(query.data),
        card_ref=f"{message.chat.id}:{message.message_id}" if message else "",
    )


def _membership(change: ChatMemberUpdated, update_id: int, now: datetime) -> Mapped:
    """A person who blocks the bot has left; a group that takes the bot in shows itself to the desk."""
    private = change.chat.type == ChatType.PRIVATE
    out, was_out = change.new_chat_member.status in _OUT, change.old_chat_member.status in _OUT
    if change.chat.type == ChatType.CHANNEL or private is not out or (not private and not was_out):
        return Ignored("membership")
    user = change.from_user
    return InboundMessage(
        channel=TELEGRAM,
        external_id=f"u{update_id}:{change.chat.id}:s{int(change.date.timestamp())}",
        sender=Address(TELEGRAM, str(user.id), str(change.chat.id)),
        received_at=now,
        kind=InboundKind.LEFT if private else InboundKind.OTHER,
        chat=_chat_kind(change.chat),
        name=clean(user.full_name),
        language=clean(user.language_code or ""),
    )


def _base(message: Message, external_id: str, now: datetime) -> InboundMessage:
    """Who said something where; whoever speaks as a chat (an anonymous admin) is that chat, not a user."""
    who: User | Chat | None = message.sender_chat or message.from_user
    return InboundMessage(
        channel=TELEGRAM,
        external_id=external_id,
        sender=Address(TELEGRAM, str(who.id if who else message.chat_id), str(message.chat_id)),
        received_at=now,
        kind=InboundKind.OTHER,
        chat=_chat_kind(message.chat),
        name=clean(_name(who)),
        language=clean(who.language_code or "") if isinstance(who, User) else "",
    )


def _name(who: User | Chat | None) -> str:
    if isinstance(who, User):
        return who.full_name
    return (who.title or who.full_name or "") if who else ""


def _chat_kind(chat: Chat | None) -> ChatKind:
    return ChatKind.PRIVATE if chat is None or chat.type == ChatType.PRIVATE else ChatKind.GROUP
