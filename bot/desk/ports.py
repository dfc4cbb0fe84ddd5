"""What the desk asks of the layers above it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from bot.domain.messages import Address, ChannelName, FileRef, InboundMessage, OutboundMessage, SendOutcome

Clock = Callable[[], datetime]
"""Now, as an aware UTC datetime."""


class Received(StrEnum):
    """What became of an inbound message."""

    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    LIMITED = "limited"


class Receive(Protocol):
    """The desk's one door: durable when it returns, so the channel may acknowledge upstream.

    Raises StoreError when nothing could be written: then the channel must not acknowledge.
    """

    async def __call__(self, message: InboundMessage) -> Received: ...


class Channel(Protocol):
    """A messenger as the outbox sees it. Expected failures are returned, never raised."""

    @property
    def name(self) -> ChannelName: ...

    async def send(self, to: Address, message: OutboundMessage, *, key: str, edit: str) -> SendOutcome:
        """Send, or with `edit` (the ref of an earlier Sent, else empty) replace that message in place.

        `key` names this delivery: a channel that can, delivers the same key once. A message that can no
        longer be edited is sent anew.
        """
        ...

    async def fetch(self, file: FileRef) -> bytes:
        """The bytes of a file of this channel (at most 20 MB); BotError when it is gone."""
        ...


FetchFile = Callable[[FileRef], Awaitable[bytes]]
"""The bytes of a file of any channel; BotError when it cannot be had."""
