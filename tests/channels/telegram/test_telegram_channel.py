"""Starting, the webhook, menus and links."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import httpx
import pytest
from starlette.applications import Starlette

from bot.channels.telegram import TelegramSettings
from bot.desk.ports import Channel
from bot.domain.errors import BotError, ConfigError, StoreError
from tests.channels.telegram.telegram_bench import (
    NOW,
    SECRET,
    TOKEN,
    Bench,
    Desk,
    Time,
    bench,
    make_channel,
    on,
    until,
)
from tests.telegram_server import Kind, Listener, TelegramServer

HOOK = "https://desk.example/telegram/hook"
HEADER = "X-Telegram-Bot-Api-Secret-Token"


def update(number: int = 1, words: str = "在吗") -> dict[str, object]:
    chat = {"id": 7, "type": "private", "first_name": "李"}
    sender = {"id": 7, "is_bot": False, "first_name": "李"}
    message = {"message_id": number, "date": 1, "chat": chat, "from": sender, "text": words}
    return {"update_id": number, "message": message}


@contextlib.asynccontextmanager
async def hooked() -> AsyncIterator[tuple[Bench, httpx.AsyncClient]]:
    """A channel with a webhook, and somebody who posts to it."""
    async with bench(HOOK) as b:
        app = Starlette(routes=b.channel.routes())
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="https://desk.example") as client:
            yield b, client


async def post(client: httpx.AsyncClient, body: object, secret: str = SECRET) -> int:
    response = await client.post("/telegram/hook", json=body, headers={HEADER: secret})
    return response.status_code


async def test_the_webhook_says_200_only_after_the_desk_has_it() -> None:
    async with hooked() as (b, client):
        b.desk.gate.clear()
        posting = asyncio.create_task(post(client, update()))
        await until(lambda: b.desk.calls)
        assert not posting.done()
        b.desk.gate.set()
        assert await posting == 200
        assert b.desk.texts == ["在吗"]
        assert b.desk.last.received_at == NOW


async def test_the_webhook_asks_for_the_update_again_when_the_store_is_down() -> None:
    async with hooked() as (b, client):
        b.desk.trouble.extend([StoreError("full"), ZeroDivisionError()])
        assert [await post(client, update()) for _ in range(4)] == [503, 503, 200, 200]
        assert b.desk.texts == ["在吗"]
        assert b.channel.counts == {"accepted": 1, "duplicate": 1}


@pytest.mark.parametrize("secret", ["", "wrong", SECRET + "x", SECRET[:-1], "密"])
async def test_the_webhook_is_closed_to_everybody_without_the_secret(secret: str) -> None:
    async with hooked() as (b, client):
        headers = {HEADER.encode(): secret.encode()}
        response = await client.post("/telegram/hook", json=update(), headers=headers)
        assert response.status_code == 403
        assert (await client.post("/telegram/hook", json=update())).status_code == 403
        assert b.desk.calls == 0


async def test_the_webhook_takes_no_body_above_one_mebibyte() -> None:
    async with hooked() as (b, client):
        assert await post(client, update(words="长" * 400_000)) == 413
        assert b.desk.calls == 0


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff", b"[" * 100_000])
async def test_the_webhook_refuses_what_is_no_update(body: bytes) -> None:
    async with hooked() as (b, client):
        response = await client.post("/telegram/hook", content=body, headers={HEADER: SECRET})
        assert response.status_code == 400
        assert b.desk.quarantined == []


async def test_the_webhook_puts_a_broken_update_aside_and_says_200() -> None:
    async with hooked() as (b, client):
        assert await post(client, {"update_id": 9, "message": {"chat": 1}}) == 200
        assert [one[0] for one in b.desk.quarantined] == ["9"]


async def test_telegram_delivers_to_the_webhook_again_until_it_is_taken() -> None:
    async with TelegramServer(TOKEN) as server:
        app = Starlette()
        listener = Listener(app)
        await listener.start()
        async with on(server, f"http://127.0.0.1:{listener.port}/hook") as b:
            app.router.routes.extend(b.channel.routes())
            b.desk.trouble.extend(StoreError("full") for _ in range(3))
            mei = server.user()
            mei.says("一")
            mei.says("二")
            await server.drained()
            assert b.desk.texts == ["一", "二"]
        await listener.stop()


async def test_with_a_webhook_telegram_is_told_its_address_and_secret() -> None:
    async with bench(HOOK) as b:
        (call,) = b.calls("setWebhook")
        assert (call["url"], call["secret_token"]) == (HOOK, SECRET)
        assert "message" in call["allowed_updates"]


async def test_a_webhook_that_telegram_refuses_is_named(caplog: pytest.LogCaptureFixture) -> None:
    async with TelegramServer(TOKEN) as server:
        why = "Bad Request: bad webhook: HTTPS url must be provided for webhook"
        server.faults.add(Kind.ERROR, method="setWebhook", times=2, description=why)
        async with on(server, HOOK) as b:
            assert "telegram.webhook_url: Bad webhook: https url must be provided" in caplog.text
            async with b.polling():
                await server.called("setWebhook", 3)
            assert b.time.slept == [0.5]


async def test_without_a_webhook_an_old_one_is_deleted_and_waiting_updates_are_kept() -> None:
    async with TelegramServer(TOKEN) as server:
        server.user().says("等着")
        async with on(server) as b:
            assert b.channel.routes() == []
            await b.poll()
            assert b.desk.texts == ["等着"]
            assert b.calls("deleteWebhook")[0].get("drop_pending_updates") in (None, False, "false")


async def test_a_wrong_token_stops_the_start_with_advice_and_without_the_token() -> None:
    async with TelegramServer(TOKEN) as server:
        settings = TelegramSettings(token="999:wrong", base_url=server.url)
        channel = make_channel(settings, Desk(), Time())
        with pytest.raises(BotError, match="BotFather") as caught:
            await channel.start()
        await channel.stop()
        assert "999:wrong" not in f"{caught.value} {caught.value.__context__} {caught.value.__cause__}"


async def test_a_link_opens_the_bot_with_its_payload() -> None:
    async with bench() as b:
        assert await b.channel.start_link("join-a1") == "https://t.me/legal_desk_bot?start=join-a1"
        with pytest.raises(ValueError, match="1 to 64"):
            await b.channel.start_link("有空格 ")


async def test_a_link_alone_does_not_touch_the_webhook() -> None:
    async with TelegramServer(TOKEN) as server:
        channel = make_channel(TelegramSettings(token=TOKEN, base_url=server.url), Desk(), Time())
        await channel.start_link("x")
        await channel.stop()
        assert {call.method for call in server.ledger.calls} == {"getMe"}


async def test_menus_are_set_for_one_chat_and_by_language() -> None:
    async with bench() as b:
        mei = b.server.user(started=True)
        assert await b.channel.set_menu(str(mei.id), [("queue", "待办")])
        assert await b.channel.set_menu(str(mei.id), [])
        assert await b.channel.set_default_menus({"": [("start", "开始")], "en": [("start", "Start")]})
        one, default, english = b.calls("setMyCommands")
        assert one["scope"]["type"] == "chat"
        assert (default.get("language_code"), english["language_code"]) == (None, "en")
        assert len(b.calls("deleteMyCommands")) == 1


async def test_a_menu_that_telegram_refuses_is_no_disaster() -> None:
    async with bench() as b:
        b.server.faults.add(Kind.ERROR, method="setMyCommands", description="Bad Request: chat not found")
        assert not await b.channel.set_menu("424242", [("queue", "待办")])


async def test_the_channel_is_what_the_outbox_expects() -> None:
    async with bench() as b:
        channel: Channel = b.channel
        assert channel.name == "telegram"


@pytest.mark.parametrize(
    ("wrong", "key"),
    [
        ({"token": "abc"}, "telegram.token"),
        ({"poll_timeout": 90}, "telegram.poll_timeout"),
        ({"messages_per_second": 0}, "telegram.messages_per_second"),
        ({"webhook_url": "desk.example"}, "telegram.webhook_url"),
        ({"webhook_url": HOOK, "webhook_secret": "short"}, "telegram.webhook_secret"),
    ],
)
def test_a_wrong_setting_is_named(wrong: dict[str, object], key: str) -> None:
    with pytest.raises(ConfigError, match=key):
        TelegramSettings(**{"token": TOKEN, **wrong})  # type: ignore[arg-type]
