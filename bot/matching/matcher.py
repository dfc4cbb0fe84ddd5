"""Text in, ranked matches out: the face of matching for the desk and the tools."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Self

from rapidfuzz import fuzz, process

from bot.domain.faq import Entry, TopicId
from bot.domain.match import Match, Matches
from bot.matching.lexicon import Lexicon
from bot.matching.library import Library
from bot.matching.talk import Talk


class Matcher:
    """Immutable after build; safe to share between threads and to swap while running."""

    def __init__(self, entries: tuple[Entry, ...], talk: Talk) -> None:
        self._talk = talk
        self._rows = [(e, p) for e in entries for p in e.phrasings]
        self._texts = [p for _, p in self._rows]

    @classmethod
    def build(
        cls,
        entries: Iterable[Entry],
        lexicon: Lexicon | None = None,
        *,
        hints: Mapping[TopicId, tuple[str, ...]] | None = None,
        talk: Talk | None = None,
    ) -> Self:
        """Index the entries. Seconds for tens of thousands of phrasings: call it off the event loop."""
        del lexicon, hints
        return cls(tuple(entries), talk or Talk())

    @classmethod
    def of(cls, library: Library) -> Self:
        """The matcher for what the library serves."""
        return cls.build(library.served, library.lexicon, hints=library.hints, talk=library.talk)

    def match(self, text: str, limit: int = 5) -> Matches:
        """The best entries for the text, best first. Never raises on any text."""
        found = process.extract(text, self._texts, scorer=fuzz.token_set_ratio, limit=limit * 4)
        items: dict[str, Match] = {}
        for phrasing, score, row in found:
            entry = self._rows[row][0]
            items.setdefault(entry.id, Match(entry.id, (score / 100) ** 3, phrasing))
        ranked = tuple(items.values())[:limit]
        danger, small_talk = self._talk.danger(text), self._talk.small_talk(text)
        return Matches(text, ranked, danger=danger, small_talk=small_talk)
