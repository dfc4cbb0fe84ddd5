"""Every regular expression of the product is quick on ten thousand characters that were made to hurt it."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
import signal
import time
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import bot
from bot.channels.telegram.render import Rich, split
from bot.desk.heard import _command
from bot.desk.remind import _WHEN
from bot.domain.callback import parse_case_number
from bot.domain.clean import clean_name, clean_text, parse_phone, split_text
from tests.promises.hostile import ALWAYS, LENGTH, texts
from tests.support.library import shipped
from tests.texts.files import texts as our_texts

LIMIT = 0.05
ENOUGH = 2.0
FOLDER = Path(bot.__file__).parent
_FUNCTIONS = frozenset(
    {"compile", "match", "search", "fullmatch", "split", "sub", "subn", "findall", "finditer"}
)


@cache
def expressions() -> dict[str, re.Pattern[str]]:
    """Those of the modules, those written where they are used, those made from the shipped FAQ."""
    found: dict[str, re.Pattern[str]] = {}
    for info in pkgutil.walk_packages([str(FOLDER)], "bot."):
        if info.name.startswith(("bot.__main__", "bot.store.migrations")):
            continue
        module = importlib.import_module(info.name)
        for name, value in vars(module).items():
            for pattern in _inside(value, 0):
                found.setdefault(pattern.pattern, pattern)
                assert name
    for pattern in _written():
        found.setdefault(pattern.pattern, pattern)
    for pattern in _inside(shipped(), 0):
        found.setdefault(pattern.pattern, pattern)
    return found


def _inside(value: Any, depth: int) -> Iterator[re.Pattern[str]]:
    if isinstance(value, re.Pattern):
        if isinstance(value.pattern, str):
            yield value
    elif depth < 6 and isinstance(value, tuple | list | set | frozenset):
        for item in value:
            yield from _inside(item, depth + 1)
    elif depth < 6 and isinstance(value, dict):
        for item in value.values():
            yield from _inside(item, depth + 1)
    elif depth < 6 and type(value).__module__.startswith("bot.matching"):
        for name in getattr(type(value), "__dataclass_fields__", ()):
            yield from _inside(getattr(value, name), depth + 1)


def _written() -> Iterator[re.Pattern[str]]:
    """Literals that are given to a function of re."""
    for file in FOLDER.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute) or not node.args:
                continue
            of_re = isinstance(node.func.value, ast.Name) and node.func.value.id == "re"
            first = node.args[0]
            literal = isinstance(first, ast.Constant) and isinstance(first.value, str)
            if of_re and node.func.attr in _FUNCTIONS and literal:
                yield re.compile(str(ast.literal_eval(first)))


def _seconds(work: Callable[[], object]) -> float:
    """Processor time of this thread, the best of three when the first is slow."""
    best = 1e9
    for _ in range(3):
        started = time.thread_time()
        work()
        best = min(best, time.thread_time() - started)
        if best <= LIMIT / 2:
            break
    return best


def _uses(pattern: re.Pattern[str], text: str) -> list[Callable[[], object]]:
    return [
        lambda: pattern.search(text),
        lambda: pattern.fullmatch(text),
        lambda: [found.end() for found in pattern.finditer(text)],
        lambda: pattern.sub("", text),
    ]


def test_all_expressions_are_found() -> None:
    assert len(expressions()) > 40
    assert r"1[3-9]\d{9}" in expressions()


def test_every_expression_is_quick_on_hostile_text() -> None:
    slow = {name: place for name, pattern in expressions().items() if (place := _slow(pattern))}
    assert slow == {}


def _slow(pattern: re.Pattern[str]) -> str:
    """The first text and use for which it takes too long, or nothing."""
    for text in texts(pattern):
        for use, work in zip(("search", "fullmatch", "finditer", "sub"), _uses(pattern, text), strict=True):
            seconds = _at_most(work)
            if seconds > LIMIT:
                return f"{use} on {text[:4]!r}…: {seconds:.2f} s"
    return ""


def _at_most(work: Callable[[], object]) -> float:
    """Its seconds; for one that would go on for ever, those after which it was stopped."""

    def stop(_number: int, _frame: object) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, ENOUGH)
    try:
        return _seconds(work)
    except TimeoutError:
        return ENOUGH
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


PEOPLE_SAY = (
    *ALWAYS,
    "**",
    "- ",
    "\n\n",
    "/a ",
    "/remind 3d ",
    "1d",
    "+86",
    "0",
    "\u0300",
    "\u202e",
    "ﷺ",
    "。！",
)


@pytest.mark.parametrize(
    "reads",
    [
        clean_text, clean_name, parse_phone, parse_case_number, lambda text: split_text(text, 3500),
        lambda text: split(Rich(text)), lambda text: _command(our_texts(), text),
        lambda text: _WHEN.fullmatch(text.strip()),
    ],
    ids=["clean_text", "clean_name", "phone", "case number", "split", "telegram split", "command", "remind"],
)  # fmt: skip
def test_what_reads_peoples_words_is_quick_on_hostile_text(reads: Callable[[str], object]) -> None:
    _command(our_texts(), "warm")
    for one in PEOPLE_SAY:
        text = (one * LENGTH)[:LENGTH]
        assert _seconds(lambda: reads(text)) <= LIMIT, repr(one)  # noqa: B023
