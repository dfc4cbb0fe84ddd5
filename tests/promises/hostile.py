"""Texts that hurt: for expressions that look back, and for readers who trust what they see."""

from __future__ import annotations

import re
import re._constants as sre  # type: ignore[import-not-found]
import re._parser as sre_parser  # type: ignore[import-not-found]
from collections.abc import Iterable, Iterator
from typing import Any

LENGTH = 10_000
_OF_CATEGORY = {
    sre.CATEGORY_DIGIT: "1", sre.CATEGORY_NOT_DIGIT: "a", sre.CATEGORY_SPACE: " ",
    sre.CATEGORY_NOT_SPACE: "a", sre.CATEGORY_WORD: "字", sre.CATEGORY_NOT_WORD: "-",
}  # fmt: skip
ALWAYS = ("a", "1", " ", "\n", "字", "不", "，", "。", "-", "[", "{", "…", "😀", "\u200d")


def letters(pattern: re.Pattern[str]) -> list[str]:
    """Characters that the expression speaks of, each class by one of its own."""
    found: dict[str, None] = {}
    for node in _walk(sre_parser.parse(pattern.pattern, pattern.flags & ~re.DEBUG)):
        found.update(dict.fromkeys(_of(node)))
    return [letter for letter in found if letter][:10]


def _of(node: tuple[Any, Any]) -> Iterator[str]:
    kind, value = node
    if kind in (sre.LITERAL, sre.NOT_LITERAL):
        yield chr(value)
    elif kind is sre.RANGE:
        yield chr(value[0])
        yield chr(value[1])
    elif kind is sre.CATEGORY:
        yield _OF_CATEGORY.get(value, "a")


def _walk(tree: Any) -> Iterator[tuple[Any, Any]]:
    for part in tree if isinstance(tree, Iterable) and not isinstance(tree, str) else ():
        if isinstance(part, tuple) and len(part) == 2 and hasattr(part[0], "name"):
            yield part
        yield from _walk(part)


def texts(pattern: re.Pattern[str]) -> Iterator[str]:
    """Ten thousand characters, of one kind, of two by turns, and with an end that does not fit."""
    own = letters(pattern)
    for one in dict.fromkeys((*own, *ALWAYS)):
        yield one * LENGTH
    for first in own[:4]:
        yield first * (LENGTH - 1) + "!"
        yield "!" + first * (LENGTH - 1)
        for second in (*own[:4], " ", "a"):
            if second != first:
                yield (first + second) * (LENGTH // 2)
    yield "".join(own or "ab") * (LENGTH // max(1, len(own or "ab")))
