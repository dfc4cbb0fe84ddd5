"""The disk is full, read-only, or locked; the server is gone: nothing is lost, and the desk mends itself.

What cannot be written is not acknowledged: receive() raises StoreError, so that Telegram keeps the update
and the web page says "try again". What was acknowledged before is done once the cause is gone, without
anybody doing anything.
"""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.desk.outbox import OutboxRunner
from bot.domain.errors import StoreError
from bot.store.engine import Store
from bot.store.sealing import KeyRing
from tests.operate import trouble
from tests.operate.life import Running, sound
from tests.operate.trouble import Trouble
from tests.support.databases import postgresql_url, sqlite_url
from tests.support.library import small_shelf
from tests.support.postgres import Server
from tests.support.room import Clock, Room, furnish
from tests.support.settings import settings

WAGES, LAW = "老板拖欠工资怎么办？", "第三十条"
ON_SQLITE: dict[str, Trouble] = {
    "out of quota": trouble.out_of_quota,
    "read-only": trouble.read_only,
    "locked": trouble.locked,
}


async def through(room: Room, causes: Trouble) -> str:
    """People write before, during and after; what the error said."""
    waiting = room.message("waits", text=WAGES)
    refused = room.message("refused", text=WAGES * 500)
    async with Running(room) as running:
        await room.intake(room.message("before", text=WAGES))
        await running.until(lambda: LAW in room.last("before"))
        await running.pause()  # so that this one is acknowledged, and still waits when it happens
        await room.intake(waiting)
        async with causes(room.store):
            running.go_on()
            with pytest.raises(StoreError) as caught:
                await room.intake(refused)
            failures = running.failures
            await running.until(lambda: running.failures >= failures + 3)
            assert room.last("waits") == ""
        await running.until(lambda: LAW in room.last("waits"))
        again = await room.intake(room.message("refused", external_id=refused.external_id, text=WAGES))
        assert again.value == "accepted"
        await running.until(lambda: LAW in room.last("refused"))
    assert sum(LAW in shown.text for shown in room.screen("waits")) == 1
    assert sum(LAW in shown.text for shown in room.screen("refused")) == 1
    assert await sound(room.store) == []
    return str(caught.value)


@pytest.mark.parametrize("kind", ON_SQLITE)
async def test_trouble_with_the_file_costs_nothing_that_was_acknowledged(room: Room, kind: str) -> None:
    said = await through(room, ON_SQLITE[kind])
    assert "SQLITE_" in said
    assert WAGES not in said


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 3 MB."""
    with trouble.own_file_system(tmp_path / "disk", 3) as mounted:
        if not mounted:
            pytest.skip("may not mount a file system here; the quota above is the same to the desk")
        yield tmp_path / "disk"


async def test_a_full_disk_costs_nothing_that_was_acknowledged(
    small_disk: Path, keys: KeyRing, clock: Clock
) -> None:
    store = Store(await sqlite_url(small_disk), keys, clock)
    room = await furnish(store, clock, settings(), small_shelf())
    assert "SQLITE_" in await through(room, trouble.full_disk)
    await store.close()


async def test_what_was_sent_while_nothing_could_be_written_is_marked_afterwards_and_not_sent_again(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    room.outbox.pause = 0.02
    tries = []
    settle = OutboxRunner._settle

    async def counted(self: OutboxRunner, *args: Any) -> Any:
        tries.append(args)
        return await settle(self, *args)

    monkeypatch.setattr(OutboxRunner, "_settle", counted)
    async with Running(room) as running:
        await room.intake(room.message("mei", text=WAGES))
        await room.turns.run_due()
        sent = room.messenger.send
        held = contextlib.AsyncExitStack()

        async def send_and_break(*args: object, **more: object) -> object:
            done = await sent(*args, **more)  # type: ignore[arg-type]
            room.messenger.send = sent  # type: ignore[method-assign]
            await held.enter_async_context(trouble.locked(room.store))
            return done

        room.messenger.send = send_and_break  # type: ignore[method-assign, assignment]
        await running.until(lambda: len(tries) >= 3)
        await held.aclose()
        await running.until(lambda: not room.outbox.workers)
        async with room.store.read() as tx:
            assert await tx.outbox.counts() == {"sent": room.messenger.sends}
        room.clock.advance(2 * room.outbox.lease)
        await room.settle()
    assert sum(LAW in shown.text for shown in room.screen("mei")) == 1
    assert await sound(room.store) == []


async def test_a_reminder_that_could_not_be_written_fires_afterwards_and_once(room: Room) -> None:
    await room.hires("wang")
    await room.asks_for_callback("mei", "隔壁天天半夜练唢呐我该怎么维权")
    async with Running(room) as running:
        async with trouble.locked(room.store):
            room.clock.advance(room.desk.settings.delays.promise * 3)
            failures = running.failures
            await running.until(lambda: running.failures >= failures + 2)
        await running.until(lambda: any("超时" in s.text for s in room.screen("wang")))
        await running.until(lambda: not room.outbox.workers)
    fired = room.reminders.fired
    await room.settle()
    assert room.reminders.fired == fired
    assert sum("超时" in s.text for s in room.screen("wang")) <= 1


# a server


async def test_a_server_that_is_gone_for_a_while_costs_nothing_that_was_acknowledged(
    postgres: Server, keys: KeyRing, clock: Clock
) -> None:
    async with postgresql_url(postgres) as url:
        store = Store(url, keys, clock)
        room = await furnish(store, clock, settings(), small_shelf())
        said = await through(room, lambda _store: trouble.gone(postgres))
        assert WAGES not in said
        await store.close()


# a start


async def test_a_desk_on_a_read_only_disk_says_so_instead_of_starting(
    small_disk: Path, keys: KeyRing, clock: Clock
) -> None:
    url = await sqlite_url(small_disk)
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)  # noqa: ASYNC221
    with pytest.raises(StoreError, match="Read-only file system"):
        Store(url, keys, clock)
