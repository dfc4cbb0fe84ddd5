"""Messages as people see them, and the reading of what people type."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from .api_send import MEDIA
from .entities import units
from .errors import Json

KINDS = ("text", *MEDIA, "location", "contact", "migrate_to_chat_id", "migrate_from_chat_id")
_MARKS = re.compile(
    r"(?<![\w/])(?P<bot_command>/[A-Za-z0-9_]{1,32}(?:@\w{3,32})?)(?![\w/])"
    r"|(?<![\w@])(?P<mention>@[A-Za-z]\w{3,31})\b"
    r"|(?P<url>https?://[^\s，。！？、]+)"
)


@dataclass(frozen=True, slots=True)
class Button:
    """A button under a message; `data` is None when it is no callback button."""

    text: str
    data: str | None
    raw: Json


@dataclass(frozen=True, slots=True)
class Toast:
    """What answerCallbackQuery shows: a line that passes, or an alert."""

    text: str
    alert: bool
    query_id: str


@dataclass(frozen=True, slots=True)
class ChatMessage:
    """A message in a chat at one moment; `raw` is what the Bot API says of it."""

    id: int
    chat_id: int
    by_bot: bool
    kind: str
    text: str
    rows: tuple[tuple[Button, ...], ...]
    edited: bool
    raw: Json

    @property
    def buttons(self) -> list[Button]:
        """All inline buttons, row by row."""
        return [button for row in self.rows for button in row]

    @property
    def labels(self) -> list[str]:
        """The words on the inline buttons."""
        return [button.text for button in self.buttons]

    def button(self, label: str) -> Button | None:
        """The callback button with these words, else the first that contains them."""
        taps = [button for button in self.buttons if button.data is not None]
        exact = (button for button in taps if button.text == label)
        return next(exact, None) or next((button for button in taps if label in button.text), None)

    def __str__(self) -> str:
        who = "bot" if self.by_bot else self.raw["from"]["first_name"]
        return f"{who}: [{self.kind}] {self.text!r} {self.labels or ''}"


def view(raw: Json, bot_id: int) -> ChatMessage:
    """The message of a raw one."""
    rows: list[list[Json]] = raw.get("reply_markup", {}).get("inline_keyboard", [])
    return ChatMessage(
        id=raw["message_id"],
        chat_id=raw["chat"]["id"],
        by_bot=raw["from"]["id"] == bot_id,
        kind=next((kind for kind in KINDS if kind in raw), "other"),
        text=str(raw.get("text") or raw.get("caption") or ""),
        rows=tuple(tuple(Button(one["text"], one.get("callback_data"), one) for one in row) for row in rows),
        edited="edit_date" in raw,
        raw=raw,
    )


def typed(text: str, name: str = "text") -> Json:
    """The content of a message that a person types, with the entities that Telegram finds in it."""
    key = "entities" if name == "text" else "caption_entities"
    marks = [_mark(text, match) for match in _MARKS.finditer(text)]
    return {name: text} | ({key: marks} if marks else {})


def _mark(text: str, match: re.Match[str]) -> Json:
    return {"type": match.lastgroup, "offset": units(text[: match.start()]), "length": units(match[0])}


def visible(raw: Json, bot: Json, status: str) -> bool:
    """Whether a bot gets this message of a group: in privacy mode commands, replies and mentions."""
    if bot["can_read_all_group_messages"] or status == "administrator":
        return True
    if raw.get("reply_to_message", {}).get("from", {}).get("id") == bot["id"]:
        return True
    marks: list[Any] = raw.get("entities", [])
    text = str(raw.get("text", ""))
    own = f"@{bot['username']}".lower()
    for mark in marks:
        word = text.encode("utf-16-le")[mark["offset"] * 2 : (mark["offset"] + mark["length"]) * 2]
        said = word.decode("utf-16-le").lower()
        if mark["type"] == "mention" and said == own:
            return True
        if mark["type"] == "bot_command" and ("@" not in said or said.endswith(own)):
            return True
    return False
