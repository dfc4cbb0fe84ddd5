"""The calls of the Bot API that put one step on a person's screen; Telegram's errors come through."""

from __future__ import annotations

from collections.abc import Sequence

from telegram import (
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    KeyboardButton,
    LinkPreviewOptions,
    Message,
    MessageEntity,
    ReplyKeyboardMarkup,
    ReplyKeyboardRemove,
)

from bot.channels.telegram.files import Sendable
from bot.channels.telegram.plan import Buttons, Step
from bot.channels.telegram.render import entities
from bot.channels.telegram.wire import WireBot

Markup = InlineKeyboardMarkup | ReplyKeyboardMarkup | ReplyKeyboardRemove | None

_NO_PREVIEW = LinkPreviewOptions(is_disabled=True)


def inline(buttons: Buttons) -> InlineKeyboardMarkup | None:
    """Buttons under the message."""
    if not buttons:
        return None
    rows = [[InlineKeyboardButton(b.label, callback_data=b.token) for b in row] for row in buttons]
    return InlineKeyboardMarkup(rows)


def markup(step: Step, contact_label: str) -> Markup:
    """The one markup that a message may have."""
    if step.asks_phone:
        key = KeyboardButton(contact_label, request_contact=True)
        return ReplyKeyboardMarkup([[key]], resize_keyboard=True, one_time_keyboard=True)
    return ReplyKeyboardRemove() if step.drops_keyboard else inline(step.buttons)


async def send_text(bot: WireBot, chat: str, step: Step, keys: Markup) -> int:
    """A new text; its message id."""
    return await bot.raw_message(
        {
            "chat_id": _chat(chat),
            "text": step.rich.text,
            "entities": entities(step.rich),
            "link_preview_options": _NO_PREVIEW,
            "reply_markup": keys,
        }
    )


async def edit_text(bot: WireBot, chat: str, message_id: int, step: Step) -> None:
    """An earlier text with new words and buttons; without buttons the old ones go."""
    await bot.edit_message_text(
        step.rich.text,
        chat_id=_chat(chat),
        message_id=message_id,
        entities=entities(step.rich),
        link_preview_options=_NO_PREVIEW,
        reply_markup=inline(step.buttons),
    )


async def send_file(bot: WireBot, chat: str, step: Step, file: Sendable, keys: Markup) -> Message:
    """A file with the step's words as its caption."""
    to, caption, styles = _chat(chat), step.rich.text or None, _styles(step)
    content = file.content
    match file.way:
        case "photo":
            return await bot.send_photo(
                to, content, caption=caption, caption_entities=styles, reply_markup=keys
            )
        case "voice":
            return await bot.send_voice(
                to, content, caption=caption, caption_entities=styles, reply_markup=keys
            )
        case "video":
            return await bot.send_video(
                to, content, caption=caption, caption_entities=styles, reply_markup=keys
            )
        case "animation":
            return await bot.send_animation(
                to, content, caption=caption, caption_entities=styles, reply_markup=keys
            )
        case "audio":
            return await bot.send_audio(
                to, content, caption=caption, caption_entities=styles, reply_markup=keys
            )
        case "video_note":
            return await bot.send_video_note(to, content, reply_markup=keys)
    return await bot.send_document(to, content, caption=caption, caption_entities=styles, reply_markup=keys)


async def remove_keyboard(bot: WireBot, chat: str) -> None:
    """Only a message can take a reply keyboard away: a silent one, deleted at once."""
    sent = await bot.send_message(
        _chat(chat), "✓", reply_markup=ReplyKeyboardRemove(), disable_notification=True
    )
    await bot.delete_message(_chat(chat), sent.message_id)


def _styles(step: Step) -> Sequence[MessageEntity] | None:
    return entities(step.rich) or None


def _chat(chat: str) -> int | str:
    return int(chat) if chat.lstrip("-").isdigit() else chat
