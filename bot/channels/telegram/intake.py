"""One raw update to the desk's door: parsed alone, received durably, its button tap confirmed.

Both ways in (polling, webhook) use this; neither acknowledges an update that is not settled.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections import Counter
from dataclasses import dataclass
from typing import Any, Protocol

from telegram.error import TelegramError

from bot.channels.telegram.keyboards import Keyboards
from bot.channels.telegram.mapping import Ignored, Mapped, read
from bot.channels.telegram.settings import TELEGRAM
from bot.channels.telegram.wire import WireBot
from bot.desk.ports import Clock, Receive
from bot.domain.errors import StoreError
from bot.domain.messages import ChannelName, InboundMessage

log = logging.getLogger(__name__)

_PATIENCE = 3
"""So often may the desk fail on one update for another reason than the store; then it is quarantined."""
_TAPS_AT_ONCE = 16


class Quarantine(Protocol):
    """Keeps an update that cannot be understood, for a person to look at; durable when it returns.

    `raw` is its JSON and may hold anything that a citizen wrote. Raises StoreError.
    """

    async def __call__(self, channel: ChannelName, update_id: str, raw: str, reason: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Broken:
    """An update that did not parse or map."""

    reason: str


@dataclass(frozen=True, slots=True)
class Item:
    """One update on its way in. `lane`: items of the same person, which must stay in order."""

    update_id: int | None
    raw: object
    content: Mapped | Broken
    callback_id: str = ""

    @property
    def lane(self) -> str:
        if isinstance(self.content, InboundMessage):
            return self.content.sender.user
        return f"update {self.update_id}"


class Intake:
    """`counts` has one figure an outcome: accepted, duplicate, limited, quarantined, ignored.<why>."""

    def __init__(
        self, bot: WireBot, receive: Receive, quarantine: Quarantine, clock: Clock, keyboards: Keyboards
    ) -> None:
        self._bot = bot
        self._receive = receive
        self._quarantine = quarantine
        self._clock = clock
        self._keyboards = keyboards
        self._failures: Counter[int | None] = Counter()
        self._taps: set[asyncio.Task[None]] = set()
        self._tap_slots = asyncio.Semaphore(_TAPS_AT_ONCE)
        self.counts: Counter[str] = Counter()
        self.username = ""

    def prepare(self, raw: object) -> Item:
        """Parse and map one update; never raises."""
        update_id: int | None = None
        try:
            if not isinstance(raw, dict):
                return Item(None, raw, Broken("not an object"))
            update_id = int(raw["update_id"])
            content = read(raw, self.username, self._clock())
        except Exception as exc:  # noqa: BLE001 - whatever it is, this update must not stop the others
            return Item(update_id, raw, Broken(f"{type(exc).__name__} while reading the update"))
        return Item(update_id, raw, content, _callback_id(raw))

    async def settle(self, item: Item) -> bool:
        """True once the item is durable and may be acknowledged; False when it has to come again."""
        try:
            outcome = await self._handle(item)
        except StoreError:
            log.warning("telegram update %s not taken: the store refused", item.update_id)
            return False
        except Exception as exc:  # noqa: BLE001 - a fault of the desk must not stop the channel
            outcome = await self._failed(item, type(exc).__name__)
        if not outcome:
            return False
        self.counts[outcome] += 1
        self._failures.pop(item.update_id, None)
        self._confirm_tap(item)
        return True

    async def _handle(self, item: Item) -> str:
        match item.content:
            case Broken(reason):
                return await self._put_aside(item, reason)
            case Ignored(reason):
                return f"ignored.{reason}"
            case message:
                self._keyboards.heard(message.sender.chat)
                return (await self._receive(message)).value

    async def _failed(self, item: Item, error: str) -> str:
        """Empty while there is hope; after that the update is put aside."""
        self._failures[item.update_id] += 1
        log.error("telegram update %s failed at the desk: %s", item.update_id, error)
        if self._failures[item.update_id] < _PATIENCE:
            return ""
        try:
            return await self._put_aside(item, f"{error} at the desk")
        except Exception as exc:  # noqa: BLE001 - it stays with Telegram and comes again
            log.error("telegram update %s not quarantined: %s", item.update_id, type(exc).__name__)  # noqa: TRY400
            return ""

    async def _put_aside(self, item: Item, reason: str) -> str:
        raw = _as_text(item.raw)
        await self._quarantine(TELEGRAM, "" if item.update_id is None else str(item.update_id), raw, reason)
        log.warning("telegram update %s quarantined: %s", item.update_id, reason)
        return "quarantined"

    def _confirm_tap(self, item: Item) -> None:
        """Ends the spinner on the tapped button, beside the way of the message."""
        if item.callback_id:
            task = asyncio.create_task(self._answer(item.callback_id))
            self._taps.add(task)
            task.add_done_callback(self._taps.discard)

    async def _answer(self, callback_id: str) -> None:
        async with self._tap_slots:
            try:
                await self._bot.answer_callback_query(callback_id)
            except TelegramError as exc:
                log.info("telegram callback query %s not answered: %s", callback_id, type(exc).__name__)

    async def stop(self) -> None:
        """Drop the confirmations that are still under way."""
        for task in tuple(self._taps):
            task.cancel()
        await asyncio.gather(*self._taps, return_exceptions=True)


def _as_text(raw: object) -> str:
    """Its JSON; for what is nested too deep to be written again, a word that says so."""
    try:
        return json.dumps(raw, ensure_ascii=True)
    except (RecursionError, ValueError) as exc:
        return f"({type(exc).__name__})"


def _callback_id(raw: dict[str, Any]) -> str:
    query = raw.get("callback_query")
    return str(query.get("id", "")) if isinstance(query, dict) else ""
