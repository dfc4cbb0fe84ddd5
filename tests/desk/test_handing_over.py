"""A turn hands what it says to the sender itself: no look into the outbox stands between."""

from __future__ import annotations

import asyncio

import pytest

from bot.store.audit import AuditQueries
from tests.support.room import Room

WAGES, LAW = "老板拖欠工资怎么办？", "第三十条"


async def until(event: asyncio.Event) -> None:
    await event.wait()


async def test_an_answer_leaves_with_its_turn(room: Room) -> None:
    await room.intake(room.message("mei", text=WAGES))
    assert await room.turns.run_due() == 1
    await room.outbox.settle()
    assert LAW in room.last("mei")
    assert await room.outbox.run_due() == 0


async def test_who_has_two_turns_waiting_gets_both_in_one_round(room: Room) -> None:
    for text in ("/start", "/help"):
        await room.intake(room.message("mei", text=text))
    assert await room.turns.run_due() == 2


async def test_what_two_turns_say_arrives_in_order(room: Room) -> None:
    texts = ("/start", WAGES, "/help", "/privacy")
    for text in texts:
        await room.intake(room.message("mei", text=text))
    await room.turns.run_due()
    await room.settle()
    alone = [shown.text for shown in room.screen("mei")]
    for text in texts:
        await room.says("hua", text)
    assert alone == [shown.text for shown in room.screen("hua")]


async def test_a_turn_that_could_not_be_kept_hands_nothing_over(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    write, tries = AuditQueries.write, [1]

    async def fails_once(self: AuditQueries) -> None:
        if tries and self.tx.told:
            tries.pop()
            raise ValueError("no")
        await write(self)

    monkeypatch.setattr(AuditQueries, "write", fails_once)
    await room.intake(room.message("mei", text=WAGES))
    assert await room.turns.run_due() == 2
    await room.settle()
    assert tries == []
    monkeypatch.undo()
    await room.says("hua", WAGES)
    assert [shown.text for shown in room.screen("mei")] == [shown.text for shown in room.screen("hua")]


async def test_it_waits_for_a_sender_that_is_about_to_end(room: Room) -> None:
    await room.says("mei", "/help")
    async with room.store.read() as tx:
        found = await tx.contacts.find(room.message("mei").sender)
    assert found is not None
    mei = found.id
    ends = asyncio.Event()
    room.outbox.workers[mei] = asyncio.create_task(until(ends))
    await room.intake(room.message("mei", text=WAGES))
    await room.turns.run_due()
    async with room.store.begin() as tx:  # time enough to send
        assert await tx.outbox.counts() == {"sent": 2, "sending": 1}
    assert LAW not in room.last("mei")
    ends.set()
    await room.outbox.settle()
    assert LAW in room.last("mei")
