"""All that is known of a group (an entry, a topic) as one weighted bag of terms."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bot.matching.index import KIND_WEIGHT, Floats, Index, Ints, Query

MAX_TRAINED = 2000
"""Groups; the training takes seconds there, and eight times as long with twice as many. Without it the
probabilities say little: a library of more entries than this needs another way."""
TRAINING_STEPS = 6
TRAINING_ROWS = 2000
PRUNED_FROM = 200
COMMON = 0.4
START = 2.0


@dataclass(frozen=True, slots=True)
class PoolScores:
    """For every group: log-probability among the groups, and the strength that it comes from."""

    log_p: Floats
    strength: Floats


class Pool:
    """Groups of rows. Immutable after build."""

    def __init__(
        self,
        index: Index,
        group_of_row: Ints,
        group_of_more: Ints,
        groups: int,
        *,
        saturation: float = 4.0,
        more_weight: float = 1.0,
    ) -> None:
        self.groups = groups
        self._index = index
        self._saturation = saturation
        self._count(group_of_row, group_of_more, more_weight)
        self._mix = self._train(group_of_row) if 1 < groups <= MAX_TRAINED else None
        del self._keys, self._counts  # only the training looks at them

    def _count(self, group_of_row: Ints, group_of_more: Ints, more_weight: float) -> None:
        index, terms = self._index, len(self._index.kinds)
        rows = np.repeat(group_of_row, np.diff(index.starts)).astype(np.int64) * terms + index.terms
        more = (
            np.repeat(group_of_more, np.diff(index.more_starts)).astype(np.int64) * terms + index.more_terms
        )
        keys, where = np.unique(np.concatenate([rows, more]), return_inverse=True)
        gains = np.concatenate([np.ones(len(rows)), np.full(len(more), more_weight)])
        counts = np.bincount(where, gains, len(keys)).astype(np.float32)
        self._keys, self._counts = keys, counts
        group, term = (keys // terms).astype(np.int32), (keys % terms).astype(np.int32)
        asked = np.bincount(group_of_row, np.diff(index.starts), self.groups)
        length = 0.5 + 0.5 * asked / max(float(asked.mean()), 1e-6)
        self._damping = (self._saturation * length).astype(np.float32)
        spread = np.bincount(term, np.minimum(counts, 1.0), terms)
        by_kind = np.array(KIND_WEIGHT, np.float32)[index.kinds]
        self._icf = (np.log((self.groups + 1) / (spread + 0.5)).clip(0.05) * by_kind).astype(np.float32)
        if self.groups > PRUNED_FROM:
            self._icf[spread > COMMON * self.groups] = 0
        weight = counts / (counts + self._damping[group]) * self._icf[term]
        useful = weight > 0
        group, term, weight = group[useful], term[useful], weight[useful]
        order = np.lexsort((group, term))
        self._group, self._weight = group[order], weight[order].astype(np.float32)
        self._starts = np.concatenate([[0], np.cumsum(np.bincount(term, minlength=terms))]).astype(np.int64)

    def _train(self, group_of_row: Ints) -> Floats:
        """Learn to tell groups apart from each row's scores, its own part in its group taken out."""
        index = self._index
        taught = np.arange(0, index.size, max(1, -(-index.size // TRAINING_ROWS)))
        terms, row = index.row_terms(taught)
        labels, size = group_of_row[taught], len(taught)
        scores = self._all_scores(terms, row, size)
        key = labels[row].astype(np.int64) * len(index.kinds) + terms
        left = self._counts[np.searchsorted(self._keys, key)] - 1
        own = left / (left + self._damping[labels[row]]) * self._icf[terms]
        scores[np.arange(size), labels] = np.bincount(row, own, size)
        scores /= np.sqrt(np.bincount(row, self._icf[terms], size) + 1e-6)[:, None]
        return _softmax_mix(scores.astype(np.float32), labels, self.groups)

    def _all_scores(self, terms: Ints, row: NDArray[np.intp], size: int) -> NDArray[np.float64]:
        out = np.zeros((size, self.groups))
        step = 4096
        for first in range(0, len(row), step):
            some = terms[first : first + step]
            begins, ends = self._starts[some], self._starts[some + 1]
            spans = ends - begins
            at = np.repeat(begins - np.concatenate([[0], np.cumsum(spans)[:-1]]), spans) + np.arange(
                int(spans.sum())
            )
            low, high = int(row[first]), int(row[min(first + step, len(row)) - 1]) + 1
            cell = (np.repeat(row[first : first + step], spans) - low) * self.groups + self._group[at]
            part = np.bincount(cell, self._weight[at], (high - low) * self.groups)
            out[low:high] += part.reshape(high - low, self.groups)
        return out

    def scores(self, query: Query) -> PoolScores:
        """All groups against the query."""
        known = query.ids[query.ids >= 0]
        begins = self._starts[known]
        spans = self._starts[known + 1] - begins
        ends = np.cumsum(spans)
        at = np.repeat(begins - ends + spans, spans) + np.arange(ends[-1] if len(ends) else 0)
        raw = np.bincount(self._group[at], self._weight[at], self.groups)
        strength = (raw / np.sqrt(float(self._icf[known].sum()) + 1e-6)).astype(np.float32)
        return PoolScores(self._log_p(strength), strength)

    def _log_p(self, strength: Floats) -> Floats:
        logits = strength @ self._mix if self._mix is not None else strength * START
        logits = logits - logits.max(initial=0)
        out: Floats = (logits - np.log(np.exp(logits).sum() + 1e-9)).astype(np.float32)
        return out


def _softmax_mix(scores: Floats, labels: Ints, groups: int) -> Floats:
    """Groups × groups: how each group's score speaks for every group (bounded Newton steps of a softmax)."""
    gram = scores.T @ scores
    scale = float(np.trace(gram)) / groups
    eye = np.eye(groups, dtype=np.float32)
    step = np.linalg.inv(gram / 2 + 0.02 * scale * eye)
    mix = eye * np.float32(START / max(float(scores.std()), 1e-6))
    target = scores.T @ eye[labels]
    for _ in range(TRAINING_STEPS):
        logits = scores @ mix
        logits -= logits.max(axis=1, keepdims=True)
        np.exp(logits, out=logits)
        logits /= logits.sum(axis=1, keepdims=True)
        pull = target - scores.T @ logits - 0.01 * scale * (mix - np.diag(np.diag(mix)))
        mix = mix + step @ pull
    return mix.astype(np.float32)
