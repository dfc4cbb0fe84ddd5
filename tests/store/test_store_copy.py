"""A desk moves between databases: nothing is lost or changed, it goes on there, and a doubt stops it."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select, text, update
from typer.testing import CliRunner, Result

from bot.cli import main
from bot.domain.errors import StoreError
from bot.domain.faq import EntryId
from bot.domain.messages import Address
from bot.store import tables as t
from bot.store.alone import alone
from bot.store.copying import copy
from bot.store.engine import Store
from bot.store.instances import Instances
from bot.store.sealing import KeyRing
from bot.store.sound import unsound
from tests.app.folder import write_config
from tests.promises.full import KEY, contents, full_desk
from tests.promises.life import PHONE
from tests.support.databases import POSTGRESQL, SQLITE, a_key, postgresql_url, sqlite_url
from tests.support.library import small_shelf
from tests.support.postgres import Server
from tests.support.room import FAKE, Clock, furnish
from tests.support.settings import settings

Make = Callable[[str], Any]
FULL = "full"
"""A SQLite desk with something in every table."""
THERE = (POSTGRESQL, SQLITE)


def nobody(_rows: int) -> None:
    """Watches the progress."""


@pytest.fixture
def keys() -> KeyRing:
    """Of the full desk."""
    return KeyRing.load(Path("no-file"), KEY)


@pytest.fixture
async def make(
    tmp_path: Path, request: pytest.FixtureRequest, keys: KeyRing, clock: Clock
) -> AsyncIterator[Make]:
    """Empty, migrated stores of a kind."""
    async with AsyncExitStack() as opened:

        async def made(kind: str) -> Store:
            if kind != POSTGRESQL:
                folder = tmp_path / os.urandom(4).hex()
                folder.mkdir()
                url = await (full_desk if kind == FULL else sqlite_url)(folder)
            else:
                url = await opened.enter_async_context(postgresql_url(request.getfixturevalue("postgres")))
            store = Store(url, keys, clock)
            opened.push_async_callback(store.close)
            return store

        yield made


async def everything(store: Store) -> dict[str, list[Any]]:
    async with store.read() as tx:
        return {
            table.name: sorted(map(repr, (await tx.execute(select(table))).all()))
            for table in t.metadata.sorted_tables
        }


@pytest.mark.parametrize("there", THERE)
async def test_everything_is_there_afterwards_and_the_desk_goes_on(make: Make, there: str) -> None:
    """To PostgreSQL, and from there back to SQLite."""
    first = source = await make(FULL)
    if there == SQLITE:
        source = await make(POSTGRESQL)
        await copy(first, source, nobody)
    target = await make(there)
    copied = await copy(source, target, nobody)
    assert all(one.same for one in copied)
    assert {one.table: one.source.rows for one in copied} == {
        name: len(rows) for name, rows in (await everything(target)).items()
    }
    assert await everything(target) == await everything(source) == await everything(first)
    assert await contents(target) == await contents(first)
    async with target.read() as tx:
        assert await unsound(tx, tx.now) == []
        assert len(await tx.cases.by_phone(PHONE)) == 1
    await _goes_on(target)


async def _goes_on(store: Store) -> None:
    """New rows of every kind come after those that were copied."""
    room = await furnish(store, Clock(), settings(), small_shelf())
    room.serial = 10_000
    number = await room.asks_for_callback("hua", "物业公司乱收费我该怎么维权", phone="13700001111")
    assert number in room.last("wang")
    await room.taps("wang", "接单")
    await room.says("wang", "请先看合同。")
    assert "请先看合同" in room.last("hua")
    async with store.read() as tx:
        assert await tx.audit.verify() is None


async def test_the_tables_of_the_test_are_all_filled(make: Make) -> None:
    """So that a table that is not copied would be missed."""
    source = await make(FULL)
    assert {name for name, rows in (await everything(source)).items() if not rows} <= {
        "feedback",
        "web_sessions",
    }


async def test_a_target_with_anything_in_it_is_refused_and_left_alone(make: Make) -> None:
    source, target = await make(FULL), await make(POSTGRESQL)
    async with target.begin() as tx:
        await tx.cases.add_feedback(EntryId("entry"), helped=True)
    before = await everything(target)
    with pytest.raises(StoreError, match="不是空的（表 feedback"):
        await copy(source, target, nobody)
    assert await everything(target) == before


CHANGES = "AFTER INSERT ON notes BEGIN UPDATE notes SET kind = 'other' WHERE id = NEW.id AND id = 2; END"
LOSES = "BEFORE INSERT ON notes WHEN NEW.id = 2 BEGIN SELECT RAISE(IGNORE); END"
DOUBLES = (
    "AFTER INSERT ON feedback WHEN NEW.id = 1"
    " BEGIN INSERT INTO feedback (id, entry, helped, at) VALUES (99, 'x', 1, 0); END"
)


@pytest.mark.parametrize(
    ("trigger", "table"), [(CHANGES, "notes"), (LOSES, "notes"), (DOUBLES, "feedback")],
    ids=["changed", "lost", "doubled"],
)  # fmt: skip
async def test_what_arrives_changed_is_told_and_then_nothing_is_kept(
    make: Make, trigger: str, table: str
) -> None:
    source, target = await make(FULL), await make(SQLITE)
    async with source.begin() as tx:
        await tx.cases.add_feedback(EntryId("entry"), helped=True)
    async with target.engine.begin() as connection:
        await connection.execute(text(f"CREATE TRIGGER harm {trigger}"))
    empty = await everything(target)
    copied = await copy(source, target, nobody)
    assert [one.table for one in copied if not one.same] == [table]
    assert await everything(target) == empty


async def test_a_row_that_the_target_refuses_names_its_table_and_nothing_is_kept(make: Make) -> None:
    """SQLite lets a text be longer than its column says."""
    source, target = await make(FULL), await make(POSTGRESQL)
    async with source.begin() as tx:
        await tx.execute(update(t.callbacks).values(topic="x" * 41))
    empty = await everything(target)
    with pytest.raises(StoreError, match="表 callbacks 有一行"):
        await copy(source, target, nobody)
    assert await everything(target) == empty


async def test_a_trail_that_is_broken_is_not_moved(make: Make) -> None:
    source, target = await make(FULL), await make(POSTGRESQL)
    async with source.begin() as tx:
        await tx.execute(update(t.audit).where(t.audit.c.id == 2).values(actor_id=99))
    empty = await everything(target)
    with pytest.raises(StoreError, match="操作记录从第 2 行起"):
        await copy(source, target, nobody)
    assert await everything(target) == empty


async def test_another_key_is_found_before_the_old_desk_is_given_up(make: Make) -> None:
    source, target = await make(FULL), await make(POSTGRESQL)
    source.keys = target.keys = a_key()
    with pytest.raises(StoreError, match="密钥打不开"):
        await copy(source, target, nobody)


async def test_more_rows_than_one_page_arrive(make: Make) -> None:
    source, target = await make(SQLITE), await make(POSTGRESQL)
    async with source.begin() as tx:
        rows = [{"entry": f"e{n}", "helped": n % 2 == 0, "at": tx.now} for n in range(1203)]
        await tx.execute(insert(t.feedback).values(rows))
        cards = [{"contact_id": 1, "card": f"c{n}", "ref": "r"} for n in range(1100)]
        await tx.contacts.ensure(Address(FAKE, "mei", "mei"), "mei", "zh-Hans")
        await tx.execute(insert(t.cards).values(cards))
    told: list[int] = []
    copied = await copy(source, target, told.append)
    rows_of = {one.table: one.target.rows for one in copied}
    assert (rows_of["feedback"], rows_of["cards"], sum(told)) == (1203, 1100, 1203 + 1100 + 1)
    assert all(one.same for one in copied)


# on the command line


def _configs(tmp_path: Path, url: str) -> tuple[Path, Path]:
    config = write_config(tmp_path)
    to = tmp_path / "new.toml"
    moved = config.read_text("utf-8").replace(f"sqlite:///{tmp_path}/var/desk.sqlite3", url)
    to.write_text(moved, "utf-8")
    return config, to


def _run(*words: str) -> Result:
    done = CliRunner().invoke(main, ["db", "copy", *words])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done


@pytest.fixture
def stopped(tmp_path: Path, postgres: Server) -> tuple[Path, Path, str]:
    """The configs of a stopped SQLite desk and of an empty PostgreSQL one, and the latter's address."""

    async def build() -> str:
        (tmp_path / "var").mkdir()
        (tmp_path / "var" / "secret.key").write_text(KEY, "ascii")
        await full_desk(tmp_path / "var")
        return postgres.url(await postgres.create())

    url = asyncio.run(build())
    return *_configs(tmp_path, url), url


