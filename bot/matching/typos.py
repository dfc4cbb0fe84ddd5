"""Typing errors: pairs of characters that no phrasing has, mended by sound or shape."""

from __future__ import annotations

from collections.abc import Mapping

import marisa_trie

from bot.matching.dictionary import words_of
from bot.matching.sounds import lookalikes, spoken


class Typos:
    """Knows the pairs that the phrasings use, by sound."""

    def __init__(self, pairs: Mapping[str, int]) -> None:
        self._known = marisa_trie.Trie(pairs)
        self._by_sound: dict[str, str] = {}
        for pair, count in pairs.items():
            if not pair.isascii():
                sound = spoken(pair)
                if count > pairs.get(self._by_sound.get(sound, ""), 0):
                    self._by_sound[sound] = pair

    def mended(self, text: str) -> str:
        """The text with its unknown pairs replaced where one known pair sounds or looks the same."""
        out = list(text)
        solid = _in_words(text)
        for at in range(len(out) - 1):
            pair = out[at] + out[at + 1]
            if solid[at] or solid[at + 1] or pair in self._known or pair.isascii() or not pair.isalnum():
                continue
            better = self._by_sound.get(spoken(pair)) or self._lookalike(pair)
            if better and self._fits(out, at, better):
                out[at : at + 2] = better
        return "".join(out)

    def _fits(self, out: list[str], at: int, better: str) -> bool:
        """Whether the change breaks no known pair beside it."""
        before = at > 0 and better[0] != out[at] and out[at - 1] + out[at] in self._known
        after = at + 2 < len(out) and better[1] != out[at + 1] and out[at + 1] + out[at + 2] in self._known
        return not before and not after

    def _lookalike(self, pair: str) -> str:
        shapes = lookalikes()
        for n in (0, 1):
            for other in shapes.get(pair[n], ""):
                changed = other + pair[1] if n == 0 else pair[0] + other
                if changed in self._known:
                    return changed
        return ""


def _in_words(text: str) -> list[bool]:
    """For each character, whether it is part of a longer word of the dictionary: no typing error."""
    return [len(word) > 1 for word in words_of(text, unknown=False) for _ in word]
