"""The update queue as Telegram keeps it: confirmation by offset, 24 hours, negative offsets, one poller."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from .errors import Json
from .judge import Judge
from .waiting import Signal

DAY = timedelta(hours=24)
# Client.cpp: a callback query update is kept for 150 s, and travels on another queue than messages.
CALLBACK_KEPT = timedelta(seconds=150)
# TQueue.cpp: an offset further ahead than this is not believed, and nothing is forgotten.
FUTURE = 10
PAST = 100_000
NOT_BY_DEFAULT = frozenset({"chat_member", "message_reaction", "message_reaction_count"})


@dataclass(frozen=True, slots=True)
class Pending:
    """An update that was not confirmed; `lane` keeps the order of webhook deliveries."""

    id: int
    kind: str
    body: bytes
    expires: datetime
    lane: tuple[str, int]


@dataclass
class Webhook:
    """Where updates are posted to; no url means polling. `generation` counts the settings."""

    url: str = ""
    secret: str = ""
    max_connections: int = 40
    generation: int = 0
    error_date: int | None = None
    error: str = ""


@dataclass
class LongPoll:
    """Whose turn it is to wait for updates, and why the one before was ended."""

    turn: int = 0
    why: str = ""


class UpdateQueue:
    """Updates in the order of their ids, until they are confirmed or expire."""

    def __init__(self, clock: Callable[[], datetime], judge: Judge, changed: Signal, first_id: int) -> None:
        self.changed = changed
        self.allowed: frozenset[str] | None = None
        self.emitted: list[Pending] = []
        self.webhook = Webhook()
        self.long_poll = LongPoll()
        self._clock = clock
        self._judge = judge
        self._next = first_id
        self._items: list[Pending] = []

    def emit(self, kind: str, payload: Json, lane: tuple[str, int], keep: timedelta = DAY) -> int | None:
        """Queue a typed update; its id, or None when the bot did not ask for this kind."""
        if not self.wants(kind):
            return None
        raw = {"update_id": self._next, kind: payload}
        self._judge.update(raw)
        return self._append(kind, json.dumps(raw, ensure_ascii=False).encode(), lane, keep)

    def emit_raw(self, update: Json | bytes) -> int:
        """Queue anything, unchecked: a dict gets an update_id if it has none; bytes stay as they are."""
        if isinstance(update, dict):
            update = json.dumps({"update_id": self._next, **update}, ensure_ascii=False).encode()
        return self._append("raw", update, ("raw", 0), DAY)

    def _append(self, kind: str, body: bytes, lane: tuple[str, int], keep: timedelta) -> int:
        item = Pending(self._next, kind, body, self._clock() + keep, lane)
        self._items.append(item)
        self.emitted.append(item)
        self._next += 1
        self.changed.notify()
        return item.id

    def wants(self, kind: str) -> bool:
        """Whether the bot's `allowed_updates` let this kind through."""
        return kind in self.allowed if self.allowed else kind not in NOT_BY_DEFAULT

    def allow(self, kinds: Iterable[str] | None) -> None:
        """Remember `allowed_updates` when it was given; an empty list means the default."""
        if kinds is not None:
            self.allowed = frozenset(kinds)

    @property
    def pending(self) -> list[Pending]:
        """Updates that wait for confirmation, oldest first."""
        now = self._clock()
        self._items = [item for item in self._items if item.expires > now]
        return list(self._items)

    def fetch(self, offset: int, limit: int) -> list[Pending]:
        """What getUpdates returns now; forgets what the offset confirms."""
        before = len(self._items)
        if offset < 0:
            self._items = self.pending[offset:]
        elif offset > 0 and self._believed(offset):
            self._items = [item for item in self._items if item.id >= offset]
        if len(self._items) != before:
            self.changed.notify()
        return self.pending[:limit]

    def _believed(self, offset: int) -> bool:
        head = self._items[0].id if self._items else self._next
        return head - PAST <= offset <= self._next + FUTURE

    def take_turn(self, why: str) -> int:
        """End the long poll that waits now, if any; the number of the new turn."""
        self.long_poll = LongPoll(self.long_poll.turn + 1, why)
        self.changed.notify()
        return self.long_poll.turn

    def confirm(self, item: Pending) -> None:
        """A webhook took this one."""
        self._items = [one for one in self._items if one is not item]
        self.changed.notify()

    def clear(self) -> None:
        """Forget all (drop_pending_updates)."""
        self._items = []
        self.changed.notify()

    def restart_ids(self, at: int) -> None:
        """As after an idle week: the ids go on at any other place. Only while nothing is pending."""
        assert not self._items, "ids restart only when the queue is empty"
        self._next = at
