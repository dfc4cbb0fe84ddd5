"""What a person did on the page: as the browser sends it, as the log keeps it, as the desk gets it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import datetime

from bot.channels.web.clean import clean
from bot.channels.web.guard import Refused
from bot.channels.web.settings import WebSettings
from bot.domain.messages import Address, ChannelName, FileRef, InboundKind, InboundMessage

WEB = ChannelName("web")
FIRST = "start"
"""The client id of the greeting that the page sends by itself; one per person, and never shown."""

_ID = re.compile(r"[A-Za-z0-9-]{8,64}\Z")
_CARD = re.compile(r"[1-9][0-9]{0,17}\Z")
TOKEN_BYTES = 64


@dataclass(frozen=True, slots=True)
class Post:
    """One thing a person did; `id` is the browser's idempotency key, `card` the seq of the tapped message."""

    id: str
    kind: InboundKind
    text: str = ""
    card: str = ""
    token: str = ""
    file: FileRef | None = None

    @property
    def key(self) -> str:
        """Its key in the person's log."""
        return f"in:{self.id}"

    @property
    def hidden(self) -> bool:
        """Whether the page keeps it to itself."""
        return self.id == FIRST

    def to_json(self) -> str:
        """For the log."""
        file = self.file
        return json.dumps(
            {
                "id": self.id,
                "kind": self.kind.value,
                "text": self.text,
                "card": self.card,
                "token": self.token,
                "file": None if file is None else [file.id, file.kind, file.name, file.mime, file.size],
            },
            ensure_ascii=False,
        )

    @classmethod
    def from_json(cls, body: str) -> Post:
        """The reverse of to_json."""
        data = json.loads(body)
        file = None if data["file"] is None else FileRef(WEB, *data["file"])
        return cls(data["id"], InboundKind(data["kind"]), data["text"], data["card"], data["token"], file)

    def message(self, user: str, at: datetime, language: str) -> InboundMessage:
        """For the desk."""
        return InboundMessage(
            channel=WEB,
            external_id=f"{user}:{self.id}",
            sender=Address(WEB, user, user),
            received_at=at,
            kind=self.kind,
            language=language,
            text="" if self.kind is InboundKind.BUTTON else self.text,
            token=self.token,
            card_ref=self.card,
            file=self.file,
        )


def parse(data: dict[str, object], settings: WebSettings) -> Post:
    """A Post from what the browser sent; Refused with a code that the page explains."""
    values = {name: data.get(name, "") for name in ("id", "kind", "text", "token", "card_ref")}
    if not all(isinstance(value, str) for value in values.values()):
        raise Refused(400, "bad_request")
    post_id, kind, text, token, card = (str(value) for value in values.values())
    if post_id == FIRST:
        return Post(FIRST, InboundKind.TEXT, "/start")
    text = words(text, settings)
    if kind == InboundKind.BUTTON:
        return Post(client_id(post_id), InboundKind.BUTTON, text, card_seq(card), button_token(token))
    if kind != InboundKind.TEXT:
        raise Refused(400, "bad_request")
    if not text:
        raise Refused(400, "empty")
    return Post(client_id(post_id), InboundKind.TEXT, text)


def client_id(value: str) -> str:
    """The browser's id for one message."""
    if not _ID.match(value):
        raise Refused(400, "bad_request")
    return value


def words(value: str, settings: WebSettings) -> str:
    """Cleaned words of bearable length."""
    text = clean(value)
    if len(text) > settings.max_text:
        raise Refused(400, "too_long")
    return text


def card_seq(value: str) -> str:
    """The seq of a message, as text."""
    if not _CARD.match(value):
        raise Refused(400, "bad_request")
    return value


def button_token(value: str) -> str:
    """A button's token; what it says is for the desk to judge."""
    if not value or len(value.encode("utf-8", "replace")) > TOKEN_BYTES or clean(value) != value:
        raise Refused(400, "bad_request")
    return value
