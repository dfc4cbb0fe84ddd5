"""The test server itself: starts, stops, and gives people, groups, faults and the ledger."""
# ruff: noqa: ASYNC109

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

from .app import App
from .control import Control
from .errors import Json
from .faults import Faults, Pace
from .ledger import Call, Ledger
from .people import Group, User
from .transport import Listener
from .updates import Pending
from .webhook import WebhookSender
from .world import Callback, World

T = TypeVar("T")
FIRST_USER = 6_100_000_001  # above 32 bits, as real ids may be
PATIENCE = 5.0


class ManualClock:
    """A clock that moves only when told to."""

    def __init__(self, now: datetime | None = None) -> None:
        self.now = now or datetime(2026, 11, 23, 1, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def advance(self, by: timedelta) -> None:
        """Let time pass."""
        self.now += by


def system_clock() -> datetime:
    """Real time."""
    return datetime.now(UTC)


class TelegramServer:
    """One bot's Telegram on 127.0.0.1. `async with TelegramServer() as server: …`"""

    def __init__(
        self,
        token: str = "123:abc",
        *,
        clock: Callable[[], datetime] = system_clock,
        seed: int = 0,
        port: int = 0,
        ledger_file: Path | None = None,
        username: str = "legal_desk_bot",
        name: str = "法律咨询台",
        reads_groups: bool = False,
        webhook_scale: float = 0.01,
    ) -> None:
        bot = {"id": int(token.partition(":")[0]), "is_bot": True, "first_name": name, "username": username}
        abilities = {"can_join_groups": True, "can_read_all_group_messages": reads_groups}
        self.token = token
        self.world = World({**bot, **abilities, "supports_inline_queries": False}, clock, seed)
        self.ledger = Ledger(ledger_file)
        self.users: dict[int, User] = {}
        self._app = App(self.world, token, self.ledger, Control(self))
        self._listener = Listener(self._app, port)
        self._sender = WebhookSender(self.world, self._app.execute, webhook_scale)
        self._sending: asyncio.Task[None] | None = None
        self._user_ids = itertools.count(FIRST_USER)
        self._group_ids = itertools.count(4_500_001)

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def start(self) -> None:
        """Listen, and deliver to a webhook when there is one."""
        await self._listener.start()
        self._sending = asyncio.create_task(self._sender.run())

    async def stop(self) -> None:
        """End everything; connections are cut. `start` brings it back, on the same port, with its state."""
        for gate in self.faults.gates:
            gate.release()
        if self._sending is not None:
            self._sending.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._sending
        await self._listener.stop()

    @property
    def url(self) -> str:
        """The root."""
        return f"http://127.0.0.1:{self._listener.port}"

    @property
    def base_url(self) -> str:
        """What telegram.Bot takes as base_url."""
        return f"{self.url}/bot"

    @property
    def base_file_url(self) -> str:
        """What telegram.Bot takes as base_file_url."""
        return f"{self.url}/file/bot"

    @property
    def faults(self) -> Faults:
        """Faults to come."""
        return self._app.faults

    @property
    def pace(self) -> Pace:
        """Telegram's rate limits; `pace.enforced = True` switches them on."""
        return self._app.pace

    @property
    def violations(self) -> list[str]:
        """What real Telegram would not send or take; empty at the end of a good test."""
        return self.world.judge.violations

    @property
    def pending(self) -> list[Pending]:
        """Updates that the bot has not confirmed."""
        return self.world.updates.pending

    @property
    def unanswered(self) -> list[Callback]:
        """Taps that were not answered: there a button spins."""
        return [callback for callback in self.world.callbacks.values() if callback.answer is None]

    def user(
        self,
        name: str = "李梅",
        *,
        id: int | None = None,
        language_code: str | None = "zh-hans",
        username: str | None = None,
        started: bool = False,
    ) -> User:
        """A person. Before her first message the bot may not write to her, unless `started`."""
        number = next(self._user_ids) if id is None else id
        names = {"first_name": name} | ({"username": username} if username else {})
        raw: Json = {"id": number, "is_bot": False, **names}
        raw |= {"language_code": language_code} if language_code else {}
        room = {"id": number, "type": "private", **names}
        chat = self.world.add_chat(room, "member" if started else "unstarted", {number: raw})
        self.users[number] = User(self.world, chat, raw)
        return self.users[number]

    def group(
        self, title: str = "法律服务站", *members: User, supergroup: bool = True, bot_admin: bool = False
    ) -> Group:
        """A group with these people and the bot. In basic groups and supergroups privacy mode holds."""
        number = next(self._group_ids)
        raw: Json = {"id": -number, "type": "group", "title": title}
        if supergroup:
            raw |= {"id": -1_000_000_000_000 - number, "type": "supergroup"}
        status = "administrator" if bot_admin else "member"
        return Group(self.world, self.world.add_chat(raw, status, {one.id: one.raw for one in members}))

    def emit_raw(self, update: Json | bytes) -> int:
        """Put any update into the queue, however broken; a dict gets an update_id unless it has one."""
        return self.world.updates.emit_raw(update)

    def restart_update_ids(self, at: int) -> None:
        """As after an idle week."""
        self.world.updates.restart_ids(at)

    async def until(self, look: Callable[[], T | None], timeout: float = PATIENCE) -> T:
        """The first value of `look` that is not None, asked at every change; AssertionError if none comes."""
        found = await self.world.changed.until(look, timeout)
        if found is None:
            raise AssertionError(f"it did not happen in {timeout} s")
        return found

    async def drained(self, timeout: float = PATIENCE) -> None:
        """Wait until the bot has confirmed every update."""
        await self.until(lambda: None if self.pending else True, timeout)

    async def called(
        self,
        method: str,
        times: int = 1,
        *,
        chat_id: int | None = None,
        timeout: float = PATIENCE,
    ) -> list[Call]:
        """Wait until a method was called so often (refused and faulty calls count); the calls."""

        def look() -> list[Call] | None:
            calls = self.ledger.of(method, chat_id)
            return calls if len(calls) >= times else None

        return await self.until(look, timeout)
