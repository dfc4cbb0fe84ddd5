"""How alike a question and a phrasing are, as a row of numbers between about 0 and 1; all candidates at once."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz, process

from bot.matching.index import Floats, Index, Query
from bot.matching.sounds import spoken
from bot.matching.words import CHAR, CONCEPT, KINDS, PAIR, WORD, Words

NAMES = (
    "q_words", "q_chars", "q_pairs", "q_concepts", "p_words", "p_chars", "p_pairs", "p_concepts",
    "cosine", "ratio", "token_set", "token_sort", "sound", "heaviest_q", "heaviest_p", "missing_q", "missing_p",
    "same", "numbers", "length", "query_length", "negation", "f_words", "f_pairs", "bias",
)  # fmt: skip
_NEGATION = re.compile(r"不|没|无|未|别|非|拒|not\b|n't|never|no\b|without")


class Pages:
    """What is kept of every phrasing for comparison, beside the index."""

    def __init__(self, rows: Sequence[Words]) -> None:
        self.texts = [r.text for r in rows]
        self.spaced = [r.spaced for r in rows]
        self.numbers = [r.numbers for r in rows]
        self.lengths = np.array([len(r.text) for r in rows], np.float32)
        self.negations = np.array([negations(r.text) for r in rows], np.int8)


def negations(text: str) -> int:
    """How many negations the text has (不是, 不过 and A不A questions are not told apart here)."""
    return len(_NEGATION.findall(text))


def hits(index: Index, query: Query, rows: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Candidates × query terms: which terms of the query stand in which row."""
    begins = index.starts[rows]
    lengths = (index.starts[rows + 1] - begins).astype(np.intp)
    total = int(lengths.sum())
    offsets = np.repeat(begins - np.concatenate([[0], np.cumsum(lengths)[:-1]]), lengths) + np.arange(total)
    terms = index.terms[offsets]
    ordered = query.ids[query.order]
    at = np.minimum(np.searchsorted(ordered, terms), len(ordered) - 1)
    found = ordered[at] == terms
    out = np.zeros((len(rows), len(query.ids)), np.bool_)
    out[np.repeat(np.arange(len(rows)), lengths)[found], query.order[at[found]]] = True
    return out


def compare(index: Index, pages: Pages, query: Query, rows: NDArray[np.intp], cosine: Floats) -> Floats:
    """One row of features (in the order of NAMES) for each candidate row."""
    shared = hits(index, query, rows)
    by_kind = np.zeros((len(query.ids), KINDS), np.float32)
    by_kind[np.arange(len(query.ids)), query.kinds] = query.weights
    inter = shared.astype(np.float32) @ by_kind
    of_query = by_kind.sum(axis=0)
    of_row = index.sums[rows]
    q = _share(inter, of_query[None, :].repeat(len(rows), axis=0))
    p = _share(inter, of_row)
    out = np.ones((len(rows), len(NAMES)), np.float32)
    out[:, 0:4], out[:, 4:8] = q, p
    out[:, 8] = cosine
    _strings(pages, query, rows, out)
    _gaps(index, query, rows, shared, inter, out)
    texts = pages.texts
    out[:, 17] = [texts[r] == query.words.text for r in rows]
    out[:, 18] = _number_conflict(pages, query.words, rows)
    length = float(len(query.words.text)) or 1.0
    out[:, 19] = np.abs(pages.lengths[rows] - length) / (pages.lengths[rows] + length)
    out[:, 20] = np.log1p(length) / 5
    out[:, 21] = np.minimum(np.abs(pages.negations[rows] - negations(query.words.text)), 2) / 2
    out[:, 22] = 2 * q[:, WORD] * p[:, WORD] / (q[:, WORD] + p[:, WORD] + 1e-6)
    out[:, 23] = 2 * q[:, PAIR] * p[:, PAIR] / (q[:, PAIR] + p[:, PAIR] + 1e-6)
    return out


def _share(inter: Floats, total: Floats) -> Floats:
    share = inter / np.maximum(total, 1e-6)
    share[:, PAIR] = np.where(total[:, PAIR] > 0, share[:, PAIR], share[:, CHAR])
    share[:, CONCEPT] = np.where(total[:, CONCEPT] > 0, share[:, CONCEPT], share[:, WORD])
    return share


def _strings(pages: Pages, query: Query, rows: NDArray[np.intp], out: Floats) -> None:
    text, texts = query.words.text, [pages.texts[r] for r in rows]
    spaced = [pages.spaced[r] for r in rows]
    out[:, 9] = process.cdist([text], texts, scorer=fuzz.ratio, dtype=np.float32)[0] / 100
    out[:, 10] = process.cdist([query.words.spaced], spaced, scorer=fuzz.token_set_ratio, dtype=np.float32)[0] / 100
    out[:, 11] = process.cdist([query.words.spaced], spaced, scorer=fuzz.token_sort_ratio, dtype=np.float32)[0] / 100
    sounds = [spoken(t) for t in texts]
    alike = process.cdist([spoken(text)], sounds, scorer=fuzz.ratio, dtype=np.float32)[0] / 100
    out[:, 12] = alike - out[:, 9]


def _gaps(
    index: Index, query: Query, rows: NDArray[np.intp], shared: NDArray[np.bool_], inter: Floats, out: Floats
) -> None:
    top = index.top_idf
    word_weight = np.where(query.kinds == WORD, query.weights, 0).astype(np.float32)
    missing = np.where(shared, 0, word_weight[None, :])
    out[:, 13] = missing.max(axis=1, initial=0) / top
    out[:, 15] = np.log1p(missing.sum(axis=1)) / 4
    ids = query.ids
    for n, row in enumerate(rows):
        begin, end = index.starts[row], index.starts[row + 1]
        terms = index.terms[begin:end]
        words = terms[index.kinds[terms] == WORD]
        lone = words[~np.isin(words, ids)]
        out[n, 14] = index.idf[lone].max(initial=0) / top
    out[:, 16] = np.log1p(np.maximum(index.sums[rows][:, WORD] - inter[:, WORD], 0)) / 4


def _number_conflict(pages: Pages, words: Words, rows: NDArray[np.intp]) -> list[float]:
    if not words.numbers:
        return [0.0] * len(rows)
    return [float(bool(n) and not n & words.numbers) for n in (pages.numbers[r] for r in rows)]
