"""Backups of a desk at work: whole or not there."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import random
import signal
import sqlite3
import stat
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from bot.domain.errors import StoreError
from bot.store.backup import back_up, check
from bot.store.engine import Store
from bot.store.sealing import KeyRing, new_key_line
from tests.operate import backup_child
from tests.operate.life import keeping, known, look, morning
from tests.promises.scale import scale
from tests.support.databases import a_key, sqlite_url
from tests.support.library import small_shelf
from tests.support.room import Clock, Room, furnish
from tests.support.settings import settings

KILLS = scale(4, 50)
KEY = new_key_line()
_fork = multiprocessing.get_context("forkserver")
_fork.set_forkserver_preload(["tests.operate.backup_child"])


@pytest.fixture
def keys() -> KeyRing:
    """Keys that another process can have too."""
    return KeyRing.load(Path("no-file"), KEY)


async def fill(store: Store, megabytes: int) -> None:
    """So much that a copy takes a while."""
    async with store.begin() as tx:
        for n in range(megabytes * 16):
            await tx.inbox.quarantine("fake", f"q{n}", "坏" * 21_000, "x")


def names(folder: Path) -> set[str]:
    return {p.name for p in folder.iterdir()}


def texts(folder: Path) -> dict[str, str]:
    return {p.name: p.read_text() for p in folder.iterdir()}


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Where backups go."""
    folder = tmp_path / "backups"
    folder.mkdir()
    return folder


def copied(source: str, to: Path) -> None:
    to.write_bytes(Path(source).read_bytes())


# one that is left alone


async def test_a_backup_has_everything_for_nobody_else_and_is_a_desk_again(
    room: Room, place: Path, clock: Clock
) -> None:
    door = keeping(room)
    await room.hires("wang")
    await room.asks_for_callback("mei", "隔壁天天半夜练唢呐我该怎么维权", phone="13912345678")
    rows = await back_up(room.store, place / "b")
    assert names(place) == {"b"}
    assert stat.S_IMODE((place / "b").stat().st_mode) == 0o600
    checked = await look(place / "b", room)
    assert checked.problems == ()
    assert checked.rows == rows
    assert (rows["callbacks"], rows["staff"]) == (1, 1)
    assert known(place / "b") == set(door.kept)
    restored = Store(f"sqlite:///{place}/b", room.store.keys, clock)
    async with restored.read() as tx:
        assert len(await tx.cases.live(10)) == 1
    await restored.close()


async def test_the_desk_writes_while_it_is_copied_and_the_copy_is_of_one_moment(
    room: Room, place: Path
) -> None:
    """Between any two steps of the copy a message comes in and is answered."""
    await fill(room.store, 3)
    door = keeping(room)
    await room.says("before", "/start")
    loop, before = asyncio.get_running_loop(), set(door.kept)
    steps: list[int] = []

    def step(left: int, total: int) -> None:
        steps.append(left)
        if len(steps) < 4:
            asyncio.run_coroutine_threadsafe(room.says(f"m{len(steps)}", "/start"), loop).result(20)

    await back_up(room.store, place / "b", step)
    assert len(steps) > 3
    assert len(door.kept) == 4
    assert known(place / "b") == before
    assert (await look(place / "b", room)).problems == ()


async def test_an_old_backup_is_never_overwritten(room: Room, place: Path) -> None:
    (place / "b").write_text("old")
    with pytest.raises(StoreError, match="已经存在"):
        await back_up(room.store, place / "b")

    def late(_left: int, _total: int) -> None:
        (place / "c").write_text("somebody else's")

    with pytest.raises(StoreError):
        await back_up(room.store, place / "c", late)
    assert texts(place) == {"b": "old", "c": "somebody else's"}


async def test_of_two_backups_of_one_name_at_once_one_is_refused(room: Room, place: Path) -> None:
    refused: list[str] = []
    loop = asyncio.get_running_loop()

    async def again() -> None:
        with pytest.raises(StoreError) as caught:
            await back_up(room.store, place / "b")
        refused.append(str(caught.value))

    def step(_left: int, _total: int) -> None:
        if not refused:
            asyncio.run_coroutine_threadsafe(again(), loop).result(20)

    await back_up(room.store, place / "b", step)
    assert len(refused) == 1
    assert names(place) == {"b"}


