"""Faults on order: by count, by seeded rate, or a gate that holds a request until the test lets it go."""

from __future__ import annotations

import asyncio
import random
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from .errors import ApiError, Json, too_many
from .waiting import Signal


class Kind(StrEnum):
    """What goes wrong."""

    TOO_MANY = "too_many"  # 429 with retry_after
    SERVER_ERROR = "server_error"  # 500, JSON
    BAD_GATEWAY = "bad_gateway"  # 502, an HTML page
    ERROR = "error"  # any code and description
    RESET = "reset"  # connection reset before anything was done
    HANG = "hang"  # nothing done, no reply: the client runs into its read timeout
    LOST_REPLY = "lost_reply"  # done, no reply: the client runs into its read timeout
    LOST_RESET = "lost_reset"  # done, then the connection is reset
    GARBLED = "garbled"  # done, but the reply is broken JSON


DONE = frozenset({Kind.LOST_REPLY, Kind.LOST_RESET, Kind.GARBLED})


@dataclass
class Fault:
    """One programmed fault; `times` None means for ever."""

    kind: Kind
    method: str | None = None
    chat_id: int | None = None
    times: int | None = 1
    retry_after: int = 1
    code: int = 400
    description: str = "Bad Request: something"

    def fits(self, method: str, chat_id: object) -> bool:
        """Whether this request is meant; without a method, getUpdates is spared."""
        if self.times == 0:
            return False
        if self.method is None and method == "getupdates":
            return False
        return self.method in (None, method) and (self.chat_id is None or str(self.chat_id) == str(chat_id))

    def error(self) -> ApiError:
        """The refusal, for kinds that are one."""
        if self.kind is Kind.TOO_MANY:
            return too_many(self.retry_after)
        if self.kind is Kind.SERVER_ERROR:
            return ApiError(500, "Internal Server Error")
        return ApiError(self.code, self.description)


@dataclass
class Rate:
    """Faults at random, the same ones for the same seed and the same order of requests."""

    template: Fault
    rate: float
    kinds: list[Kind]
    dice: random.Random


@dataclass
class Gate:
    """Holds requests before they are handled (or, with `after`, before they are answered)."""

    method: str | None
    chat_id: int | None
    after: bool
    reached: asyncio.Event = field(default_factory=asyncio.Event)
    opened: asyncio.Event = field(default_factory=asyncio.Event)
    held: int = 0

    def release(self) -> None:
        """Let all held requests go, and all that come later."""
        self.opened.set()


class Faults:
    """The programme of faults; empty means that all goes well."""

    def __init__(self, changed: Signal) -> None:
        self._changed = changed
        self._faults: list[Fault] = []
        self._rates: list[Rate] = []
        self.gates: list[Gate] = []

    def add(
        self,
        kind: Kind | str,
        *,
        method: str | None = None,
        chat_id: int | None = None,
        times: int | None = 1,
        retry_after: int = 1,
        code: int = 400,
        description: str = "Bad Request: something",
    ) -> Fault:
        """The next `times` requests that fit meet this fault (None: all)."""
        name = method.lower() if method else None
        fault = Fault(Kind(kind), name, chat_id, times, retry_after, code, description)
        self._faults.append(fault)
        return fault

    def at_random(
        self,
        seed: int,
        rate: float,
        kinds: Iterable[Kind | str] = (Kind.TOO_MANY, Kind.SERVER_ERROR, Kind.RESET, Kind.LOST_REPLY),
        *,
        method: str | None = None,
        chat_id: int | None = None,
        retry_after: int = 1,
    ) -> None:
        """Each request that fits meets one of `kinds` with probability `rate`."""
        name = method.lower() if method else None
        template = Fault(Kind.ERROR, name, chat_id, None, retry_after)
        self._rates.append(Rate(template, rate, [Kind(kind) for kind in kinds], random.Random(seed)))

    def hold(self, method: str | None = None, *, chat_id: int | None = None, after: bool = False) -> Gate:
        """A gate: `await gate.reached.wait()`, look around, `gate.release()`."""
        gate = Gate(method.lower() if method else None, chat_id, after)
        self.gates.append(gate)
        return gate

    def clear(self) -> None:
        """All goes well again; gates open."""
        for gate in self.gates:
            gate.release()
        self._faults, self._rates, self.gates = [], [], []

    def draw(self, method: str, params: Json) -> Fault | None:
        """The fault that this request meets, if any; counts it."""
        chat_id = params.get("chat_id")
        for fault in self._faults:
            if fault.fits(method, chat_id):
                fault.times = None if fault.times is None else fault.times - 1
                return fault
        for rate in self._rates:
            if rate.template.fits(method, chat_id) and rate.dice.random() < rate.rate:
                return Fault(rate.dice.choice(rate.kinds), retry_after=rate.template.retry_after)
        return None

    async def gate(self, method: str, params: Json, *, after: bool) -> None:
        """Wait at every gate that fits."""
        for gate in list(self.gates):
            fits = Fault(Kind.HANG, gate.method, gate.chat_id).fits(method, params.get("chat_id"))
            if fits and gate.after == after:
                gate.held += 1
                gate.reached.set()
                self._changed.notify()
                await gate.opened.wait()


class Pace:
    """Telegram's own limits, off until switched on: a second in a chat and in all, a minute in a group."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self.enforced = False
        self.per_chat, self.overall, self.per_group = 1, 30, 20
        self._clock = clock
        self._windows: dict[object, deque[datetime]] = {}

    def check(self, chat_id: int) -> None:
        """Count one message; ApiError 429 when there were too many (a refused one does not count)."""
        if not self.enforced:
            return
        now = self._clock()
        windows = [(("all", 1), self.overall), ((chat_id, 1), self.per_chat)]
        if chat_id < 0:
            windows.append(((chat_id, 60), self.per_group))
        for (key, seconds), limit in windows:
            window = self._windows.setdefault((key, seconds), deque())
            while window and now - window[0] >= timedelta(seconds=seconds):
                window.popleft()
            if len(window) >= limit:
                left = seconds - (now - window[0]).total_seconds()
                raise too_many(max(1, int(left + 0.999)))
        for (key, seconds), _ in windows:
            self._windows[key, seconds].append(now)
