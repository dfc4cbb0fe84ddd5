"""Does every phrasing find its own entry when it is not in the library? And which entries steal?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace

from bot.domain.faq import Entry, EntryId
from bot.domain.match import Thresholds
from bot.matching.library import Library
from bot.matching.matcher import Matcher

Progress = Callable[[int, int], None]
FOLDS = 5


@dataclass(frozen=True, slots=True)
class Miss:
    """A phrasing that did not come first for its entry: what did, and with which probability."""

    phrasing: str
    entry: EntryId
    thief: EntryId | None
    probability: float
    rank: int
    wrong_answer: bool


@dataclass(frozen=True, slots=True)
class SelfTest:
    """`breaks` would be answered wrongly: they fail. `not_hit` are `not:` phrasings answered anyway."""

    phrasings: int
    first: int
    among_three: int
    misses: tuple[Miss, ...]
    breaks: tuple[Miss, ...]
    not_hit: tuple[Miss, ...]
    thieves: tuple[tuple[EntryId, int], ...]

    @property
    def passed(self) -> bool:
        """Whether nothing would be answered wrongly."""
        return not self.breaks and not self.not_hit

    def victims(self, thief: EntryId) -> tuple[tuple[EntryId, int], ...]:
        """Whose phrasings this entry takes, and how many; who loses most comes first."""
        return tuple(Counter(m.entry for m in self.misses if m.thief == thief).most_common())


def self_test(library: Library, thresholds: Thresholds, progress: Progress | None = None) -> SelfTest:
    """Each phrasing is asked of a library that lacks it (in five folds), each `not:` of the whole library."""
    total = sum(len(e.phrasings) + len(e.not_) for e in library.served)
    misses: list[Miss] = []
    ranks: Counter[int] = Counter()
    done = 0
    for fold in range(FOLDS):
        matcher = Matcher.of(replace(library, served=tuple(without(e, fold) for e in library.served)))
        for entry in library.served:
            for phrasing in held_out(entry, fold):
                rank, miss = _asked(matcher, phrasing, entry, thresholds)
                ranks[rank] += 1
                misses += [miss] if miss else []
                done += 1
                if progress:
                    progress(done, total)
    not_hit = _not_hit(library, thresholds, lambda n: progress(done + n, total) if progress else None)
    thieves = Counter(m.thief for m in misses if m.thief is not None)
    breaks = tuple(m for m in misses if m.wrong_answer)
    return SelfTest(
        phrasings=ranks.total(),
        first=ranks[1],
        among_three=ranks[1] + ranks[2] + ranks[3],
        misses=tuple(misses),
        breaks=breaks,
        not_hit=not_hit,
        thieves=tuple(thieves.most_common()),
    )


def held_out(entry: Entry, fold: int) -> tuple[str, ...]:
    """The entry's phrasings that this fold asks; an entry with one phrasing is not tested."""
    return entry.phrasings[fold::FOLDS] if len(entry.phrasings) > FOLDS else entry.also[fold::FOLDS]


def without(entry: Entry, fold: int) -> Entry:
    """The entry without the fold's phrasings."""
    gone = set(held_out(entry, fold))
    left = [p for p in entry.phrasings if p not in gone]
    return replace(entry, question=left[0], also=tuple(left[1:]))


def _asked(matcher: Matcher, phrasing: str, entry: Entry, thresholds: Thresholds) -> tuple[int, Miss | None]:
    items = matcher.match(phrasing, limit=5).items
    rank = next((n for n, m in enumerate(items, 1) if m.entry == entry.id), 0)
    if rank == 1:
        return rank, None
    thief, p = (items[0].entry, items[0].probability) if items else (None, 0.0)
    return rank, Miss(phrasing, entry.id, thief, p, rank, p >= thresholds.answer)


def _not_hit(library: Library, thresholds: Thresholds, progress: Callable[[int], None]) -> tuple[Miss, ...]:
    matcher = Matcher.of(library)
    out: list[Miss] = []
    number = 0
    for entry in library.served:
        for phrasing in entry.not_:
            items = matcher.match(phrasing, limit=1).items
            if items and items[0].entry == entry.id and items[0].probability >= thresholds.answer:
                out.append(Miss(phrasing, entry.id, entry.id, items[0].probability, 1, True))
            number += 1
            progress(number)
    return tuple(out)
