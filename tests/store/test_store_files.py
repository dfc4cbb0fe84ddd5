"""The SQLite file: durable, private, and empty of what was erased."""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import LargeBinary, event, select, text

from bot.desk.erase import erase
from bot.domain.callback import Draft, Note, NoteKind, Reach
from bot.domain.dialog import Conversation
from bot.domain.errors import StoreError
from bot.domain.messages import FileRef
from bot.domain.reminders import ReminderKind
from bot.domain.webchat import EventKind, StoredFile
from bot.store import tables as t
from bot.store.engine import Store
from bot.store.migrate import migrate
from bot.store.sealing import KeyRing
from bot.store.web import SqlWebStore
from tests.support.room import MONDAY, Clock, Room

from .things import FAKE, STATION, a_case, all_at_once, and_dies, at, inbound, outbound, people, person

PHONE = "13912345678"
SECRETS = {
    word: word.encode()
    for word in (
        PHONE, "梅小姐本名", "我的问题哨兵", "附言哨兵", "住址哨兵", "备注哨兵", "来信哨兵", "去信哨兵",
        "坏信哨兵", "提醒哨兵", "网页哨兵", "文件名哨兵", "文件内容哨兵", "草稿哨兵",
    )
}  # fmt: skip


def files(folder: Path) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in folder.iterdir() if p.is_file()}


def found(folder: Path, needles: list[bytes]) -> set[bytes]:
    everything = b"\0".join(files(folder).values())
    return {n for n in needles if n in everything}


def key_columns() -> Iterator[tuple[str, str]]:
    for table in t.metadata.sorted_tables:
        for column in table.columns:
            if isinstance(column.type, LargeBinary):
                yield table.name, column.name


async def sealed(store: Store) -> dict[bytes, str]:
    """Every sealed value in the database, opened."""
    opened = {}
    async with store.read() as tx:
        for name, column in key_columns():
            table = t.metadata.tables[name]
            for blob in (await tx.execute(select(table.c[column]))).scalars():
                if blob is not None:
                    words = store.keys.open_bytes(blob, f"{name}.{column.removesuffix('_sealed')}")
                    opened[bytes(blob)] = words.decode(errors="replace")
    return opened


async def fill(store: Store) -> None:
    """Everything that a person may tell us, into every table that keeps it."""
    draft = Draft("我的问题哨兵", place="住址哨兵", reach=Reach.PHONE, phone=PHONE, details="附言哨兵")
    async with store.begin() as tx:
        mei = await tx.contacts.ensure(at("mei"), "梅小姐本名", "zh-Hans")
        await tx.contacts.save_conversation(mei.id, Conversation(draft=Draft("草稿哨兵", phone=PHONE)))
        await tx.inbox.add(mei.id, replace(inbound(text="来信哨兵"), phone=PHONE), tx.now)
        await tx.inbox.quarantine("fake", "u1", "坏信哨兵", "x")
        await tx.outbox.add(mei.id, outbound("去信哨兵"))
    async with store.begin() as tx:
        case = await tx.cases.open(mei.id, STATION, draft, tx.now)
        note = Note(MONDAY, NoteKind.EXPERT, None, "备注哨兵", (FileRef(FAKE, "f", "photo", "文件名哨兵"),))
        await tx.cases.add_note(case.id, note)
        await tx.reminders.set(ReminderKind.OWN, tx.now, callback=case.id, text="提醒哨兵")
    web = SqlWebStore(store)
    await web.append("mei", "k", EventKind.IN, "网页哨兵", MONDAY)
    data = "文件内容哨兵".encode() * 1000
    await web.put_file(StoredFile("f", "mei", "文件名哨兵", "text/plain", "document", data, MONDAY))


# private


async def test_nothing_that_people_say_is_readable_in_the_file_or_the_wal(
    store: Store, tmp_path: Path
) -> None:
    await fill(store)
    assert set(files(tmp_path)) >= {"desk.sqlite3", "desk.sqlite3-wal"}
    assert found(tmp_path, list(SECRETS.values())) == set()
    assert await sealed(store)
    await store.checkpoint()
    assert found(tmp_path, list(SECRETS.values())) == set()


async def test_the_search_for_words_would_find_them(store: Store, tmp_path: Path) -> None:
    """Teeth: text that is not sealed is in the WAL, and after a checkpoint in the file."""
    async with store.begin() as tx:
        await tx.audit.add("x", None, None, PHONE)
    assert found(tmp_path, [PHONE.encode()])
    await store.checkpoint()
    assert found(tmp_path, [PHONE.encode()])


