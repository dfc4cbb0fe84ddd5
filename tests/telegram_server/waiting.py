"""A thing to wait on: `until` returns as soon as its predicate holds, woken by `notify`, never by a tick."""
# ruff: noqa: ASYNC109

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


class Signal:
    """Wakes every waiter at each change; used in one event loop."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def notify(self) -> None:
        """Something changed: let all waiters look again."""
        self._event.set()
        self._event = asyncio.Event()

    async def until(self, look: Callable[[], T | None], timeout: float) -> T | None:
        """The first value of `look` that is not None, or None after `timeout` seconds."""
        try:
            async with asyncio.timeout(timeout):
                while True:
                    event = self._event
                    found = look()
                    if found is not None:
                        return found
                    await event.wait()
        except TimeoutError:
            return None
