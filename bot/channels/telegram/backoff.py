"""How long to wait after the n-th failure in a row: doubling, capped, with jitter; pure but for `random`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(slots=True)
class Backoff:
    """Between half of and the whole doubled time, so that several instances do not knock together."""

    random: Callable[[], float]
    first: float = 1.0
    cap: float = 60.0
    failures: int = 0

    def next(self) -> float:
        """Seconds to wait now; each call doubles the next."""
        whole = min(self.first * 2.0 ** min(self.failures, 30), self.cap)
        self.failures += 1
        return whole * (0.5 + self.random() / 2)

    def reset(self) -> None:
        """It works again."""
        self.failures = 0
