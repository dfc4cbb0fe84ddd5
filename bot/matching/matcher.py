"""Text in, ranked matches out: the face of matching for the desk and the tools."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from copy import copy
from typing import Self

import numpy as np
from numpy.typing import NDArray

from bot.domain.faq import Entry, Topic, TopicId
from bot.domain.match import Match, Matches, TopicGuess
from bot.matching.engine import Engine, Ranked
from bot.matching.groups import groups_of
from bot.matching.index import Query
from bot.matching.lexicon import Lexicon
from bot.matching.library import Library
from bot.matching.normalize import clean, core, letters
from bot.matching.parts import asking, questions
from bot.matching.tables import Law
from bot.matching.talk import Talk
from bot.matching.typos import Typos
from bot.matching.words import STOP, WORD, Splitter

UNSURE = 0.5
MENDED_TRUST = 0.95
EXACT = 0.995
TOPICS = 6
REASONS = 6
MISSING = 4


class Matcher:
    """Immutable after build; safe to share between threads and to swap while running."""

    def __init__(self, entries: tuple[Entry, ...], engine: Engine, topics: list[TopicId], talk: Talk) -> None:
        self._entries, self._engine, self._topics, self._talk = entries, engine, topics, talk
        self._typos = Typos(engine.index.pairs()) if engine.pooled else None
        self._exact = exact_phrasings(engine)

    @classmethod
    def build(
        cls,
        entries: Iterable[Entry],
        lexicon: Lexicon | None = None,
        *,
        topics: Mapping[TopicId, Topic] | None = None,
        hints: Mapping[TopicId, tuple[str, ...]] | None = None,
        laws: Mapping[str, Law] | None = None,
        talk: Talk | None = None,
    ) -> Self:
        """Index the entries. Up to seconds for tens of thousands of phrasings: call it off the event loop."""
        entries = tuple(entries)
        groups, order = groups_of(entries, topics or {}, hints or {}, laws or {})
        splitter = Splitter((lexicon or Lexicon()).concepts)
        engine = Engine(groups, splitter, topics=len(order))
        matcher = cls(entries, engine, order, talk or Talk())
        matcher.match("预热 warm up")
        return matcher

    @classmethod
    def of(cls, library: Library) -> Self:
        """The matcher for what the library serves."""
        lib = library
        return cls.build(
            lib.served, lib.lexicon, topics=lib.topics, hints=lib.hints, laws=lib.laws, talk=lib.talk
        )

    def reworded(self, entries: Iterable[Entry]) -> Self:
        """The same index, which knows the exact wordings of new and changed entries too; made at once.

        What is nearly worded so is found by the matcher that is built of them meanwhile.
        """
        known = {e.id: e for e in self._entries}
        changed = tuple(e for e in entries if known.get(e.id) != e)
        first = len(self._entries)
        other = copy(self)
        other._entries = self._entries + changed
        other._exact = self._exact | {
            _bare(clean(p)): first + n for n, e in enumerate(changed) for p in e.phrasings
        }
        return other

    def match(self, text: str, limit: int = 5) -> Matches:
        """The best entries for the text, best first. Never raises on any text."""
        whole = self._one(text, limit)
        parts = tuple(self._one(part, limit) for part in questions(text))
        danger, small_talk = self._talk.danger(text), self._talk.small_talk(text)
        return Matches(text, whole.items, whole.topics, danger, small_talk, parts)

    def _one(self, text: str, limit: int) -> Matches:
        query, found = self._ranked(text)
        topics = self._guesses(found)
        items = self._items(query, found, limit)
        exact = bool(items) and items[0].probability == EXACT
        ask = "" if exact else asking(text)
        if ask:
            items, topics = self._with_asking(ask, items, topics, limit)
        return Matches(text, items[:limit], topics)

    def _ranked(self, text: str) -> tuple[Query, Ranked]:
        query = self._engine.query(text)
        found = self._engine.rank(query)
        if self._typos is None or (found.probabilities and found.probabilities[0] >= UNSURE):
            return query, found
        mended = self._typos.mended(clean(text))
        if mended == clean(text):
            return query, found
        other = self._engine.query(mended)
        again = self._engine.rank(other)
        if not again.probabilities or again.probabilities[0] * MENDED_TRUST <= max(
            found.probabilities, default=0
        ):
            return query, found
        return other, again

    def _items(self, query: Query, found: Ranked, limit: int) -> tuple[Match, ...]:
        words = heaviest(query)
        items = [self._match(words, found, n) for n in range(min(limit + 2, len(found.groups)))]
        same = self._exact.get(_bare(query.words.text), -1)
        if same >= 0:
            entry = self._entries[same]
            items = [m for m in items if m.entry != entry.id]
            items.insert(0, Match(entry.id, EXACT, query.words.text, tuple(query.words.terms[WORD])))
        return tuple(items)

    def _match(self, words: list[tuple[int, str]], found: Ranked, n: int) -> Match:
        matched, unmatched = reasons(words, found.shared[n])
        entry = self._entries[found.groups[n]]
        phrasing = self._engine.pages.texts[found.rows[n]]
        return Match(entry.id, found.probabilities[n], phrasing, matched, unmatched)

    def _with_asking(
        self, ask: str, items: tuple[Match, ...], topics: tuple[TopicGuess, ...], limit: int
    ) -> tuple[tuple[Match, ...], tuple[TopicGuess, ...]]:
        query, found = self._ranked(ask)
        others = self._items(query, found, limit)
        both = {m.entry: m for m in others}
        both.update({m.entry: m for m in items})
        chance = dict.fromkeys(both, 0.0)
        for m in (*items, *others):
            chance[m.entry] += m.probability / 2
        ranked = sorted(both.values(), key=lambda m: -chance[m.entry])
        merged = tuple(Match(m.entry, chance[m.entry], m.phrasing, m.matched, m.unmatched) for m in ranked)
        return merged, topics

    def _guesses(self, found: Ranked) -> tuple[TopicGuess, ...]:
        if not len(found.topics):
            return ()
        order = np.argsort(-found.topics, kind="stable")[:TOPICS].tolist()
        return tuple(TopicGuess(self._topics[t], float(np.exp(found.topics[t]))) for t in order)


def _bare(text: str) -> str:
    """A cleaned text without politeness, punctuation and spaces."""
    return letters(core(text))


def exact_phrasings(engine: Engine) -> dict[str, int]:
    """The group of every phrasing by its bare letters; -1 where two groups share one."""
    out: dict[str, int] = {}
    for text, group in zip(engine.pages.texts, engine.group_of_row.tolist(), strict=True):
        bare = _bare(text)
        out[bare] = group if out.get(bare, group) == group else -1
    return out


def heaviest(query: Query) -> list[tuple[int, str]]:
    """The query's words that say something, heaviest first, with their places among its terms."""
    terms = [(n, t) for n, t in enumerate(query.words.terms[WORD]) if t not in STOP]
    weights = query.weights.tolist()
    return sorted(terms, key=lambda term: -weights[term[0]])


def reasons(
    words: list[tuple[int, str]], shared: NDArray[np.bool_]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The words that the phrasing has, heaviest first, and the heaviest that it lacks."""
    has = shared.tolist()
    matched = [word for n, word in words if has[n]]
    missing = [word for n, word in words if not has[n]]
    return tuple(matched[:REASONS]), tuple(missing[:MISSING])
