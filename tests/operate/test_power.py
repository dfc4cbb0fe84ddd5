"""Power is cut: what was acknowledged stays, and the tables fit together.

An image of a working desk's files is taken, the WAL is cut or garbled at a random byte, and the desk is
opened again. SQLite writes nothing over what it has once synced, so whatever was acknowledged before the
last commit that is still whole must be there. That the disk keeps what it was told to sync is the disk's
promise, not ours: that each connection asks for it (synchronous=FULL) is asserted.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import shutil
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, text

from bot.store import onehop
from bot.store.backup import back_up, check
from bot.store.engine import Store
from bot.store.migrate import migrate
from bot.store.sealing import KeyRing
from tests.operate.life import afternoon, keeping, known, morning, sound
from tests.promises.scale import scale
from tests.support.databases import a_key, sqlite_url
from tests.support.library import small_shelf
from tests.support.room import Clock, furnish
from tests.support.settings import settings

_HEAD, _FRAME = 32, 24
ROUNDS = scale(25, 1000)


@dataclass
class Image:
    """A desk's files at one moment, and which messages had been acknowledged at which length of the WAL."""

    database: bytes
    wal: bytes
    kept: dict[str, tuple[bytes, int]]

    @property
    def commits(self) -> list[int]:
        """Where commits end."""
        return [end for end, commits in frames(self.wal) if commits]

    def must_stay(self, damaged_at: int) -> set[str]:
        """What was acknowledged by the last commit before the damage."""
        intact = max((end for end in self.commits if end <= damaged_at), default=0)
        return {one for one, (salt, end) in self.kept.items() if salt != self.wal[16:24] or end <= intact}


def frames(wal: bytes) -> list[tuple[int, bool]]:
    """Where each frame of the WAL's present generation ends, and whether it commits."""
    if len(wal) < _HEAD:
        return []
    page = struct.unpack(">I", wal[8:12])[0]
    found = []
    for start in range(_HEAD, len(wal) - _FRAME - page + 1, _FRAME + page):
        if wal[start + 8 : start + 16] != wal[16:24]:
            break
        found.append((start + _FRAME + page, wal[start + 4 : start + 8] != b"\0\0\0\0"))
    return found


def _end(wal: Path) -> tuple[bytes, int]:
    data = wal.read_bytes()
    return data[16:24], max((end for end, _ in frames(data)), default=0)


@pytest.fixture(scope="module")
def taken(tmp_path_factory: pytest.TempPathFactory) -> tuple[Image, KeyRing]:
    """Taken once: a day at the desk takes seconds."""
    return asyncio.run(_take(tmp_path_factory.mktemp("desk")))


async def _take(folder: Path) -> tuple[Image, KeyRing]:
    """The WAL is written into the database only when told, and then begun anew over the older one: what
    follows its end looks like frames too."""
    store = Store(await sqlite_url(folder), a_key(), Clock())
    event.listen(store.engine.sync_engine, "connect", _by_hand)
    room = await furnish(store, Clock(), settings(), small_shelf())
    database, wal = (folder / f"desk.sqlite3{end}" for end in ("", "-wal"))
    door = keeping(room, lambda: _end(wal))
    await morning(room)
    async with store.engine.connect() as connection:
        driver: Any = (await connection.get_raw_connection()).driver_connection
        ((busy, inside, done),) = await driver.execute_fetchall("PRAGMA wal_checkpoint(PASSIVE)")
    assert (busy, inside) == (0, done)
    await afternoon(room)
    kept: dict[str, Any] = dict(door.kept)
    made = Image(database.read_bytes(), wal.read_bytes(), kept)
    await store.close()
    assert len(made.commits) > 30
    assert made.commits[-1] < len(made.wal)
    return made, store.keys


def _by_hand(connection: Any, _record: object) -> None:
    connection.cursor().execute("PRAGMA wal_autocheckpoint=0")


@pytest.fixture
def image(taken: tuple[Image, KeyRing]) -> Image:
    """What was on the disk when the power went."""
    return taken[0]


@pytest.fixture
def keys(taken: tuple[Image, KeyRing]) -> KeyRing:
    """The keys of that desk."""
    return taken[1]


def damage(wal: bytes, at: int, dice: random.Random) -> tuple[str, bytes]:
    """What may become of a file whose writing was cut off at this byte."""
    tail, some = wal[at:], dice.randrange(1, 5000)
    kinds = {
        "cut": b"",
        "zeros": bytes(len(tail)),
        "noise": dice.randbytes(len(tail)),
        "hole": bytes(len(tail[:some])) + tail[some:],
        "flipped": bytes([tail[0] ^ dice.randrange(1, 256)]) + tail[1:],
    }
    kind = dice.choice(sorted(kinds))
    return kind, wal[:at] + kinds[kind]


