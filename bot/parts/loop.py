"""A loop of the desk: works when woken, and survives whatever one round does."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field

import structlog

from bot.domain.errors import StoreError

log = structlog.get_logger()
_ERROR_PAUSE = 1.0


@dataclass(slots=True)
class Loop:
    """Works when woken, and survives errors: a failed round is logged and tried again a little later.

    `rounds` and `failures` count what was done; a round that failed is progress too.
    """

    name: str
    work: Callable[[], Awaitable[object]]
    event: asyncio.Event = field(default_factory=asyncio.Event)
    rounds: int = 0
    failures: int = 0
    pause: float = _ERROR_PAUSE

    def wake(self) -> None:
        """There may be work."""
        self.event.set()

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await self.event.wait()
            self.event.clear()
            await self._round()

    async def _round(self) -> None:
        try:
            await self.work()
            self.rounds += 1
        except StoreError as error:
            log.error("store failed", loop=self.name, error=str(error))  # noqa: TRY400 - no data in logs
            await self._again()
        except Exception as error:  # noqa: BLE001 - the loop is what keeps the desk alive
            log.error("loop failed", loop=self.name, error=type(error).__name__)  # noqa: TRY400
            await self._again()

    async def _again(self) -> None:
        self.failures += 1
        await asyncio.sleep(self.pause)
        self.wake()


async def ended(cancelled: Iterable[asyncio.Task[None]], pause: float = 1.0) -> None:
    """Wait until these tasks, which were cancelled, have ended: what a library swallows is said again."""
    left = set(cancelled)
    while left:
        _, left = await asyncio.wait(left, timeout=pause)
        for task in left:
            task.cancel()
