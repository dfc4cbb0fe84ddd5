"""A small shelf of shipped entries, so that tests of the desk do not hang on the whole library."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path

from bot.desk.knowledge import Shelf
from bot.matching.library import Library, load_library

REPO = Path(__file__).resolve().parents[2]
CHOSEN = frozenset({"labor-unpaid-wages", "labor-overtime-pay", "family-cooling-off", "debt-no-iou"})


@cache
def shipped() -> Library:
    """The library that we ship, whole."""
    loaded = load_library(REPO / "faq", date(2026, 11, 23))
    assert loaded.library is not None, "\n".join(map(str, loaded.problems))
    return loaded.library


@cache
def small_shelf() -> Shelf:
    """Four entries of it, with every table."""
    whole = shipped()
    served = tuple(e for e in whole.served if e.id in CHOSEN)
    return Shelf.of(replace(whole, served=served))
