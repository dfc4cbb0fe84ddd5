"""A town that goes on with its business while the desk is killed and started again, and what must hold."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import shutil
import signal
import sqlite3
import sys
import tempfile
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg  # type: ignore[import-untyped]
import pytest

from bot.config import load_config
from bot.desk.ports import Link, LinkKind
from bot.domain.ids import StationId
from bot.domain.people import Role
from bot.parts import open_store
from bot.store.migrate import migrate
from tests.e2e.telegram_office import STRANGE, TOKEN, WAGES, telegram_config
from tests.support.databases import POSTGRESQL
from tests.support.library import REPO
from tests.support.postgres import Server
from tests.telegram_server import ChatMessage, TelegramServer, User

PATIENCE = 60.0
MONDAY = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
"""Nine in the morning in Shanghai: when the first life begins."""
BETWEEN = timedelta(minutes=1)
"""How long the desk is down after each kill."""
REMIND = "12h"
SETTINGS = """
[limits]
burst_seconds = 0
messages_at_once = 100000
[promise]
lease_minutes = 9000
[hours]
quiet = "03:00-03:01"
"""
_NUMBER = re.compile(r"\d{3}-\d{3}-\d{3}")
_ASKED = re.compile(r"维权(\d+)")
_UNDER_WAY = (
    "SELECT c.\"user\" FROM outbox o JOIN contacts c ON c.id = o.contact_id WHERE o.state = 'sending'"
)


@dataclass
class Nursery:
    """The process that desks are forked from."""

    process: asyncio.subprocess.Process

    async def born(self, order: dict[str, object]) -> int:
        """The pid of a new desk."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(order).encode() + b"\n")
        return int((await self._hears())["pid"])

    async def ended(self) -> int:
        """Its exit code, negative for a signal."""
        return int((await self._hears())["ended"])

    async def _hears(self) -> Any:
        assert self.process.stdout is not None
        async with asyncio.timeout(PATIENCE):
            line = await self.process.stdout.readline()
        assert line, "the process that desks are forked from has ended"
        return json.loads(line)


def clean_environment() -> dict[str, str]:
    """Without settings of a desk that happens to run here."""
    return {key: value for key, value in os.environ.items() if not key.startswith("DESK_")}


@asynccontextmanager
async def nursery() -> AsyncIterator[Nursery]:
    """Ready when everything is loaded."""
    command = [sys.executable, "-m", "tests.promises.kill_child"]
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        *command, cwd=REPO, env=clean_environment(), stdin=pipe, stdout=pipe
    )
    made = Nursery(process)
    try:
        await made._hears()
        yield made
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


@dataclass(frozen=True, slots=True)
class Death:
    """How a life of the desk ends: at a named point the n-th time, after so many seconds, or while
    Telegram has done what it was asked and has not said so."""

    point: str = ""
    nth: int = 1
    after: float = 0.0


IN_MIGRATION = "migrating"
UNHEARD = "done by Telegram, no reply yet"
AFTER_EDIT = ("faq read", "faq live")
"""Reached when an answer is edited while the desk runs."""
BEFORE_START = ("matcher built, not kept", "matcher half written")
"""Reached at a start after an edit."""


@dataclass
class Town:
    """Everybody, and the one desk that they know."""

    server: TelegramServer
    nursery: Nursery
    config: Path
    ahead: float
    lease: float = 60.0
    steps: str = ""
    kills: Counter[str] = field(default_factory=Counter)
    under_way: Counter[int] = field(default_factory=Counter)
    """By person: kills at which a message to her had been leased and not yet marked."""
    pid: int = 0
    edition: int = 0
    met: int = 0

    async def starts(self, death: Death | None = None) -> None:
        """Start the desk; it was down for a while."""
        self.ahead += BETWEEN.total_seconds()
        self.met = len(self.server.ledger.of("deleteWebhook"))
        order: dict[str, object] = {
            "config": str(self.config), "ahead": self.ahead, "lease": self.lease, "steps": self.steps,
            "log": str(self.config.parent / "log"),
        }  # fmt: skip
        if death is not None and death.point != UNHEARD:
            order |= {"point": death.point, "nth": death.nth}
        self.pid = await self.nursery.born(order)

    async def dies(self, death: Death, *, tables: bool = True) -> None:
        """One life of the desk, to its violent end; perhaps before there are any tables."""
        if death.point in BEFORE_START:
            self.edits()
        await self.starts(death)
        if death.point in AFTER_EDIT:
            await self._is_up()
            self.edits()
        elif death.point == UNHEARD:
            gate = self.server.faults.hold("sendMessage", after=True)
            async with asyncio.timeout(PATIENCE):
                await gate.reached.wait()
            os.kill(self.pid, signal.SIGKILL)
            self.server.faults.clear()
        elif not death.point:
            asyncio.get_running_loop().call_later(death.after, os.kill, self.pid, signal.SIGKILL)
        code = await self._end(death)
        assert code == -signal.SIGKILL, self.last_words
        self.kills[death.point or "at random"] += 1
        if tables:
            self.under_way.update(await under_way(self.config))

    def edits(self) -> None:
        """A lawyer saves a new edition of the answer on wages."""
        entry = self.config.parent / "faq" / "labor" / "unpaid-wages.md"
        text = entry.read_text().partition("（修订")[0].rstrip()
        self.edition += 1
        fresh = entry.with_suffix(".new")
        fresh.write_text(f"{text}\n\n（修订 {self.edition}）\n")
        fresh.replace(entry)

    async def _end(self, death: Death) -> int:
        try:
            return await self.nursery.ended()
        except TimeoutError:
            raise AssertionError(f"never reached: {death}\n{self.last_words}") from None

    async def stops(self) -> None:
        """A polite end, so that what is under way is finished."""
        await self._is_up()  # perhaps there was nothing left to wait for
        os.kill(self.pid, signal.SIGTERM)
        code = await self.nursery.ended()
        assert code == 0, f"exit code {code}\n{self.last_words}"

    async def _is_up(self) -> None:
        await self.server.called("deleteWebhook", self.met + 1, timeout=PATIENCE)

    @property
    def last_words(self) -> str:
        """The end of the desk's log."""
        log = self.config.parent / "log"
        return log.read_text()[-4000:] if log.exists() else "no log"


