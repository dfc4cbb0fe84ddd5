"""Who did what to a case, and who saw a phone, stands in a trail that cannot be changed unseen."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, select, update
from typer.testing import CliRunner

from bot.cli import main
from bot.store import tables as t
from bot.store.engine import Store
from bot.store.sealing import KeyRing
from tests.app.folder import write_config
from tests.promises.cast import STRANGE
from tests.promises.life import PHONE, lives
from tests.support.library import small_shelf
from tests.support.room import Clock, Room, furnish
from tests.support.settings import settings


async def _trail(store: Store) -> list[tuple[str, str | None, bool]]:
    """Action, who, and whether it is about a case; in order."""
    async with store.read() as tx:
        names = {row.id: row.user for row in await tx.execute(select(t.contacts))}
        lines = await tx.execute(select(t.audit).order_by(t.audit.c.id))
        return [(a.action, names.get(a.actor_id), a.callback_id is not None) for a in lines]


@pytest.mark.databases("sqlite", "postgresql")
async def test_a_whole_life_is_in_the_trail_with_everybody_who_had_a_part(room: Room) -> None:
    await lives(room)
    told = [(action, who) for action, who, _ in await _trail(room.store) if action != "phone_seen"]
    wanted = [
        ("open", "mei"), ("invite", "chen"), ("claim", "wang"), ("add", "mei"), ("answer", "wang"),
        ("remind", "wang"), ("phone", "wang"), ("release", "wang"), ("claim", "wang"), ("transfer", "wang"),
        ("phone", "li"), ("close", "li"), ("rate", "mei"), ("rate_word", "mei"), ("reopen", "mei"),
        ("claim", "wang"),
    ]  # fmt: skip
    assert told == wanted
    async with room.store.read() as tx:
        assert await tx.audit.verify() is None


@pytest.mark.databases("sqlite", "postgresql")
async def test_each_time_that_a_phone_was_shown_is_one_line(room: Room) -> None:
    life = await lives(room)
    lines = Counter(who for action, who, _ in await _trail(room.store) if action == "phone_seen")
    shown = Counter({who: sum(PHONE in s.text for s in room.screen(who)) for who in life.staff})
    assert sum(shown.values()) >= 4
    assert lines == +shown


async def test_what_the_clock_does_to_a_case_is_in_the_trail_too(room: Room) -> None:
    await room.hires("wang")
    await room.asks_for_callback("mei", STRANGE)
    await room.taps("wang", "接单")
    await room.jumps(timedelta(minutes=61))
    await room.taps("wang", "接单")
    await room.says("wang", "您先录音。")
    await room.jumps(timedelta(days=9))
    clock = [action for action, who, about in await _trail(room.store) if who is None and about]
    assert clock == ["lapse", "auto_close"]


# the command


def _open(config: Path) -> Store:
    folder = config.parent / "var"
    folder.mkdir(exist_ok=True)
    return Store(f"sqlite:///{folder}/desk.sqlite3", KeyRing.load(folder / "secret.key"), Clock())


async def _live(config: Path) -> None:
    """A life in the database of a config."""
    store, clock = _open(config), Clock()
    room = await furnish(store, clock, settings(), small_shelf())
    await room.hires("wang")
    await room.asks_for_callback("mei", STRANGE, phone=PHONE)
    await room.taps("wang", "接单")
    await room.says("wang", "您先录音。")
    await store.close()


async def _change(config: Path, statement: Any) -> None:
    store = _open(config)
    async with store.begin() as tx:
        await tx.execute(statement)
    await store.close()


def _audit(config: Path) -> tuple[int, str]:
    done = CliRunner().invoke(main, ["db", "audit", "--config", str(config)])
    return done.exit_code, done.output


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (update(t.audit).where(t.audit.c.id == 2).values(actor_id=99), 2),
        (update(t.audit).where(t.audit.c.id == 3).values(detail="x"), 3),
        (delete(t.audit).where(t.audit.c.id == 2), 3),
        (delete(t.audit).where(t.audit.c.id == 4), 4),
        (delete(t.audit_head), 5),
    ],
    ids=["another actor", "another detail", "a line gone", "the last line gone", "the seal gone"],
)
def test_db_audit_names_the_first_line_that_does_not_fit(tmp_path: Path, change: Any, line: int) -> None:
    config = write_config(tmp_path)
    asyncio.run(_live(config))
    code, said = _audit(config)
    assert (code, said[:2]) == (0, "ok")
    assert "4 行" in said
    asyncio.run(_change(config, change))
    code, said = _audit(config)
    assert code == 1
    assert f"第 {line} 行" in said


def test_db_audit_makes_neither_keys_nor_a_database(tmp_path: Path) -> None:
    config = write_config(tmp_path)
    code, said = _audit(config)
    assert code == 1
    assert "Traceback" not in said
    assert not (tmp_path / "var").exists()


def test_a_phone_is_found_from_the_command_line_and_the_search_is_in_the_trail(tmp_path: Path) -> None:
    config = write_config(tmp_path)
    asyncio.run(_live(config))
    words = ["queue", "--phone", "--json", "--config", str(config)]
    done = CliRunner().invoke(main, words, input=f"{PHONE}\n")
    assert done.exit_code == 0
    assert done.stdout.count('"number"') == 1
    assert PHONE not in done.output
    assert CliRunner().invoke(main, words, input="13800000000\n").stdout.count('"number"') == 0
    assert CliRunner().invoke(main, words, input="12\n").exit_code == 2
    assert "5 行" in _audit(config)[1]
