"""Two instances as processes of their own on one PostgreSQL: one polls, both work, and either may die.

Starts take seconds, so the tests share the two; the last one kills.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import queue
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

import asyncpg  # type: ignore[import-untyped]
import httpx
import pytest

from bot.config import load_config
from bot.desk.ports import Link, LinkKind
from bot.domain.ids import StationId
from bot.domain.people import Role
from bot.parts import open_store
from tests.app.folder import NO_BURST, write_config
from tests.e2e.telegram_office import STRANGE, TOKEN, WAGES
from tests.e2e.telegram_process import Desk, Person, Remote, telegram
from tests.promises.scale import SOAK
from tests.support.databases import postgresql_url
from tests.support.library import REPO
from tests.support.postgres import Server

LAW = "《劳动合同法》第三十条"
SITE = "http://desk.test"
T = TypeVar("T")


class Instance(Desk):
    """One of the two."""

    def spawn(self) -> None:
        """As a process of its own."""
        command = [sys.executable, "-m", "tests.promises.instance_child", "run", "--config", str(self.config)]
        self.process = subprocess.Popen(
            command, cwd=REPO, env=self.environment, text=True, stdout=subprocess.PIPE,
            stderr=self.log.open("a"),
        )  # fmt: skip

    @property
    def web(self) -> str:
        """Where its web chat is."""
        return f"http://127.0.0.1:{self.environment['DESK_WEB__PORT']}"

    def logged(self, event: str) -> int:
        """How often it said this."""
        return sum(f'"event": "{event}"' in line for line in self.log.read_text("utf-8").splitlines())

    def end(self) -> None:
        """Whatever it is doing."""
        if self.process is not None:
            self.kill()

    @property
    def polls(self) -> bool:
        """Whether it is the one that polls."""
        return self.logged("alone") > self.logged("not alone any more")


@dataclass
class Two:
    """Both, and what they share."""

    remote: Remote
    url: str
    config: Path
    both: list[Instance]

    def ask(self, query: str) -> list[Any]:
        """Look into the database, from outside."""

        async def rows() -> list[Any]:
            connection = await asyncpg.connect(self.url.replace("postgresql://", "postgres://"))
            try:
                return list(await connection.fetch(query))
            finally:
                await connection.close()

        return asyncio.run(rows())

    def sessions(self, purpose: str) -> set[int]:
        """The instances' sessions for one purpose."""
        found = self.ask(f"SELECT pid FROM pg_stat_activity WHERE {_ours(purpose)}")
        return {row["pid"] for row in found}

    def cuts(self, purpose: str) -> set[int]:
        """End them."""
        gone = self.sessions(purpose)
        self.ask(f"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE {_ours(purpose)}")
        return gone

    def invites(self, name: str) -> str:
        """A link for a new expert."""

        async def invite() -> str:
            store = open_store(load_config(self.config).model_copy(update={"database_url": self.url}))
            async with store.begin() as tx:
                link = Link(LinkKind.INVITE, None, frozenset({Role.EXPERT}), StationId("station"), name)
                made = await tx.contacts.make_link(link, timedelta(hours=1))
            await store.close()
            return made

        return asyncio.run(invite())

    def ledger(self, after: float = 0) -> list[Any]:
        """What Telegram was asked since a moment."""
        return [call for call in self.remote.get("ledger") if call["at"] >= after]

    @property
    def two_polled(self) -> list[Any]:
        """Telegram says so to the one of two pollers that came first (409)."""
        return [call for call in self.ledger() if call["method"] == "getUpdates"]


def _ours(purpose: str) -> str:
    return f"datname = current_database() AND application_name = 'legal-desk {purpose}'"


