"""Admins' phrases as patterns: plain words, `…` for a short gap, `{name}` for a word list; linear time."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

MAX_GAPS = 3
_GAP = "[^。！？!?;；\\n]{0,8}"
_PART = re.compile(r"\{([^{}]+)\}|…")


class PhraseError(ValueError):
    """A phrase that cannot be compiled; the message says why."""


def pattern(phrase: str, words: Mapping[str, tuple[str, ...]]) -> str:
    """The phrase as a regular expression source. Raises PhraseError."""
    if phrase.count("…") > MAX_GAPS:
        raise PhraseError(f"“{phrase}”里的 … 超过 {MAX_GAPS} 个")
    if phrase.startswith("…") or phrase.endswith("…") or not phrase.strip():
        raise PhraseError(f"“{phrase}”不能以 … 开头或结尾")
    out, at = [], 0
    for m in _PART.finditer(phrase):
        out.append(re.escape(phrase[at : m.start()]))
        out.append(_words(m[1], words, phrase) if m[1] else _GAP)
        at = m.end()
    return "".join(out) + re.escape(phrase[at:])


def _words(name: str, words: Mapping[str, tuple[str, ...]], phrase: str) -> str:
    if not words.get(name):
        raise PhraseError(f"“{phrase}”里的 {{{name}}} 不在 [words]")
    return "(?:" + "|".join(re.escape(w) for w in sorted(words[name], key=len, reverse=True)) + ")"


def any_of(phrases: Iterable[str], words: Mapping[str, tuple[str, ...]]) -> re.Pattern[str] | None:
    """One expression that finds any of the phrases; None for no phrases. Raises PhraseError."""
    sources = sorted({pattern(p, words) for p in phrases}, key=len, reverse=True)
    return re.compile("|".join(sources)) if sources else None
