"""No update is confirmed before it is durable, and none stops the others."""

from __future__ import annotations

import asyncio
import json
import logging

import pytest

from bot.channels.telegram import TelegramSettings
from bot.desk.ports import Received
from bot.domain.errors import BotError, StoreError
from bot.domain.messages import ChatKind, InboundKind
from tests.channels.telegram.telegram_bench import TOKEN, Desk, Time, bench, make_channel, on, text, until
from tests.telegram_server import Kind, TelegramServer


async def test_what_she_writes_reaches_the_desk_in_order() -> None:
    async with bench() as b:
        mei = b.server.user("李梅")
        for words in ("老板拖欠工资", "两个月了", "怎么办"):
            mei.says(words)
        await b.poll()
        assert b.desk.texts == ["老板拖欠工资", "两个月了", "怎么办"]
        assert b.channel.counts == {"accepted": 3}


async def test_an_update_is_not_confirmed_while_the_desk_still_writes() -> None:
    async with bench() as b:
        b.desk.gate.clear()
        mei = b.server.user()
        mei.says("慢")
        async with b.polling():
            await until(lambda: b.desk.calls)
            assert len(b.server.pending) == 1
            b.desk.gate.set()
            await b.server.drained()


async def test_a_process_that_dies_in_the_middle_gets_the_same_update_again() -> None:
    async with TelegramServer(TOKEN) as server:
        mei = server.user()
        mei.says("别丢了")
        async with on(server) as first:
            first.desk.gate.clear()
            async with first.polling():
                await until(lambda: first.desk.calls)
        async with on(server) as second:
            await second.poll()
        assert first.desk.received == []
        assert second.desk.texts == ["别丢了"]


async def test_the_store_is_down_and_nothing_is_lost_or_skipped() -> None:
    async with bench() as b:
        b.desk.trouble.extend(StoreError("disk full") for _ in range(3))
        mei, wang = b.server.user("李梅"), b.server.user("王强")
        mei.says("一")
        wang.says("甲")
        mei.says("二")
        await b.poll()
        assert [one.text for one in b.desk.received if one.sender.user == str(mei.id)] == ["一", "二"]
        assert [one.text for one in b.desk.received if one.sender.user == str(wang.id)] == ["甲"]
        assert b.desk.quarantined == []
        assert b.time.slept == sorted(b.time.slept) != []


async def test_a_slow_turn_of_one_person_does_not_hold_up_another() -> None:
    async with bench() as b:
        mei, wang = b.server.user("李梅"), b.server.user("王强")
        b.desk.gate.clear()
        mei.says("慢")
        wang.says("快")
        async with b.polling():
            await until(lambda: b.desk.calls == 2)
            b.desk.gate.set()
            await b.server.drained()


async def test_an_update_that_cannot_be_read_is_put_aside_and_the_rest_goes_on() -> None:
    async with TelegramServer(TOKEN) as server, on(server) as b:
        mei = server.user()
        mei.says("前")
        broken = server.emit_raw({"message": {"chat": "不是对象", "text": "前后之间"}})
        mei.says("后")
        await b.poll()
        assert b.desk.texts == ["前", "后"]
        ((update_id, raw, reason),) = b.desk.quarantined
        assert update_id == str(broken)
        assert json.loads(raw)["message"]["text"] == "前后之间"
        assert "前后之间" not in reason
        assert b.channel.counts["quarantined"] == 1


async def test_an_update_that_can_neither_be_read_nor_put_aside_stays_with_telegram() -> None:
    async with TelegramServer(TOKEN) as server, on(server) as b:
        b.desk.quarantine_trouble.extend([StoreError("full"), ZeroDivisionError(), ZeroDivisionError()])
        mei = server.user()
        server.emit_raw({"message": {"chat": "不是对象"}})
        mei.says("后")
        await b.poll()
        assert b.desk.texts == ["后"]
        assert len(b.desk.quarantined) == 1
        assert len(b.time.slept) == 3


async def test_an_update_on_which_the_desk_keeps_failing_is_put_aside_after_three_tries() -> None:
    async with bench() as b:
        b.desk.trouble.extend(ZeroDivisionError() for _ in range(3))
        mei = b.server.user()
        mei.says("毒")
        await b.poll()
        mei.says("好")
        await b.poll()
        assert b.desk.texts == ["好"]
        assert [reason for _, _, reason in b.desk.quarantined] == ["ZeroDivisionError at the desk"]


async def test_a_desk_that_failed_once_gets_the_update_again() -> None:
    async with bench() as b:
        b.desk.trouble.append(ZeroDivisionError())
        b.server.user().says("再来")
        await b.poll()
        assert b.desk.texts == ["再来"]
        assert b.desk.quarantined == []


