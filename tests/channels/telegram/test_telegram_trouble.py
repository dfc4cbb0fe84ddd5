"""When sending fails, the outbox learns exactly what may have happened, and others are not held up."""

from __future__ import annotations

import asyncio

import pytest

from bot.channels.telegram import TelegramSettings
from bot.domain.errors import BotError
from bot.domain.messages import Ambiguous, FileRef, Moved, Retry, Sent, Undeliverable
from tests.channels.telegram.telegram_bench import TOKEN, Bench, Desk, Time, bench, make_channel, on, text
from tests.telegram_server import Kind, TelegramServer


async def test_who_blocked_the_bot_is_gone() -> None:
    async with bench() as b:
        mei = b.server.user(started=True)
        mei.blocks()
        assert await b.send(mei, "x") == Undeliverable("bot was blocked by the user", gone=True)


async def test_a_deleted_account_is_gone() -> None:
    async with bench() as b:
        mei = b.server.user(started=True)
        mei.deactivates()
        outcome = await b.send(mei, "x")
        assert isinstance(outcome, Undeliverable)
        assert outcome.gone


async def test_a_chat_that_does_not_exist_is_undeliverable() -> None:
    async with bench() as b:
        assert await b.send(987654321, "x") == Undeliverable("Chat not found")


async def test_a_group_that_moved_says_where() -> None:
    async with bench() as b:
        group = b.server.group("服务站", b.server.user(), supergroup=False)
        new = group.migrates()
        assert await b.send(group.id, "x") == Moved(str(new.id))


async def test_a_429_says_when_and_its_chat_waits_without_asking_again() -> None:
    async with bench() as b:
        mei, wang = b.server.user(started=True), b.server.user("王强", started=True)
        b.server.faults.add(Kind.TOO_MANY, chat_id=mei.id, retry_after=40)
        assert await b.send(mei, "一") == Retry(40, "429")
        assert await b.send(mei, "一") == Retry(40, "paced")
        assert isinstance(await b.send(wang, "甲"), Sent)
        assert len(b.server.ledger.of("sendMessage", mei.id)) == 1
        b.time.now += 40
        assert isinstance(await b.send(mei, "一"), Sent)


async def test_more_messages_than_a_person_may_get_wait_their_turn() -> None:
    async with bench() as b:
        mei = b.server.user(started=True)
        for number in range(6):
            await b.send(mei, str(number))
        assert [one.text for one in mei.chat] == list("012345")
        assert b.time.slept == [1.0, 1.0, 1.0]


async def test_a_turn_that_is_far_away_goes_back_to_the_outbox() -> None:
    async with bench() as b:
        group = b.server.group("服务站", b.server.user())
        sends = [asyncio.create_task(b.send(group.id, str(n))) for n in range(9)]
        outcomes = await asyncio.gather(*sends)
        waits = [one.after for one in outcomes if isinstance(one, Retry)]
        assert all(wait > 10 for wait in waits)
        assert len(group.chat) + len(waits) == 9
        b.server.ledger.overlaps.clear()  # nine at once to one chat is this test's own doing


async def test_what_waited_since_before_the_start_is_sent_while_the_bot_still_connects() -> None:
    async with TelegramServer(TOKEN) as server:
        mei = server.user(started=True)
        desk, time = Desk(), Time()
        channel = make_channel(TelegramSettings(token=TOKEN, base_url=server.url), desk, time)
        assert isinstance(await Bench(server, desk, time, channel).send(mei, "x"), Sent)
        await channel.stop()
        assert len(mei.chat) == 1


async def test_no_connection_means_that_nothing_was_sent() -> None:
    server = TelegramServer(TOKEN)
    await server.start()
    await server.stop()
    async with on(server) as b:
        outcome = await b.send(7, "x")
        assert isinstance(outcome, Retry)
        assert outcome.reason == "not sent: ClientConnectorError"


@pytest.mark.parametrize(
    "kind", [Kind.RESET, Kind.LOST_RESET, Kind.GARBLED, Kind.SERVER_ERROR, Kind.BAD_GATEWAY]
)
async def test_a_lost_or_broken_reply_is_ambiguous(kind: Kind) -> None:
    async with bench() as b:
        mei = b.server.user(started=True)
        b.server.faults.add(kind, method="sendMessage")
        assert isinstance(await b.send(mei, "x"), Ambiguous)