async def reopen(image: Image, wal: bytes, folder: Path, keys: KeyRing) -> set[str]:
    """Open the damaged desk as the desk does; which messages does it know? It must be sound."""
    folder.mkdir()  # noqa: ASYNC240
    file = folder / "desk.sqlite3"
    file.write_bytes(image.database)
    (folder / "desk.sqlite3-wal").write_bytes(wal)
    again = Store(f"sqlite:///{file}", keys, Clock())
    await migrate(again)
    async with again.read() as tx:
        found = {row[0] for row in await tx.execute(text("SELECT external_id FROM inbox"))}
    await again.close()
    checked = await check(file, keys, Clock())
    assert checked.problems == ()
    return found


async def test_what_was_acknowledged_before_the_last_whole_commit_stays(
    image: Image, keys: KeyRing, in_memory: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    dice = random.Random(20261121)
    seen: dict[str, int] = {}
    lost = 0
    for n in range(ROUNDS):
        at = dice.randrange(len(image.wal))
        kind, wal = damage(image.wal, at, dice)
        found = await reopen(image, wal, in_memory / f"round{n}", keys)
        shutil.rmtree(in_memory / f"round{n}")
        must = image.must_stay(at)
        assert must - found == set(), f"round {n}: {kind} at {at}"
        seen[kind] = seen.get(kind, 0) + 1
        lost += len(image.kept) > len(found)
    assert len(seen) == 5
    assert lost > ROUNDS / 10
    with capsys.disabled():
        print(f"\n{ROUNDS} damaged WALs, {len(image.commits)} commits, {seen}")


def test_a_cut_at_the_very_moment_of_a_receipt_does_not_take_it_back(image: Image, in_memory: Path) -> None:
    marks = {one: end for one, (salt, end) in image.kept.items() if salt == image.wal[16:24]}
    assert len(marks) >= 15
    for one, end in marks.items():
        file = in_memory / f"{one}.sqlite3"
        file.write_bytes(image.database)
        Path(f"{file}-wal").write_bytes(image.wal[:end])
        assert one in known(file)


async def test_an_undamaged_image_has_everything(image: Image, keys: KeyRing, tmp_path: Path) -> None:
    assert await reopen(image, image.wal, tmp_path / "whole", keys) == set(image.kept)
    assert image.must_stay(len(image.wal)) == set(image.kept)


async def test_a_desk_whose_wal_was_cut_goes_on_and_answers_what_it_still_has(
    image: Image, keys: KeyRing, tmp_path: Path
) -> None:
    at = image.commits[len(image.commits) // 2] + 1000
    await reopen(image, image.wal[:at], tmp_path / "cut", keys)
    store = Store(f"sqlite:///{tmp_path}/cut/desk.sqlite3", keys, Clock())
    after = await furnish(store, Clock(), settings(), small_shelf())
    await after.settle()
    async with store.read() as tx:
        open_rows = await tx.execute(text("SELECT count(*) FROM inbox WHERE state != 'done'"))
        assert open_rows.scalar_one() == 0
    after.serial = 1000
    await after.says("new", "老板拖欠工资怎么办？")
    assert "第三十条" in after.last("new")
    assert await sound(store) == []
    await store.close()


async def test_every_connection_to_the_file_waits_for_the_disk(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """FULL on those of the writer, readers, migrations, checkpoints and backups, after a reconnect too."""
    made: list[Any] = []
    connect = onehop.connect

    async def counted(path: str) -> Any:
        made.append(await connect(path))
        return made[-1]

    monkeypatch.setattr(onehop, "connect", counted)
    again = Store(f"sqlite:///{store.engine.url.database}", store.keys, store.clock)
    await migrate(again)
    levels = []
    for _ in range(2):
        async with contextlib.AsyncExitStack() as held:
            for _ in range(5):
                await held.enter_async_context(again.read())
            tx = await held.enter_async_context(again.begin())
            await tx.audit.add("x", None, None)
            levels += [await one.execute_fetchall("PRAGMA synchronous") for one in made if one._running]
        await again.checkpoint()
        await back_up(again, tmp_path / f"b{len(levels)}")
        await again.engine.dispose()
    assert len(levels) >= 12
    assert levels == [[(2,)]] * len(levels)
    await again.close()
