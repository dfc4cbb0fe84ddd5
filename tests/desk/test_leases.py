"""A row belongs to who is sending it for as long as that takes, and soon to another when she has died."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from bot.desk.outbox import OutboxRunner
from bot.domain.messages import Address, OutboundMessage, SendOutcome
from tests.support.databases import POSTGRESQL, SQLITE
from tests.support.room import FAKE, FakeMessenger, Room

pytestmark = pytest.mark.databases(SQLITE, POSTGRESQL)
SECOND = timedelta(seconds=1)


@dataclass
class SlowMessenger(FakeMessenger):
    """Sends when it is let."""

    let: asyncio.Event = field(default_factory=asyncio.Event)
    begun: list[str] = field(default_factory=list)
    began: asyncio.Event = field(default_factory=asyncio.Event)

    async def send(self, to: Address, message: OutboundMessage, *, key: str, edit: str) -> SendOutcome:
        self.begun.append(message.text)
        self.began.set()
        await self.let.wait()
        return await super().send(to, message, key=key, edit=edit)


def outbox(room: Room, messenger: FakeMessenger) -> OutboxRunner:
    """Another sender on the same database."""
    return OutboxRunner(room.desk, {FAKE: messenger})


async def is_sending(runner: OutboxRunner, messenger: SlowMessenger) -> None:
    """She has taken what was waiting, and waits for the channel."""
    await runner.run_due()
    async with asyncio.timeout(10):
        await messenger.began.wait()


async def waits(room: Room) -> None:
    """A message for Mei, whom the desk knows, is in the outbox."""
    await room.says("mei", "你好")
    await room.intake(room.message("mei", text="谢谢"))
    room.turns.outbox = None
    await room.turns.run_due()


async def test_a_send_that_takes_long_is_nobody_elses(room: Room) -> None:
    slow, quick = SlowMessenger(), FakeMessenger()
    here, there = outbox(room, slow), outbox(room, quick)
    await waits(room)
    await is_sending(here, slow)
    for _ in range(30):
        room.clock.advance(SECOND)
        await here.renew()
        assert await there.run_due() == 0
    slow.let.set()
    await here.settle()
    await there.run_due()
    await there.settle()
    assert (slow.sends, quick.sends) == (1, 0)


async def test_what_a_dead_instance_was_sending_is_sent_by_another_within_seconds(room: Room) -> None:
    slow, quick = SlowMessenger(), FakeMessenger()
    here, there = outbox(room, slow), outbox(room, quick)
    await waits(room)
    await is_sending(here, slow)
    await here.stop(0)
    assert await there.run_due() == 0
    room.clock.advance(5 * SECOND)
    assert await there.run_due() == 1
    await there.settle()
    assert quick.sends == 1


async def test_while_the_lease_could_not_be_renewed_this_process_does_not_send_it_twice(room: Room) -> None:
    """The database was gone for a minute; her next message comes while the first is still on its way."""
    slow = SlowMessenger()
    runner = outbox(room, slow)
    await waits(room)
    await is_sending(runner, slow)
    room.clock.advance(60 * SECOND)
    room.turns.outbox = runner
    await room.intake(room.message("mei", text="/help"))
    await room.turns.run_due()
    await runner.run_due()
    assert len(slow.begun) == 1
    slow.let.set()
    await runner.settle()
    while await runner.run_due():
        await runner.settle()
    assert slow.begun == [shown.text for shown in slow.screens["mei"]]
    assert len(slow.begun) == len(set(slow.begun)) == 2
