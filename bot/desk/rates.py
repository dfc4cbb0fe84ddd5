"""Token buckets in memory: how often one person, session or address may do something."""

from __future__ import annotations

from collections import OrderedDict
from datetime import datetime

MAX_KEYS = 20_000
"""Buckets kept; the ones unused for longest are forgotten first, which only forgives."""


class Rates:
    """`burst` at once, then `per_minute`. Per process: several instances allow so much each."""

    def __init__(self, per_minute: int, burst: int) -> None:
        self._rate = per_minute / 60
        self._burst = float(burst)
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, key: str, when: datetime) -> float:
        """Take one; 0 when it was allowed, else the seconds until the next one."""
        now = when.timestamp()
        level, then = self._buckets.pop(key, (self._burst, now))
        level = min(self._burst, level + max(0.0, now - then) * self._rate)
        allowed = level >= 1
        self._buckets[key] = (level - 1 if allowed else level, max(now, then))
        if len(self._buckets) > MAX_KEYS:
            self._buckets.popitem(last=False)
        return 0.0 if allowed else (1 - level) / self._rate
