"""Token buckets in memory: how often one session or address may do something."""

from __future__ import annotations

from collections import OrderedDict

from bot.desk.ports import Clock

MAX_KEYS = 20_000
"""Buckets kept; the ones unused for longest are forgotten first, which only forgives."""


class Buckets:
    """`burst` at once, then `per_minute`. Per process: several instances allow so much each."""

    def __init__(self, per_minute: int, burst: int, clock: Clock) -> None:
        self._rate = per_minute / 60
        self._burst = float(burst)
        self._clock = clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, key: str) -> float:
        """Take one; 0 when it was allowed, else the seconds until the next one."""
        now = self._clock().timestamp()
        level, then = self._buckets.pop(key, (self._burst, now))
        level = min(self._burst, level + max(0.0, now - then) * self._rate)
        allowed = level >= 1
        self._buckets[key] = (level - 1 if allowed else level, now)
        if len(self._buckets) > MAX_KEYS:
            self._buckets.popitem(last=False)
        return 0.0 if allowed else (1 - level) / self._rate