async def test_every_word_that_was_told_is_in_some_sealed_column(store: Store) -> None:
    await fill(store)
    everything = "\0".join((await sealed(store)).values())
    assert [word for word in SECRETS if word not in everything] == []
    filled = {name for name, _ in key_columns()}
    assert filled == {
        "contacts", "conversations", "inbox", "quarantine", "callbacks", "notes", "reminders", "outbox",
        "web_events", "web_files",
    }  # fmt: skip


async def test_files_are_for_nobody_else(tmp_path: Path, keys: KeyRing, clock: Clock) -> None:
    before = os.umask(0)
    try:
        store = Store(f"sqlite:///{tmp_path}/var/desk.sqlite3", keys, clock)
        await migrate(store)
        modes = {p.name: stat.S_IMODE(p.stat().st_mode) for p in (tmp_path / "var").iterdir()}
        await store.close()
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "var").stat().st_mode) == 0o700
    assert modes == dict.fromkeys(("desk.sqlite3", "desk.sqlite3-wal", "desk.sqlite3-shm"), 0o600)


async def test_a_restored_file_that_all_can_read_is_closed_to_them(
    store: Store, tmp_path: Path, keys: KeyRing, clock: Clock
) -> None:
    await store.close()
    (tmp_path / "desk.sqlite3").chmod(0o644)
    again = Store(f"sqlite:///{tmp_path}/desk.sqlite3", keys, clock)
    assert stat.S_IMODE((tmp_path / "desk.sqlite3").stat().st_mode) == 0o600
    await again.close()


# durable

PRAGMAS = {
    "journal_mode": "wal",
    "synchronous": 2,
    "foreign_keys": 1,
    "secure_delete": 1,
    "busy_timeout": 20_000,
}


async def test_every_connection_is_durable_and_strict(store: Store) -> None:
    await store.checkpoint()
    async with contextlib.AsyncExitStack() as open_ones:
        readers = [await open_ones.enter_async_context(store.read()) for _ in range(5)]
        writer = await open_ones.enter_async_context(store.begin())
        for tx in (*readers, writer):
            set_to = {name: (await tx.execute(text(f"PRAGMA {name}"))).scalar() for name in PRAGMAS}
            assert set_to == PRAGMAS


async def test_a_row_that_refers_to_nobody_is_refused(store: Store) -> None:
    with pytest.raises(StoreError, match="FOREIGNKEY"):
        async with store.begin() as tx:
            await tx.inbox.add(99, inbound(), tx.now)  # type: ignore[arg-type]


async def test_what_was_committed_is_in_the_file_of_a_desk_that_was_killed(
    store: Store, tmp_path: Path, keys: KeyRing, clock: Clock
) -> None:
    await people(store, "mei")
    copy = tmp_path / "after"
    copy.mkdir()
    for name, data in files(tmp_path).items():
        if not name.endswith("-shm"):
            (copy / name).write_bytes(data)
    again = Store(f"sqlite:///{copy}/desk.sqlite3", keys, clock)
    async with again.read() as tx:
        assert await tx.contacts.find(at("mei")) is not None
    await again.close()


async def test_closing_leaves_one_file(store: Store, tmp_path: Path) -> None:
    await people(store, "mei")
    await store.close()
    assert set(files(tmp_path)) == {"desk.sqlite3"}


async def known(store: Store, count: int) -> list[bool]:
    """Who of u0, u1 … is there."""
    async with store.read() as tx:
        return [await tx.contacts.find(at(f"u{n}")) is not None for n in range(count)]


async def fill_the_disk(store: Store, pages: int) -> None:
    """No room for more than so many pages, on connections that are made from now on."""
    await store.engine.dispose()

    def small(connection: object, _record: object) -> None:
        cursor = connection.cursor()  # type: ignore[attr-defined]
        cursor.execute(f"PRAGMA max_page_count={pages}")
        cursor.close()

    event.listen(store.engine.sync_engine, "connect", small)


async def test_a_full_disk_is_an_error_and_nobody_believes_that_anything_was_kept(store: Store) -> None:
    async with store.read() as tx:
        pages = int((await tx.execute(text("PRAGMA page_count"))).scalar_one())
    await fill_the_disk(store, pages + 12)

    async def write(n: int) -> str:
        try:
            async with store.begin() as tx:
                await tx.contacts.ensure(at(f"u{n}"), "词" * (10 if n % 3 else 9000), "zh")
        except StoreError as error:
            return str(error)
        return ""

    results = await all_at_once(30, write)
    assert await known(store, 30) == [error == "" for error in results]
    assert any("SQLITE_FULL" in error for error in results)
    assert await store.ping() == MONDAY


# sharing a commit


