"""The curated FAQ as values: what an admin's file says, after it was checked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import NewType

EntryId = NewType("EntryId", str)
TopicId = NewType("TopicId", str)


class Urgency(StrEnum):
    """How much time a person who asks this typically has."""

    NORMAL = "normal"
    DEADLINE = "deadline"
    DANGER = "danger"


@dataclass(frozen=True, slots=True)
class Citation:
    """One article of one law, by the law's short name: 劳动合同法 / 第三十条."""

    law: str
    article: str

    def __str__(self) -> str:
        return f"《{self.law}》{self.article}"


@dataclass(frozen=True, slots=True)
class Topic:
    """A field of law that experts specialise in; `short` fits on a button."""

    id: TopicId
    name: str
    short: str


@dataclass(frozen=True, slots=True)
class NextStep:
    """An office or hotline an answer may point to."""

    code: str
    name: str
    phone: str = ""
    hours: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """One FAQ item. `version` is a digest of what a lawyer signs (question, answer, basis, dates)."""

    id: EntryId
    topic: TopicId
    question: str
    also: tuple[str, ...]
    not_: tuple[str, ...]
    keywords: tuple[str, ...]
    answer: str
    basis: tuple[Citation, ...]
    regions: tuple[str, ...]
    effective_from: date
    effective_to: date | None
    reviewed: date
    review_by: date
    urgency: Urgency
    next: tuple[str, ...]
    prepare: tuple[str, ...]
    signed_by: str
    path: str
    version: str

    @property
    def phrasings(self) -> tuple[str, ...]:
        """The question and all its other phrasings."""
        return (self.question, *self.also)

    def servable(self, today: date, grace_days: int) -> bool:
        """Whether the answer may be shown: in force, and not overdue for review beyond the grace."""
        if today < self.effective_from:
            return False
        if self.effective_to is not None and today >= self.effective_to:
            return False
        return (today - self.review_by).days <= grace_days
