"""Messages as every channel gives and takes them; nothing here assumes buttons, edits or markup.

An OutboundMessage is made of blocks of plain text, so there is no markup that a citizen's words
could break: each channel decides how a title, a quote or a note looks.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from datetime import datetime
from enum import StrEnum
from typing import Any, NewType

ChannelName = NewType("ChannelName", str)


def _json(message: object) -> str:
    return json.dumps(message, ensure_ascii=False, separators=(",", ":"), default=_plain)


def _plain(value: Any) -> Any:
    """A part of a message as JSON has it; dataclasses.asdict takes four times as long."""
    if isinstance(value, datetime):
        return value.isoformat()
    return {field.name: getattr(value, field.name) for field in fields(value)}


class InboundKind(StrEnum):
    """What a person sent."""

    TEXT = "text"
    BUTTON = "button"
    VOICE = "voice"
    PHOTO = "photo"
    DOCUMENT = "document"
    VIDEO = "video"
    LOCATION = "location"
    CONTACT = "contact"
    STICKER = "sticker"
    EDITED = "edited"
    OTHER = "other"
    LEFT = "left"
    """The person blocked the bot or left; nothing can be sent to her until she writes again."""


class ChatKind(StrEnum):
    """Where it was said."""

    PRIVATE = "private"
    GROUP = "group"


@dataclass(frozen=True, slots=True)
class FileRef:
    """A file that stays with the channel it came from until somebody needs its bytes.

    `id` is the channel's own id; `size` in bytes, 0 if unknown; `kind` is photo, voice, video or document.
    """

    channel: ChannelName
    id: str
    kind: str
    name: str = ""
    mime: str = ""
    size: int = 0


@dataclass(frozen=True, slots=True)
class Address:
    """Where a message goes: the person's id on a channel and the chat to write to."""

    channel: ChannelName
    user: str
    chat: str


@dataclass(frozen=True, slots=True)
class InboundMessage:
    """One thing a person did. (`channel`, `external_id`) is unique: the same pair again is a duplicate.

    `text` holds words, a caption, or for a location its `lat,lon` (and place name); `token` the data of
    a tapped button; `card_ref` the channel's id of the message whose button was tapped; `phone` a number
    shared with the channel's own contact button by the person herself.
    """

    channel: ChannelName
    external_id: str
    sender: Address
    received_at: datetime
    kind: InboundKind
    chat: ChatKind = ChatKind.PRIVATE
    name: str = ""
    language: str = ""
    text: str = ""
    token: str = ""
    card_ref: str = ""
    phone: str = ""
    file: FileRef | None = None

    def to_json(self) -> str:
        """Everything but the identity columns, for the inbox."""
        return _json(self)

    @classmethod
    def from_json(cls, text: str) -> InboundMessage:
        """The reverse of to_json."""
        data: dict[str, Any] = json.loads(text)
        return cls(
            channel=ChannelName(data["channel"]),
            external_id=data["external_id"],
            sender=Address(**data["sender"]),
            received_at=datetime.fromisoformat(data["received_at"]),
            kind=InboundKind(data["kind"]),
            chat=ChatKind(data["chat"]),
            name=data["name"],
            language=data["language"],
            text=data["text"],
            token=data["token"],
            card_ref=data["card_ref"],
            phone=data["phone"],
            file=FileRef(**data["file"]) if data["file"] else None,
        )


class BlockKind(StrEnum):
    """How a piece of text is meant."""

    TITLE = "title"
    TEXT = "text"
    ITEM = "item"
    QUOTE = "quote"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Block:
    """One paragraph of plain text."""

    kind: BlockKind
    text: str


@dataclass(frozen=True, slots=True)
class Button:
    """A choice: its label and the opaque token that comes back when it is tapped (at most 64 bytes)."""

    label: str
    token: str


@dataclass(frozen=True, slots=True)
class OutboundMessage:
    """One message to one person.

    `card` names a message that later ones with the same name replace in place where the channel can
    edit (else they are sent anew). `ask_phone` asks the channel to offer its own way of sharing a phone.
    `file` is sent with the text as its caption. `numbered` says that typing 1, 2, 3 … picks the choices.
    """

    blocks: tuple[Block, ...]
    buttons: tuple[tuple[Button, ...], ...] = ()
    card: str = ""
    ask_phone: bool = False
    file: FileRef | None = None
    numbered: bool = False

    @property
    def text(self) -> str:
        """The words alone, as a channel without any markup shows them."""
        return "\n\n".join(("• " + b.text) if b.kind is BlockKind.ITEM else b.text for b in self.blocks)

    def to_json(self) -> str:
        """For the outbox."""
        return _json(self)

    @classmethod
    def from_json(cls, text: str) -> OutboundMessage:
        """The reverse of to_json."""
        data: dict[str, Any] = json.loads(text)
        return cls(
            blocks=tuple(Block(BlockKind(b["kind"]), b["text"]) for b in data["blocks"]),
            buttons=tuple(tuple(Button(**b) for b in row) for row in data["buttons"]),
            card=data["card"],
            ask_phone=data["ask_phone"],
            file=FileRef(**data["file"]) if data["file"] else None,
            numbered=data["numbered"],
        )


@dataclass(frozen=True, slots=True)
class Sent:
    """The channel took the message; `ref` is its id there, for later edits."""

    ref: str = ""


@dataclass(frozen=True, slots=True)
class Retry:
    """Nothing was delivered; try again, not before `after` seconds."""

    after: float
    reason: str


@dataclass(frozen=True, slots=True)
class Ambiguous:
    """No reply came: it may or may not have been delivered."""

    reason: str


@dataclass(frozen=True, slots=True)
class Undeliverable:
    """It will never be delivered. `gone` says that the person cannot be reached at all (blocked, left)."""

    reason: str
    gone: bool = False


@dataclass(frozen=True, slots=True)
class Moved:
    """The chat has a new id; send there."""

    chat: str


SendOutcome = Sent | Retry | Ambiguous | Undeliverable | Moved
