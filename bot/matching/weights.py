"""The fitted weights of the comparison, read from a small file that says where they come from."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from bot.domain.match import Thresholds
from bot.matching.features import NAMES
from bot.matching.index import Floats

POOL_NAMES = ("log_p", "lead", "not", "topic", "sure", "odds", "alien", "concepts", "spread")
NEVER = 0.99
SUGGEST_FLOOR = 0.35  # below it more than 1 in 20 sentences of small talk would get suggestions
_FILE = Path(__file__).with_name("weights.json")


@dataclass(frozen=True, slots=True)
class Weights:
    """`single` weighs NAMES where entries have one phrasing; `pooled` weighs NAMES + POOL_NAMES.

    `precision` holds (threshold, share of right answers at or above it), measured when fitting.
    """

    single: Floats
    pooled: Floats
    precision: tuple[tuple[float, float], ...] = ()


@lru_cache(maxsize=1)
def shipped() -> Weights:
    """The weights in weights.json. A name that the file lacks weighs nothing."""
    data = json.loads(_FILE.read_text("utf-8"))
    points = tuple((float(t), float(p)) for t, p in data.get("precision", ()))
    return from_names(data["single"], data["pooled"], points)


def from_names(
    single: dict[str, float], pooled: dict[str, float], precision: tuple[tuple[float, float], ...] = ()
) -> Weights:
    """Weights by name as rows."""
    return Weights(_row(single, NAMES), _row(pooled, NAMES + POOL_NAMES), precision)


def _row(named: dict[str, float], names: tuple[str, ...]) -> Floats:
    return np.array([named.get(n, 0.0) for n in names], np.float32)


def thresholds(answer: float, suggest: float) -> Thresholds:
    """Thresholds that keep these shares of the answers and of the first suggestions right.

    A precision that was never reached when fitting asks for near certainty: the exact wording of an entry.
    """
    points = shipped().precision
    sure = _least(points, answer)
    return Thresholds(sure, min(max(_least(points, suggest), SUGGEST_FLOOR), sure))


def _least(points: tuple[tuple[float, float], ...], precision: float) -> float:
    held = NEVER
    for threshold, share in sorted(points, reverse=True):
        if share < precision:
            break
        held = threshold
    return held