async def test_a_message_over_the_limit_counts_as_acknowledged() -> None:
    async with bench() as b:
        b.desk.answer = Received.LIMITED
        b.server.user().says("第一百条")
        await b.poll()
        assert b.channel.counts == {"limited": 1}


async def test_update_ids_may_start_again_anywhere() -> None:
    async with bench() as b:
        mei = b.server.user()
        mei.says("上周")
        await b.poll()
        b.server.restart_update_ids(17)
        mei.says("这周")
        mei.says("今天")
        await b.poll()
        assert b.desk.texts == ["上周", "这周", "今天"]


async def test_a_tap_is_answered_without_holding_up_the_next_update() -> None:
    async with bench() as b:
        mei = b.server.user(started=True)
        await b.send(mei, text("选一个", ("转人工",)))
        gate = b.server.faults.hold("answerCallbackQuery")
        mei.taps("转人工")
        mei.says("还有")
        async with b.polling():
            await b.server.drained()
            assert {one.kind for one in b.desk.received} == {InboundKind.BUTTON, InboundKind.TEXT}
            gate.release()
            await until(lambda: not b.server.unanswered)


async def test_a_tap_that_cannot_be_answered_is_only_noted(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    async with bench() as b:
        mei = b.server.user(started=True)
        await b.send(mei, text("选一个", ("转人工",)))
        b.server.faults.add(Kind.SERVER_ERROR, method="answerCallbackQuery")
        query_id = mei.taps("转人工")
        async with b.polling():
            await b.server.drained()
            await until(lambda: query_id in caplog.text)
        assert b.desk.last.token == "do:转人工"


async def test_another_poller_is_named_once_and_polling_goes_on_after_it_stops(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with bench() as b:
        b.server.faults.add(
            Kind.ERROR, method="getUpdates", times=3, code=409, description="Conflict: terminated by other"
        )
        b.server.user().says("在吗")
        await b.poll()
        assert b.desk.texts == ["在吗"]
        assert [one.levelname for one in caplog.records if "409" in one.message] == ["ERROR"]
        assert b.time.slept == [15.0] * 3


async def test_an_outage_is_waited_out_with_longer_and_longer_pauses() -> None:
    async with bench() as b:
        b.server.faults.add(Kind.RESET, method="getUpdates", times=3)
        b.server.faults.add(Kind.BAD_GATEWAY, method="getUpdates", times=1)
        b.server.user().says("终于")
        await b.poll()
        assert b.desk.texts == ["终于"]
        assert b.time.slept == [0.5, 1.0, 2.0, 4.0]


async def test_a_429_while_polling_is_waited_out() -> None:
    async with bench() as b:
        b.server.faults.add(Kind.TOO_MANY, method="getUpdates", retry_after=7)
        b.server.user().says("好")
        await b.poll()
        assert b.time.slept == [7.0]


async def test_a_refused_token_ends_polling_with_advice_and_without_the_token() -> None:
    async with bench() as b:
        b.server.faults.add(Kind.ERROR, method="getUpdates", code=401, description="Unauthorized")
        with pytest.raises(BotError, match="BotFather") as caught:
            async with asyncio.timeout(5):
                await b.channel.poll()
        assert TOKEN not in str(caught.value) + repr(caught.value.__context__)


async def test_a_desk_that_starts_in_an_outage_connects_when_it_is_over() -> None:
    server = TelegramServer(TOKEN)
    await server.start()
    await server.stop()
    time, desk = Time(), Desk()
    channel = make_channel(TelegramSettings(token=TOKEN, base_url=server.url, poll_timeout=5), desk, time)
    await channel.start()
    polling = asyncio.create_task(channel.poll())
    await server.start()
    server.user().says("你们在吗")
    await server.drained()
    polling.cancel()
    await channel.stop()
    await server.stop()
    assert desk.texts == ["你们在吗"]


async def test_who_blocks_the_bot_has_left_and_a_group_shows_itself() -> None:
    async with bench() as b:
        mei = b.server.user(started=True)
        mei.blocks()
        group = b.server.group("服务站", mei)
        group.sets_bot("left", mei)
        group.sets_bot("member", mei)
        await b.poll()
        kinds = {(one.kind, one.chat) for one in b.desk.received}
        assert kinds == {(InboundKind.LEFT, ChatKind.PRIVATE), (InboundKind.OTHER, ChatKind.GROUP)}
        assert b.channel.counts["ignored.membership"] == 1
