"""Faults come as ordered, do what they say, and the ledger tells what had its effect."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
import telegram

from . import Kind, ManualClock, TelegramServer
from .conftest import make_bot

pytestmark = pytest.mark.filterwarnings("ignore::telegram.warnings.PTBDeprecationWarning")
BEFORE = [
    (Kind.TOO_MANY, telegram.error.RetryAfter),
    (Kind.SERVER_ERROR, telegram.error.NetworkError),
    (Kind.BAD_GATEWAY, telegram.error.NetworkError),
    (Kind.RESET, telegram.error.NetworkError),
    (Kind.HANG, telegram.error.TimedOut),
]
AFTER = [
    (Kind.LOST_REPLY, telegram.error.TimedOut),
    (Kind.LOST_RESET, telegram.error.NetworkError),
    (Kind.GARBLED, telegram.error.TelegramError),
]


@pytest.mark.parametrize(("kind", "error"), [*BEFORE, *AFTER])
async def test_a_fault_hits_once_and_is_in_the_ledger(
    server: TelegramServer, kind: Kind, error: type[Exception]
) -> None:
    mei = server.user(started=True)
    async with make_bot(server, read_timeout=0.05) as bot:
        server.faults.add(kind, method="sendMessage", chat_id=mei.id, retry_after=7)
        with pytest.raises(error) as caught:
            await bot.send_message(mei.id, "一")
        await bot.send_message(mei.id, "二")
    if isinstance(caught.value, telegram.error.RetryAfter):
        assert caught.value._retry_after == timedelta(seconds=7)
    done = kind in (Kind.LOST_REPLY, Kind.LOST_RESET, Kind.GARBLED)
    assert [message.text for message in mei.chat] == (["一", "二"] if done else ["二"])
    first, second = server.ledger.of("sendMessage")
    assert (first.fault, first.applied, second.applied) == (kind.value, done, True)
    assert len(server.ledger.sent(mei.id)) == len(mei.chat)


async def test_faults_keep_to_their_chat_and_method(server: TelegramServer, bot: telegram.Bot) -> None:
    mei, zhang = server.user(started=True), server.user("张律师", started=True)
    server.faults.add(
        "error", method="sendMessage", chat_id=mei.id, times=None, code=403, description="Forbidden: x"
    )
    await bot.send_message(zhang.id, "好")
    await bot.send_chat_action(mei.id, "typing")
    for _ in range(3):
        with pytest.raises(telegram.error.Forbidden):
            await bot.send_message(mei.id, "好")
    server.faults.clear()
    await bot.send_message(mei.id, "好")


async def outcomes(seed: int) -> list[str]:
    async with TelegramServer() as server, make_bot(server) as bot:
        mei = server.user(started=True)
        server.faults.at_random(seed, 0.4, [Kind.TOO_MANY, Kind.SERVER_ERROR, Kind.RESET])
        for number in range(20):
            try:
                await bot.send_message(mei.id, f"{number}")
            except telegram.error.TelegramError:
                await bot.get_updates()
        return [call.fault for call in server.ledger.calls]


async def test_random_faults_are_the_same_for_the_same_seed() -> None:
    first = await outcomes(1)
    assert set(first) > {"", "too_many", "reset"}
    assert await outcomes(1) == first
    assert await outcomes(8) != first


async def test_a_gate_holds_a_request_until_it_is_released(server: TelegramServer, bot: telegram.Bot) -> None:
    mei, zhang = server.user(started=True), server.user("张律师", started=True)
    gate = server.faults.hold("sendMessage", chat_id=mei.id)
    told = server.faults.hold("sendMessage", chat_id=mei.id, after=True)
    held = asyncio.create_task(bot.send_message(mei.id, "一"))
    await gate.reached.wait()
    await bot.send_message(zhang.id, "好")
    assert (mei.chat, gate.held) == ([], 1)
    gate.release()
    await told.reached.wait()
    assert [message.text for message in mei.chat] == ["一"]
    assert not held.done()
    told.release()
    await held


async def test_sends_that_overlap_in_one_chat_are_noted(server: TelegramServer, bot: telegram.Bot) -> None:
    mei = server.user(started=True)
    gate = server.faults.hold("sendMessage")
    first = asyncio.create_task(bot.send_message(mei.id, "一"))
    await gate.reached.wait()
    second = asyncio.create_task(bot.send_message(mei.id, "二"))
    await server.until(lambda: gate.held == 2 or None)
    gate.release()
    await asyncio.gather(first, second)
    assert server.ledger.overlaps == [f"sendmessage to {mei.id} while another was under way"]


async def test_the_pace_of_telegram_can_be_enforced(
    server: TelegramServer, bot: telegram.Bot, clock: ManualClock
) -> None:
    people = [server.user(f"{number}", started=True) for number in range(31)]
    server.pace.enforced = True
    for person in people[:30]:
        await bot.send_message(person.id, "好")
    for person in (people[0], people[30]):
        with pytest.raises(telegram.error.RetryAfter):
            await bot.send_message(person.id, "好")
    clock.advance(timedelta(seconds=1))
    await bot.send_message(people[0].id, "好")


async def test_the_ledger_waits_for_calls(server: TelegramServer, bot: telegram.Bot) -> None:
    mei = server.user(started=True)
    waiting = asyncio.create_task(server.called("sendMessage", 2, chat_id=mei.id))
    await bot.send_message(mei.id, "一")
    await bot.send_document(mei.id, b"pdf", caption="二")
    await bot.send_message(mei.id, "三")
    assert [call.text for call in await waiting] == ["一", "三"]
    assert [call.text for call in server.ledger.sent(mei.id)] == ["一", "二", "三"]
    assert server.ledger.of("sendDocument")[0].params["document"]["bytes"] == 3
