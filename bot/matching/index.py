"""All phrasings as sparse rows and columns of weighted terms: finds the few candidates worth comparing."""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain, repeat

import marisa_trie
import numpy as np
from numpy.typing import NDArray

from bot.matching.words import KINDS, PAIR, STOP, Words

Ints = NDArray[np.int32]
Floats = NDArray[np.float32]
Scores = NDArray[np.float64]
KIND_WEIGHT = (1.0, 0.35, 0.8, 0.9)
STOP_WEIGHT = 0.35
POSTINGS_BUDGET = 60_000


_KIND_NUMBERS = np.arange(KINDS, dtype=np.int8)
NO_TERMS = np.zeros(0, np.int32)


@dataclass(frozen=True, slots=True)
class Query:
    """A text seen through the index. Unknown terms keep a weight but have no id (-1)."""

    words: Words
    ids: Ints
    kinds: NDArray[np.int8]
    stop: NDArray[np.bool_]
    weights: Floats
    order: Ints


class Index:
    """Immutable after build. Rows are phrasings, numbered as given; `more` are texts kept beside them.

    A term's number is its place in the vocabulary of its kind, after those of the kinds before.
    """

    def __init__(self, rows: Iterable[Words], more: Iterable[Words] = ()) -> None:
        seen: list[dict[str, int]] = [{} for _ in range(KINDS)]
        terms, self.starts = _numbered(rows, seen)
        more_terms, self.more_starts = _numbered(more, seen)
        self._vocab = tuple(map(marisa_trie.Trie, seen))
        sizes = [len(vocab) for vocab in self._vocab]
        self._first = np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(np.int32)
        self.kinds = np.repeat(_KIND_NUMBERS, sizes)
        number = np.empty(sum(sizes), np.int32)
        for first, vocab, old in zip(self._first.tolist(), self._vocab, seen, strict=True):
            number[list(old.values())] = [first + vocab[term] for term in old]
        self.terms, self.more_terms = number[terms], number[more_terms]
        self.size = len(self.starts) - 1
        self._weigh()
        self._invert()

    def built(self) -> None:
        """Let go of what only those look at who build on the index."""
        self.more_terms, self.more_starts = NO_TERMS, np.zeros(1, np.int64)

    def _weigh(self) -> None:
        df = np.bincount(self.terms, minlength=len(self.kinds))
        self.idf = np.log1p((self.size - df + 0.5) / (df + 0.5)).astype(np.float32)
        self.top_idf = float(np.log1p((self.size + 0.5) / 0.5))
        self.stop = np.zeros(len(self.kinds), np.bool_)
        for first, vocab in zip(self._first.tolist(), self._vocab, strict=True):
            self.stop[[first + vocab[s] for s in STOP if s in vocab]] = True
        self.idf[self.stop] *= STOP_WEIGHT
        self._scale = np.array(KIND_WEIGHT, np.float32)
        weights = self.idf * self._scale[self.kinds]
        rows = np.repeat(np.arange(self.size), np.diff(self.starts))
        cell = rows * KINDS + self.kinds[self.terms]
        sums = np.bincount(cell, self.idf[self.terms], self.size * KINDS)
        self.sums = sums.reshape(-1, KINDS).astype(np.float32)
        squares = np.bincount(rows, weights[self.terms] ** 2, self.size)
        self.norms = np.sqrt(squares + 1e-6).astype(np.float32)

    def _invert(self) -> None:
        # of the kind that bincount counts without a copy
        rows = np.repeat(np.arange(self.size, dtype=np.intp), np.diff(self.starts))
        self.postings = rows[np.argsort(self.terms, kind="stable")]
        counts = np.bincount(self.terms, minlength=len(self.kinds))
        self.posting_starts = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)

    def pairs(self) -> dict[str, int]:
        """The pairs of characters that the rows have, with the number of rows."""
        counts = np.bincount(self.terms, minlength=len(self.kinds))[self._first[PAIR] :].tolist()
        return {pair: counts[n] for pair, n in self._vocab[PAIR].items() if counts[n]}

    def row_terms(self, rows: NDArray[np.intp]) -> tuple[Ints, NDArray[np.intp]]:
        """The terms of these rows one after another, and for each the position of its row."""
        begins = self.starts[rows]
        lengths = self.starts[rows + 1] - begins
        owner = np.repeat(np.arange(len(rows)), lengths)
        at = np.arange(int(lengths.sum())) + np.repeat(begins - np.cumsum(lengths) + lengths, lengths)
        return self.terms[at], owner

    def query(self, words: Words) -> Query:
        """The words as term numbers and weights."""
        ids: list[int] = []
        sizes: list[int] = []
        for vocab, terms in zip(self._vocab, words.terms, strict=True):
            ids.extend(map(vocab.get, terms, repeat(-1)))
            sizes.append(len(terms))
        number = np.array(ids, np.int32)
        kind_of = np.repeat(_KIND_NUMBERS, sizes)
        number = np.where(number < 0, -1, number + self._first[kind_of])
        return self._weighed(words, number, kind_of, self._stops(words, number))

    def _stops(self, words: Words, number: Ints) -> NDArray[np.bool_]:
        stop = self.stop[number] if len(self.stop) else np.zeros(len(number), np.bool_)
        unknown = np.flatnonzero(number < 0)
        if len(unknown):
            every = list(chain.from_iterable(words.terms))
            stop[unknown] = [every[n] in STOP for n in unknown.tolist()]
        return stop

    def _weighed(self, words: Words, number: Ints, kinds: NDArray[np.int8], stop: NDArray[np.bool_]) -> Query:
        unseen = np.where(stop, self.top_idf * STOP_WEIGHT, self.top_idf)
        known = self.idf[number] if len(self.idf) else unseen
        weights = np.where(number >= 0, known, unseen).astype(np.float32)
        return Query(words, number, kinds, stop, weights, np.argsort(number).astype(np.int32))

    def numbers_of(self, other: Index) -> Ints:
        """For every term of `other` its number here, or -1; one more at the end stands for unknown ones."""
        out = np.full(len(other.kinds) + 1, -1, np.int32)
        firsts = zip(self._first.tolist(), other._first.tolist(), strict=True)
        for (first, other_first), own, theirs in zip(firsts, self._vocab, other._vocab, strict=True):
            for term, number in theirs.items():
                if term in own:
                    out[other_first + number] = first + own[term]
        return out

    def seen_here(self, query: Query, numbers: Ints) -> Query:
        """A query of another index, whose terms have these `numbers` here (see `numbers_of`)."""
        number = numbers[query.ids]
        unknown = np.flatnonzero(query.ids < 0)
        if len(unknown):
            every = list(chain.from_iterable(query.words.terms))
            kinds = query.kinds[unknown]
            vocabs = [self._vocab[k] for k in kinds.tolist()]
            ids = [v.get(every[n], -1) for v, n in zip(vocabs, unknown.tolist(), strict=True)]
            number[unknown] = np.where(np.array(ids) < 0, -1, ids + self._first[kinds])
        return self._weighed(query.words, number, query.kinds, query.stop)

    def candidates(self, query: Query, limit: int) -> tuple[NDArray[np.intp], Floats]:
        """Rows with the highest cosine, best first, and the cosine (over the terms within budget)."""
        scores = self.cosines(query)
        rows = best(scores, limit)
        return rows, scores[rows].astype(np.float32)

    def cosines(self, query: Query) -> Scores:
        """Every row's cosine with the query, commonest terms left out where they would cost too much."""
        known = np.flatnonzero(query.ids >= 0)
        if not len(known):
            return np.zeros(self.size)
        ids = query.ids[known]
        scale = self._scale[query.kinds]
        weight = query.weights * scale
        begins, ends = self.posting_starts[ids], self.posting_starts[ids + 1]
        lengths = ends - begins
        first = np.argsort(lengths)
        total = np.cumsum(lengths[first])
        kept = first[: max(1, int(np.searchsorted(total, POSTINGS_BUDGET, side="right")))]
        spans = zip(begins[kept].tolist(), ends[kept].tolist(), strict=True)
        docs = np.concatenate([self.postings[b:e] for b, e in spans])
        gains = np.repeat((weight[known] ** 2)[kept], lengths[kept])
        length = float(np.sqrt((weight**2).sum()) + 1e-6)
        scores: Scores = np.bincount(docs, gains, self.size) / (self.norms * length)
        return scores


