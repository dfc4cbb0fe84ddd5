"""How alike a question and a phrasing are, as numbers between about 0 and 1; all candidates at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz, process

from bot.matching.index import Floats, Index, Query
from bot.matching.sounds import spoken
from bot.matching.words import CHAR, KINDS, PAIR, Words

NAMES = (
    "q_chars", "q_pairs", "p_chars", "f_pairs", "both_pairs", "cosine", "token_sort", "sound",
    "numbers", "length", "query_length", "bias",
)  # fmt: skip
"""`q_`: the share of the question that the phrasing has; `p_`: of the phrasing; `f_`, `both_`: of both."""
_AT = {name: n for n, name in enumerate(NAMES)}


class Pages:
    """What is kept of every phrasing for comparison, beside the index; filled row by row."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.spaced: list[str] = []
        self.numbers: dict[int, frozenset[str]] = {}

    def add(self, words: Words) -> None:
        """Keep the next row."""
        if words.numbers:
            self.numbers[len(self.texts)] = words.numbers
        self.texts.append(words.text)
        self.spaced.append(words.spaced)


@dataclass(frozen=True, slots=True)
class Comparison:
    """Features (candidates × NAMES) and which terms of the query stand in which candidate."""

    features: Floats
    shared: NDArray[np.bool_]


def compare(index: Index, pages: Pages, query: Query, rows: NDArray[np.intp], cosine: Floats) -> Comparison:
    """One row of features (in the order of NAMES) for each candidate row."""
    out = np.ones((len(rows), len(NAMES)), np.float32)
    shared = _overlaps(index, query, rows, out)
    out[:, _AT["cosine"]] = cosine
    picked = [pages.texts[r] for r in rows]
    _strings(query.words, picked, [pages.spaced[r] for r in rows], out)
    _lengths(query.words, picked, out)
    out[:, _AT["numbers"]] = [_number_conflict(query.words, pages.numbers.get(r)) for r in rows.tolist()]
    return Comparison(out, shared)


def _overlaps(index: Index, query: Query, rows: NDArray[np.intp], out: Floats) -> NDArray[np.bool_]:
    terms, owner = index.row_terms(rows)
    ordered = query.ids[query.order]
    at = np.minimum(np.searchsorted(ordered, terms), len(ordered) - 1)
    found = ordered[at] == terms
    shared = np.zeros((len(rows), len(query.ids)), np.bool_)
    shared[owner[found], query.order[at[found]]] = True
    by_kind = np.zeros((len(query.ids), KINDS), np.float32)
    by_kind[np.arange(len(query.ids)), query.kinds] = query.weights
    inter, asked, of_row = shared.astype(np.float32) @ by_kind, by_kind.sum(axis=0), index.sums[rows]
    q_chars, p_chars = _share(inter, asked, CHAR), _share(inter, of_row, CHAR)
    # a text of one character has no pairs
    q_pairs = _share(inter, asked, PAIR) if asked[PAIR] > 0 else q_chars
    p_pairs = np.where(of_row[:, PAIR] > 0, _share(inter, of_row, PAIR), p_chars)
    out[:, _AT["q_chars"]], out[:, _AT["q_pairs"]], out[:, _AT["p_chars"]] = q_chars, q_pairs, p_chars
    out[:, _AT["f_pairs"]] = 2 * q_pairs * p_pairs / (q_pairs + p_pairs + 1e-6)
    out[:, _AT["both_pairs"]] = np.minimum(q_pairs, p_pairs) ** 2
    return shared


def _share(inter: Floats, total: Floats, kind: int) -> Floats:
    return (inter[:, kind] / np.maximum(total[..., kind], 1e-6)).astype(np.float32)


def _strings(words: Words, texts: list[str], spaced: list[str], out: Floats) -> None:
    kind = np.float32
    ratio = process.cdist([words.text], texts, scorer=fuzz.ratio, dtype=kind)[0]
    token_sort = process.cdist([words.spaced], spaced, scorer=fuzz.token_sort_ratio, dtype=kind)[0]
    heard = process.cdist([spoken(words.text)], list(map(spoken, texts)), scorer=fuzz.ratio, dtype=kind)[0]
    out[:, _AT["token_sort"]] = token_sort / 100
    out[:, _AT["sound"]] = (heard - ratio) / 100


def _lengths(words: Words, texts: list[str], out: Floats) -> None:
    length = float(len(words.text)) or 1.0
    lengths = np.array([len(t) for t in texts], np.float32)
    out[:, _AT["length"]] = np.abs(lengths - length) / (lengths + length)
    out[:, _AT["query_length"]] = np.log1p(length) / 5


def _number_conflict(words: Words, numbers: frozenset[str] | None) -> float:
    return float(bool(numbers and words.numbers and not numbers & words.numbers))
