"""Telegram's files: a file id is bound to the way it was sent, so our ids say which: `photo:AgAC…`."""

from __future__ import annotations

from dataclasses import dataclass

from telegram import InputFile, Message
from telegram.error import TelegramError

from bot.channels.telegram.outcomes import reason
from bot.channels.telegram.render import clean
from bot.channels.telegram.settings import TELEGRAM
from bot.channels.telegram.wire import WireBot
from bot.domain.errors import BotError
from bot.domain.messages import FileRef

DOWNLOAD_LIMIT = 20 * 1024 * 1024
_PHOTO_LIMIT = 10 * 1024 * 1024
_PHOTO_TYPES = ("image/jpeg", "image/png", "image/webp")
_VOICE_TYPES = ("audio/ogg", "audio/mpeg", "audio/mp4")
_EXTENSIONS = {"photo": ".jpg", "voice": ".ogg", "video": ".mp4", "document": ".bin"}
_KINDS = {
    "photo": "photo",
    "voice": "voice",
    "video": "video",
    "video_note": "video",
    "animation": "video",
    "audio": "document",
    "document": "document",
}


@dataclass(frozen=True, slots=True)
class Sendable:
    """A file and the way in which Telegram takes it: by its id there, or as bytes."""

    way: str
    content: str | InputFile

    @property
    def captionable(self) -> bool:
        return self.way != "video_note"


def of_message(message: Message) -> FileRef | None:
    """The file that a message carries; an animation comes with a document that is the same file."""
    if message.photo:
        largest = max(message.photo, key=lambda size: size.width * size.height)
        return _ref("photo", largest.file_id, mime="image/jpeg", size=largest.file_size)
    if voice := message.voice:
        return _ref("voice", voice.file_id, mime=voice.mime_type, size=voice.file_size)
    if note := message.video_note:
        return _ref("video_note", note.file_id, mime="video/mp4", size=note.file_size)
    for way, file in (
        ("animation", message.animation),
        ("video", message.video),
        ("audio", message.audio),
        ("document", message.document),
    ):
        if file:
            return _ref(way, file.file_id, file.file_name, file.mime_type, file.file_size)
    return None


def _ref(
    way: str, file_id: str, name: str | None = "", mime: str | None = "", size: int | None = 0
) -> FileRef:
    return FileRef(
        TELEGRAM, clean(f"{way}:{file_id}"), _KINDS[way], clean(name or ""), clean(mime or ""), size or 0
    )


def ours(file: FileRef) -> Sendable:
    """A file that Telegram has already: sent by its id, the way it came."""
    way, file_id = _parts(file)
    return Sendable(way, file_id)


def upload(file: FileRef, content: bytes) -> Sendable:
    """A file of another channel: as what it is where Telegram allows that, else as a document."""
    way = file.kind if _allowed(file, len(content)) else "document"
    return Sendable(way, InputFile(content, filename=_name(file)))


def as_document(file: FileRef, content: bytes) -> Sendable:
    """The way that takes any bytes."""
    return Sendable("document", InputFile(content, filename=_name(file)))


def _allowed(file: FileRef, size: int) -> bool:
    match file.kind:
        case "photo":
            return file.mime in _PHOTO_TYPES and size <= _PHOTO_LIMIT
        case "voice":
            return file.mime in _VOICE_TYPES
        case "video":
            return file.mime == "video/mp4"
    return False


def _name(file: FileRef) -> str:
    return file.name or file.kind + _EXTENSIONS.get(file.kind, ".bin")


def _parts(file: FileRef) -> tuple[str, str]:
    way, _, file_id = file.id.partition(":")
    if way not in _KINDS or not file_id:
        raise BotError("this is no file id of the Telegram channel")
    return way, file_id


async def download(bot: WireBot, file: FileRef) -> bytes:
    """The bytes; BotError when Telegram does not give them (gone, above 20 MB, not reachable)."""
    _, file_id = _parts(file)
    try:
        found = await bot.get_file(file_id)
        if (found.file_size or 0) > DOWNLOAD_LIMIT:
            raise BotError("Telegram gives bots no files above 20 MB")
        return bytes(await found.download_as_bytearray(read_timeout=60))
    except TelegramError as exc:
        problem = f"{type(exc).__name__}: {reason(exc)}"
    raise BotError(f"Telegram did not give the file: {problem}")
