"""One query against all groups: candidates, comparison, pooled evidence, and a probability for each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bot.matching.features import NAMES, Comparison, Pages, compare
from bot.matching.index import NO_TERMS, Floats, Index, Ints, Query, best
from bot.matching.pool import Pool, PoolScores
from bot.matching.weights import POOL_NAMES, Weights, shipped
from bot.matching.words import CONCEPT, WORD, Splitter, Words

SINGLE_ROWS = 16
POOLED_GROUPS = 10
NEAREST_GROUPS = 4
POOLED_FROM = 2.0


@dataclass(frozen=True, slots=True)
class Group:
    """What the engine knows of one entry: its phrasings, what is not it, and texts that speak of it."""

    phrasings: Sequence[str]
    not_: Sequence[str] = ()
    more: str = ""
    topic: int = 0


@dataclass(frozen=True, slots=True)
class Ranked:
    """Candidate groups with probability (best first), the row that stands for each, and the evidence."""

    groups: list[int]
    probabilities: list[float]
    rows: list[int]
    features: Floats
    shared: NDArray[np.bool_]
    topics: Floats


class Engine:
    """Immutable after build; safe to share between threads."""

    def __init__(
        self,
        groups: Sequence[Group],
        splitter: Splitter,
        *,
        topics: int = 0,
        weights: Weights | None = None,
        plain: bool = False,
    ) -> None:
        """`plain` leaves out what ranking needs beyond the index (for tools that only compare texts)."""
        self.weights = weights or shipped()
        self._splitter = splitter
        self.pages = Pages()
        sizes = [len(g.phrasings) for g in groups]
        self.group_of_row = np.repeat(np.arange(len(groups), dtype=np.int32), sizes)
        self._starts = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
        told = [n for n, g in enumerate(groups) if g.more and not plain]
        more = (splitter.split(groups[n].more) for n in told)
        self.index = Index(self._kept(p for g in groups for p in g.phrasings), more)
        self.pooled = bool(groups) and not plain and sum(sizes) / len(groups) >= POOLED_FROM
        self._pools(groups, np.array(told, np.int32), topics)
        self.index.built()
        self._nots(groups)

    def _kept(self, phrasings: Iterable[str]) -> Iterable[Words]:
        for phrasing in phrasings:
            words = self._splitter.split(phrasing)
            self.pages.add(words)
            yield words

    def _pools(self, groups: Sequence[Group], told: Ints, topics: int) -> None:
        self._topic_of = np.array([g.topic for g in groups], np.int32)
        self._pool = self._topic_pool = None
        if self.pooled:
            self._pool = Pool(
                self.index, self.group_of_row, told, len(groups), saturation=6.0, more_weight=2.0
            )
        if topics > 1:
            of_row, of_more = self._topic_of[self.group_of_row], self._topic_of[told]
            self._topic_pool = Pool(self.index, of_row, of_more, topics, saturation=12.0, more_weight=1.0)

    def _nots(self, groups: Sequence[Group]) -> None:
        rows = [(n, p) for n, g in enumerate(groups) for p in g.not_]
        self._not_group = np.array([n for n, _ in rows], np.int32)
        self._not_index = Index(self._splitter.split(p) for _, p in rows) if rows and self.pooled else None
        self._not_numbers = self._not_index.numbers_of(self.index) if self._not_index else NO_TERMS

    def query(self, text: str) -> Query:
        """The text as this engine sees it."""
        return self.index.query(self._splitter.split(text))

    def rank(self, query: Query) -> Ranked:
        """All candidates with their probabilities; empty when no term is known."""
        topics = self._topic_pool.scores(query).log_p if self._topic_pool else np.zeros(0, np.float32)
        if not self.index.size or not len(query.ids) or query.ids.max() < 0:
            return Ranked(
                [], [], [], np.zeros((0, len(NAMES)), np.float32), np.zeros((0, 0), np.bool_), topics
            )
        if self._pool is None:
            return self._rank_single(query, topics)
        return self._rank_pooled(query, self._pool, topics)

    def _rank_single(self, query: Query, topics: Floats) -> Ranked:
        rows, cosine = self.index.candidates(query, SINGLE_ROWS)
        seen = compare(self.index, self.pages, query, rows, cosine)
        odds = np.exp(np.clip(seen.features @ self.weights.single, -30, 30))
        share = odds / (1 + odds.sum())
        groups = self.group_of_row[rows]
        first: dict[int, int] = {}
        total: dict[int, float] = {}
        for n in np.argsort(-share, kind="stable").tolist():
            group = int(groups[n])
            first.setdefault(group, n)
            total[group] = total.get(group, 0.0) + float(share[n])
        order = sorted(total, key=lambda g: -total[g])
        kept = [first[g] for g in order]
        return self._ranked(order, [total[g] for g in order], rows[kept], seen, kept, topics)

    def _rank_pooled(self, query: Query, pool: Pool, topics: Floats) -> Ranked:
        cosines = self.index.cosines(query)
        scores = pool.scores(query)
        nearest = np.maximum.reduceat(cosines, self._starts[:-1])
        groups = _union(
            best(scores.strength.astype(np.float64), POOLED_GROUPS),
            best(nearest, NEAREST_GROUPS),
            scores.log_p,
        )
        starts = self._starts
        rows = np.array([starts[g] + np.argmax(cosines[starts[g] : starts[g + 1]]) for g in groups], np.intp)
        seen = compare(self.index, self.pages, query, rows, cosines[rows].astype(np.float32))
        more = self._pool_features(query, groups, scores, nearest, topics)
        features = np.concatenate([seen.features, more], axis=1)
        odds = np.exp(np.clip(features @ self.weights.pooled, -30, 30))
        share = odds / (1 + odds.sum())
        order = np.argsort(-share, kind="stable").tolist()
        found = Comparison(features, seen.shared)
        names = [int(groups[n]) for n in order]
        return self._ranked(names, [float(share[n]) for n in order], rows[order], found, order, topics)

    def _pool_features(
        self,
        query: Query,
        groups: NDArray[np.intp],
        scores: PoolScores,
        nearest: NDArray[np.float64],
        topics: Floats,
    ) -> Floats:
        out = np.zeros((len(groups), len(POOL_NAMES)), np.float32)
        log_p, strength = scores.log_p[groups], scores.strength[groups]
        top = np.sort(strength)[::-1]
        other = np.where(strength >= top[0], top[1] if len(top) > 1 else 0.0, top[0])
        out[:, 0] = np.maximum(log_p, -8) / 8
        out[:, 1] = (strength - other) / max(float(top[0]), 1e-6)
        if self._not_index is not None:
            out[:, 2] = self._not_lead(query, groups, nearest)
        if len(topics):
            out[:, 3] = np.maximum(topics[self._topic_of[groups]], -8) / 8
        out[:, 4] = np.exp(log_p)
        rest = np.log(np.maximum(1 - out[:, 4], 1e-6))
        out[:, 5] = np.clip(log_p - rest, -8, 8) / 8
        out[:, 6] = _alien(query)
        out[:, 7] = np.log1p(float((query.kinds == CONCEPT).sum())) / 2
        if len(topics):
            out[:, 8] = -float((np.exp(topics) * topics).sum()) / 3
        return out

    def _not_lead(
        self, query: Query, groups: NDArray[np.intp], nearest: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        assert self._not_index is not None
        near = self._not_index.cosines(self._not_index.seen_here(query, self._not_numbers))
        closest = np.zeros(len(nearest))
        np.maximum.at(closest, self._not_group, near)
        return np.maximum(closest[groups] - nearest[groups], 0)

    def _ranked(
        self,
        groups: list[int],
        shares: list[float],
        rows: NDArray[np.intp],
        seen: Comparison,
        order: list[int],
        topics: Floats,
    ) -> Ranked:
        return Ranked(groups, shares, rows.tolist(), seen.features[order], seen.shared[order], topics)


def _alien(query: Query) -> float:
    """The share of the query's words that nothing in the library knows."""
    words = query.kinds == WORD
    total = float(query.weights[words].sum())
    return float(query.weights[words & (query.ids < 0)].sum()) / total if total else 0.0


def _union(first: NDArray[np.intp], second: NDArray[np.intp], score: Floats) -> NDArray[np.intp]:
    groups = np.unique(np.concatenate([first, second]))
    return groups[np.argsort(-score[groups], kind="stable")]
