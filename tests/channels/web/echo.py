"""A desk that takes every message once, remembers it, and answers by a small script."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from bot.desk.ports import Channel, Received
from bot.domain.errors import BotError, StoreError
from bot.domain.messages import (
    Address,
    Block,
    BlockKind,
    Button,
    FileRef,
    InboundKind,
    InboundMessage,
    OutboundMessage,
    Sent,
)

Script = Callable[[InboundMessage], OutboundMessage | None]


def said(text: str, *labels: str, card: str = "", ask_phone: bool = False) -> OutboundMessage:
    """A plain message; each label is a row with a button whose token is `t:` and the label."""
    buttons = tuple((Button(label, f"t:{label}"),) for label in labels)
    numbered = bool(buttons) and not card
    return OutboundMessage((Block(BlockKind.TEXT, text),), buttons, card, ask_phone, numbered=numbered)


def echo(message: InboundMessage) -> OutboundMessage | None:
    """Greets, repeats, offers buttons and asks for a phone when told to."""
    if message.text == "/start":
        return said("您好，请说您的问题。", "劳动", "婚姻")
    if message.text == "电话":
        return said("请留下电话。", ask_phone=True)
    if message.kind is InboundKind.BUTTON:
        return said(f"选了：{message.token}")
    if message.file:
        return said(f"收到文件：{message.file.name}")
    return said(f"收到：{message.text}")


class EchoDesk:
    """Takes a message durably (in memory), then sends the answer through `channel`, in order."""

    def __init__(self, script: Script = echo) -> None:
        self.script = script
        self.channel: Channel | None = None
        self.taken: list[InboundMessage] = []
        self.calls = 0
        self.refusals = 0
        self.result = Received.ACCEPTED
        self.foreign: dict[str, bytes] = {}
        self._queue: list[tuple[Address, OutboundMessage, str]] = []
        self._lock = asyncio.Lock()

    async def receive(self, message: InboundMessage) -> Received:
        """The door; the next `refusals` calls fail."""
        self.calls += 1
        if self.refusals:
            self.refusals -= 1
            raise StoreError("The database is gone.")
        if any(message.external_id == other.external_id for other in self.taken):
            return Received.DUPLICATE
        self.taken.append(message)
        answer = self.script(message)
        if answer:
            self._queue.append((message.sender, answer, message.external_id))
            await self.flush()
        return self.result

    async def flush(self) -> None:
        """Send what is waiting; stops at the first that cannot be sent."""
        async with self._lock:
            while self._queue and self.channel:
                to, message, key = self._queue[0]
                if not isinstance(await self.channel.send(to, message, key=key, edit=""), Sent):
                    return
                self._queue.pop(0)

    async def fetch(self, file: FileRef) -> bytes:
        """Files of other channels."""
        if file.id not in self.foreign:
            raise BotError("The file is gone.")
        return self.foreign[file.id]

    @property
    def words(self) -> list[str]:
        """What was said, without the greeting."""
        return [m.text for m in self.taken if m.text != "/start"]
