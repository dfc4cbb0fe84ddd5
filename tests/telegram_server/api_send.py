"""Methods that put a message into a chat."""

from __future__ import annotations

from typing import Any

from .call import CAPTION_LIMIT, TEXT_LIMIT, Call, handles
from .errors import Json, bad_request
from .files import StoredFile
from .judge import Upload
from .markup import inline_keyboard, reply_keyboard
from .world import Chat, Stored

UPLOAD_LIMITS = {"photo": 10 * 2**20}
MIMES = {"photo": "image/jpeg", "voice": "audio/ogg", "video": "video/mp4", "sticker": "image/webp"}
MEDIA = ("photo", "document", "voice", "video", "audio", "animation", "sticker", "video_note")
FILE_KINDS = ("photo", "video", "voice", "document", "video_note")
ACTIONS = frozenset(
    {"typing", "choose_sticker", "find_location", "record_video", "record_voice", "record_video_note"}
    | {f"upload_{kind}" for kind in FILE_KINDS}
)


def send(call: Call, content: Json) -> Json:
    """The common end of all sends: keyboard, chat, reply, message. Returns the message."""
    inline = inline_keyboard(call)
    keyboard = reply_keyboard(call)
    chat = call.chat()
    content = {**content, **_reply(call, chat), **({"reply_markup": inline} if inline else {})}
    if call.flag("protect_content"):
        content["has_protected_content"] = True
    stored = call.world.store(chat, call.world.bot_as_user(), content, fixed=keyboard is not None)
    if keyboard is not None:
        chat.keyboard = keyboard if "keyboard" in keyboard else None
    call.world.hear(chat, "sent", stored.raw)
    return stored.raw


def _reply(call: Call, chat: Chat) -> Json:
    wanted: Json = call.params.get("reply_parameters") or {}
    if call.params.get("reply_to_message_id"):
        wanted = {
            "message_id": call.number("reply_to_message_id"),
            "allow_sending_without_reply": call.flag("allow_sending_without_reply"),
        }
    if not wanted:
        return {}
    found = chat.messages.get(int(wanted.get("message_id", 0)))
    if found is None:
        if wanted.get("allow_sending_without_reply"):
            return {}
        raise bad_request("message to be replied not found")
    return {"reply_to_message": without_reply(found.raw)}


def without_reply(raw: Json) -> Json:
    """A message as it stands inside another: one level deep."""
    return {key: value for key, value in raw.items() if key != "reply_to_message"}


@handles("sendMessage")
def send_message(call: Call) -> Json:
    """Text, 1-4096 characters after the entities are read."""
    if not call.text("text"):
        raise bad_request("message text is empty")
    return send(call, call.formatted("text", TEXT_LIMIT))


@handles("sendPhoto", "sendDocument", "sendVoice", "sendVideo", "sendAudio", "sendAnimation", "sendVideoNote")
def send_media(call: Call) -> Json:
    """A file, uploaded or by id, with a caption."""
    kind = "video_note" if call.method == "sendvideonote" else call.method.removeprefix("send")
    stored = stored_file(call, kind)
    content = {kind: media(stored, call.params), **call.formatted("caption", CAPTION_LIMIT)}
    if kind == "animation":
        content["document"] = media(stored, {}, "document")
    return send(call, content)


@handles("sendSticker")
def send_sticker(call: Call) -> Json:
    """A sticker."""
    return send(call, {"sticker": media(stored_file(call, "sticker"), call.params)})


def stored_file(call: Call, kind: str) -> StoredFile:
    """The file of a request: kept when uploaded, looked up when named."""
    value = call.file(kind)
    if not isinstance(value, Upload):
        return call.world.files.reuse(value, kind)
    if len(value.data) > UPLOAD_LIMITS.get(kind, 50 * 2**20):
        raise bad_request(f"file of size {len(value.data)} bytes is too big for a {kind}")
    return call.world.files.add(kind, value.data, value.name, MIMES.get(kind, value.mime))


def media(stored: StoredFile, params: Json, kind: str = "") -> Any:
    """The object of a message for a file: PhotoSize list, Voice, Document and so on."""
    kind = kind or stored.kind
    base: Json = {"file_id": stored.id, "file_unique_id": stored.unique_id, "file_size": stored.size}
    length = {"duration": int(params.get("duration") or 1)}
    if kind == "photo":
        return [{**base, "width": 90, "height": 67}, {**base, "width": 1280, "height": 960}]
    if kind == "sticker":
        flags = {"type": "regular", "is_animated": False, "is_video": False}
        return {**base, **flags, "width": 512, "height": 512, "emoji": "👍"}
    if kind == "video_note":
        return {**base, **length, "length": 240}
    typed = {**base, "mime_type": stored.mime}
    if kind == "voice":
        return {**typed, **length}
    typed["file_name"] = stored.name
    if kind in ("video", "animation"):
        return {**typed, **length, "width": 640, "height": 480}
    return {**typed, **length} if kind == "audio" else typed


@handles("sendLocation")
def send_location(call: Call) -> Json:
    """A point on the map."""
    for name, bound in (("latitude", 90.0), ("longitude", 180.0)):
        if not call.text(name):
            raise bad_request(f"{name} is empty")
        if abs(float(call.text(name))) > bound:
            raise bad_request("wrong location specified")
    place = {"latitude": float(call.text("latitude")), "longitude": float(call.text("longitude"))}
    return send(call, {"location": place})


@handles("sendContact")
def send_contact(call: Call) -> Json:
    """A phone number with a name."""
    if not call.text("phone_number"):
        raise bad_request("wrong phone number specified")
    if not call.text("first_name"):
        raise bad_request("first name must be non-empty")
    names = ("phone_number", "first_name", "last_name", "vcard")
    return send(call, {"contact": {name: call.text(name) for name in names if call.text(name)}})


@handles("sendChatAction")
def send_chat_action(call: Call) -> bool:
    """Typing and the like: checked, no trace but in the ledger."""
    if call.text("action").lower() not in ACTIONS:
        raise bad_request("wrong parameter action in request")
    call.chat()
    return True


@handles("copyMessage")
def copy_message(call: Call) -> Json:
    """A copy without its source; a new caption if given. Only the new id comes back."""
    source = _source(call, "message to copy")
    content = {key: source.raw[key] for key in (*CONTENT, "caption", "caption_entities") if key in source.raw}
    if "caption" in call.params:
        content = {key: value for key, value in content.items() if not key.startswith("caption")}
        content |= call.formatted("caption", CAPTION_LIMIT)
    return {"message_id": send(call, content)["message_id"]}


@handles("forwardMessage")
def forward_message(call: Call) -> Json:
    """A copy that names its source, without the keyboard."""
    source = _source(call, "message to forward")
    return send(call, forwarded(source.raw))


CONTENT = ("text", "entities", "location", "contact", *MEDIA)


def forwarded(raw: Json) -> Json:
    """The content of a message that is forwarded by somebody."""
    content = {key: raw[key] for key in (*CONTENT, "caption", "caption_entities") if key in raw}
    origin = raw.get("forward_origin") or {"type": "user", "sender_user": raw["from"], "date": raw["date"]}
    return {"forward_origin": origin, **content}


def _source(call: Call, what: str) -> Stored:
    chat = call.chat("from_chat_id", write=False)
    stored = call.world.find(chat, call.text("message_id"), what)
    if stored.raw.get("has_protected_content"):
        raise bad_request("message has protected content and can't be forwarded")
    return stored
