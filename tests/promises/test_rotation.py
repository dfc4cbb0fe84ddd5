"""A new key: after it no byte under the old one is left, and whenever it is killed, nothing is lost.

The rotation runs in a child process that kills itself at its n-th step; a step is a statement, an fsync or
a rename.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import pytest
from sqlalchemy import select, update

from bot.cli.keys import _rotate
from bot.config import Config, load_config
from bot.domain.errors import BotError
from bot.parts import existing_keys
from bot.store import rotate
from bot.store import tables as t
from bot.store.engine import Store
from bot.store.sealing import KeyRing, new_key_line
from bot.store.sound import unsound
from bot.store.tx import Tx
from tests.app.folder import write_config
from tests.promises.full import SEALED, Contents, contents, furnished
from tests.promises.life import PHONE
from tests.promises.scale import MEMORY, scale
from tests.support.databases import sqlite_url
from tests.support.postgres import Server
from tests.support.room import Clock

KILLS = scale(3, 300)


def _config(folder: Path, url: str) -> Config:
    file = write_config(folder)
    text = file.read_text("utf-8").replace(f"sqlite:///{folder}/var/desk.sqlite3", url)
    file.write_text(text, "utf-8")
    (folder / "var").mkdir(exist_ok=True)
    return load_config(file)


def _open(config: Config, keys: KeyRing | None = None) -> Store:
    return Store(config.database_url, keys or existing_keys(config), Clock())


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a stopped SQLite desk."""
    folder: Path = tmp_path_factory.mktemp("desk")

    async def build() -> None:
        config = _config(folder, f"sqlite:///{folder}/var/desk.sqlite3")
        await sqlite_url(folder / "var")
        keys = KeyRing.load(config.key_file)
        await furnished(Store(config.database_url, keys, Clock()))

    asyncio.run(build())
    return folder


@pytest.fixture
def config(original: Path, tmp_path: Path) -> Config:
    """A copy of that desk."""
    shutil.copytree(original / "var", tmp_path / "var")
    return _config(tmp_path, f"sqlite:///{tmp_path}/var/desk.sqlite3")


async def _contents(config: Config) -> Contents:
    """Everything that is sealed, opened with the keys that are there now."""
    store = _open(config)
    found = await contents(store)
    await store.close()
    return found


async def _blobs(config: Config) -> set[bytes]:
    store = _open(config)
    async with store.read() as tx:
        found = {row[0] for _, column in SEALED for row in await tx.execute(select(column)) if row[0]}
    await store.close()
    return found


async def _sound(config: Config) -> list[str]:
    """What is wrong under the new key alone."""
    store = _open(config)
    assert store.keys.newest() is None
    async with store.read() as tx:
        wrong = await unsound(tx, Clock()())
        assert [case.draft.phone for case in await tx.cases.by_phone(PHONE)] == [PHONE]
        assert await tx.cases.by_phone("13800000000") == ()
    await store.close()
    return wrong


def _without_rows(contents: Contents) -> Contents:
    return {name: rows for name, rows in contents.items() if any(rows.values())}


# in one go


def test_the_desk_of_the_test_has_something_in_every_sealed_column(config: Config) -> None:
    contents = asyncio.run(_contents(config))
    assert set(_without_rows(contents)) == set(contents)


def test_after_a_rotation_all_is_as_it_was_and_no_byte_under_the_old_key_is_left(config: Config) -> None:
    old_line = config.key_file.read_text("ascii")
    before, old = asyncio.run(_contents(config)), asyncio.run(_blobs(config))
    assert asyncio.run(_rotate(config)) > 10
    assert asyncio.run(_contents(config)) == before
    assert asyncio.run(_sound(config)) == []
    files = b"".join(path.read_bytes() for path in sorted((config.key_file.parent).glob("desk.sqlite3*")))
    assert [blob for blob in old if blob[4:36] in files] == []
    assert config.key_file.read_text("ascii") != old_line
    kept = config.key_file.with_name("secret.key.old")
    assert (kept.read_text("ascii"), kept.stat().st_mode & 0o777) == (old_line, 0o600)


def test_the_old_key_opens_nothing_afterwards_and_says_so(config: Config) -> None:
    old = existing_keys(config)
    asyncio.run(_rotate(config))
    with pytest.raises(BotError, match="不是这个数据库的那一把"):
        asyncio.run(_check(_open(config, old)))


async def _check(store: Store) -> None:
    try:
        await rotate.check(store)
    finally:
        await store.close()


def test_a_wrong_key_is_named_before_anything_is_changed(config: Config) -> None:
    before = asyncio.run(_blobs(config))
    config.key_file.write_text(new_key_line())
    with pytest.raises(BotError, match="什么也没有改"):
        asyncio.run(_rotate(config))
    assert asyncio.run(_blobs(config)) == before
    assert len(config.key_file.read_text().splitlines()) == 1


def test_a_trail_that_was_tampered_with_is_not_signed_anew(config: Config) -> None:
    asyncio.run(_tamper(config))
    with pytest.raises(BotError, match="操作记录对不上"):
        asyncio.run(_rotate(config))
    assert len(config.key_file.read_text().splitlines()) == 1


async def _tamper(config: Config) -> None:
    store = _open(config)
    async with store.begin() as tx:
        await tx.execute(update(t.audit).where(t.audit.c.id == 2).values(actor_id=99))
    await store.close()


def test_while_a_desk_runs_nothing_is_rotated(config: Config) -> None:
    desk = _open(config)
    desk.hold()
    with pytest.raises(BotError, match="另一个问答台"):
        asyncio.run(_rotate(config))
    assert len(config.key_file.read_text().splitlines()) == 1
    asyncio.run(desk.close())


