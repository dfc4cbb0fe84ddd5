"""How alike a question and a phrasing are, as numbers between about 0 and 1; all candidates at once."""

from __future__ import annotations

import re
from array import array
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz, process

from bot.matching.index import Floats, Index, Query
from bot.matching.sounds import spoken
from bot.matching.words import CHAR, CONCEPT, KINDS, PAIR, WORD, Words

NAMES = (
    "q_words", "q_chars", "q_pairs", "q_concepts", "p_words", "p_chars", "p_pairs", "p_concepts",
    "cosine", "ratio", "token_sort", "sound", "heaviest_q", "heaviest_p",
    "missing_q", "missing_p", "same", "numbers", "length", "query_length", "negation",
    "f_words", "f_pairs", "both_words", "both_pairs", "contained", "bias",
)  # fmt: skip
_AT = {name: n for n, name in enumerate(NAMES)}
_NEGATION = re.compile(r"不|没|无|未|别|非|拒|not\b|n't|never|no\b|without")
_A_NOT_A = re.compile(r"([\u4e00-\u9fff])[不没]\1|不过|不仅|不但|没事|不好意思|无论|不管|别人|非常")


class Pages:
    """What is kept of every phrasing for comparison, beside the index; filled row by row."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.spaced: list[str] = []
        self.numbers: dict[int, frozenset[str]] = {}
        self.negations = array("B")

    def add(self, words: Words) -> None:
        """Keep the next row."""
        if words.numbers:
            self.numbers[len(self.texts)] = words.numbers
        self.texts.append(words.text)
        self.spaced.append(words.spaced)
        self.negations.append(min(negations(words.text), 9))


@dataclass(frozen=True, slots=True)
class Comparison:
    """Features (candidates × NAMES) and which terms of the query stand in which candidate."""

    features: Floats
    shared: NDArray[np.bool_]


def negations(text: str) -> int:
    """How many negations the text has; A不A questions and fixed words do not count."""
    return len(_NEGATION.findall(_A_NOT_A.sub("", text)))


def compare(index: Index, pages: Pages, query: Query, rows: NDArray[np.intp], cosine: Floats) -> Comparison:
    """One row of features (in the order of NAMES) for each candidate row."""
    out = np.ones((len(rows), len(NAMES)), np.float32)
    shared = _overlaps(index, query, rows, out)
    out[:, _AT["cosine"]] = cosine
    picked = [pages.texts[r] for r in rows]
    _strings(query.words, picked, [pages.spaced[r] for r in rows], out)
    _texts(query.words, picked, [pages.negations[r] for r in rows], out)
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
    inter = shared.astype(np.float32) @ by_kind
    of_row = index.sums[rows]
    q, p = _share(inter, by_kind.sum(axis=0)[None, :]), _share(inter, of_row)
    out[:, 0:4], out[:, 4:8] = q, p
    out[:, _AT["f_words"]] = 2 * q[:, WORD] * p[:, WORD] / (q[:, WORD] + p[:, WORD] + 1e-6)
    out[:, _AT["f_pairs"]] = 2 * q[:, PAIR] * p[:, PAIR] / (q[:, PAIR] + p[:, PAIR] + 1e-6)
    out[:, _AT["both_words"]] = np.minimum(q[:, WORD], p[:, WORD]) ** 2
    out[:, _AT["both_pairs"]] = np.minimum(q[:, PAIR], p[:, PAIR]) ** 2
    out[:, _AT["contained"]] = q[:, PAIR] ** 3
    missing = ~shared * np.where(query.kinds == WORD, query.weights, 0)[None, :]
    out[:, _AT["heaviest_q"]] = missing.max(axis=1, initial=0) / index.top_idf
    out[:, _AT["missing_q"]] = np.log1p(missing.sum(axis=1)) / 4
    lone = np.where(~found & (index.kinds[terms] == WORD), index.idf[terms], 0)
    begins = np.flatnonzero(np.diff(owner, prepend=-1))
    heaviest = np.zeros(len(rows), np.float32)
    heaviest[owner[begins]] = np.maximum.reduceat(lone, begins) if len(begins) else 0
    out[:, _AT["heaviest_p"]] = heaviest / index.top_idf
    out[:, _AT["missing_p"]] = np.log1p(np.maximum(of_row[:, WORD] - inter[:, WORD], 0)) / 4
    return shared


def _share(inter: Floats, total: Floats) -> Floats:
    share = (inter / np.maximum(total, 1e-6)).astype(np.float32)
    share[:, PAIR] = np.where(total[:, PAIR] > 0, share[:, PAIR], share[:, CHAR])
    share[:, CONCEPT] = np.where(total[:, CONCEPT] > 0, share[:, CONCEPT], share[:, WORD])
    return share


def _strings(words: Words, texts: list[str], spaced: list[str], out: Floats) -> None:
    kind = np.float32
    ratio = process.cdist([words.text], texts, scorer=fuzz.ratio, dtype=kind)[0]
    token_sort = process.cdist([words.spaced], spaced, scorer=fuzz.token_sort_ratio, dtype=kind)[0]
    heard = process.cdist([spoken(words.text)], list(map(spoken, texts)), scorer=fuzz.ratio, dtype=kind)[0]
    out[:, _AT["ratio"]] = ratio / 100
    out[:, _AT["token_sort"]] = token_sort / 100
    out[:, _AT["sound"]] = (heard - ratio) / 100


def _texts(words: Words, texts: list[str], negated: list[int], out: Floats) -> None:
    length = float(len(words.text)) or 1.0
    lengths = np.array([len(t) for t in texts], np.float32)
    out[:, _AT["same"]] = [t == words.text for t in texts]
    out[:, _AT["length"]] = np.abs(lengths - length) / (lengths + length)
    out[:, _AT["query_length"]] = np.log1p(length) / 5
    own = negations(words.text)
    out[:, _AT["negation"]] = [min(abs(n - own), 2) / 2 for n in negated]


def _number_conflict(words: Words, numbers: frozenset[str] | None) -> float:
    return float(bool(numbers and words.numbers and not numbers & words.numbers))