async def under_way(config: Path) -> set[int]:
    """To whom a message was being sent, by the tables that a dead desk left: a copy is read, so that the
    next start finds everything as it was."""
    url = load_config(config).database_url
    if url.startswith("postgresql"):
        connection = await asyncpg.connect(url)
        try:
            return {int(row[0]) for row in await connection.fetch(_UNDER_WAY)}
        finally:
            await connection.close()
    file = Path(url.removeprefix("sqlite:///"))
    with tempfile.TemporaryDirectory(dir=config.parent) as folder:
        for one in (file, file.with_name(f"{file.name}-wal")):
            if one.exists():
                shutil.copy(one, folder)
        with closing(sqlite3.connect(Path(folder) / file.name)) as database:
            return {int(row[0]) for row in database.execute(_UNDER_WAY)}


@asynccontextmanager
async def town(
    nursery: Nursery, folder: Path, database_url: str = "", steps: str = ""
) -> AsyncIterator[Town]:
    """A new one, without a desk yet; what Telegram would refuse fails the test at the end."""
    ahead = MONDAY - datetime.now(UTC)
    async with TelegramServer(TOKEN, clock=lambda: datetime.now(UTC) + ahead) as server:
        config = telegram_config(folder, server.url, SETTINGS)
        if database_url:
            config.write_text(
                re.sub("database_url = .*", f'database_url = "{database_url}"', config.read_text())
            )
        made = Town(server, nursery, config, ahead.total_seconds(), 1.0 if database_url else 60.0, steps)
        made.edits()
        try:
            yield made
        finally:
            with contextlib.suppress(ProcessLookupError):
                if made.pid:
                    os.kill(made.pid, signal.SIGKILL)
        assert server.violations == []


@asynccontextmanager
async def database_url(database: str, request: pytest.FixtureRequest) -> AsyncIterator[str]:
    """An empty database without tables; nothing for SQLite, whose file the desk makes."""
    if database != POSTGRESQL:
        yield ""
        return
    server: Server = request.getfixturevalue("postgres")
    name = await server.create()
    yield server.url(name)
    await server.run(f"DROP DATABASE {name} WITH (FORCE)")


async def invite(config: Path) -> str:
    """For an expert; this makes the tables too."""
    store = open_store(load_config(config))
    try:
        await migrate(store)
        async with store.begin() as tx:
            link = Link(LinkKind.INVITE, None, frozenset({Role.EXPERT}), StationId("station"), "王律师")
            return await tx.contacts.make_link(link, timedelta(days=30))
    finally:
        await store.close()


# what people do, whatever becomes of the desk meanwhile


async def asks(user: User) -> None:
    """A question that the FAQ answers."""
    user.says(WAGES)
    await user.hears("《劳动合同法》", timeout=PATIENCE)
    user.says("谢谢")
    await user.hears("不客气", timeout=PATIENCE)


async def complains(user: User, n: int) -> None:
    """A question for an expert, with something to add, until his answer."""
    user.says(f"{STRANGE}{n}")
    await user.hears("第 1 步", timeout=PATIENCE)
    user.says("1")
    steps = (("第 2 步", "先不说"), ("第 3 步", "在这里回复我"), ("第 4 步", "提交"))
    for screen, label in steps:
        await user.hears(screen, timeout=PATIENCE)
        user.taps(label)
    await user.hears("已提交", timeout=PATIENCE)
    await user.hears(f"答复{n}。", timeout=PATIENCE)
    user.says(f"收到{n}")


async def works(expert: User, server: TelegramServer, cases: int) -> None:
    """Claims each case that he is shown, asks to be reminded of it, answers it."""
    seen: set[str] = set()

    def fresh() -> ChatMessage | None:
        cards = (m for m in expert.chat if m.by_bot and m.button("接单") and _ASKED.search(m.text))
        return next((m for m in cards if _NUMBER.findall(m.text)[0] not in seen), None)

    for _ in range(cases):
        card = await server.until(fresh, PATIENCE)
        number, n = _NUMBER.findall(card.text)[0], _ASKED.findall(card.text)[0]
        seen.add(number)
        expert.taps("接单", on=card)
        await expert.hears(f"个案 {number}", timeout=PATIENCE)
        expert.says(f"/remind {REMIND} 提醒{n}")
        expert.says(f"答复{n}。")
        await expert.hears(f"{number}", timeout=PATIENCE)