def test_a_key_from_the_environment_is_rotated_where_it_is(config: Config) -> None:
    old, new = config.key_file.read_text().strip(), new_key_line().strip()
    config.key_file.unlink()
    with pytest.raises(BotError, match="new-key"):
        asyncio.run(_rotate(_with_key(config, old)))
    both = _with_key(config, f"{new};{old}")
    before = asyncio.run(_contents(both))
    asyncio.run(_rotate(both))
    alone = _with_key(config, new)
    assert asyncio.run(_contents(alone)) == before
    assert asyncio.run(_sound(alone)) == []
    assert not config.key_file.exists()


def _with_key(config: Config, key: str) -> Config:
    return Config.model_validate(config.model_dump() | {"key": key})


# killed


@dataclass
class Steps:
    """Counts steps of a child, which dies at one of them."""

    die_at: int
    done: int = 0

    def step(self) -> None:
        self.done += 1
        if self.done == self.die_at:
            os.kill(os.getpid(), signal.SIGKILL)

    def watch(self) -> None:
        """Only ever in the child."""
        os.fsync = self._before(os.fsync)
        Path.replace = self._before(Path.replace)  # type: ignore[method-assign]
        execute = Tx.execute

        async def counted(tx: Tx, *args: Any) -> Any:
            self.step()
            return await execute(tx, *args)

        Tx.execute = counted  # type: ignore[method-assign, assignment]

    def _before(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*args: Any) -> Any:
            self.step()
            try:
                return function(*args)
            finally:
                self.step()

        return counted


def _child(config: Config, die_at: int) -> int | None:
    """Rotate in a child; None when it was killed, else how many steps it took."""
    read, write = os.pipe()
    pid = os.fork()
    if not pid:
        steps = Steps(die_at)
        try:
            steps.watch()
            asyncio.run(_rotate(config))
            os.write(write, str(steps.done).encode())
            os._exit(0)
        finally:
            os._exit(1)
    os.close(write)
    with os.fdopen(read, "rb") as pipe:
        said = pipe.read()
    status = os.waitpid(pid, 0)[1]
    if os.WIFSIGNALED(status):
        return None
    assert os.waitstatus_to_exitcode(status) == 0
    return int(said)


def _kill_points(steps: int, random: Random) -> Iterator[int]:
    """The first and the last, around every file, and some in between."""
    yield from (1, steps, *range(steps - 15, steps, scale(8, 1)))
    yield from (random.randrange(1, steps) for _ in range(KILLS))


@pytest.fixture
def in_memory() -> Iterator[Path]:
    """A folder for many copies: killed processes lose nothing that they gave to the system."""
    with tempfile.TemporaryDirectory(dir=MEMORY) as folder:
        yield Path(folder)


def test_whenever_it_is_killed_all_can_be_read_and_it_is_gone_on_with(
    original: Path, in_memory: Path
) -> None:
    """A kill, then a second one while it is gone on with, then to the end."""
    random = Random(12)
    _, whole = _copy(original, in_memory / "whole")
    before, old_line = asyncio.run(_contents(whole)), whole.key_file.read_text("ascii")
    steps = _child(whole, 0)
    assert steps is not None
    assert steps > 100
    refused = 0
    for n, die_at in enumerate(_kill_points(steps, random)):
        folder, config = _copy(original, in_memory / str(n))
        assert _child(config, die_at) is None, die_at
        assert asyncio.run(_contents(config)) == before, die_at
        refused += asyncio.run(_writes(config)) is False
        again = random.randrange(1, steps)
        left = _child(config, again)
        assert asyncio.run(_contents(config)) == before, (die_at, again)
        if left is None:
            _child(config, 0)
        assert asyncio.run(_contents(config)) == before, (die_at, again)
        assert asyncio.run(_sound(config)) == [], (die_at, again)
        assert old_line in config.key_file.with_name("secret.key.old").read_text("ascii"), (die_at, again)
        shutil.rmtree(folder)
    assert refused > 0, "none was killed between the last commit and the file"


async def _writes(config: Config) -> bool:
    """Whether a desk may go on with what the kill left; if so, it does, and nothing breaks by it."""
    store = _open(config)
    try:
        async with store.begin() as tx:
            await tx.audit.add("x", None, None)
        async with store.read() as tx:
            assert await tx.audit.verify() is None
    except BotError as refused:
        return "rotate-key" not in str(refused)
    finally:
        await store.close()
    return True


def _copy(original: Path, folder: Path) -> tuple[Path, Config]:
    shutil.copytree(original / "var", folder / "var")
    shutil.copytree(original / "faq", folder / "faq")
    return folder, _config(folder, f"sqlite:///{folder}/var/desk.sqlite3")


# PostgreSQL


def test_on_postgresql_too(postgres: Server, tmp_path: Path) -> None:
    async def empty() -> Config:
        config = _config(tmp_path, postgres.url(await postgres.create()))
        await furnished(Store(config.database_url, KeyRing.load(config.key_file), Clock()))
        return config

    config = asyncio.run(empty())
    before = asyncio.run(_contents(config))
    assert _child(config, 60) is None
    assert asyncio.run(_contents(config)) == before
    steps = _child(config, 0)
    assert steps is not None
    assert asyncio.run(_contents(config)) == before
    assert asyncio.run(_sound(config)) == []
    assert _child(config, steps) is None
    assert asyncio.run(_contents(config)) == before
