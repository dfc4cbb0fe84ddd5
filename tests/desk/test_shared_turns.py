"""Where several instances take turns, each tries a few of those who wait, and not the same ones."""

from __future__ import annotations

import pytest

from bot.desk.turns import TurnRunner
from bot.domain.ids import ContactId
from bot.domain.messages import InboundKind
from bot.store.tx import Tx
from tests.support.room import Room

CROWD = 100


@pytest.fixture
async def tried(room: Room, monkeypatch: pytest.MonkeyPatch) -> list[tuple[ContactId, ...]]:
    """A crowd waits for an instance among others; whom it takes side by side, round by round."""
    for n in range(CROWD):
        await room.intake(room.message(f"eve{n}", kind=InboundKind.BUTTON, token="x:1"))
    room.turns.shared = True
    rounds: list[tuple[ContactId, ...]] = []
    real = TurnRunner._side_by_side

    async def watched(runner: TurnRunner, due: tuple[ContactId, ...]) -> list[int]:
        rounds.append(due)
        return await real(runner, due)

    monkeypatch.setattr(TurnRunner, "_side_by_side", watched)
    return rounds


async def test_everybody_has_her_turn_once_and_not_in_one_round(
    room: Room, tried: list[tuple[ContactId, ...]]
) -> None:
    assert await room.turns.run_due() == CROWD
    taken = [one for some in tried for one in some]
    assert len(taken) == len(set(taken)) == CROWD
    assert max(map(len, tried)) == 16


async def test_two_instances_begin_with_different_people_of_the_first(
    room: Room, tried: list[tuple[ContactId, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    others_hold_them(monkeypatch)
    for _ in range(2):
        await room.turns.run_due()
    mine, theirs = set(tried[0]), set(tried[3])
    assert mine != theirs
    async with room.store.read() as tx:
        first = set(await tx.inbox.due(room.desk.settings.limits.burst_patience, 64))
    assert mine | theirs <= first


async def test_when_others_hold_all_it_stops_and_is_told_that_there_is_more(
    room: Room, tried: list[tuple[ContactId, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    others_hold_them(monkeypatch)
    assert await room.turns.run_due() == 0
    assert len(tried) == 3
    assert room.turns.more


def others_hold_them(monkeypatch: pytest.MonkeyPatch) -> None:
    async def held(_tx: Tx, _contact: ContactId) -> bool:
        return False

    monkeypatch.setattr(Tx, "lock_contact", held)
