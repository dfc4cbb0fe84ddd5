"""Chinese text cut into words: jieba's way and jieba's counts, in a few megabytes that instances share.

The most probable way through all words of the dictionary; what it leaves as single characters may be a word
that it lacks, which a hidden Markov model of the characters' places in words finds (jieba 0.42, MIT; see
dictionary.LICENSE.txt). rjieba, which has the same dictionary, keeps 35 MB of it in memory.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, lru_cache
from pathlib import Path

import marisa_trie
import numpy as np
from numpy.typing import NDArray

LONGEST = 16
NEVER = -1e30
SINGLE = -17.9
"""A character that is no word of the dictionary, as if it had been counted once."""
FIRST, LAST = 0x4E00, 0x9FFF
BEGIN, MIDDLE, END, ALONE = range(4)
START = (-0.26268660809250016, NEVER, NEVER, -1.4652633398537678)
BEFORE: tuple[tuple[tuple[int, float], ...], ...] = (
    ((END, -0.5897149736854513), (ALONE, -0.7211965654669841)),
    ((BEGIN, -0.916290731874155), (MIDDLE, -1.2603623820268226)),
    ((BEGIN, -0.51082562376599), (MIDDLE, -0.33344856811948514)),
    ((END, -0.8085250474669937), (ALONE, -0.6658631448798212)),
)
"""For each place of a character in a word, the places that the one before it may have."""


def words_of(text: str, *, unknown: bool = True) -> list[str]:
    """The words of a text of letters, in order; `unknown` guesses at words that the dictionary lacks."""
    out: list[str] = []
    single = at = 0
    for end in _path(text):
        if end - at > 1:
            out.extend(_singles(text[single:at], unknown))
            out.append(text[at:end])
            single = end
        at = end
    out.extend(_singles(text[single:], unknown))
    return out


def _path(text: str) -> list[int]:
    """Where the words end, on the most probable way."""
    words, chances = _dictionary()
    found = words.iter_prefixes_with_ids
    size = len(text)
    total = [0.0] * (size + 1)
    ends = [0] * size
    for at in range(size - 1, -1, -1):
        best, end = NEVER, at + 1
        for word, number in found(text[at : at + LONGEST]):
            after = at + len(word)
            value = chances[number] + total[after]
            if value >= best:
                best, end = value, after
        total[at] = best if best > NEVER else SINGLE + total[at + 1]
        ends[at] = end
    out, at = [], 0
    while at < size:
        at = ends[at]
        out.append(at)
    return out


def _singles(run: str, unknown: bool) -> Sequence[str]:
    """A run of characters that the way leaves alone; a word of the dictionary is alone on purpose."""
    if not unknown or len(run) < 2:
        return run
    return _guessed(run)


@lru_cache(4096)
def _guessed(run: str) -> Sequence[str]:
    if run in _dictionary()[0]:
        return run
    out, first = [], 0
    for at, place in enumerate(_places(run)):
        if place >= END:
            out.append(run[first : at + 1])
            first = at + 1
    return out


def _places(run: str) -> list[int]:
    """The most probable place of each character in its word."""
    table = _unknown()
    rows = [table[ord(c) - FIRST].tolist() if FIRST <= ord(c) <= LAST else [NEVER] * 4 for c in run]
    value = [begin + seen for begin, seen in zip(START, rows[0], strict=True)]
    back: list[list[int]] = []
    for row in rows[1:]:
        steps = [max((value[b] + chance, b) for b, chance in before) for before in BEFORE]
        value = [step + seen for (step, _), seen in zip(steps, row, strict=True)]
        back.append([b for _, b in steps])
    place = END if value[END] > value[ALONE] else ALONE
    out = [place]
    for came in reversed(back):
        place = came[place]
        out.append(place)
    return out[::-1]


@cache
def _dictionary() -> tuple[marisa_trie.Trie, memoryview]:
    """The words, and the logarithm of each word's share of all text. Mapped, not read."""
    words = marisa_trie.Trie()
    words.mmap(str(_file("dictionary.marisa")))
    return words, np.load(_file("dictionary.npy"), mmap_mode="r").data


@cache
def _unknown() -> NDArray[np.float32]:
    """Characters × places: the logarithm of how probable the character is there."""
    return np.asarray(np.load(_file("dictionary_unknown.npy"), mmap_mode="r"))


def _file(name: str) -> Path:
    return Path(__file__).with_name(name)