def until(condition: Callable[[], bool], seconds: float = 20) -> None:
    """Look again and again until it is so."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.05)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _run(runner: asyncio.Runner, work: Awaitable[T]) -> T:
    async def done() -> T:
        return await work

    return runner.run(done())


@pytest.fixture(scope="module")
def two(postgres: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Two]:
    """Both run; Telegram has nothing to complain of in the end."""
    folder = tmp_path_factory.mktemp("two")
    with ExitStack() as stack:
        remote = stack.enter_context(telegram())
        runner = stack.enter_context(asyncio.Runner())
        database = postgresql_url(postgres)
        url = _run(runner, database.__aenter__())
        stack.callback(lambda: _run(runner, database.__aexit__(None, None, None)))
        config = _config(folder, remote.url)
        clean = {key: value for key, value in os.environ.items() if not key.startswith("DESK_")}
        both = []
        for name in "ab":
            more = {"DESK_DATABASE_URL": url, "DESK_WEB__PORT": str(_free_port())}
            both.append(Instance(config, folder / f"log-{name}", clean | more))
            stack.callback(both[-1].end)
        for instance in both:
            instance.spawn()
        for instance in both:
            instance.greeting = instance._lines_until("Ctrl-C")
        made = Two(remote, url, config, both)
        until(lambda: sum(instance.polls for instance in both) == 1)
        yield made
        assert remote.get("violations") == []


def _config(folder: Path, base_url: str) -> Path:
    telegram_section = f'[telegram]\ntoken = "{TOKEN}"\nbase_url = "{base_url}"\n{NO_BURST}\n'
    never_quiet = '[hours]\nquiet = "03:00-03:01"\n[log]\nformat = "json"\n'
    web = f'enabled = true\npublic_url = "{SITE}"'
    return write_config(folder, telegram_section + never_quiet, web=web)


def asks_for_callback(citizen: Person, question: str, submit: bool = True) -> None:
    """From a question to the last step of the form, and the receipt."""
    citizen.says(question)
    citizen.hears("第 1 步")
    citizen.says("1")
    citizen.hears("第 2 步")
    for label, screen in (("先不说", "第 3 步"), ("在这里回复我", "第 4 步")):
        citizen.taps(label)
        citizen.hears(screen)
    if submit:
        citizen.taps("提交")
        citizen.hears("已提交")


def test_both_work_and_each_persons_messages_keep_their_order(two: Two) -> None:
    expert, citizens = two.remote.user("王"), [two.remote.user(f"市民{n}") for n in range(3)]
    expert.says(f"/start {two.invites('王律师')}")
    expert.hears("欢迎，王律师")
    for citizen in citizens:
        asks_for_callback(citizen, f"{STRANGE}{citizen.id}")
        expert.hears("新请求")
        expert.taps("接单")
        expert.hears("现在直接打字")
    said = [(citizen, f"第{n}句{citizen.id}号") for n in range(10) for citizen in citizens]
    for citizen, words in said:
        citizen.says(words)
    until(lambda: all(words in "\n".join(expert.heard) for _, words in said))
    read = "\n".join(expert.heard)
    for citizen in citizens:
        mine = [words for who, words in said if who is citizen]
        places = [read.index(words) for words in mine]
        assert places == sorted(places)
        assert {read.count(words) for words in mine} == {1}
    assert all(instance.logged("turn") > 0 for instance in two.both)
    assert all(instance.logged("sent") > 5 for instance in two.both)


class Page:
    """A browser at both instances at once: one session, a stream from each."""

    def __init__(self, two: Two) -> None:
        self.two = two
        self.http = httpx.Client(headers={"Origin": SITE}, timeout=20)
        first = self.http.post(f"{two.both[0].web}/api/session", headers={"X-Desk": "1"})
        first.raise_for_status()
        self.csrf = first.json()["csrf"]
        self.seen: list[queue.Queue[str]] = []
        for instance in two.both:
            self.seen.append(queue.Queue())
            threading.Thread(target=self._follow, args=(instance.web, self.seen[-1]), daemon=True).start()

    def _follow(self, web: str, seen: queue.Queue[str]) -> None:
        ends = contextlib.suppress(httpx.TransportError)  # with its instance
        with ends, self.http.stream("GET", f"{web}/api/events") as stream:
            for line in stream.iter_lines():
                seen.put(line)

    def says(self, at: int, words: str) -> None:
        """Post at one of the instances."""
        body = {"id": f"browser-{at}-{words}"[:30].encode().hex()[:32], "kind": "text", "text": words}
        url = f"{self.two.both[at].web}/api/messages"
        self.http.post(url, json=body, headers={"X-CSRF-Token": self.csrf}).raise_for_status()

    def sees(self, at: int, words: str) -> None:
        """Wait for an event with these words on one of the streams: for less than a heartbeat, at which a
        stream looks by itself."""
        for line in iter(lambda: self.seen[at].get(timeout=10), None):
            if words in line:
                return


def test_a_page_sees_the_answer_whichever_instance_it_hangs_on_and_whichever_answers(two: Two) -> None:
    page = Page(two)
    for at in (0, 1):
        for words, answer in ((WAGES, "第三十条"), ("谢谢", "不客气")):
            page.says(at, words)
            page.sees(0, answer)
            page.sees(1, answer)


@pytest.mark.skipif(not SOAK, reason="takes a while; with make soak")
def test_without_the_line_that_wakes_them_people_are_served_and_it_comes_back(two: Two) -> None:
    before = two.cuts("listen")
    assert len(before) == 2
    person = two.remote.user("没有铃")
    person.says(WAGES)
    person.hears(LAW)
    until(lambda: len(two.sessions("listen") - before) == 2)
    person.says("谢谢")
    person.hears("不客气")


@pytest.mark.skipif(not SOAK, reason="takes a while; with make soak")
def test_when_the_pollers_line_is_cut_one_of_them_polls_again_and_never_two(two: Two) -> None:
    holder = next(instance for instance in two.both if instance.polls)
    lost = holder.logged("not alone any more")
    two.cuts("telegram")
    until(lambda: holder.logged("not alone any more") > lost)
    person = two.remote.user("等一等")
    person.says(WAGES)
    person.hears(LAW, timeout=15)
    assert sum(instance.polls for instance in two.both) == 1
    assert two.two_polled == []


@pytest.mark.skipif(not SOAK, reason="takes a while; with make soak")
def test_when_the_poller_stands_still_the_other_polls_within_10_s_and_it_steps_back_when_it_goes_on(
    two: Two, capsys: pytest.CaptureFixture[str]
) -> None:
    holder = next(instance for instance in two.both if instance.polls)
    lost, begun = holder.logged("not alone any more"), time.monotonic()
    assert holder.process is not None
    holder.process.send_signal(signal.SIGSTOP)
    person = two.remote.user("停住")
    person.says(WAGES)
    person.hears(LAW, timeout=19)
    seconds = time.monotonic() - begun
    holder.process.send_signal(signal.SIGCONT)
    until(lambda: holder.logged("not alone any more") > lost)
    person.says("谢谢")
    person.hears("不客气", timeout=19)
    assert sum(LAW in text for text in person.heard) == 1
    with capsys.disabled():
        print(f"\nanother polled and answered {seconds:.1f} s after it stood still")
    assert seconds < 10


def test_when_the_poller_is_killed_the_other_polls_within_10_s_and_nothing_is_lost_or_done_twice(
    two: Two, capsys: pytest.CaptureFixture[str]
) -> None:
    holder = next(instance for instance in two.both if instance.polls)
    before = [two.remote.user(f"早{n}") for n in range(4)]
    for citizen in before:
        asks_for_callback(citizen, f"{STRANGE}{citizen.id}", submit=False)
    for citizen in before:
        citizen.taps("提交")
    holder.kill()
    killed = time.monotonic()
    [[unsure]] = two.ask("SELECT count(*) FROM outbox WHERE state = 'sending'")
    after = [two.remote.user(f"晚{n}") for n in range(4)]
    for citizen in after:
        citizen.says(WAGES)
    for citizen in after:
        citizen.hears(LAW, timeout=20)
    for citizen in before:
        citizen.hears("已提交", timeout=20)
    chats = {citizen.id for citizen in after}
    first = min(call["at"] for call in two.ledger(killed) if call["applied"] and _chat(call) in chats)
    with capsys.disabled():
        print(f"\nanother polled and answered {first - killed:.1f} s after the kill")
    assert first - killed < 10
    assert two.two_polled == []
    _nothing_lost_or_doubled(two, before, after, unsure)


def _chat(call: Any) -> int:
    return int(call["params"].get("chat_id", 0))


def _nothing_lost_or_doubled(two: Two, before: list[Person], after: list[Person], unsure: int) -> None:
    until(lambda: two.ask("SELECT count(*) FROM inbox WHERE state = 'open'")[0][0] == 0)
    until(lambda: two.ask("SELECT count(*) FROM outbox WHERE state IN ('open', 'sending')")[0][0] == 0)
    cases = two.ask(
        'SELECT c."user", count(*) FROM callbacks b JOIN contacts c ON c.id = b.contact_id GROUP BY 1'
    )
    opened = Counter({row[0]: row[1] for row in cases})
    assert [opened[str(citizen.id)] for citizen in before] == [1] * len(before)
    assert two.ask("SELECT count(*) FROM inbox WHERE state <> 'done'")[0][0] == 0
    twice = sum(sum("已提交" in text for text in citizen.heard) - 1 for citizen in before)
    twice += sum(sum(LAW in text for text in citizen.heard) - 1 for citizen in after)
    assert 0 <= twice <= unsure