async def test_no_reply_in_time_is_ambiguous() -> None:
    async with bench(reply_timeout=0.2) as b:
        mei = b.server.user(started=True)
        b.server.faults.add(Kind.LOST_REPLY, method="sendMessage")
        assert await b.send(mei, "x") == Ambiguous("NoReply: SocketTimeoutError")
        assert len(mei.chat) == 1


async def test_an_edit_of_unknown_fate_is_repeated_without_harm() -> None:
    async with bench() as b:
        mei = b.server.user(started=True)
        sent = await b.send(mei, "排队中")
        assert isinstance(sent, Sent)
        b.server.faults.add(Kind.LOST_RESET, method="editMessageText")
        assert isinstance(await b.send(mei, "已接单", edit=sent.ref), Retry)
        assert await b.send(mei, "已接单", edit=sent.ref) == sent
        assert [one.text for one in mei.chat] == ["已接单"]


async def test_another_400_is_undeliverable_and_quotes_nothing() -> None:
    async with bench() as b:
        mei = b.server.user(started=True)
        refusal = "Bad Request: can't parse entities: 我的电话是13800138000"
        b.server.faults.add(Kind.ERROR, method="sendMessage", description=refusal)
        assert await b.send(mei, "x") == Undeliverable("Can't parse entities")


async def test_a_refused_token_loses_no_message() -> None:
    async with bench() as b:
        mei = b.server.user(started=True)
        b.server.faults.add(Kind.ERROR, method="sendMessage", code=401, description="Unauthorized")
        assert await b.send(mei, "x") == Retry(60, "the bot token was refused")


async def test_a_chat_where_telegram_does_not_answer_holds_up_nobody() -> None:
    async with bench() as b:
        mei, others = b.server.user(started=True), [b.server.user(started=True) for _ in range(20)]
        gate = b.server.faults.hold("sendMessage", chat_id=mei.id)
        stuck = asyncio.create_task(b.send(mei, "x"))
        await gate.reached.wait()
        outcomes = await asyncio.gather(*(b.send(one, "y") for one in others))
        assert all(isinstance(one, Sent) for one in outcomes)
        assert not stuck.done()
        gate.release()
        assert isinstance(await stuck, Sent)


async def test_a_file_that_telegram_does_not_give_says_so() -> None:
    async with bench() as b:
        with pytest.raises(BotError, match="Telegram did not give the file"):
            await b.channel.fetch(FileRef(b.channel.name, "photo:gone", "photo"))


async def test_a_file_above_twenty_megabytes_is_not_fetched() -> None:
    async with bench() as b:
        mei = b.server.user()
        mei.sends_document(b"x", size=21 * 1024 * 1024)
        await b.poll()
        file = b.desk.last.file
        assert file is not None
        with pytest.raises(BotError):
            await b.channel.fetch(file)


async def _everything_with(b: Bench, canary: str) -> None:
    mei = b.server.user(canary, started=True)
    mei.says(canary)
    mei.sends_contact("+8613899990000")
    b.server.emit_raw({"message": {"chat": canary}})
    for kind in (Kind.SERVER_ERROR, Kind.RESET, Kind.GARBLED, Kind.TOO_MANY):
        b.server.faults.add(kind, method="sendMessage")
        await b.send(mei, text(canary, (canary,)), key=canary + kind)
        b.time.now += 60
    b.server.faults.add(Kind.ERROR, method="getUpdates", code=409, description=f"Conflict: {canary}")
    b.server.faults.add(Kind.RESET, method="getUpdates")
    b.desk.trouble.append(ZeroDivisionError(canary))
    await b.poll()
    b.server.faults.add(Kind.ERROR, method="setMyCommands", description=f"Bad Request: {canary}")
    await b.channel.set_menu(str(mei.id), [("queue", canary)])
    assert b.desk.quarantined


async def test_no_log_line_has_words_phones_tokens_or_secrets(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(0)
    async with bench() as b:
        await _everything_with(b, "金丝雀")
    ours = [one for one in caplog.records if not one.name.startswith("uvicorn")]  # the test server's
    logged = "\n".join(f"{one.getMessage()} {one.exc_text} {one.args}" for one in ours)
    assert "telegram" in logged
    for canary in ("金丝雀", "13899990000", "123:abc", "a-long-enough-secret"):
        assert canary not in logged


def test_settings_show_neither_token_nor_secret() -> None:
    shown = repr(TelegramSettings("1:tok", webhook_url="https://a.cn/h", webhook_secret="s" * 20))
    assert "1:tok" not in shown
    assert "s" * 20 not in shown