async def test_a_backup_that_cannot_be_written_says_why_and_leaves_nothing(room: Room, place: Path) -> None:
    with pytest.raises(StoreError, match="No such file or directory"):
        await back_up(room.store, place / "nowhere" / "b")

    def fails(_left: int, _total: int) -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(StoreError, match="No space left"):
        await back_up(room.store, place / "b", fails)
    assert names(place) == set()
    await room.says("mei", "/start")


async def test_a_copy_that_came_out_wrong_is_not_kept(
    room: Room, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await fill(room.store, 1)

    def a_bad_disk(_descriptor: int) -> None:
        _garbled(place / "b.part")

    monkeypatch.setattr(os, "fsync", a_bad_disk)
    with pytest.raises(StoreError):
        await back_up(room.store, place / "b")
    assert names(place) == set()


async def test_on_postgresql_the_operator_is_sent_to_pg_dump(keys: KeyRing, place: Path) -> None:
    with pytest.raises(StoreError, match="pg_dump"):
        await back_up(Store("postgresql://nobody@nowhere/desk", keys, Clock()), place / "b")


# killed


async def killed(room: Room, target: Path, dies_after: float) -> tuple[int | None, float]:
    """A backup in a process of its own, while people write; its exit code and its time."""
    url = f"sqlite:///{room.store.engine.url.database}"
    process = _fork.Process(target=backup_child.run, args=(url, KEY, str(target), dies_after))
    begun = time.monotonic()
    process.start()
    ended = asyncio.create_task(asyncio.to_thread(process.join))
    while not ended.done():
        await room.says(f"mei{room.serial}", "老板拖欠工资怎么办？")
    await ended
    return process.exitcode, time.monotonic() - begun


async def test_a_killed_backup_leaves_nothing_that_looks_whole_and_a_finished_one_is(
    room: Room, place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    await room.asks_for_callback("open", "隔壁天天半夜练唢呐我该怎么维权")
    await fill(room.store, 6)
    await killed(room, place / "warm", 0)
    code, seconds = await killed(room, place / "first", 0)
    assert code == 0
    dice, died, whole = random.Random(20261121), 0, 0
    left: set[str] = set()
    while died < KILLS:
        target = place / f"b{died + whole}"
        code, took = await killed(room, target, dice.uniform(0.005, seconds))
        assert code in (0, -signal.SIGALRM)
        left |= names(place)
        if target.exists():
            whole += 1
            assert (await look(target, room)).problems == ()
        else:  # what was left behind is in nobody's way
            await back_up(room.store, target)
        died += code != 0
        seconds = seconds if code else min(seconds, took)
        assert died + whole < 6 * KILLS
    allowed = ("", ".part", ".part-journal", ".part-wal", ".part-shm")
    assert {name.partition(".")[2] for name in left} <= {end.removeprefix(".") for end in allowed}
    with capsys.disabled():
        print(f"\n{died} backups killed; {whole} are whole; one takes {seconds:.2f} s")


# checking


def _sql(*statements: str) -> Callable[[Path], object]:
    def change(file: Path) -> None:
        with closing(sqlite3.connect(file, isolation_level=None)) as database:
            for statement in statements:
                database.execute(statement)

    return change


def _cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def _garbled(file: Path) -> None:
    data = bytearray(file.read_bytes())
    for at in range(8192, len(data), 4096):
        data[at : at + 64] = bytes(64)
    file.write_bytes(data)


FAULTS: dict[str, tuple[Callable[[Path], object], str]] = {
    "cut": (_cut, "损坏|不是完好"),
    "garbled": (_garbled, "损坏|不是完好"),
    "no database": (lambda f: f.write_text("hello" * 1000), "不是完好"),
    "empty": (lambda f: f.write_bytes(b""), "不是本程序的数据库"),
    "missing": (lambda f: f.unlink(), "没有这个文件"),
    "from the future": (_sql("UPDATE alembic_version SET version_num = '9999'"), "更新的版本"),
    "orphans": (_sql("DELETE FROM contacts WHERE id = 2"), "指向不存在的行"),
    "facts gone": (_sql("UPDATE callbacks SET draft_sealed = NULL"), "没有内容"),
    "owner gone": (_sql("UPDATE callbacks SET owner_id = NULL WHERE state = 'claimed'"), "没有接单人"),
    "owner of nothing": (_sql("UPDATE callbacks SET state = 'open', owner_id = 1"), "有接单人"),
    "no promise": (_sql("DELETE FROM reminders WHERE kind = 'promise_over'"), "答复时限没有提醒"),
    "no lease": (_sql("DELETE FROM reminders WHERE kind = 'lease_over'"), "接单时限没有提醒"),
    "lease unknown": (_sql("UPDATE callbacks SET lease_until = NULL"), "接了单没有时限"),
    "closed never": (_sql("UPDATE callbacks SET closed_at = NULL"), "没有办结时间"),
    "audit edited": (_sql("UPDATE audit SET action = 'x' WHERE id = 2"), "操作记录从第 2 行"),
    "audit cut": (_sql("DELETE FROM audit WHERE id > 5"), "操作记录从第 6 行"),
    "never opened": (
        _sql("UPDATE audit SET callback_id = 99 WHERE action = 'open' AND callback_id = 1"), "没有登记",
    ),
    "letter lost": (_sql("UPDATE inbox SET state = 'open' WHERE id = 1"), "来信没有内容"),
    "letter kept": (_sql("UPDATE inbox SET body_sealed = x'00' WHERE id = 1"), "密钥打不开 inbox.body"),
    "words lost": (_sql("UPDATE outbox SET state = 'open' WHERE id = 1"), "消息没有内容"),
    "never sent": (_sql("UPDATE outbox SET sent_at = NULL WHERE id = 1"), "没有时间"),
    "sealed elsewhere": (
        _sql("UPDATE notes SET body_sealed = (SELECT draft_sealed FROM callbacks LIMIT 1)"),
        "密钥打不开 notes.body",
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def backup_of_a_morning(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Made once."""
    return asyncio.run(_made(tmp_path_factory.mktemp("made")))


async def _made(folder: Path) -> bytes:
    store = Store(await sqlite_url(folder), KeyRing.load(Path("no-file"), KEY), Clock())
    await morning(await furnish(store, Clock(), settings(), small_shelf()))
    await back_up(store, folder / "b")
    await store.close()
    return (folder / "b").read_bytes()


@pytest.mark.parametrize("fault", FAULTS)
async def test_what_is_wrong_with_a_backup_is_found_and_named(
    backup_of_a_morning: bytes, fault: str, place: Path, keys: KeyRing
) -> None:
    file, (spoil, words) = place / "b", FAULTS[fault]
    file.write_bytes(backup_of_a_morning)
    assert (await check(file, keys, Clock())).problems == ()
    spoil(file)
    before = file.read_bytes() if file.exists() else b""
    problems = (await check(file, keys, Clock())).problems
    assert problems
    assert any(part in "；".join(problems) for part in words.split("|"))
    assert (file.read_bytes() if file.exists() else b"") == before


async def test_the_wrong_key_file_is_found(backup_of_a_morning: bytes, place: Path) -> None:
    (place / "b").write_bytes(backup_of_a_morning)
    problems = (await check(place / "b", a_key(), Clock())).problems
    assert len(problems) == 1
    assert problems[0].startswith("密钥打不开")


async def test_a_desk_that_was_killed_can_be_checked_as_it_lies(room: Room, place: Path) -> None:
    """Its WAL is beside it."""
    await room.asks_for_callback("open", "隔壁天天半夜练唢呐我该怎么维权")
    for end in ("", "-wal"):
        copied(f"{room.store.engine.url.database}{end}", place / f"desk{end}")
    checked = await look(place / "desk", room)
    assert checked.problems == ()
    assert checked.rows["callbacks"] == 1
