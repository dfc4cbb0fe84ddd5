"""One thing that cannot be read, fired or sent costs itself, and holds up nobody else."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from bot.desk import cards
from bot.domain.messages import Address, OutboundMessage, SendOutcome
from bot.store import tables as t
from tests.promises.cast import STRANGE
from tests.support.room import FAKE, FakeMessenger, Room

WAGES = "公司拖欠工资不发怎么办？"
ANSWER = "《劳动合同法》第三十条"


async def _spoil(room: Room, table: Any, column: str, value: bytes, who: str) -> None:
    async with room.store.begin() as tx:
        contact = await tx.contacts.find(Address(FAKE, who, who))
        assert contact is not None
        await tx.execute(update(table).where(table.c.contact_id == contact.id).values({column: value}))


@pytest.mark.databases("sqlite", "postgresql")
async def test_a_conversation_that_this_version_does_not_understand_is_begun_anew(room: Room) -> None:
    await room.says("mei", WAGES)
    sealed = room.store.keys.seal('{"step":1,"stage":"of an older version"}', "conversations.state")
    await _spoil(room, t.conversations, "state_sealed", sealed, "mei")
    await room.play(("mei", WAGES, ANSWER))


@pytest.mark.databases("sqlite", "postgresql")
async def test_a_message_that_cannot_be_opened_holds_up_nobody(room: Room) -> None:
    await room.says("mei", "/start")
    await room.intake(room.message("mei", text=WAGES))
    await _spoil(room, t.inbox, "body_sealed", b"garbled", "mei")
    await room.says("eve", WAGES)
    assert ANSWER in room.last("eve")
    assert ANSWER not in room.last("mei")


@pytest.mark.databases("sqlite", "postgresql")
async def test_a_turn_that_always_fails_is_given_up_with_a_word(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_text: str) -> None:
        raise ZeroDivisionError

    await room.says("mei", "/start")
    monkeypatch.setattr("bot.desk.knowledge.Shelf.match", lambda self, text: fail(text))
    await room.says("mei", WAGES)
    assert "没能处理好" in room.last("mei")
    monkeypatch.undo()
    await room.play(("mei", WAGES, ANSWER))


@pytest.mark.databases("sqlite", "postgresql")
async def test_a_reminder_that_fails_holds_up_no_other_and_is_tried_again(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    await room.hires("wang")
    for who in ("mei", "eve"):
        await room.asks_for_callback(who, STRANGE)
        await room.taps("wang", "接单")
        await room.says("wang", "您先录音。")
        await room.says("wang", "/remind 2h 问物业")
    rows = cards.owner_rows

    def fail_once(case: Any) -> Any:
        monkeypatch.setattr(cards, "owner_rows", rows)
        raise ZeroDivisionError

    monkeypatch.setattr(cards, "owner_rows", fail_once)
    await room.jumps(timedelta(hours=2))
    assert _heard(room, "wang", "跟进提醒") == 1
    await room.passes(timedelta(minutes=10))
    assert _heard(room, "wang", "跟进提醒") == 2


def _heard(room: Room, who: str, words: str) -> int:
    return sum(words in shown.text for shown in room.screen(who))


async def test_a_send_that_fails_in_an_unknown_way_is_tried_again_and_holds_up_nobody(room: Room) -> None:
    class Fragile(FakeMessenger):
        broken = True

        async def send(self, to: Address, message: OutboundMessage, *, key: str, edit: str) -> SendOutcome:
            if to.user == "mei" and self.broken:
                raise ZeroDivisionError
            return await super().send(to, message, key=key, edit=edit)

    fragile = Fragile()
    room.messenger, room.outbox.channels[FAKE] = fragile, fragile
    await room.says("mei", WAGES)
    await room.says("eve", WAGES)
    assert ANSWER in room.last("eve")
    fragile.broken = False
    await room.passes(timedelta(minutes=5))
    assert ANSWER in room.last("mei")
