"""What a burst of inbound messages says: words joined, a tap verified, a command recognised."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from bot.desk.desk import Desk
from bot.desk.tokens import Tap
from bot.domain.actions import RULES, Refusal, Scope
from bot.domain.clean import MAX_QUESTION
from bot.domain.dialog import Choice, Command, Conversation, Said
from bot.domain.messages import InboundKind, InboundMessage
from bot.domain.people import Contact
from bot.matching.normalize import clean
from bot.texts import Texts

_SLASH = re.compile(r"/([a-z_]{1,32})(?:@\w{1,64})?(?:\s+(.*))?", re.DOTALL)
_UNSUPPORTED = frozenset({InboundKind.STICKER, InboundKind.OTHER})


@dataclass(frozen=True, slots=True)
class Heard:
    """What was heard. `refusal` is set when a tapped token was forged or belongs to an earlier step."""

    said: Said
    tap: Tap | None = None
    refusal: Refusal | None = None
    card_ref: str = ""

    @property
    def command(self) -> Command | None:
        """The typed command, if any."""
        return self.said.command

    @property
    def tapped(self) -> bool:
        """Whether a button was tapped."""
        return self.tap is not None


def hear(
    desk: Desk, contact: Contact, conversation: Conversation, messages: tuple[InboundMessage, ...]
) -> Heard:
    """Understand one turn's messages."""
    first = messages[0]
    if first.kind is InboundKind.BUTTON:
        return _tap(desk, contact, conversation, first)
    text = _joined(m.text for m in messages if m.kind is not InboundKind.LOCATION)
    command, argument = _command(desk.texts, text) if len(messages) == 1 else (None, "")
    said = Said(
        text="" if command else text,
        place=_joined(m.text for m in messages if m.kind is InboundKind.LOCATION),
        command=command,
        argument=argument,
        files=tuple(m.file for m in messages if m.file is not None),
        phone=first.phone,
        foreign_phone=first.kind is InboundKind.CONTACT and not first.phone,
        unsupported=first.kind in _UNSUPPORTED,
        edited=first.kind is InboundKind.EDITED,
    )
    return Heard(said)


def _joined(texts: Iterable[str]) -> str:
    return "\n".join(text for text in texts if text)[:MAX_QUESTION]


def _tap(desk: Desk, contact: Contact, conversation: Conversation, message: InboundMessage) -> Heard:
    try:
        tap = desk.tokens.read(contact.id, message.token)
    except ValueError:
        tap = None
    if tap is None:
        return Heard(Said(), refusal=Refusal.FORGED)
    if RULES[tap.action].scope is not Scope.STEP:
        choice = Choice(tap.action, tap.arg, case=tap.case, fence=tap.fence)
        return Heard(Said(choice=choice), tap, card_ref=message.card_ref)
    if tap.step != conversation.step or tap.index >= len(conversation.choices):
        return Heard(Said(), tap, Refusal.STALE)
    return Heard(Said(choice=conversation.choices[tap.index]), tap, card_ref=message.card_ref)


def _command(texts: Texts, text: str) -> tuple[Command | None, str]:
    """/word argument, or one of the plain words of any language, in either script."""
    plain = text.strip()
    slash = _SLASH.fullmatch(plain.lower() if len(plain) < 40 else plain)
    if slash:
        name, argument = slash[1], plain.partition(" ")[2].strip() if " " in plain else ""
        return (Command(name) if name in set(Command) else Command.HELP), argument
    return _words(texts).get(clean(plain.rstrip("。.!！?？"))), ""


@lru_cache(maxsize=4)
def _words(texts: Texts) -> dict[str, Command]:
    return {word: command for command in Command for word in texts.words(f"words-{command.value}")}
