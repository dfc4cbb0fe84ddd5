"""The work item: a citizen's question that waits for an expert."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.domain.faq import EntryId, TopicId
from bot.domain.ids import CallbackId, CaseNumber, ContactId, StationId
from bot.domain.messages import FileRef


class CaseState(StrEnum):
    """Where a callback request stands."""

    OPEN = "open"
    CLAIMED = "claimed"
    ANSWERED = "answered"
    CLOSED = "closed"


class Outcome(StrEnum):
    """How a callback ended."""

    ANSWERED = "answered"
    LEGAL_AID = "legal_aid"
    MEDIATION = "mediation"
    LITIGATION = "litigation"
    OTHER_OFFICE = "other_office"
    UNREACHED = "unreached"
    WITHDRAWN = "withdrawn"


class Reach(StrEnum):
    """How the citizen wants to hear from us."""

    CHAT = "chat"
    PHONE = "phone"


class PhoneResult(StrEnum):
    """What came of an attempt to phone."""

    REACHED = "reached"
    NO_ANSWER = "no_answer"
    BUSY = "busy"
    WRONG_NUMBER = "wrong_number"


class NoteKind(StrEnum):
    """One line in the story of a case."""

    CITIZEN = "citizen"
    EXPERT = "expert"
    PHONE = "phone"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Offered:
    """An entry that the FAQ had offered, with its probability and the words that did and did not fit."""

    entry: EntryId
    probability: float
    matched: tuple[str, ...] = ()
    unmatched: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Window:
    """A time in which a citizen can be phoned."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Draft:
    """A callback request in the making."""

    question: str
    topic: TopicId = TopicId("")
    region: str = ""
    place: str = ""
    reach: Reach = Reach.CHAT
    phone: str = ""
    window: Window | None = None
    details: str = ""
    files: tuple[FileRef, ...] = ()
    urgent: bool = False
    offered: tuple[Offered, ...] = ()
    guesses: tuple[TopicId, ...] = ()


@dataclass(frozen=True, slots=True)
class Callback:
    """A request as stored. `fence` grows with every change of owner or state: a writer who holds an
    older one is stale. `lease_until` is set while claimed."""

    id: CallbackId
    number: CaseNumber
    contact: ContactId
    station: StationId
    state: CaseState
    draft: Draft
    promise_at: datetime
    opened_at: datetime
    owner: ContactId | None
    fence: int
    lease_until: datetime | None
    claimed_at: datetime | None
    answered_at: datetime | None
    closed_at: datetime | None
    outcome: Outcome | None
    rating: int | None

    @property
    def held(self) -> bool:
        """Whether a person holds the conversation, so that the bot is silent."""
        return self.state in (CaseState.CLAIMED, CaseState.ANSWERED)


@dataclass(frozen=True, slots=True)
class Note:
    """One line of a case's story; `delivery` is the outbox row that carries it, if any."""

    at: datetime
    kind: NoteKind
    author: ContactId | None
    text: str
    files: tuple[FileRef, ...] = ()


def _check_digit(digits: str) -> str:
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return str(-total % 10)


def new_case_number() -> CaseNumber:
    """Nine random digits, the last a Luhn check digit, as 482-719-355: easy to say, and a slip is noticed."""
    body = str(secrets.randbelow(9 * 10**7) + 10**7)
    return format_case_number(body + _check_digit(body))


def format_case_number(digits: str) -> CaseNumber:
    """482719355 -> 482-719-355."""
    return CaseNumber(f"{digits[:3]}-{digits[3:6]}-{digits[6:]}")


def parse_case_number(text: str) -> CaseNumber | None:
    """A case number as people type it, or None if it cannot be one (length or check digit)."""
    digits = "".join(c for c in text if c.isdecimal() and c.isascii())
    if len(digits) != 9 or _check_digit(digits[:8]) != digits[8]:
        return None
    return format_case_number(digits)
