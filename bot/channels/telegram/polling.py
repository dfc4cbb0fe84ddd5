"""Long polling by hand: an offset moves only over updates that are durable at the desk."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence

from telegram.error import Conflict, InvalidToken, TelegramError

from bot.channels.telegram.backoff import Backoff
from bot.channels.telegram.intake import Intake, Item
from bot.channels.telegram.wire import Limited, WireBot
from bot.domain.errors import BotError

log = logging.getLogger(__name__)

Sleep = Callable[[float], Awaitable[None]]

REFUSED_BY_TELEGRAM = (
    "telegram.token：Telegram 不认这个 token。请到 @BotFather（/mybots → API Token）复制现在有效的，再启动。"
)
_LANES_AT_ONCE = 16
_CONFLICT_WAIT = 15.0


class Poller:
    """getUpdates, the desk, the next offset, for ever."""

    def __init__(self, bot: WireBot, intake: Intake, timeout: int, backoff: Backoff, sleep: Sleep) -> None:
        self._bot = bot
        self._intake = intake
        self._timeout = timeout
        self._backoff = backoff
        self._sleep = sleep
        self._offset: int | None = None
        self._in_conflict = False
        self._slots = asyncio.Semaphore(_LANES_AT_ONCE)

    async def run(self) -> None:
        """Until cancelled; BotError when Telegram refuses the token.

        It begins without an offset: another instance may have polled since this one did.
        """
        self._offset = None
        while True:
            try:
                wait = await self.once()
            except BotError:
                raise
            except Exception as exc:  # noqa: BLE001 - nothing else may end the polling
                wait = self._backoff.next()
                log.error("telegram polling failed: %s; again in %.1f s", type(exc).__name__, wait)  # noqa: TRY400
            if wait:
                await self._sleep(wait)

    async def once(self) -> float:
        """One call of getUpdates and what it brought; seconds to wait before the next."""
        try:
            batch = await self._bot.raw_updates(self._offset, self._timeout)
        except InvalidToken:
            pass  # the error is raised below, where no token hangs on its context
        except Conflict:
            return self._conflict()
        except Limited as exc:
            return exc.after
        except TelegramError as exc:
            wait = self._backoff.next()
            log.warning("telegram polling failed: %s; again in %.1f s", type(exc).__name__, wait)
            return wait
        else:
            self._in_conflict = False
            return await self._take([self._intake.prepare(raw) for raw in batch])
        raise BotError(REFUSED_BY_TELEGRAM)

    async def _take(self, items: Sequence[Item]) -> float:
        """Settle the batch, the persons beside each other, each in order; then move the offset.

        Without updates the offset is dropped (the call has confirmed it): update ids start again
        anywhere after an idle week, and without an offset Telegram gives the oldest unconfirmed one.
        """
        settled = await self._settle(items)
        ids = [item.update_id for item in items if item.update_id is not None]
        unsettled = next((item for item in items if id(item) not in settled), None)
        if unsettled is not None:
            self._offset = unsettled.update_id if unsettled.update_id is not None else self._offset
            return self._backoff.next()
        if items and not ids:
            return self._backoff.next()
        self._offset = ids[-1] + 1 if ids else None
        self._backoff.reset()
        return 0.0

    async def _settle(self, items: Sequence[Item]) -> set[int]:
        lanes: dict[str, list[Item]] = {}
        for item in items:
            lanes.setdefault(item.lane, []).append(item)
        settled: set[int] = set()
        await asyncio.gather(*(self._run_lane(lane, settled) for lane in lanes.values()))
        return settled

    async def _run_lane(self, lane: Sequence[Item], settled: set[int]) -> None:
        async with self._slots:
            for item in lane:
                if not await self._intake.settle(item):
                    return
                settled.add(id(item))

    def _conflict(self) -> float:
        if not self._in_conflict:
            log.error(
                "telegram polling refused (409): another process polls with this token, or a webhook is"
                " set. Stop the other one; trying again every %.0f s",
                _CONFLICT_WAIT,
            )
        self._in_conflict = True
        return _CONFLICT_WAIT
