"""Several instances on one PostgreSQL: they wake each other, one at a time does what only one may, and all
go by the server's clock."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from bot.domain.errors import BotError, StoreError
from bot.domain.reminders import ReminderKind
from bot.store import engine, instances
from bot.store.engine import Store
from bot.store.instances import Instances
from bot.store.sealing import KeyRing
from bot.store.sound import foreign
from tests.store.things import HOUR, ON_SERVERS, a_case, outbound, people
from tests.support.databases import a_key
from tests.support.room import Clock

_KILL = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = current_database()"


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(instances, "_BEAT", 0.02)
    monkeypatch.setattr(instances, "_PATIENCE", 0.5)


async def cut(store: Store, purpose: str) -> int:
    """End the sessions that instances hold for this purpose, as a server or a network does."""
    async with store.begin() as tx:
        ended = await tx.execute(text(f"{_KILL} AND application_name = 'legal-desk {purpose}'"))
        return len(ended.all())


@asynccontextmanager
async def running(*works: Coroutine[Any, Any, None]) -> AsyncIterator[list[asyncio.Task[None]]]:
    """Beside what the test does; nothing of it may end by itself."""
    tasks = [asyncio.create_task(work) for work in works]
    try:
        async with asyncio.timeout(15):
            yield tasks
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@dataclass
class Ear:
    """What one instance heard."""

    heard: list[str] = field(default_factory=list)
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    def __call__(self, what: str) -> None:
        self.heard.append(what)
        self.changed.set()

    async def until(self, what: str, again: Callable[[], object] = lambda: None) -> None:
        """Wait until it is heard; `again` is done now and then meanwhile."""
        while what not in self.heard:
            again()
            self.changed.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.changed.wait(), 0.05)

    async def hears(self, ringing: Instances, what: str) -> None:
        """Ring until it is heard here: whoever is not connected yet misses the first."""
        await self.until(what, lambda: ringing.ring(what))


@dataclass
class Watch:
    """Who is at the work; never two."""

    at_it: list[str] = field(default_factory=list)
    begun: asyncio.Queue[str] = field(default_factory=asyncio.Queue)

    def work(self, who: str) -> Any:
        async def work() -> None:
            assert self.at_it == [], "two at once"  # comes out of `alone`, and ends its task
            self.at_it.append(who)
            self.begun.put_nowait(who)
            try:
                await asyncio.Event().wait()
            finally:
                await asyncio.sleep(0)  # an end takes its time too
                self.at_it.remove(who)

        return work


@ON_SERVERS
async def test_what_one_instance_rings_the_others_hear_and_it_does_not_hear_itself(
    store: Store, other: Store
) -> None:
    here, there = Instances(store), Instances(other)
    ear, own = Ear(), Ear()
    async with running(there.listen(ear), here.listen(own)):
        await ear.hears(here, "turns")
        await ear.hears(here, "outbox")
        await own.hears(there, "turns")
    assert "outbox" not in own.heard


@ON_SERVERS
async def test_listening_ends_when_it_is_told_to_in_the_moment_of_a_ring(store: Store, other: Store) -> None:
    here, there, ear = Instances(store), Instances(other), Ear()
    async with running(there.listen(ear)):
        listening = asyncio.create_task(here.listen(Ear()))
        await ear.hears(here, "turns")
        here.ring("outbox")
        listening.cancel()
        await asyncio.wait({listening}, timeout=5)
        assert listening.cancelled()


@ON_SERVERS
async def test_a_line_that_was_cut_comes_back_by_itself(store: Store, other: Store) -> None:
    here, there, ear = Instances(store), Instances(other), Ear()
    async with running(there.listen(ear), here.listen(Ear())) as tasks:
        await ear.hears(here, "turns")
        for _ in range(3):
            assert await cut(store, "listen") >= 1
            here.ring("outbox")
            ear.heard.clear()
            await ear.hears(here, "turns")
        assert not any(task.done() for task in tasks)


@ON_SERVERS
async def test_what_is_rung_while_the_line_is_down_is_passed_on_when_it_is_back(
    store: Store, other: Store
) -> None:
    here, there, third = Instances(store), Instances(other), Instances(other)
    ear = Ear()
    async with running(there.listen(ear), third.listen(Ear())):
        await ear.hears(third, "turns")  # now it listens
        here.ring("outbox")
        async with running(here.listen(Ear())):
            await ear.until("outbox")


@ON_SERVERS
async def test_one_at_a_time_works_and_the_next_begins_when_it_stops(store: Store, other: Store) -> None:
    watch = Watch()
    async with running(Instances(other).alone("x", watch.work("other"))):
        async with running(Instances(store).alone("x", watch.work("store"))):
            first = await watch.begun.get()
            assert watch.at_it == [first]
            assert watch.begun.empty()
        if first == "store":
            assert await watch.begun.get() == "other"
        assert watch.at_it == ["other"]
    assert watch.at_it == []


@ON_SERVERS
async def test_whoever_loses_the_line_stops_before_another_begins(store: Store, other: Store) -> None:
    watch = Watch()
    works = [Instances(one).alone("x", watch.work(name)) for one, name in ((store, "a"), (other, "b"))]
    async with running(*works) as tasks:
        await watch.begun.get()
        for _ in range(3):
            assert await cut(store, "x") >= 1
            await watch.begun.get()
        assert not any(task.done() for task in tasks)


@ON_SERVERS
async def test_different_works_do_not_wait_for_each_other(store: Store, other: Store) -> None:
    one, two = Watch(), Watch()
    async with running(
        Instances(store).alone("x", one.work("a")), Instances(other).alone("y", two.work("b"))
    ):
        assert (await one.begun.get(), await two.begun.get()) == ("a", "b")


@ON_SERVERS
async def test_an_instance_that_stands_still_loses_its_lock_by_the_servers_clock(
    store: Store, other: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def stands_still(_line: object) -> None:
        await asyncio.Event().wait()

    watch, next_one = Watch(), Watch()
    monkeypatch.setattr(instances, "_SILENCE", "700ms")
    monkeypatch.setattr(instances._Line, "holds", stands_still)
    async with running(Instances(store).alone("x", watch.work("still"))):
        await watch.begun.get()
        async with running(Instances(other).alone("x", next_one.work("next"))):
            assert await next_one.begun.get() == "next"


async def test_a_line_over_which_no_answer_comes_counts_as_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    class Silent:
        async def fetchval(self, *_: object, timeout: float) -> None:  # noqa: ASYNC109
            await asyncio.wait_for(asyncio.Event().wait(), timeout)

    monkeypatch.setattr(instances, "_PATIENCE", 0.01)
    async with asyncio.timeout(5):
        await instances._Line(Silent()).holds()


@pytest.mark.databases("sqlite", "postgresql")
async def test_what_the_work_raises_comes_out_and_what_it_returns_ends_it(store: Store) -> None:
    async def refused() -> None:
        raise BotError("no")

    async def done() -> None: ...

    async with asyncio.timeout(10):
        with pytest.raises(BotError, match="no"):
            await Instances(store).alone("x", refused)
        await Instances(store).alone("x", done)


@pytest.mark.databases("sqlite")
async def test_a_sqlite_desk_works_alone_and_rings_nobody(store: Store) -> None:
    watch, ear, single = Watch(), Ear(), Instances(store)
    async with running(single.alone("x", watch.work("me"))):
        assert await watch.begun.get() == "me"
        single.ring("turns")
        await single.listen(ear)
    assert ear.heard == []


# one worker at a time


@ON_SERVERS
async def test_while_her_first_message_is_being_taken_nobody_else_waits_or_takes_her_second(
    store: Store, other: Store
) -> None:
    mei, li = await people(store, "mei", "li")
    async with store.begin() as tx:
        for contact in (mei, mei, li):
            await tx.outbox.add(contact, outbound())
    async with asyncio.timeout(5), store.begin() as here, other.begin() as there:
        first = await here.outbox.take(mei, HOUR)
        assert first is not None
        assert await there.outbox.take(mei, HOUR) is None
        assert await there.outbox.take(li, HOUR) is not None
    async with other.begin() as tx:
        assert await tx.outbox.take(mei, HOUR) is None
        await tx.outbox.sent(first, "1")
    async with other.begin() as tx:
        second = await tx.outbox.take(mei, HOUR)
        assert second is not None
        assert second.id > first.id


@ON_SERVERS
async def test_while_a_reminder_is_being_fired_nobody_else_waits_for_it_or_fires_it(
    store: Store, other: Store
) -> None:
    case = await a_case(store)
    async with store.begin() as tx:
        await tx.reminders.set(ReminderKind.PROMISE_NEAR, tx.now, callback=case.id)
        [due] = await tx.reminders.due(10)
    async with asyncio.timeout(5), store.begin() as here:
        async with other.begin() as there:
            assert await here.reminders.take(due) is not None
            assert await there.reminders.take(due) is None
        await here.reminders.set(ReminderKind.PROMISE_NEAR, here.now, callback=case.id)
    async with other.begin() as tx:
        [again] = await tx.reminders.due(10)
        assert await tx.reminders.take(again) is not None
        assert await tx.reminders.due(10) == ()


@ON_SERVERS
async def test_a_transaction_that_stands_still_is_undone_and_holds_nobody_up_for_long(
    database_url: str, other: Store, keys: KeyRing, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    [mei] = await people(other, "mei")
    monkeypatch.setattr(engine, "_STILL", "300ms")
    still, goes_on = Store(database_url, keys, clock), asyncio.Event()

    async def stands_still() -> None:
        async with still.begin() as tx:
            await tx.contacts.set_language(mei, "en")
            await tx.audit.add("x", None, None)
            await tx.audit.write()
            async with other.begin() as tx_of_other:  # waits for both locks
                await tx_of_other.contacts.set_consent(mei, given=True)
                await tx_of_other.audit.add("y", None, None)
            goes_on.set()

    with pytest.raises(StoreError):
        await asyncio.wait_for(stands_still(), 15)
    await still.close()
    assert goes_on.is_set()
    async with other.read() as tx:
        assert (await tx.contacts.get(mei)).language == "zh-Hans"
        assert await tx.audit.count() == 1


# time


@asynccontextmanager
async def ahead(url: str, keys: KeyRing, by: timedelta) -> AsyncIterator[Store]:
    """An instance on a machine whose clock is wrong."""
    opened = Store(url, keys, lambda: datetime.now(UTC) + by, server_time=True)
    try:
        yield opened
    finally:
        await opened.close()


@ON_SERVERS
async def test_instances_whose_clocks_differ_agree_on_the_time(database_url: str, keys: KeyRing) -> None:
    async with ahead(database_url, keys, HOUR) as fast, ahead(database_url, keys, -HOUR) as slow:
        for one in (fast, slow):
            async with one.begin() as tx:
                assert abs(tx.now - datetime.now(UTC)) < HOUR / 4
            async with one.read() as tx:
                assert abs(tx.now - datetime.now(UTC)) < HOUR / 4


@ON_SERVERS
async def test_a_clock_that_is_ahead_takes_no_lease_over_and_fires_nothing_early(
    database_url: str, keys: KeyRing
) -> None:
    async with ahead(database_url, keys, timedelta()) as right, ahead(database_url, keys, 3 * HOUR) as fast:
        [mei] = await people(right, "mei")
        case = await a_case(right, "mei")
        async with right.begin() as tx:
            await tx.outbox.add(mei, outbound())
            await tx.reminders.set(ReminderKind.PROMISE_NEAR, tx.now + HOUR, callback=case.id)
            assert await tx.outbox.take(mei, HOUR) is not None
        async with fast.begin() as tx:
            assert await tx.outbox.contacts_due(10) == ()
            assert await tx.outbox.take(mei, HOUR) is None
            assert await tx.reminders.due(10) == ()


@pytest.mark.databases("sqlite", "postgresql")
async def test_an_instance_with_another_key_is_found_out(store: Store, database_url: str) -> None:
    async with store.read() as tx:
        assert not await foreign(tx)
    await people(store, "mei")
    stranger = Store(database_url, a_key(), store.clock)
    async with store.read() as mine, stranger.read() as theirs:
        assert not await foreign(mine)
        assert await foreign(theirs)
    await stranger.close()