def _numbered(rows: Iterable[Words], seen: list[dict[str, int]]) -> tuple[Ints, NDArray[np.int64]]:
    """The rows' terms one after another, numbered as they come, and where each row begins."""
    flat = array("i")
    ends = array("q", [0])
    known = sum(map(len, seen))
    for row in rows:
        for numbers, terms in zip(seen, row.terms, strict=True):
            for term in terms:
                number = numbers.get(term)
                if number is None:
                    number = numbers[term] = known
                    known += 1
                flat.append(number)
        ends.append(len(flat))
    return np.frombuffer(flat, np.int32) if flat else NO_TERMS, np.frombuffer(ends, np.int64)


def best(scores: Scores, limit: int) -> NDArray[np.intp]:
    """The positions of the highest positive scores, best first."""
    top = float(scores.max(initial=0))
    if top <= 0:
        return np.zeros(0, np.intp)
    if len(scores) > 4 * limit:
        for share in (0.5, 0.25, 0.1):
            rows = np.flatnonzero(scores > top * share)
            if len(rows) >= limit:
                break
    else:
        rows = np.flatnonzero(scores > 0)
    if len(rows) > limit:
        rows = rows[np.argpartition(-scores[rows], limit)[:limit]]
    return rows[np.argsort(-scores[rows], kind="stable")]
