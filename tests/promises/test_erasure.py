"""Erasure on request: nothing of hers can be read any more, not even from the bytes of the files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import LargeBinary, select

from bot.store import tables as t
from bot.store.engine import Store
from tests.promises.life import CANARIES, NAME, PHONE, lives
from tests.support.room import Room

SEALED = [
    (table, c) for table in t.metadata.sorted_tables for c in table.columns if isinstance(c.type, LargeBinary)
]
PURPOSES = {
    "name_sealed": "contacts.name", "state_sealed": "conversations.state", "draft_sealed": "callbacks.draft",
    "text_sealed": "reminders.text", "raw_sealed": "quarantine.raw",
}  # fmt: skip


def _purpose(table: str, column: str) -> str:
    return PURPOSES.get(column, f"{table}.{column.removesuffix('_sealed')}")


@dataclass
class Secrets:
    """Every sealed value in which something of hers was, as its bytes were in the file."""

    blobs: set[bytes] = field(default_factory=set)
    by_table: Counter[str] = field(default_factory=Counter)

    async def collect(self, store: Store) -> None:
        """Look at all that is sealed now."""
        async with store.read() as tx:
            for table, column in SEALED:
                for row in await tx.execute(select(column)):
                    if row[0] and _tells(tx.keys.unseal(row[0], _purpose(table.name, column.name))):
                        if row[0] not in self.blobs:
                            self.by_table[table.name] += 1
                        self.blobs.add(row[0])


def _tells(text: str) -> bool:
    return any(canary in text for canary in CANARIES.values())


def _files(store_file: Path) -> Iterator[Path]:
    yield from (path for path in store_file.parent.iterdir() if path.name.startswith(store_file.name))


async def _counts(store: Store) -> dict[str, Any]:
    async with store.read() as tx:
        cases = [
            (row.topic, row.region, row.opened_at, row.rating)
            for row in await tx.execute(select(t.callbacks).order_by(t.callbacks.c.id))
        ]
        feedback = await tx.cases.feedback()
        audit = await tx.audit.count()
    return {"cases": cases, "feedback": feedback, "audit": audit}


async def _erased_life(room: Room) -> Secrets:
    """A whole life, looked at after every message, and then she asks to be forgotten."""
    secrets, receive = Secrets(), room.receive

    async def watched(message: Any) -> Any:
        received = await room.intake(message)
        await secrets.collect(room.store)
        await room.turns.run_due()
        await secrets.collect(room.store)
        await room.settle()
        await secrets.collect(room.store)
        return received

    room.receive = watched  # type: ignore[method-assign]
    await lives(room)
    await room.says("mei", "/privacy")
    await room.taps("mei", "删除我的数据")
    room.receive = receive  # type: ignore[method-assign]
    return secrets


async def test_erasure_through_the_dialogue_leaves_no_byte_of_hers(room: Room, tmp_path: Path) -> None:
    secrets = await _erased_life(room)
    assert {"contacts", "inbox", "conversations", "callbacks", "notes", "outbox", "reminders"} <= set(
        secrets.by_table
    )
    before = await _counts(room.store)
    await room.taps("mei", "确定删除")
    assert "已删除" in room.last("mei")
    left = Secrets()
    await left.collect(room.store)
    assert not left.by_table
    files = list(_files(tmp_path / "desk.sqlite3"))
    data = b"".join(path.read_bytes() for path in files)
    assert len(files) >= 2, "the database and its WAL"
    assert [blob[:40] for blob in secrets.blobs if blob[:40] in data or blob[-40:] in data] == []
    assert [canary for canary in CANARIES.values() if canary.encode() in data] == []
    after = await _counts(room.store)
    assert after["cases"] == before["cases"]
    assert after["feedback"] == before["feedback"]
    assert after["audit"] > before["audit"]
    async with room.store.read() as tx:
        assert await tx.audit.verify() is None


async def test_before_erasure_the_bytes_are_there_sealed_and_none_is_plain(
    room: Room, tmp_path: Path
) -> None:
    """The same scan finds what it should find: else the test above would prove nothing."""
    secrets = await _erased_life(room)
    data = b"".join(path.read_bytes() for path in _files(tmp_path / "desk.sqlite3"))
    found = [blob for blob in secrets.blobs if blob[:40] in data]
    assert len(found) > 5
    assert [canary for canary in CANARIES.values() if canary.encode() in data] == []


async def test_the_expert_hears_that_an_erased_request_is_withdrawn(room: Room) -> None:
    await room.hires("wang")
    await room.hires("li")
    number = await room.asks_for_callback("mei", CANARIES["question"])
    assert CANARIES["question"] in room.last("li")
    await room.taps("wang", "接单")
    await _erase(room)
    assert f"市民取消了 {number}" in room.last("wang")


async def test_cards_of_a_waiting_request_lose_her_words_when_she_is_erased(room: Room) -> None:
    await room.hires("wang")
    await room.asks_for_callback("mei", CANARIES["question"])
    assert CANARIES["question"] in room.last("wang")
    await _erase(room)
    assert not any(CANARIES["question"] in shown.text for shown in room.screen("wang"))


async def _erase(room: Room) -> None:
    await room.says("mei", "/privacy")
    await room.taps("mei", "删除我的数据")
    await room.taps("mei", "确定删除")


@pytest.mark.databases("sqlite", "postgresql")
async def test_a_phone_is_found_by_its_blind_index_and_no_longer_after_erasure(room: Room) -> None:
    await room.hires("wang")
    number = await room.asks_for_callback("mei", CANARIES["question"], phone="139 8765-4321")
    await room.asks_for_callback("eve", CANARIES["question"], phone="13811112222")
    async with room.store.read() as tx:
        assert [case.number for case in await tx.cases.by_phone(PHONE)] == [number]
        indexes = [row[0] for row in await tx.execute(select(t.callbacks.c.phone_index))]
    assert all(len(index) == 64 and PHONE not in index for index in indexes)
    await _erase(room)
    async with room.store.read() as tx:
        assert await tx.cases.by_phone(PHONE) == ()
        assert [len(row[0]) for row in await tx.execute(select(t.callbacks.c.phone_index))].count(0) == 1


@pytest.mark.databases("sqlite", "postgresql")
async def test_after_erasure_she_is_met_as_a_stranger(room: Room) -> None:
    await room.receive(room.message("mei", text=CANARIES["free talk"], name=NAME))
    await _erase(room)
    async with room.store.read() as tx:
        rows = [row async for row in _contacts(tx)]
    assert any(row.name_sealed is None and row.consented_at is None for row in rows if row.user == "mei")


async def _contacts(tx: Any) -> Any:
    for row in await tx.execute(select(t.contacts)):
        yield row