def test_an_operator_sees_counts_and_sums_of_both_sides(stopped: tuple[Path, Path, str]) -> None:
    config, to, _ = stopped
    done = _run("--config", str(config), "--to", str(to), "--json")
    assert done.exit_code == 0
    said = {one["table"]: one for one in json.loads(done.stdout)}
    assert set(said) == {table.name for table in t.metadata.sorted_tables}
    assert all(one["same"] and one["source"] == one["target"] for one in said.values())
    assert (said["callbacks"]["source"]["rows"], len(said["callbacks"]["source"]["checksum"])) == (1, 64)
    again = _run("--config", str(config), "--to", str(to))
    assert (again.exit_code, "不是空的" in again.output) == (1, True)
    back = to.with_name("back.toml")
    back.write_text(
        to.read_text("utf-8").replace(stopped[2], f"sqlite:///{to.parent}/var/back.sqlite3"), "utf-8"
    )
    shown = _run("--config", str(to), "--to", str(back))
    assert (shown.exit_code, "callbacks" in shown.output, "逐表一致" in shown.output) == (0, True, True)


def test_a_running_desk_is_not_moved(stopped: tuple[Path, Path, str]) -> None:
    config, to, url = stopped
    desk = Store(f"sqlite:///{config.parent}/var/desk.sqlite3", a_key(), Clock())
    desk.hold()
    done = _run("--config", str(config), "--to", str(to))
    assert (done.exit_code, "另一个问答台" in done.output) == (1, True)
    asyncio.run(desk.close())
    done = asyncio.run(_while_an_instance_listens(config, to, url))
    assert (done.exit_code, "每个实例都停掉" in done.output) == (1, True)


async def _while_an_instance_listens(config: Path, to: Path, url: str) -> Result:
    store = Store(url, a_key(), Clock())
    listening = asyncio.create_task(Instances(store).listen(lambda _what: None))
    try:
        async with asyncio.timeout(20):
            while not await _refuses(store):  # noqa: ASYNC110 - another session has to appear
                await asyncio.sleep(0.02)
        return await asyncio.to_thread(_run, "--config", str(config), "--to", str(to))
    finally:
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)
        await store.close()


async def _refuses(store: Store) -> bool:
    try:
        await alone(store)
    except StoreError:
        return True
    return False


def test_a_target_without_an_address_is_used_wrongly(stopped: tuple[Path, Path, str]) -> None:
    config, to, _ = stopped
    to.write_text("name = 'x'", "utf-8")
    assert _run("--config", str(config), "--to", str(to)).exit_code == 2
    assert _run("--config", str(config), "--to", str(to.with_name("no.toml"))).exit_code == 2
    assert _run("--config", str(config), "--to", str(config)).exit_code == 1
