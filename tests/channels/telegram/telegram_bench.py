"""The Telegram channel between a test server (real HTTP) and a desk that only keeps what it is given."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from bot.channels.telegram import TelegramChannel, TelegramSettings
from bot.desk.ports import Received
from bot.domain.errors import BotError
from bot.domain.messages import (
    Address,
    Block,
    BlockKind,
    Button,
    ChannelName,
    FileRef,
    InboundMessage,
    OutboundMessage,
    SendOutcome,
)
from tests.telegram_server import TelegramServer, User

TELEGRAM = ChannelName("telegram")
NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
TOKEN = "123:abc"
SECRET = "a-long-enough-secret"


@dataclass
class Desk:
    """Keeps what came. `trouble`: what the next calls of receive raise; `answer`: what they return."""

    received: list[InboundMessage] = field(default_factory=list)
    quarantined: list[tuple[str, str, str]] = field(default_factory=list)
    trouble: deque[Exception] = field(default_factory=deque)
    quarantine_trouble: deque[Exception] = field(default_factory=deque)
    answer: Received = Received.ACCEPTED
    files: dict[str, bytes] = field(default_factory=dict)
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    calls: int = 0

    def __post_init__(self) -> None:
        self.gate.set()

    async def receive(self, message: InboundMessage) -> Received:
        self.calls += 1
        if self.trouble:
            raise self.trouble.popleft()
        await self.gate.wait()
        if any(one.external_id == message.external_id for one in self.received):
            return Received.DUPLICATE
        self.received.append(message)
        return self.answer

    async def quarantine(self, channel: ChannelName, update_id: str, raw: str, reason: str) -> None:
        assert channel == TELEGRAM
        if self.quarantine_trouble:
            raise self.quarantine_trouble.popleft()
        self.quarantined.append((update_id, raw, reason))

    async def fetch_file(self, file: FileRef) -> bytes:
        if file.id not in self.files:
            raise BotError("gone")
        return self.files[file.id]

    @property
    def last(self) -> InboundMessage:
        return self.received[-1]

    @property
    def texts(self) -> list[str]:
        return [message.text for message in self.received]


@dataclass
class Time:
    """Seconds that pass only when somebody sleeps."""

    now: float = 1000.0
    slept: list[float] = field(default_factory=list)

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds
        await asyncio.sleep(0)


@dataclass
class Bench:
    """Everything that a test needs."""

    server: TelegramServer
    desk: Desk
    time: Time
    channel: TelegramChannel

    @contextlib.asynccontextmanager
    async def polling(self) -> AsyncIterator[asyncio.Task[None]]:
        """The poll loop while the block runs."""
        task = asyncio.create_task(self.channel.poll())
        try:
            yield task
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError, BotError):
                await task

    async def poll(self) -> None:
        """Poll until Telegram has nothing left."""
        async with self.polling():
            await self.server.drained()

    async def send(
        self, to: User | int, message: OutboundMessage | str, *, key: str = "", edit: str = ""
    ) -> SendOutcome:
        chat = str(to if isinstance(to, int) else to.id)
        outbound = text(message) if isinstance(message, str) else message
        return await self.channel.send(Address(TELEGRAM, chat, chat), outbound, key=key, edit=edit)

    def calls(self, method: str) -> list[dict[str, Any]]:
        """The parameters of all calls of a method."""
        return [call.params for call in self.server.ledger.of(method)]


@contextlib.asynccontextmanager
async def bench(webhook_url: str = "", reply_timeout: float = 5.0) -> AsyncIterator[Bench]:
    """A started channel; at the end the server must have seen nothing that Telegram would refuse."""
    async with TelegramServer(TOKEN) as server:
        async with on(server, webhook_url, reply_timeout) as ready:
            yield ready
        assert server.violations == []
        assert server.ledger.overlaps == []


@contextlib.asynccontextmanager
async def on(
    server: TelegramServer, webhook_url: str = "", reply_timeout: float = 5.0
) -> AsyncIterator[Bench]:
    """One more channel on a running server."""
    desk, time = Desk(), Time()
    settings = TelegramSettings(
        token=TOKEN,
        base_url=server.url,
        webhook_url=webhook_url,
        webhook_secret=SECRET,
        poll_timeout=5,
        reply_timeout=reply_timeout,
    )
    channel = make_channel(settings, desk, time)
    await channel.start()
    try:
        yield Bench(server, desk, time, channel)
    finally:
        await channel.stop()


async def until(look: Callable[[], object]) -> None:
    """Let everything else run until `look` finds something."""
    async with asyncio.timeout(5):
        while not look():  # noqa: ASYNC110 - yields to the loop, waits for no time
            await asyncio.sleep(0)


def make_channel(settings: TelegramSettings, desk: Desk, time: Time) -> TelegramChannel:
    """A channel whose time stands still."""
    return TelegramChannel(
        settings,
        desk.receive,
        desk.quarantine,
        desk.fetch_file,
        lambda: NOW,
        monotonic=time,
        sleep=time.sleep,
        rng=lambda: 0.0,
    )


def text(words: str, *rows: tuple[str, ...], **more: Any) -> OutboundMessage:
    """A message of one paragraph with buttons."""
    buttons = tuple(tuple(Button(label, f"do:{label}") for label in row) for row in rows)
    return OutboundMessage((Block(BlockKind.TEXT, words),), buttons, **more)
