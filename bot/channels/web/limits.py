"""How often one session or address may do something on the web."""

from __future__ import annotations

from bot.desk.ports import Clock
from bot.desk.rates import Rates


class Buckets:
    """Rates by the clock."""

    def __init__(self, per_minute: int, burst: int, clock: Clock) -> None:
        self._rates = Rates(per_minute, burst)
        self._clock = clock

    def take(self, key: str) -> float:
        """Take one; 0 when it was allowed, else the seconds until the next one."""
        return self._rates.take(key, self._clock())