async def test_of_transactions_that_share_a_commit_one_that_fails_undoes_only_itself(store: Store) -> None:
    async def write(n: int) -> None:
        if n % 3:
            await people(store, f"u{n}")
        else:
            await and_dies(store, lambda tx: person(tx, f"u{n}"))

    await all_at_once(12, write)
    assert await known(store, 12) == [n % 3 != 0 for n in range(12)]


async def test_when_the_shared_transaction_is_lost_all_who_were_in_it_are_told(store: Store) -> None:
    async def write(n: int) -> bool:
        try:
            async with store.begin() as tx:
                await person(tx, f"u{n}")
                if n == 3:  # as SQLite itself does when a disk is full or fails
                    await tx.execute(text("ROLLBACK"))
        except StoreError:
            return False
        return True

    told = await all_at_once(6, write)
    assert await known(store, 6) == told
    assert not told[3]
    await people(store, "after")


async def test_whoever_is_told_that_it_is_written_can_be_seen_by_others(store: Store, other: Store) -> None:
    async def write(n: int) -> bool:
        await people(store, f"u{n}")
        async with other.read() as tx:
            return await tx.contacts.find(at(f"u{n}")) is not None

    assert all(await all_at_once(20, write))


# erased


def traces(folder: Path, blobs: set[bytes]) -> int:
    """How many of these are still in the files: their beginning, middle or end."""
    everything = b"\0".join(files(folder).values())
    parts = [(b[4:28], b[len(b) // 2 - 12 : len(b) // 2 + 12], b[-24:]) for b in blobs]
    return sum(any(part in everything for part in three) for three in parts)


async def forget_mei(room: Room) -> None:
    """As she asks for it."""
    async with room.store.begin() as tx:
        mei = await tx.contacts.find(at("mei"))
        assert mei is not None
        await erase(room.desk, tx, mei)


async def test_erasure_leaves_no_byte_in_the_file_or_the_wal(
    store: Store, room: Room, tmp_path: Path
) -> None:
    for n in range(30):  # so that pages split and fill
        await a_case(store, f"u{n}", Draft("别人的" * 100))
    await fill(store)
    for n in range(30):
        await a_case(store, f"u{n}", Draft("别人的" * 100))
    before = set(await sealed(store))
    await forget_mei(room)
    left = await sealed(store)
    gone = before - set(left)
    assert len(gone) >= 9
    assert traces(tmp_path, gone) == 0
    assert traces(tmp_path, set(left)) == len(left)
    assert (tmp_path / "desk.sqlite3-wal").stat().st_size == 0


async def test_no_word_of_hers_is_left_in_any_sealed_column(store: Store, room: Room) -> None:
    await fill(store)
    await forget_mei(room)
    everything = "\0".join((await sealed(store)).values())
    # an update that could not be read belongs to nobody that we know
    assert [word for word in SECRETS if word in everything] == ["坏信哨兵"]


async def test_after_a_whole_dialogue_and_its_erasure_no_word_is_left(room: Room, tmp_path: Path) -> None:
    await room.hires("wang")
    await room.asks_for_callback("mei", "隔壁天天半夜练唢呐我该怎么维权", phone=PHONE)
    await room.taps("wang", "接单")
    await room.says("wang", "备注哨兵")
    before = set(await sealed(room.store))
    await forget_mei(room)
    left = await sealed(room.store)
    everything = "\0".join(left.values())
    assert [w for w in (PHONE, "唢呐", "备注哨兵") if w in everything] == []
    assert traces(tmp_path, before - set(left)) == 0


async def test_a_reader_in_the_way_of_an_erasure_only_delays_it(
    store: Store, other: Store, room: Room, tmp_path: Path
) -> None:
    await fill(store)
    before = set(await sealed(store))
    async with other.read() as reader:
        assert await reader.inbox.count_quarantined() == 1
        await forget_mei(room)
        gone = before - set(await sealed(store))
        assert traces(tmp_path, gone) > 0
    await people(store, "li")
    assert traces(tmp_path, gone) == 0


async def test_without_secure_delete_the_search_finds_what_was_erased(
    tmp_path: Path, store: Store, room: Room
) -> None:
    """Teeth."""
    await store.engine.dispose()

    def careless(connection: object, _record: object) -> None:
        cursor = connection.cursor()  # type: ignore[attr-defined]
        cursor.execute("PRAGMA secure_delete=OFF")
        cursor.close()

    event.listen(store.engine.sync_engine, "connect", careless)
    await fill(store)
    before = set(await sealed(store))
    await forget_mei(room)
    assert traces(tmp_path, before - set(await sealed(store))) > 0
