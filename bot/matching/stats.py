"""What the library holds, in figures, and which entries are nearly the same."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from datetime import date

import numpy as np

from bot.domain.faq import EntryId, TopicId
from bot.matching.engine import Engine
from bot.matching.groups import groups_of
from bot.matching.library import Library
from bot.matching.signing import signature_valid
from bot.matching.words import Splitter

NEAR = 0.8
_HAN = re.compile(r"[\u4e00-\u9fff0-9]")


@dataclass(frozen=True, slots=True)
class Near:
    """Two phrasings of different entries that are nearly the same, with their cosine."""

    entry: EntryId
    phrasing: str
    other: EntryId
    other_phrasing: str
    cosine: float


@dataclass(frozen=True, slots=True)
class Stats:
    """`answer_chars` are the shortest, median and longest answers."""

    entries: int
    served: int
    signed: int
    phrasings: int
    by_topic: tuple[tuple[TopicId, int], ...]
    overdue: tuple[EntryId, ...]
    answer_chars: tuple[int, int, int]
    near: tuple[Near, ...]


def stats(library: Library, today: date, *, near: int = 50) -> Stats:
    """The figures; at most `near` pairs of near-duplicates, closest first."""
    entries = list(library.entries.values())
    lengths = sorted(len(_HAN.findall(e.answer)) for e in entries) or [0]
    by_topic = Counter(e.topic for e in entries)
    return Stats(
        entries=len(entries),
        served=len(library.served),
        signed=sum(signature_valid(e) for e in entries),
        phrasings=sum(len(e.phrasings) for e in entries),
        by_topic=tuple((t, by_topic[t]) for t in library.topics),
        overdue=tuple(e.id for e in entries if e.review_by < today),
        answer_chars=(lengths[0], lengths[len(lengths) // 2], lengths[-1]),
        near=near_duplicates(library)[:near],
    )


def near_duplicates(library: Library) -> tuple[Near, ...]:
    """Pairs of phrasings of different entries with a cosine of at least NEAR, closest first."""
    groups, _ = groups_of(library.served, library.topics, library.hints, library.laws)
    engine = Engine(groups, Splitter(library.lexicon.concepts), plain=True)
    texts = [p for g in groups for p in g.phrasings]
    out: list[Near] = []
    for row, text in enumerate(texts):
        cosines = engine.index.cosines(engine.query(text))
        for other in np.flatnonzero(cosines >= NEAR).tolist():
            mine, theirs = (library.served[int(engine.group_of_row[r])].id for r in (row, other))
            if other > row and mine != theirs:
                out.append(Near(mine, text, theirs, texts[other], round(float(cosines[other]), 3)))
    return tuple(sorted(out, key=lambda n: -n.cosine))
