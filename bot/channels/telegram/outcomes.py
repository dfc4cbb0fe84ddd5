"""Telegram's errors as the outcomes that the outbox knows."""

from __future__ import annotations

import re

from telegram.error import BadRequest, ChatMigrated, Forbidden, InvalidToken, TelegramError

from bot.channels.telegram.wire import Limited, NotSent
from bot.domain.messages import Ambiguous, Moved, Retry, SendOutcome, Undeliverable

SOON = 3.0
TOKEN_WAIT = 60.0

_SAFE = re.compile(r"[A-Za-z_' -]{1,80}")
_NOT_MODIFIED = "message is not modified"
_CANNOT_EDIT = (
    "message to edit not found",
    "message can't be edited",
    "there is no text in the message to edit",
    "message_id_invalid",
    "message identifier is not specified",
)
_CANNOT_REACH = ("chat not found", "peer_id_invalid", "user not found")
_WITHOUT_RIGHTS = ("not enough rights", "have no rights", "chat_write_forbidden", "topic_closed")


def classify(error: TelegramError, *, repeatable: bool = False) -> SendOutcome:
    """What became of a request that failed; `repeatable` if doing it twice does no harm (an edit)."""
    match error:
        case Limited():
            return Retry(error.after, "429")
        case NotSent():
            return Retry(SOON, f"not sent: {reason(error)}")
        case ChatMigrated():
            return Moved(str(error.new_chat_id))
        case Forbidden():
            return Undeliverable(reason(error), gone=True)
        case InvalidToken():
            return Retry(TOKEN_WAIT, "the bot token was refused")
        case BadRequest():
            return Undeliverable(reason(error))
    unknown = f"{type(error).__name__}: {reason(error)}"
    return Retry(SOON, unknown) if repeatable else Ambiguous(unknown)


def reason(error: TelegramError) -> str:
    """The fixed part of an error's description: it ends where Telegram quotes what it was sent."""
    said = error.message.removeprefix("Forbidden: ")
    head = _SAFE.match(said)
    return head[0].strip() if head else re.sub(r"[^0-9]", "", said)[:3] or "unknown"


def not_modified(error: TelegramError) -> bool:
    """The message already looks as it should."""
    return isinstance(error, BadRequest) and _NOT_MODIFIED in error.message.lower()


def cannot_edit(error: TelegramError) -> bool:
    """The message is gone, too old or of another kind: it has to be sent anew."""
    return isinstance(error, BadRequest) and _has(error, _CANNOT_EDIT)


def file_refused(error: TelegramError) -> bool:
    """A 400 that is about the file and not about the chat."""
    return isinstance(error, BadRequest) and not _has(error, _CANNOT_REACH + _WITHOUT_RIGHTS)


def _has(error: TelegramError, phrases: tuple[str, ...]) -> bool:
    said = error.message.lower()
    return any(phrase in said for phrase in phrases)
