"""Webhook delivery: secret token, retries, order per chat, an answer in the reply."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest_asyncio
import telegram
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from . import Listener, TelegramServer
from .errors import Json


class Hook:
    """A bot that is told instead of asking; the next replies may be programmed."""

    def __init__(self) -> None:
        self.seen: list[Json] = []
        self.secrets: list[str | None] = []
        self.replies: list[Response] = []
        self.blocked: dict[int, asyncio.Event] = {}
        self.url = ""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        update = await request.json()
        self.secrets.append(request.headers.get("x-telegram-bot-api-secret-token"))
        self.seen.append(update)
        waits = self.blocked.get(update.get("message", {}).get("chat", {}).get("id", 0))
        if waits is not None:
            await waits.wait()
        reply = self.replies.pop(0) if self.replies else Response()
        await reply(scope, receive, send)

    @property
    def texts(self) -> list[str]:
        return [update["message"]["text"] if "message" in update else "tap" for update in self.seen]


@pytest_asyncio.fixture
async def hook() -> AsyncIterator[Hook]:
    hook = Hook()
    listener = Listener(hook)
    await listener.start()
    hook.url = f"http://127.0.0.1:{listener.port}/hook"
    yield hook
    await listener.stop()


async def test_updates_are_posted_with_the_secret(
    server: TelegramServer, bot: telegram.Bot, hook: Hook
) -> None:
    mei = server.user()
    mei.says("早")
    await bot.set_webhook(hook.url, secret_token="s-1_A")
    mei.says("晚")
    await server.drained()
    assert hook.texts == ["早", "晚"]
    assert hook.secrets == ["s-1_A", "s-1_A"]


async def test_a_failed_update_is_posted_again_before_the_next_of_its_chat(
    server: TelegramServer, bot: telegram.Bot, hook: Hook
) -> None:
    hook.replies = [Response(status_code=500), Response(status_code=503, headers={"Retry-After": "1"})]
    await bot.set_webhook(hook.url)
    mei = server.user()
    mei.says("一")
    mei.says("二")
    await server.drained()
    assert hook.texts == ["一", "一", "一", "二"]
    info = await bot.get_webhook_info()
    assert info.last_error_message == "Wrong response from the webhook: 503 Service Unavailable"
    assert (info.url, info.pending_update_count) == (hook.url, 0)


async def test_chats_and_taps_do_not_wait_for_each_other(
    server: TelegramServer, bot: telegram.Bot, hook: Hook
) -> None:
    mei, zhang = server.user(started=True), server.user("张律师")
    await bot.send_message(mei.id, "您好")
    hook.blocked[mei.id] = asyncio.Event()
    await bot.set_webhook(hook.url)
    mei.says("慢")
    mei.says("更慢")
    mei.taps_data("x")
    zhang.says("快")
    await server.until(lambda: len(server.pending) == 2 or None)
    assert sorted(hook.texts) == sorted(["慢", "tap", "快"])
    hook.blocked[mei.id].set()
    await server.drained()
    assert hook.texts[-1] == "更慢"


async def test_the_reply_of_a_webhook_may_be_a_method(
    server: TelegramServer, bot: telegram.Bot, hook: Hook
) -> None:
    mei = server.user()
    hook.replies = [JSONResponse({"method": "sendMessage", "chat_id": mei.id, "text": "收到"})]
    await bot.set_webhook(hook.url)
    mei.says("在吗")
    await mei.hears("收到")


async def test_without_the_webhook_undelivered_updates_wait_for_polling(
    server: TelegramServer, bot: telegram.Bot, hook: Hook
) -> None:
    mei = server.user()
    hook.blocked[mei.id] = asyncio.Event()
    await bot.set_webhook(hook.url)
    mei.says("一")
    await server.until(lambda: hook.seen or None) if hook.seen else None
    await bot.delete_webhook()
    assert len(await bot.get_updates()) == 1
    mei.says("二")
    assert len(await bot.get_updates()) == 2
    await bot.set_webhook(hook.url, drop_pending_updates=True)
    await server.drained()
