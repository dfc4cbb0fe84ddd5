"""Who watches the desk: loops that survive, a watchdog that tells systemd, pages for probes and figures."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from bot.app import App
from bot.config import load_config
from bot.domain.errors import StoreError
from bot.parts.loop import Loop, ended
from bot.parts.metrics import Counted, exposition
from bot.parts.systemd import Watchdog, notify
from tests.app.folder import write_config
from tests.operate import trouble
from tests.operate.life import PHONE, Running
from tests.support.room import Room

TOKEN = "a-token-for-metrics"


# loops


class Work:
    """Fails as told, then works."""

    def __init__(self, *errors: BaseException) -> None:
        self.errors = list(errors)
        self.done = asyncio.Event()

    async def __call__(self) -> None:
        if self.errors:
            raise self.errors.pop(0)
        self.done.set()


async def test_an_error_costs_a_loop_one_round_and_it_tries_again_by_itself() -> None:
    work = Work(StoreError("gone"), ValueError("a bug"), RecursionError(), MemoryError())
    loop = Loop("x", work, pause=0)
    task = asyncio.create_task(loop.run())
    loop.wake()
    await asyncio.wait_for(work.done.wait(), 10)
    assert (loop.failures, task.done()) == (4, False)
    task.cancel()


async def test_a_loop_ends_when_it_is_cancelled() -> None:
    loop = Loop("x", Work())
    task = asyncio.create_task(loop.run())
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_task_that_swallows_a_cancellation_is_cancelled_again() -> None:
    async def deaf() -> None:
        for _ in range(3):
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.Event().wait()
        await asyncio.Event().wait()

    task = asyncio.create_task(deaf())
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait_for(ended([task], pause=0), 10)
    assert task.cancelled()


# the watchdog


class Watched:
    """A watchdog over counters that a test turns."""

    def __init__(self, *names: str) -> None:
        self.time, self.said = 0.0, list[str]()
        self.counts = dict.fromkeys(names, 0)
        marks = {name: lambda name=name: self.counts[name] for name in names}
        self.watchdog = Watchdog(marks, self.said.append, lambda: self.time, 60)

    def second(self, *moving: str) -> str:
        self.time += 1
        for name in moving:
            self.counts[name] += 1
        self.watchdog.beat()
        return self.said[-1]


def test_the_watchdog_is_fed_while_every_loop_gets_on() -> None:
    watched = Watched("turns", "outbox")
    assert {watched.second("turns", "outbox") for _ in range(300)} == {"WATCHDOG=1"}


def test_it_is_not_fed_when_one_loop_hangs_and_is_again_when_it_goes_on() -> None:
    watched = Watched("turns", "outbox")
    said = [watched.second("turns") for _ in range(90)]
    assert said[:60] == ["WATCHDOG=1"] * 60
    assert said[61:] == ["STATUS=stuck: outbox"] * 29
    assert watched.second("outbox") == "WATCHDOG=1"


async def test_a_loop_that_hangs_inside_its_work_is_seen_and_one_that_fails_is_not_stuck() -> None:
    async def hangs() -> None:
        await asyncio.Event().wait()

    async def fails() -> None:
        raise StoreError("gone")

    time = [0.0]
    loops = [Loop("hangs", hangs), Loop("fails", fails, pause=0)]
    marks = {loop.name: (lambda loop=loop: (loop.rounds, loop.failures)) for loop in loops}
    watchdog = Watchdog(marks, lambda _: None, lambda: time[0], 60)
    tasks = [asyncio.create_task(loop.run()) for loop in loops]
    for _ in range(70):
        for loop in loops:
            loop.wake()
        for _ in range(4):
            await asyncio.sleep(0)
        watchdog.look()
        time[0] += 1
    assert watchdog.look() == ("hangs",)
    for task in tasks:
        task.cancel()


async def test_what_systemd_is_told_arrives_and_nobody_there_is_no_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    notify("READY=1")
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "nobody"))
    notify("READY=1")
    for address in (str(tmp_path / "s"), "\0desk-test"):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
            listener.bind(address)
            listener.settimeout(5)
            monkeypatch.setenv("NOTIFY_SOCKET", address.replace("\0", "@"))
            notify("READY=1")
            assert listener.recv(100) == b"READY=1"


# figures


def counted(room: Room, *loops: Loop) -> Counted:
    return Counted(
        room.turns.counts, room.turns.seconds, room.outbox.counts, lambda: room.reminders.fired, loops,
        lambda: len(room.desk.knowledge.shelf.served),
    )  # fmt: skip


def values(page: bytes) -> dict[str, float]:
    """As Prometheus would read them: name{labels} -> value."""
    found = {}
    for family in text_string_to_metric_families(page.decode()):
        for sample in family.samples:
            labels = ",".join(sample.labels.values())
            found[sample.name.removeprefix("legal_desk_") + (f"[{labels}]" if labels else "")] = sample.value
    return found


@pytest.mark.databases("sqlite", "postgresql")
async def test_the_figures_say_what_happened_and_what_waits(room: Room) -> None:
    await room.hires("wang")
    await room.asks_for_callback("open", "隔壁天天半夜练唢呐我该怎么维权", phone=PHONE)
    await room.asks_for_callback("claimed", "邻居家的树枝伸到我家窗户怎么办")
    await room.taps("wang", "接单")
    await room.says("asks", "老板拖欠工资怎么办？")
    await room.intake(room.message("waits", text="你好"))
    async with room.store.begin() as tx:
        await tx.inbox.quarantine("fake", "q", "x", "x")
    room.clock.advance(room.desk.settings.delays.promise * 10)
    before = values(await exposition(room.store, counted(room)))
    assert before["turns_total[opened]"] == 2
    assert before["decisions_total[answer]"] == 1
    assert before["decisions_total[queue]"] == 2
    assert before["turn_seconds_count"] == sum(room.turns.counts.values())
    assert before["turn_seconds_bucket[+Inf]"] == before["turn_seconds_count"]
    assert before["sends_total[sent]"] == room.messenger.sends
    assert (before["cases[open]"], before["cases[claimed]"], before["cases[answered]"]) == (1, 1, 0)
    assert before["cases_late"] == 2
    assert before["queue_oldest_seconds"] >= 240 * 3600
    assert (before["inbox_waiting"], before["inbox_oldest_seconds"]) == (1, 240 * 3600)
    assert (before["outbox_waiting"], before["quarantined"], before["faq_entries"]) == (0, 1, 4)
    assert before["reminders_lag_seconds"] > 0
    async with Running(room) as running:
        await running.until(lambda: room.reminders.fired > 0 and not room.outbox.workers)
        await running.until(lambda: all(loop.rounds > 2 for loop in running.loops))
        page = await exposition(room.store, counted(room, *running.loops))
    after = values(page)
    assert after["reminders_fired_total"] == room.reminders.fired > 0
    assert (after["inbox_waiting"], after["reminders_lag_seconds"], after["store_up"]) == (0, 0, 1)
    assert after["loop_rounds_total[TurnRunner.run_due]"] > 0
    assert not [w for w in (PHONE, "唢呐", "邻居", "wang", "claimed-") if w in page.decode()]
    assert page.isascii()


async def test_without_the_database_the_page_still_comes_and_says_so(room: Room) -> None:
    await room.says("mei", "你好")
    await room.store.close()
    Path(room.store.engine.url.database or "").write_bytes(b"broken" * 10_000)  # noqa: ASYNC240
    found = values(await exposition(room.store, counted(room)))
    assert found["store_up"] == 0
    assert found["turn_seconds_count"] == 1
    assert "cases[open]" not in found


# the app's pages


@pytest.fixture
async def app(tmp_path: Path) -> AsyncIterator[App]:
    """A whole desk in this process."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    config = write_config(tmp_path, web=f'port = {port}\nmetrics_token = "{TOKEN}"')
    made = App(load_config(config))
    await made.start()
    yield made
    await made.stop()


