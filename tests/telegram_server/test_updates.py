"""Long polling, offsets, conflicts and broken updates, as python-telegram-bot meets them."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import httpx
import pytest
import telegram

from . import ManualClock, TelegramServer
from .conftest import Read, make_bot


async def ids(bot: telegram.Bot, offset: int | None = None, limit: int = 100) -> list[int]:
    return [update.update_id for update in await bot.get_updates(offset=offset, limit=limit)]


async def test_a_long_poll_blocks_until_somebody_writes(server: TelegramServer, bot: telegram.Bot) -> None:
    poll = asyncio.create_task(bot.get_updates(timeout=50))
    await server.until(lambda: server.world.updates.long_poll.turn or None)
    assert not poll.done()
    server.user().says("在吗")
    (update,) = await poll
    assert update.message is not None
    assert update.message.text == "在吗"


async def test_what_is_not_confirmed_comes_again(server: TelegramServer, bot: telegram.Bot) -> None:
    mei = server.user()
    for number in range(5):
        mei.says(f"第{number}条")
    first = await ids(bot)
    assert first == list(range(first[0], first[0] + 5))
    assert await ids(bot) == first
    assert await ids(bot, limit=2) == first[:2]
    assert await ids(bot, first[2]) == first[2:]
    assert await ids(bot) == first[2:]
    assert await ids(bot, -1) == first[4:]
    assert await ids(bot) == first[4:]
    assert await ids(bot, first[4] + 1) == []
    await server.drained()


async def test_an_offset_far_ahead_is_not_believed(
    server: TelegramServer, bot: telegram.Bot, read: Read
) -> None:
    mei = server.user()
    mei.says("一周前")
    (old,) = await read()
    server.restart_update_ids(1000)
    mei.says("一周后")
    (fresh,) = await bot.get_updates(offset=old.update_id + 1)
    assert fresh.update_id == 1000
    assert len(server.pending) == 1


async def test_updates_are_kept_for_a_day_and_taps_for_minutes(
    server: TelegramServer, bot: telegram.Bot, clock: ManualClock
) -> None:
    mei = server.user()
    mei.says("您好")
    await bot.send_message(mei.id, "您好")
    mei.taps_data("x")
    clock.advance(timedelta(minutes=3))
    assert len(await ids(bot)) == 1
    clock.advance(timedelta(hours=24))
    assert await ids(bot) == []


async def test_a_second_poller_ends_the_first(server: TelegramServer, bot: telegram.Bot) -> None:
    first = asyncio.create_task(bot.get_updates(timeout=50))
    await server.until(lambda: server.world.updates.long_poll.turn or None)
    async with make_bot(server) as other:
        second = asyncio.create_task(other.get_updates(timeout=50))
        with pytest.raises(telegram.error.Conflict, match="terminated by other getUpdates request"):
            await first
        server.user().says("在吗")
        assert len(await second) == 1


async def test_a_webhook_and_polling_exclude_each_other(server: TelegramServer, bot: telegram.Bot) -> None:
    poll = asyncio.create_task(bot.get_updates(timeout=50))
    await server.until(lambda: server.world.updates.long_poll.turn or None)
    await bot.set_webhook("https://desk.example/hook", secret_token="s-1")
    with pytest.raises(telegram.error.Conflict, match="terminated by setWebhook request"):
        await poll
    with pytest.raises(telegram.error.Conflict, match="can't use getUpdates method while webhook is active"):
        await bot.get_updates()
    await bot.delete_webhook()
    assert await ids(bot) == []
    with pytest.raises(telegram.error.BadRequest, match=r"(?i)https url must be provided"):
        await bot.set_webhook("http://desk.example/hook")


async def test_allowed_updates_are_remembered(server: TelegramServer, bot: telegram.Bot) -> None:
    mei = server.user()
    await bot.get_updates(allowed_updates=["callback_query"])
    mei.says("听不到")
    assert await ids(bot) == []
    await bot.get_updates(allowed_updates=[])
    mei.says("听得到")
    assert len(await ids(bot)) == 1


async def test_a_broken_update_spoils_the_batch_for_typed_readers_only(
    server: TelegramServer, bot: telegram.Bot
) -> None:
    mei = server.user()
    mei.says("前")
    server.emit_raw({"message": {"message_id": "?", "date": "yesterday", "chat": 7}})
    mei.says("后")
    with pytest.raises(Exception, match=r".+"):
        await bot.get_updates()
    async with httpx.AsyncClient() as client:
        reply = await client.get(f"{server.base_url}{server.token}/getUpdates")
        assert [("text" in update["message"]) for update in reply.json()["result"]] == [True, False, True]
        server.emit_raw(b'{"update_id": 1, ')
        with pytest.raises(ValueError, match=r".+"):
            (await client.get(f"{server.base_url}{server.token}/getUpdates")).json()


async def test_a_poller_that_hangs_up_takes_nothing_with_it(server: TelegramServer) -> None:
    async with httpx.AsyncClient() as client:
        url = f"{server.base_url}{server.token}/getUpdates"
        poll = asyncio.create_task(client.post(url, data={"timeout": 50}))
        await server.until(lambda: server.world.updates.long_poll.turn or None)
        poll.cancel()
        await asyncio.gather(poll, return_exceptions=True)
        server.user().says("在吗")
        assert len((await client.post(url, json={"timeout": 50})).json()["result"]) == 1


async def test_the_server_goes_away_and_comes_back_on_its_port(
    server: TelegramServer, bot: telegram.Bot
) -> None:
    server.user().says("在吗")
    await server.stop()
    with pytest.raises(telegram.error.NetworkError):
        await bot.get_updates()
    await server.start()
    assert len(await ids(bot)) == 1
