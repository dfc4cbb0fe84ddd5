"""A machine that reaches Telegram through a proxy only."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest

from bot.channels.telegram.settings import TelegramSettings
from bot.channels.telegram.wire import make_bot
from tests.telegram_server import TelegramServer

TOKEN = "123:proxied"


@contextlib.asynccontextmanager
async def a_proxy(to: TelegramServer) -> AsyncIterator[tuple[str, list[str]]]:
    """Hands every request on to this server, and notes the first lines that name it."""
    seen: list[str] = []
    port = int(to.url.rsplit(":", 1)[1])

    async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        inward, outward = await asyncio.open_connection("127.0.0.1", port)
        on = [asyncio.create_task(pour(reader, outward)), asyncio.create_task(pour(inward, writer))]
        await asyncio.wait(on, return_when=asyncio.FIRST_COMPLETED)
        for task in on:
            task.cancel()
        writer.close()

    async def pour(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        while data := await source.read(65536):
            seen.extend(data.decode().splitlines()[:1] if to.url.encode() in data else [])
            sink.write(data.replace(to.url.encode(), b""))
            await sink.drain()

    server = await asyncio.start_server(carry, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", seen


@pytest.mark.parametrize("spared", [False, True])
async def test_telegram_is_reached_through_the_proxy_of_the_environment(
    monkeypatch: pytest.MonkeyPatch, spared: bool
) -> None:
    async with TelegramServer(TOKEN) as server, a_proxy(server) as (proxy, seen):
        monkeypatch.setenv("http_proxy", proxy)
        monkeypatch.setenv("no_proxy", "127.0.0.1" if spared else "elsewhere.example")
        async with make_bot(TelegramSettings(TOKEN, base_url=server.url)) as bot:
            assert (await bot.get_me()).is_bot
    assert all(line.startswith(f"POST {server.url}/bot") for line in seen)
    assert bool(seen) is not spared
