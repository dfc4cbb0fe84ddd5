"""What people ask and no entry answers, gathered into clusters: what to write next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from bot.domain.faq import TopicId
from bot.domain.match import Thresholds
from bot.matching.engine import Engine, Group
from bot.matching.library import Library
from bot.matching.matcher import Matcher
from bot.matching.words import STOP, WORD, Splitter

Progress = Callable[[int, int], None]
ALIKE = 0.2
EXAMPLES = 5
WORDS = 5
MAX_QUESTIONS = 20_000


@dataclass(frozen=True, slots=True)
class Gap:
    """A cluster of questions without an entry: how many, what they share, a few of them, the likely topic."""

    count: int
    words: tuple[str, ...]
    examples: tuple[str, ...]
    topic: TopicId | None


@dataclass(frozen=True, slots=True)
class _Open:
    text: str
    topic: TopicId | None


def gaps(
    library: Library, questions: Sequence[str], thresholds: Thresholds, progress: Progress | None = None
) -> tuple[Gap, ...]:
    """Clusters of the questions that would be queued, largest first."""
    matcher = Matcher.of(library)
    left: list[_Open] = []
    for number, text in enumerate(questions[:MAX_QUESTIONS], 1):
        matches = matcher.match(text, limit=1)
        unsure = not matches.items or matches.items[0].probability < thresholds.suggest
        if unsure and matches.small_talk is None:
            left.append(_Open(text, matches.topics[0].topic if matches.topics else None))
        if progress:
            progress(number, len(questions))
    return clusters(left, Splitter(library.lexicon.concepts)) if left else ()


def clusters(left: Sequence[_Open], splitter: Splitter) -> tuple[Gap, ...]:
    """Greedy: the question with most like it becomes a cluster, then the next among the rest."""
    engine = Engine([Group((q.text,)) for q in left], splitter, plain=True)
    near = [np.flatnonzero(engine.index.cosines(engine.query(q.text)) >= ALIKE) for q in left]
    free = np.ones(len(left), bool)
    out: list[Gap] = []
    for row in sorted(range(len(left)), key=lambda r: -len(near[r])):
        if not free[row]:
            continue
        members = [row, *(int(n) for n in near[row] if free[n] and n != row)]
        free[members] = False
        out.append(_gap([left[m] for m in members], splitter))
    return tuple(sorted(out, key=lambda g: -g.count))


def _gap(members: Sequence[_Open], splitter: Splitter) -> Gap:
    words = Counter(
        w for m in members for w in splitter.split(m.text).terms[WORD] if w not in STOP and len(w) > 1
    )
    topics = Counter(m.topic for m in members if m.topic is not None)
    topic = topics.most_common(1)[0][0] if topics else None
    common = tuple(w for w, n in words.most_common(WORDS) if n > 1 or len(members) == 1)
    return Gap(len(members), common, tuple(m.text for m in members[:EXAMPLES]), topic)
