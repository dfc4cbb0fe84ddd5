"""Transactions: all or nothing, one moment in time, and errors that carry no data."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, select, text, update

from bot.domain.callback import Draft
from bot.domain.errors import StoreError
from bot.domain.ids import CallbackId
from bot.domain.messages import Address
from bot.domain.reminders import ReminderKind
from bot.store import quick
from bot.store import tables as t
from bot.store.engine import Store
from bot.store.migrate import migrate
from bot.store.tx import Tx
from tests.support.databases import a_key
from tests.support.room import MONDAY, Clock, Room

from .things import EVERYWHERE, FAKE, HOUR, ON_SERVERS, a_case, and_dies, at, now_of, people, person

pytestmark = EVERYWHERE
CANARY = "哨兵13912345678"


async def known(store: Store, user: str) -> bool:
    async with store.read() as tx:
        return await tx.contacts.find(at(user)) is not None


async def test_what_was_written_is_there_afterwards_and_for_others(store: Store, other: Store) -> None:
    async with store.begin() as tx:
        await person(tx)
    assert await known(store, "mei")
    assert await known(other, "mei")


async def test_a_transaction_that_fails_writes_nothing(store: Store) -> None:
    await and_dies(store, person)
    assert not await known(store, "mei")
    await people(store, "li")
    assert await known(store, "li")


async def test_a_cancelled_transaction_writes_nothing_and_holds_up_nobody(store: Store) -> None:
    inside = asyncio.Event()

    async def hang() -> None:
        async with store.begin() as tx:
            await person(tx)
            inside.set()
            await asyncio.Event().wait()

    tasks = [asyncio.create_task(hang()) for _ in range(3)]
    await inside.wait()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    async with asyncio.timeout(5):
        assert not await known(store, "mei")
        await people(store, "li")
    assert await known(store, "li")


async def test_a_transaction_cancelled_at_any_moment_is_done_or_not_done_at_all(store: Store) -> None:
    done = []

    async def write(user: str) -> None:
        async with store.begin() as tx:
            await person(tx, f"{user}-1")
            await person(tx, f"{user}-2")
        done.append(user)

    for steps in range(40):
        task = asyncio.create_task(write(f"u{steps}"))
        for _ in range(steps):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    for n in range(40):
        first, second = [await known(store, f"u{n}-{half}") for half in (1, 2)]
        assert first == second
        assert first or f"u{n}" not in done


async def test_a_reader_sees_one_moment_while_others_write(store: Store, other: Store) -> None:
    [mei] = await people(store, "mei")
    async with asyncio.timeout(5), store.read() as reader:
        assert await reader.inbox.count_quarantined() == 0
        async with other.begin() as tx:
            await tx.inbox.quarantine("fake", "1", "{", "x")
            await tx.contacts.set_language(mei, "en")
        assert await reader.inbox.count_quarantined() == 0
        assert (await reader.contacts.get(mei)).language == "zh-Hans"
    async with store.read() as reader:
        assert await reader.inbox.count_quarantined() == 1


async def test_a_reader_does_not_wait_for_a_writer(store: Store, other: Store) -> None:
    async with asyncio.timeout(5), store.begin() as tx:
        await person(tx)
        assert not await known(other, "mei")
        assert not await known(store, "mei")


async def test_a_reading_transaction_cannot_write(store: Store) -> None:
    async with store.read() as tx:
        with pytest.raises(RuntimeError, match="reading"):
            await person(tx)
    assert not await known(store, "mei")


async def test_many_transactions_at_once_all_come_through(store: Store, other: Store) -> None:
    async def one(n: int) -> None:
        async with (store, other)[n % 2].begin() as tx:
            await person(tx, f"u{n}")
            await tx.audit.add("x", None, None)

    async with asyncio.timeout(20):
        await asyncio.gather(*(one(n) for n in range(60)))
    async with store.read() as tx:
        assert len((await tx.execute(select(t.contacts.c.id))).all()) == 60
        assert await tx.audit.verify() is None


# time


async def test_now_is_the_stores_clock_and_stands_still_in_a_transaction(store: Store, clock: Clock) -> None:
    clock.now = datetime(2026, 11, 23, 9, 0, 0, 123_457, tzinfo=UTC)
    async with store.begin() as tx:
        clock.advance(HOUR)
        await tx.contacts.set_consent(await person(tx), given=True)
        assert tx.now == clock.now - HOUR
    async with store.read() as tx:
        assert tx.now == clock.now
        found = await tx.contacts.find(at("mei"))
    assert found is not None
    assert found.consented_at == clock.now - HOUR
    assert await store.ping() == clock.now


async def roundtrip(store: Store, when: datetime) -> datetime:
    async with store.begin() as tx:
        await tx.execute(t.feedback.delete())
        await tx.execute(insert(t.feedback).values(entry="x", helped=True, at=when))
        found = (await tx.execute(select(t.feedback.c.at).where(t.feedback.c.at == when))).scalar_one()
        assert isinstance(found, datetime)
        return found


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.datetimes(datetime(1900, 1, 1), datetime(9999, 12, 30)), st.integers(-14, 14))
def test_times_come_back_to_the_microsecond_in_utc(when: datetime, hours: int) -> None:
    aware = when.replace(tzinfo=timezone(timedelta(hours=hours)))
    stored = t.Utc().process_bind_param(aware, None)  # type: ignore[arg-type]
    found = t.Utc().process_result_value(stored, None)  # type: ignore[arg-type]
    assert found == aware
    assert found is not None
    assert found.tzinfo is UTC


@pytest.mark.parametrize(
    "when",
    [
        datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
        datetime(2026, 11, 23, 1, 0, 0, 1, tzinfo=UTC),
        datetime(2026, 11, 23, 9, 0, 0, 999_999, tzinfo=timezone(timedelta(hours=8))),
        datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
    ],
)
async def test_times_come_back_from_the_database_to_the_microsecond(store: Store, when: datetime) -> None:
    assert await roundtrip(store, when) == when


async def test_a_time_without_a_zone_is_refused(store: Store) -> None:
    naive = datetime(2026, 11, 23, 9, 0)
    with pytest.raises(ValueError, match="cannot be stored"):
        await roundtrip(store, naive)
    case = await a_case(store)
    with pytest.raises(ValueError, match="cannot be stored"):
        async with store.begin() as tx:
            await tx.reminders.set(ReminderKind.PROMISE_NEAR, naive, callback=case.id)
    async with store.read() as tx:
        assert await tx.reminders.planned(case.id) == {}


# errors


def whole(error: BaseException) -> str:
    return f"{error} {error!r} {error.args}"


async def test_an_error_of_the_database_says_what_kind_and_no_data(store: Store) -> None:
    await people(store, CANARY)

    async def again(tx: Tx) -> None:
        row = {"channel": FAKE, "user": CANARY, "chat": CANARY, "created_at": tx.now}
        await tx.execute(insert(t.contacts).values(**row))

    async def orphan(tx: Tx) -> None:
        await tx.reminders.set(ReminderKind.OWN, tx.now, callback=CallbackId(404), text=CANARY)

    async def nonsense(tx: Tx) -> None:
        await tx.execute(text(f"SELECT '{CANARY}' FROM nowhere"))

    for act in (again, orphan, nonsense):
        with pytest.raises(StoreError) as caught:
            async with store.begin() as tx:
                await act(tx)
        assert CANARY not in whole(caught.value)
        assert CANARY not in str(caught.value.__cause__.__class__)
        assert "Error" in str(caught.value)
    assert await known(store, CANARY)


async def test_a_value_that_no_database_holds_is_its_messages_fault_and_not_the_stores(store: Store) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011
        async with store.begin() as tx:
            await tx.contacts.ensure(Address(FAKE, "\ud800", CANARY), "", "zh-Hans")
    assert not isinstance(caught.value, StoreError)
    assert await store.ping() == MONDAY


@ON_SERVERS
async def test_text_that_is_too_long_for_its_column_is_no_failure_of_the_store(store: Store) -> None:
    with pytest.raises(ValueError, match="22001") as caught:
        await people(store, CANARY * 20)
    assert CANARY not in whole(caught.value)


async def test_words_may_hold_whatever_people_type(store: Store) -> None:
    for words in ("\0", "\ud83d", "🙏\u202e\u200d", "'); DROP TABLE callbacks; --", "词" * 4000):
        async with store.begin() as tx:
            mei = await tx.contacts.ensure(at("mei"), words, "zh-Hans")
            assert mei.name == words
    case = await a_case(store, draft=Draft("词" * 4000))
    assert (await now_of(store, case)).draft.question == "词" * 4000


@ON_SERVERS
async def test_a_lost_connection_is_a_store_error_and_the_next_transaction_works(
    store: Store, other: Store
) -> None:
    async def killed(tx: Tx) -> None:
        await person(tx)
        me = (await tx.execute(text("SELECT pg_backend_pid()"))).scalar_one()
        async with other.begin() as killer:
            await killer.execute(text(f"SELECT pg_terminate_backend({me}, 5000)"))
        await person(tx, "li")

    with pytest.raises(StoreError):
        await and_dies(store, killed)
    assert not await known(store, "mei")
    await people(store, "mei")
    assert await known(store, "mei")


@ON_SERVERS
async def test_a_deadlock_costs_one_of_the_two_and_loses_nothing(store: Store, other: Store) -> None:
    mei, li = await people(store, "mei", "li")
    first, second = asyncio.Event(), asyncio.Event()

    async def cross(at: Store, one: int, two: int, mine: asyncio.Event, theirs: asyncio.Event) -> bool:
        try:
            async with at.begin() as tx:
                for contact in (one, two):
                    rename = update(t.contacts).where(t.contacts.c.id == contact)
                    await tx.execute(rename.values(language="en"))
                    mine.set()
                    await theirs.wait()
        except StoreError:
            return False
        return True

    done = await asyncio.gather(cross(store, mei, li, first, second), cross(other, li, mei, second, first))
    assert sorted(done) == [False, True]
    async with store.read() as tx:
        assert (await tx.contacts.get(mei)).language == "en"


@pytest.mark.databases("postgresql")
async def test_a_server_or_database_that_is_not_there_is_a_store_error(store: Store, clock: Clock) -> None:
    url = str(store.engine.url.set(drivername="postgresql").render_as_string(hide_password=False))
    for missing in ("postgresql://u:hidden@127.0.0.1:9/desk", url.replace("/t", "/no-such-")):
        gone = Store(missing, a_key(), clock)
        for attempt in (gone.ping(), migrate(gone)):
            with pytest.raises(StoreError) as caught:
                await attempt
            assert "hidden" not in whole(caught.value)
        await gone.close()


@pytest.mark.databases("sqlite")
@pytest.mark.parametrize(
    "url",
    [
        "mysql://u:hidden@host/desk",
        "not a url hidden",
        "sqlite://",
        "sqlite:///:memory:",
        "sqlite:////proc/x/y",
    ],
)
def test_a_database_that_cannot_be_is_named_without_its_password(clock: Clock, url: str) -> None:
    with pytest.raises(StoreError) as caught:
        Store(url, a_key(), clock)
    assert "hidden" not in whole(caught.value)


@pytest.mark.databases("sqlite")
async def test_a_file_that_is_no_database_is_a_store_error(tmp_path: Path, clock: Clock) -> None:
    (tmp_path / "x").write_text("something else entirely " * 100)
    store = Store(f"sqlite:///{tmp_path}/x", a_key(), clock)
    for attempt in (store.ping(), migrate(store)):
        with pytest.raises(StoreError):
            await attempt
    await store.close()


@pytest.mark.databases("sqlite")
async def test_what_runs_past_sqlalchemy_is_made_once(room: Room) -> None:
    async def after_a_case_of(who: str) -> int:
        await room.asks_for_callback(who, "邻居的树挡了我家的光怎么办")
        return len(quick._made)

    made = await after_a_case_of("mei")
    assert 20 < made < quick._KINDS
    assert await after_a_case_of("li") == made
