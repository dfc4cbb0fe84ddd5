"""The speed of the whole desk beside a bare echo, over the same Telegram test server.

python bench/desk.py [--citizens 600] [--rate 30] [--seconds 20] [--faq faq] [--json OUT] [--only echo|desk]
                     [--database sqlite|postgresql] [--instances 1] [--entries 400] [--share 0.3]

Both bots are processes of their own; the server, which is also the crowd, runs in this one. Everything is
on one machine, so the server takes its share of the two cores from either bot alike.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from datetime import date
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bot.matching.library import load_library
from tests.support.postgres import Server
from tests.telegram_server import TelegramServer, User

ROOT = Path(__file__).resolve().parents[1]
TOKEN = "123:bench"
TICK = os.sysconf("SC_CLK_TCK")
CONFIG = """
database_url = "{database}"
key_file = "{folder}/secret.key"
[faq]
folder = "{faq}"
[web]
port = 0
[telegram]
token = "{token}"
base_url = "{url}"
messages_per_second = 10000
[limits]
burst_seconds = 0
[log]
level = "warning"
"""


class Crowd:
    """People who ask, and when each of them was first answered."""

    def __init__(self, server: TelegramServer, questions: list[str], rng: random.Random) -> None:
        self.server, self.questions, self.rng = server, questions, rng
        self.asked: dict[int, float] = {}
        self.answered: dict[int, float] = {}
        add = server.ledger.add

        def note(call: Any) -> None:
            add(call)
            if call.applied and call.method == "sendMessage" and call.chat_id in self.asked:
                self.answered.setdefault(call.chat_id, time.perf_counter())

        server.ledger.add = note  # type: ignore[method-assign]

    async def arrive(self, number: int) -> list[User]:
        """They have been here before: a newcomer is greeted first, which would count twice."""
        people = [self.server.user(f"市民{n}", started=True) for n in range(number)]
        for one in people:
            self.asked[one.id] = 0
            one.says("/help")
        await self.all_answered()
        self.asked, self.answered = {}, {}
        return people

    def asks(self, who: User) -> None:
        self.asked[who.id] = time.perf_counter()
        who.says(self.rng.choice(self.questions))

    async def all_answered(self) -> None:
        done = lambda: True if len(self.answered) == len(self.asked) else None  # noqa: E731
        await self.server.until(done, timeout=300)


class Process:
    """One bot, in one or several processes, and what it costs."""

    def __init__(self, *processes: asyncio.subprocess.Process) -> None:
        self.pids = [process.pid for process in processes]

    def rss(self) -> float:
        """Resident memory, MB."""
        lines = [line for pid in self.pids for line in Path(f"/proc/{pid}/status").read_text().splitlines()]
        return sum(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024

    def cpu(self) -> float:
        """Seconds of CPU so far."""
        stats = [Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split() for pid in self.pids]
        return sum(int(fields[11]) + int(fields[12]) for fields in stats) / TICK


@contextlib.asynccontextmanager
async def running(command: list[str], ready: str) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, *command, cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    try:
        while ready not in (line := (await process.stdout.readline()).decode()):
            if not line:
                sys.exit(f"{command} ended")
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        await process.wait()


def percentiles(crowd: Crowd) -> dict[str, float]:
    ms = sorted((crowd.answered[one] - asked) * 1000 for one, asked in crowd.asked.items())
    return {"p50_ms": round(ms[len(ms) // 2], 1), "p99_ms": round(ms[int(len(ms) * 0.99)], 1)}


async def measure(server: TelegramServer, bot: Process, questions: list[str], args: Any) -> dict[str, Any]:
    """Warm up; as fast as it goes; at a steady rate; idle."""
    rng = random.Random(args.seed)
    out: dict[str, Any] = {}
    for name, number in (("warm", 50), ("burst", args.citizens)):
        crowd = Crowd(server, questions, rng)
        people = await crowd.arrive(number)
        begun = time.perf_counter()
        for person in people:
            crowd.asks(person)
        await crowd.all_answered()
        out[name] = round(number / (max(crowd.answered.values()) - begun), 1)
    del out["warm"]
    crowd = Crowd(server, questions, rng)
    people = await crowd.arrive(args.rate * args.seconds)
    begun, cpu = time.perf_counter(), bot.cpu()
    for n, person in enumerate(people):
        await asyncio.sleep(max(0.0, begun + n / args.rate - time.perf_counter()))
        crowd.asks(person)
    await crowd.all_answered()
    out |= {"steady": percentiles(crowd), "rss_mb": round(bot.rss(), 1)}
    out["steady"]["cpu"] = round((bot.cpu() - cpu) / (time.perf_counter() - begun), 3)
    cpu, begun = bot.cpu(), time.perf_counter()
    await asyncio.sleep(args.idle)
    out["idle_cpu"] = round((bot.cpu() - cpu) / (time.perf_counter() - begun), 4)
    return out


async def echo(args: Any, questions: list[str]) -> dict[str, Any]:
    async with (
        TelegramServer(TOKEN) as server,
        running(["bench/echo.py", server.base_url, TOKEN], "ready") as process,
    ):
        bot = Process(process)
        return {"rss_start_mb": round(bot.rss(), 1)} | await measure(server, bot, questions, args)


async def desk(args: Any, questions: list[str]) -> dict[str, Any]:
    async with contextlib.AsyncExitStack() as stack:
        place = stack.enter_context(folder())
        database = await stack.enter_async_context(a_database(args.database, place))
        server = await stack.enter_async_context(TelegramServer(TOKEN))
        config = place / "config.toml"
        config.write_text(
            CONFIG.format(folder=place, database=database, faq=args.faq, token=TOKEN, url=server.url)
        )
        command = ["-m", "bot", "run", "--config", str(config)]
        async with running(command, "Ctrl-C"):
            pass  # builds the matcher, as an installed desk has it
        processes = [
            await stack.enter_async_context(running(command, "Ctrl-C")) for _ in range(args.instances)
        ]
        bot = Process(*processes)
        if args.share:
            for pid in bot.pids:
                stack.enter_context(limited(pid, args.share))
        await asyncio.sleep(4 if args.instances > 1 else 2)
        start = round(bot.rss(), 1)
        return {"rss_start_mb": start} | await measure(server, bot, questions, args)


@contextlib.contextmanager
def limited(pid: int, share: float) -> Iterator[None]:
    """No more than this share of one core for the process, as a machine of its own would have.

    What several instances bring shows only where the processor of one of them is the limit, and not the
    cores that they, the database and the crowd have together. Needs root and the cpu controller of cgroups.
    """
    old = Path("/sys/fs/cgroup/cpu")
    group = (old if old.is_dir() else old.parent) / f"desk-{pid}"
    group.mkdir()
    period = 10_000
    try:
        if old.is_dir():
            (group / "cpu.cfs_period_us").write_text(str(period))
            (group / "cpu.cfs_quota_us").write_text(str(int(share * period)))
        else:
            (group / "cpu.max").write_text(f"{int(share * period)} {period}")
        (group / "cgroup.procs").write_text(str(pid))
        yield
    finally:
        for member in (group / "cgroup.procs").read_text().split():
            (group.parent / "cgroup.procs").write_text(member)
        group.rmdir()


def a_library(args: Any, place: Path) -> Path:
    """A copy, which nobody edits meanwhile. With `--entries` so many entries of it, drawn by the seed."""
    faq = place / "library"
    shutil.copytree(args.faq, faq)
    if args.entries:
        files = sorted(faq.glob("*/*.md"))
        random.Random(args.seed).shuffle(files)
        for file in files[args.entries :]:
            file.unlink()
    return faq


@contextlib.asynccontextmanager
async def a_database(kind: str, place: Path) -> AsyncIterator[str]:
    """Where it will be; PostgreSQL as it comes, which waits for the disk."""
    if kind == "sqlite":
        yield f"sqlite:///{place}/desk.sqlite3"
        return
    server = Server(safe=True)
    try:
        async with server.database() as url:
            yield url
    finally:
        server.stop()


@contextlib.contextmanager
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--citizens", type=int, default=600)
    parser.add_argument("--rate", type=int, default=30, help="updates per second in the steady part")
    parser.add_argument("--seconds", type=int, default=20)
    parser.add_argument("--idle", type=int, default=15, help="seconds of doing nothing")
    parser.add_argument("--faq", type=Path, default=ROOT / "faq")
    parser.add_argument("--share", type=float, help="no more of a core than this for each instance")
    parser.add_argument("--entries", type=int, help="so many of the library's entries; all without it")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--only", choices=("echo", "desk"))
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--instances", type=int, default=1, help="more than one needs PostgreSQL")
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    with folder() as place:
        args.faq = a_library(args, place)
        await report(args)


async def report(args: Any) -> None:
    """Both bots, one after the other."""
    library = load_library(args.faq, date.today()).library
    assert library is not None
    questions = [phrasing for entry in library.served for phrasing in entry.phrasings]
    out: dict[str, Any] = {"load_average": os.getloadavg()[0]}
    if args.only != "desk":
        out["echo"] = await echo(args, questions)
    if args.only != "echo":
        out["desk"] = await desk(args, questions)
    if not args.only:
        out["share_of_echo"] = round(out["desk"]["burst"] / out["echo"]["burst"], 3)
    print(json.dumps(out, indent=1))
    if args.json:
        args.json.write_text(json.dumps(out) + "\n")


if __name__ == "__main__":
    asyncio.run(main())