async def get(app: App, path: str, token: str = "") -> httpx.Response:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    async with httpx.AsyncClient(base_url=app.url, trust_env=False) as client:
        return await client.get(path, headers=headers)


async def test_probes_and_figures_of_a_whole_desk(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    assert [(await get(app, path)).text for path in ("/healthz", "/readyz")] == ["ok", "ok"]
    assert [(await get(app, "/metrics", t)).status_code for t in ("", "wrong", TOKEN + "x")] == [401] * 3
    page = await get(app, "/metrics", TOKEN)
    assert page.status_code == 200
    found = values(page.content)
    assert (found["faq_entries"], found["store_up"]) == (4, 1)
    assert {f"loop_rounds_total[{n}]" for n in ("turns", "outbox", "reminders", "faq")} <= set(found)

    async def gone() -> None:
        raise StoreError("gone")

    monkeypatch.setattr(app.store, "ping", gone)
    assert ((await get(app, "/readyz")).status_code, (await get(app, "/healthz")).text) == (503, "ok")
    app.watchdog.now = lambda: 1e12
    app.watchdog.look()
    app.watchdog.now = lambda: 2e12
    monkeypatch.setattr(app.watchdog, "marks", {})
    assert ((await get(app, "/healthz")).status_code, (await get(app, "/healthz")).text) == (503, "stuck")


async def test_what_cannot_be_written_is_a_clear_word_on_the_page_and_the_same_again_is_taken(
    app: App,
) -> None:
    """503 with a code that the page knows a sentence for."""
    async with httpx.AsyncClient(base_url=app.url, trust_env=False) as client:
        origin = {"Origin": app.url, "Sec-Fetch-Site": "same-origin"}
        opened = (await client.post("/api/session", headers={"X-Desk": "1", **origin})).json()
        headers = {"X-CSRF-Token": opened["csrf"], **origin}
        body = {"id": "message-1", "kind": "text", "text": "老板拖欠工资怎么办？"}
        async with trouble.read_only(app.store):
            refused = await client.post("/api/messages", json=body, headers=headers)
            assert (refused.status_code, refused.json()) == (503, {"error": "try_again"})
            assert refused.headers["Retry-After"] == "2"
        assert (await client.post("/api/messages", json=body, headers=headers)).status_code == 202
