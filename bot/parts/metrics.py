"""GET /metrics: what is counted all over the desk, for Prometheus. No text, name or number of people."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from bot.desk.spread import BOUNDS, Spread
from bot.domain.errors import StoreError
from bot.domain.match import Decision
from bot.parts.loop import Loop
from bot.store.engine import Store
from bot.store.figures import Figures, figures

__all__ = ["CONTENT_TYPE_LATEST", "Counted", "exposition"]
_NAME = "legal_desk_"
_DECISIONS = {"answer": Decision.ANSWER, "did-you-mean": Decision.SUGGEST, "not-sure": Decision.QUEUE}


@dataclass(frozen=True, slots=True)
class Counted:
    """Where in this process things are counted."""

    turns: Mapping[str, int]
    turn_seconds: Spread
    sends: Mapping[str, int]
    reminders: Callable[[], int]
    loops: tuple[Loop, ...]
    faq_entries: Callable[[], int]


async def exposition(store: Store, counted: Counted) -> bytes:
    """The page; when the database does not answer, `store_up` is 0 and what it would tell is left out."""
    try:
        async with store.read(survey=True) as tx:
            found: Figures | None = await figures(tx)
    except StoreError:
        found = None
    registry = CollectorRegistry()
    registry.register(_Page(counted, found))
    ProcessCollector(registry=registry)
    return generate_latest(registry)


@dataclass(eq=False, slots=True)
class _Page(Collector):
    counted: Counted
    figures: Figures | None

    def collect(self) -> Iterable[Metric]:
        """All metrics."""
        made = self.counted
        yield _counter("turns", "Turns by outcome", "outcome", made.turns)
        decided = {str(d): made.turns.get(outcome, 0) for outcome, d in _DECISIONS.items()}
        yield _counter("decisions", "What was done with questions", "decision", decided)
        yield _histogram("turn_seconds", "From the start of a turn to its commit", made.turn_seconds)
        yield _counter("sends", "Sendings by outcome", "outcome", made.sends)
        yield _counter("reminders_fired", "Reminders that came due", "", {"": made.reminders()})
        yield _counter("loop_rounds", "Rounds", "loop", {x.name: x.rounds for x in made.loops})
        yield _counter("loop_failures", "Failed rounds", "loop", {x.name: x.failures for x in made.loops})
        yield _gauge("faq_entries", "Entries that may be served", made.faq_entries())
        yield _gauge("store_up", "Whether the database answers", int(self.figures is not None))
        if self.figures is not None:
            yield from _stored(self.figures)


def _stored(found: Figures) -> Iterable[Metric]:
    cases = GaugeMetricFamily(f"{_NAME}cases", "Requests that are not closed", labels=["state"])
    for state, count in found.cases.items():
        cases.add_metric([state], count)
    yield cases
    yield _gauge("queue_oldest_seconds", "Age of the oldest unclaimed request", found.oldest_open)
    yield _gauge("cases_late", "Unanswered requests whose promised time is over", found.late)
    yield _gauge("inbox_waiting", "Messages whose turn has not come", found.inbox_waiting)
    yield _gauge("inbox_oldest_seconds", "Age of the oldest of them", found.inbox_oldest)
    yield _gauge("inbox_failed", "Messages set aside after errors", found.inbox_failed)
    yield _gauge("outbox_waiting", "Messages to be sent", found.outbox_waiting)
    yield _gauge("outbox_lag_seconds", "How long the first of them is overdue", found.outbox_lag)
    yield _gauge("outbox_dead", "Messages that could not be delivered", found.outbox_dead)
    yield _gauge("reminders_planned", "Reminders that wait", found.reminders_planned)
    yield _gauge("reminders_lag_seconds", "How long the first of them is overdue", found.reminders_lag)
    yield _gauge("quarantined", "Updates that could not be read", found.quarantined)


def _counter(name: str, what: str, label: str, values: Mapping[str, int]) -> CounterMetricFamily:
    made = CounterMetricFamily(_NAME + name, what, labels=[label] if label else [])
    for value, count in values.items():
        made.add_metric([value] if label else [], count)
    return made


def _gauge(name: str, what: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(_NAME + name, what, value=value)


def _histogram(name: str, what: str, spread: Spread) -> HistogramMetricFamily:
    buckets, reached = [], 0
    for bound, count in zip((*map(str, BOUNDS), "+Inf"), spread.counts, strict=True):
        reached += count
        buckets.append((bound, reached))
    return HistogramMetricFamily(_NAME + name, what, buckets=buckets, sum_value=spread.total)
