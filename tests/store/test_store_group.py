"""SQLite's writer: transactions that wait together share one commit, and each keeps its own fate."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from bot.domain.errors import StoreError
from bot.domain.faq import EntryId
from bot.store.engine import Store
from bot.store.migrate import migrate
from bot.store.sealing import KeyRing, new_key_line
from tests.support.room import Clock


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Store]:
    """A migrated SQLite desk."""
    opened = Store(f"sqlite:///{tmp_path}/d.sqlite3", KeyRing.load(tmp_path / "k", new_key_line()), Clock())
    await migrate(opened)
    yield opened
    await opened.close()


async def _write(desk: Store, name: str, fault: Exception | None = None) -> None:
    async with desk.begin() as tx:
        await tx.cases.add_feedback(EntryId(name), helped=True)
        if fault is not None:
            raise fault


async def _kept(desk: Store) -> set[str]:
    async with desk.read() as tx:
        return set(await tx.cases.feedback())


def _commits(desk: Store) -> list[str]:
    seen: list[str] = []
    event.listen(desk.engine.sync_engine, "commit", lambda _connection: seen.append("commit"))
    return seen


async def test_twenty_that_wait_together_share_a_few_commits(desk: Store) -> None:
    commits = _commits(desk)
    await asyncio.gather(*(_write(desk, f"e{n}") for n in range(20)))
    assert len(await _kept(desk)) == 20
    assert len(commits) < 10


async def test_one_that_fails_undoes_only_its_own(desk: Store) -> None:
    faults = [RuntimeError("no") if n == 3 else None for n in range(6)]
    done = await asyncio.gather(
        *(_write(desk, f"e{n}", fault) for n, fault in enumerate(faults)), return_exceptions=True
    )
    assert [type(d).__name__ for d in done].count("RuntimeError") == 1
    assert await _kept(desk) == {f"e{n}" for n in range(6) if n != 3}


async def test_a_commit_that_fails_failed_for_everybody_in_it(desk: Store) -> None:
    def full(_connection: object) -> None:
        raise OperationalError("COMMIT", None, Exception("disk I/O error"))

    event.listen(desk.engine.sync_engine, "commit", full)
    done = await asyncio.gather(*(_write(desk, f"e{n}") for n in range(5)), return_exceptions=True)
    event.remove(desk.engine.sync_engine, "commit", full)
    assert all(isinstance(d, StoreError) for d in done)
    assert await _kept(desk) == set()
    await _write(desk, "after")
    assert await _kept(desk) == {"after"}


async def test_one_that_gives_up_waiting_leaves_nobody_behind(desk: Store) -> None:
    inside, go_on = asyncio.Event(), asyncio.Event()

    async def first() -> None:
        async with desk.begin() as tx:
            inside.set()
            await go_on.wait()
            await tx.cases.add_feedback(EntryId("first"), helped=True)

    one = asyncio.create_task(first())
    await inside.wait()
    two = asyncio.create_task(_write(desk, "second"))
    await asyncio.sleep(0)
    go_on.set()
    two.cancel()
    await asyncio.wait_for(one, 5)
    with pytest.raises(asyncio.CancelledError):
        await two
    assert "first" in await _kept(desk)


async def test_one_that_is_cancelled_inside_undoes_its_own_and_the_next_goes_on(desk: Store) -> None:
    inside = asyncio.Event()

    async def stuck() -> None:
        async with desk.begin() as tx:
            await tx.cases.add_feedback(EntryId("stuck"), helped=True)
            inside.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(stuck())
    await inside.wait()
    waiting = asyncio.create_task(_write(desk, "next"))
    task.cancel()
    await asyncio.wait_for(waiting, 5)
    assert await _kept(desk) == {"next"}
