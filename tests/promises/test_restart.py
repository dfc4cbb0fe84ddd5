"""A desk with very many cases starts and answers at once; what an expert left lying is soon free again.

`make test` looks at the plans of all statements between the start and the answer: none reads a table that
grows from end to end. `make soak` measures with the full numbers, with the real process.
"""

from __future__ import annotations

import contextlib
import re
import sqlite3
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from bot.config import load_config
from bot.domain.ids import CaseNumber
from bot.parts import open_store
from bot.store import onehop
from bot.store import tables as t
from tests.e2e.telegram_office import STRANGE, WAGES, open_office, telegram_config
from tests.e2e.telegram_process import Desk, Person, Remote, telegram
from tests.promises.crowds import copy_case
from tests.promises.kills import clean_environment, database_url, invite
from tests.promises.scale import SOAK, scale
from tests.support.databases import POSTGRESQL, SQLITE
from tests.support.library import REPO, small_shelf
from tests.support.room import Clock, furnish
from tests.support.settings import settings

CLOSED, OPEN = scale(300, 100_000), scale(30, 5_000)
START = 3.0
"""Seconds from the start of the process to the answer to a question that waited."""
LEASE, AFTER_LEASE = 3.0, 5.0
_GROWS = re.compile(r"^SCAN (inbox|outbox|callbacks|notes|reminders|contacts|conversations|audit|cards)\b")
_NEWEST = re.compile(r"ORDER BY \w+\.id DESC\s+LIMIT")
"""Reads from the end, and no more than it needs."""
_SETTINGS = f"""
[limits]
burst_seconds = 0
[promise]
lease_minutes = {LEASE / 60}
lease_nudge_minutes = 0.001
"""


async def fill(config: Path) -> None:
    """A desk where all this has happened already."""
    store = open_store(load_config(config))
    try:
        room = await furnish(store, Clock(datetime.now(UTC)), settings(), small_shelf())
        room.store.clock = room.clock
        await room.hires("wang")
        closed = CaseNumber(await room.asks_for_callback("closed", STRANGE))
        await room.taps("wang", "接单")
        await room.says("wang", "您先录音。")
        await room.taps("wang", "办结")
        await room.taps("wang", "已答复")
        waits = CaseNumber(await room.asks_for_callback("waits", f"{STRANGE}？"))
        await copy_case(store, "closed", closed, CLOSED - 1)
        await copy_case(store, "waits", waits, OPEN - 1)
        async with store.read() as tx:
            query = select(t.callbacks.c.state, func.count()).group_by(t.callbacks.c.state)
            counts = {row[0]: row[1] for row in await tx.execute(query)}
        assert counts == {"open": OPEN, "closed": CLOSED}
    finally:
        await store.close()


# plans


@pytest.fixture
def statements(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """All that SQLite is asked from here on."""
    asked: list[str] = []
    connect = onehop.connect

    async def listening(path: str) -> Any:
        made: Any = await connect(path)
        await made._execute(made._conn.set_trace_callback, asked.append)
        return made

    monkeypatch.setattr(onehop, "connect", listening)
    return asked


def whole_tables(file: str, statements: list[str]) -> set[str]:
    """Statements that read a growing table from end to end, with the plan."""
    found = set()
    with contextlib.closing(sqlite3.connect(file)) as database:
        for one in set(statements):
            if not one.startswith(("SELECT", "UPDATE", "DELETE", "WITH")):
                continue
            plan = [row[3] for row in database.execute(f"EXPLAIN QUERY PLAN {one}")]
            if not _NEWEST.search(one):
                found |= {f"{step}: {one}" for step in plan if _GROWS.match(step)}
    return found


async def test_from_the_start_to_the_answer_no_growing_table_is_read_from_end_to_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, statements: list[str]
) -> None:
    async with open_office(tmp_path, monkeypatch) as office:
        mei = office.server.user("梅")
        mei.says(WAGES)
        await mei.hears("《劳动合同法》")
        await office.asks_for_callback(office.server.user("民"))
        await office.quiet()
        file = office.app.store.engine.url.database
        assert file is not None
    assert len(set(statements)) > 50
    assert whole_tables(file, statements) == set()


# figures


@pytest.fixture(scope="module")
def remote() -> Iterator[Remote]:
    """Telegram."""
    with telegram() as running:
        yield running


@asynccontextmanager
async def crowded(remote: Remote, database: str, request: pytest.FixtureRequest) -> AsyncIterator[Desk]:
    """A desk with so many cases and the whole library, as it is found after a night."""
    async with contextlib.AsyncExitStack() as stack:
        url = await stack.enter_async_context(database_url(database, request))
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        config = telegram_config(folder, remote.url, _SETTINGS)
        text = config.read_text()
        if url:
            text = re.sub("database_url = .*", f'database_url = "{url}"', text)
        if SOAK:
            text = re.sub("\nfolder = .*", f'\nfolder = "{REPO}/faq"', text)
        config.write_text(text)
        await fill(config)
        desk = Desk(config, folder / "log", clean_environment())
        try:
            yield desk
        finally:
            if desk.process is not None:
                desk.kill()


def hears(person: Person, words: str) -> None:
    """However long it takes on a busy machine."""
    for _ in range(5):
        with contextlib.suppress(AssertionError):
            person.hears(words, timeout=15)
            return
    raise AssertionError(f"nobody said {words!r}; she heard {person.heard}")


def answered_after(remote: Remote, desk: Desk, name: str) -> float:
    """Seconds from the start to the answer to a question that waited for it."""
    asking = remote.user(name)
    asking.says(WAGES)
    begun = time.monotonic()
    desk.spawn()
    hears(asking, "《劳动合同法》")
    return time.monotonic() - begun


def claims(remote: Remote, token: str) -> Person:
    """An expert who has claimed a case that came in just now."""
    expert, citizen = remote.user("王律师"), remote.user("民")
    expert.says(f"/start {token}")
    hears(expert, "欢迎")
    citizen.says(f"{STRANGE}！")
    hears(citizen, "第 1 步")
    citizen.says("1")
    for screen, label in (("第 2 步", "先不说"), ("第 3 步", "在这里回复我"), ("第 4 步", "提交")):
        hears(citizen, screen)
        citizen.taps(label)
    hears(expert, "新请求")
    expert.taps("接单")
    hears(expert, "现在直接打字")
    return expert


@pytest.mark.skipif(not SOAK, reason="its figures need the whole size; with make soak")
@pytest.mark.databases(SQLITE, POSTGRESQL)
async def test_a_crowded_desk_answers_soon_after_its_start_and_frees_an_orphaned_claim(
    database: str, request: pytest.FixtureRequest, remote: Remote, capsys: pytest.CaptureFixture[str]
) -> None:
    async with crowded(remote, database, request) as desk:
        token = await invite(desk.config)
        first = answered_after(remote, desk, "先")
        expert = claims(remote, token)
        claimed = time.monotonic()
        desk.kill()
        again = answered_after(remote, desk, "后")
        hears(expert, "已自动退回队列")
        free = time.monotonic() - claimed - LEASE
        hears(expert, "退回队列 ")
        expert.taps("接单")
        hears(expert, "现在直接打字")
    with capsys.disabled():
        print(
            f"\n{database}, {CLOSED} closed, {OPEN} open cases: answer {first:.2f} s after the first start,"
            f" {again:.2f} s after kill -9; a claim free {free:.2f} s after its lease"
        )
    if SOAK:
        assert again <= START
        assert free <= AFTER_LEASE
