"""How well the FAQ answers a file of questions: decisions, ranks, wrong answers, calibration, speed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from time import perf_counter_ns

import numpy as np

from bot.domain.faq import Entry
from bot.domain.match import Decision, Matches, Thresholds
from bot.matching.library import Library
from bot.matching.matcher import Matcher
from bot.matching.questions import Asked, law_name

Progress = Callable[[int, int], None]
BINS = 15


@dataclass(frozen=True, slots=True)
class Outcome:
    """One question and what happened to it. `rank` is the first right entry's, from 1; 0 when none is."""

    asked: Asked
    matches: Matches
    decision: Decision
    rank: int
    micros: float

    @property
    def judged(self) -> bool:
        """Whether the file says what is right."""
        return bool(self.asked.entry or self.asked.articles or self.asked.none)

    def row(self) -> dict[str, object]:
        """The line of a dump file."""
        items = [{"entry": m.entry, "probability": round(m.probability, 4)} for m in self.matches.items[:5]]
        topics = [{"topic": t.topic, "probability": round(t.probability, 4)} for t in self.matches.topics[:3]]
        kind = {"danger": self.matches.danger, "small_talk": self.matches.small_talk}
        return {"question": self.asked.text, "decision": self.decision, "rank": self.rank, **kind,
                "items": items, "topics": topics}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Report:
    """Counts of decisions; r1, r3 over the questions with a right entry named; ece over all judged."""

    n: int
    answer: int
    suggest: int
    queue: int
    r1: float
    r3: float
    wrong_answers: int
    ece: float
    p50_us: float
    p99_us: float
    answerable: int = 0
    r1_answerable: float = 0.0

    def as_dict(self) -> dict[str, float]:
        """For JSON."""
        return asdict(self)


def outcomes(
    matcher: Matcher,
    library: Library,
    asked: Sequence[Asked],
    thresholds: Thresholds,
    progress: Progress | None = None,
) -> Iterator[Outcome]:
    """Every question matched once."""
    for number, question in enumerate(asked, 1):
        began = perf_counter_ns()
        matches = matcher.match(question.text)
        micros = (perf_counter_ns() - began) / 1000
        yield Outcome(
            question, matches, decide(thresholds, matches), _rank(matches, question, library), micros
        )
        if progress:
            progress(number, len(asked))


def decide(thresholds: Thresholds, matches: Matches) -> Decision:
    """The decision for a whole message: talk that opens nothing is never answered from the FAQ."""
    return Decision.QUEUE if matches.small_talk else thresholds.decide(matches)


def _rank(matches: Matches, asked: Asked, library: Library) -> int:
    for rank, match in enumerate(matches.items, 1):
        entry = library.entries.get(match.entry)
        if entry is not None and is_right(entry, asked):
            return rank
    return 0


def is_right(entry: Entry, asked: Asked) -> bool:
    """By the entry's id, or by one of the articles it rests on."""
    if asked.entry:
        return entry.id == asked.entry
    return any(law_name(f"{c.law}{c.article}") in asked.articles for c in entry.basis)


def report(done: Sequence[Outcome], library: Library) -> Report:
    """The figures of a run."""
    judged = [o for o in done if o.judged]
    named = [o for o in judged if not o.asked.none]
    known = [o for o in named if any(is_right(e, o.asked) for e in library.served)]
    count = {d: sum(o.decision is d for o in done) for d in Decision}
    wrong = sum(o.decision is Decision.ANSWER and o.rank != 1 for o in judged)
    micros = np.array([o.micros for o in done] or [0.0])
    return Report(
        n=len(done),
        answer=count[Decision.ANSWER],
        suggest=count[Decision.SUGGEST],
        queue=count[Decision.QUEUE],
        r1=_share(named, 1),
        r3=_share(named, 3),
        wrong_answers=wrong,
        ece=calibration_error([_best(o) for o in judged], [o.rank == 1 for o in judged]),
        p50_us=round(float(np.percentile(micros, 50)), 1),
        p99_us=round(float(np.percentile(micros, 99)), 1),
        answerable=len(known),
        r1_answerable=_share(known, 1),
    )


def _best(outcome: Outcome) -> float:
    return outcome.matches.items[0].probability if outcome.matches.items else 0.0


def _share(named: Sequence[Outcome], within: int) -> float:
    return round(sum(0 < o.rank <= within for o in named) / len(named), 4) if named else 0.0


def calibration_error(probabilities: Sequence[float], right: Sequence[bool]) -> float:
    """Expected calibration error over 15 equal bins; 0 when there is nothing to judge."""
    if not probabilities:
        return 0.0
    p, y = np.array(probabilities), np.array(right, float)
    bins = np.minimum((p * BINS).astype(int), BINS - 1)
    gaps = [
        abs(p[bins == b].mean() - y[bins == b].mean()) * float((bins == b).mean()) for b in set(bins.tolist())
    ]
    return round(float(sum(gaps)), 4)
