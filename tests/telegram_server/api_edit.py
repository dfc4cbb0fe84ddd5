"""Methods that change or remove a message, as strict as the real ones."""

from __future__ import annotations

from datetime import timedelta

from .call import CAPTION_LIMIT, TEXT_LIMIT, Call, handles
from .errors import Json, bad_request
from .markup import inline_keyboard, reply_keyboard
from .world import Chat, Stored

DELETABLE = timedelta(hours=48)
NOT_MODIFIED = (
    "message is not modified: specified new message content and reply markup are exactly the same as "
    "a current content and reply markup of the message"
)
CAPTIONED = ("photo", "document", "voice", "video", "audio", "animation")


def _editable(call: Call) -> tuple[Chat, Stored]:
    if call.text("inline_message_id"):
        raise bad_request("MESSAGE_ID_INVALID")
    if not call.text("message_id"):
        raise bad_request("message identifier is not specified")
    chat = call.chat()
    stored = call.world.find(chat, call.text("message_id"), "message to edit")
    if not stored.outgoing or stored.fixed or "forward_origin" in stored.raw:
        raise bad_request("message can't be edited")
    if reply_keyboard(call) is not None:
        raise bad_request("inline keyboard expected")
    return chat, stored


def _apply(call: Call, chat: Chat, stored: Stored, keys: tuple[str, ...], content: Json) -> Json:
    markup = inline_keyboard(call)
    fresh = {**content, **({"reply_markup": markup} if markup else {})}
    watched = (*keys, "reply_markup")
    if all(fresh.get(key) == stored.raw.get(key) for key in watched):
        raise bad_request(NOT_MODIFIED)
    kept = {key: value for key, value in stored.raw.items() if key not in watched}
    stored.raw = {**kept, "edit_date": call.world.now(), **fresh}
    call.world.hear(chat, "edited", stored.raw)
    return stored.raw


@handles("editMessageText")
def edit_text(call: Call) -> Json:
    """New text and keyboard; without reply_markup the keyboard goes."""
    if not call.text("text"):
        raise bad_request("message text is empty")
    content = call.formatted("text", TEXT_LIMIT)
    chat, stored = _editable(call)
    if "text" not in stored.raw:
        raise bad_request("there is no text in the message to edit")
    return _apply(call, chat, stored, ("text", "entities"), content)


@handles("editMessageCaption")
def edit_caption(call: Call) -> Json:
    """New caption and keyboard."""
    content = call.formatted("caption", CAPTION_LIMIT)
    chat, stored = _editable(call)
    if not any(kind in stored.raw for kind in CAPTIONED):
        raise bad_request("there is no caption in the message to edit")
    return _apply(call, chat, stored, ("caption", "caption_entities"), content)


@handles("editMessageReplyMarkup")
def edit_markup(call: Call) -> Json:
    """New keyboard, or none."""
    chat, stored = _editable(call)
    return _apply(call, chat, stored, (), {})


@handles("deleteMessage")
def delete_message(call: Call) -> bool:
    """Gone for everybody; within 48 hours, and of others only in private or as an administrator."""
    chat = call.chat()
    stored = call.world.find(chat, call.text("message_id"), "message to delete")
    foreign = not stored.outgoing and not chat.private and chat.status != "administrator"
    if foreign or call.world.clock() - stored.at > DELETABLE:
        raise bad_request("message can't be deleted for everyone")
    del chat.messages[stored.raw["message_id"]]
    call.world.changed.notify()
    return True
