"""A server that ends without violations, and python-telegram-bot's own Bot as its client."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
import pytest_asyncio
import telegram
from telegram.request import HTTPXRequest

from . import ManualClock, TelegramServer

Read = Callable[..., Awaitable[list[telegram.Update]]]


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest_asyncio.fixture
async def server(clock: ManualClock) -> AsyncIterator[TelegramServer]:
    async with TelegramServer(clock=clock) as running:
        yield running
    assert running.violations == []


def make_bot(server: TelegramServer, *, read_timeout: float = 5.0) -> telegram.Bot:
    def request() -> HTTPXRequest:
        # Without verify=False each client loads all certificates, 30 ms.
        return HTTPXRequest(16, read_timeout=read_timeout, httpx_kwargs={"verify": False})

    return telegram.Bot(
        server.token,
        base_url=server.base_url,
        base_file_url=server.base_file_url,
        request=request(),
        get_updates_request=request(),
    )


@pytest_asyncio.fixture
async def bot(server: TelegramServer) -> AsyncIterator[telegram.Bot]:
    async with make_bot(server) as ready:
        yield ready


@pytest.fixture
def read(bot: telegram.Bot) -> Read:
    """Take all that waits and confirm it."""

    async def take() -> list[telegram.Update]:
        updates = list(await bot.get_updates(allowed_updates=telegram.Update.ALL_TYPES))
        if updates:
            await bot.get_updates(offset=updates[-1].update_id + 1)
        return updates

    return take
