"""What matching says about one text, and the decision that follows from it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from bot.domain.faq import EntryId, TopicId


class Decision(StrEnum):
    """What to do with a question."""

    ANSWER = "answer"
    SUGGEST = "suggest"
    QUEUE = "queue"


class Danger(StrEnum):
    """Why a message gets the emergency card first."""

    LIFE = "life"
    SELF_HARM = "self_harm"
    HOME_VIOLENCE = "home_violence"
    MINOR = "minor"


class SmallTalk(StrEnum):
    """Talk that opens nothing."""

    GREETING = "greeting"
    THANKS = "thanks"
    BYE = "bye"
    WHO = "who"
    OK = "ok"
    OFF_TOPIC = "off_topic"


@dataclass(frozen=True, slots=True)
class Match:
    """One entry and the calibrated probability (0..1) that it answers the question, with reasons."""

    entry: EntryId
    probability: float
    phrasing: str
    matched: tuple[str, ...] = ()
    unmatched: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TopicGuess:
    """One topic and the probability (0..1) that the question belongs to it."""

    topic: TopicId
    probability: float


@dataclass(frozen=True, slots=True)
class Matches:
    """Ranked matches (best first), ranked topics, and what kind of talk this is.

    `parts` holds one Matches per question when a message asks several; then the outer
    `items` are those of the whole text.
    """

    text: str
    items: tuple[Match, ...] = ()
    topics: tuple[TopicGuess, ...] = ()
    danger: Danger | None = None
    small_talk: SmallTalk | None = None
    parts: tuple[Matches, ...] = ()


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Least probability to answer, and least to suggest."""

    answer: float
    suggest: float

    def decide(self, matches: Matches) -> Decision:
        """Answer when sure, suggest when nearly sure, else leave it to an expert."""
        best = matches.items[0].probability if matches.items else 0.0
        if best >= self.answer:
            return Decision.ANSWER
        return Decision.SUGGEST if best >= self.suggest else Decision.QUEUE
