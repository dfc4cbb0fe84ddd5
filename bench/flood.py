"""How long others wait while some flood the desk, and what the flood costs in memory and disk.

python bench/flood.py [--flooders 1000] [--each 100] [--seconds 20] [--faq faq] [--json OUT]

The desk is a process of its own; the Telegram test server, with the crowd in it, is this one. All on one
machine, so that the server's work for the flood is taken from the desk too.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import sys
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench.desk import CONFIG, ROOT, TOKEN, Crowd, Process, folder, percentiles, running
from bot.matching.library import load_library
from tests.telegram_server import TelegramServer, User

SHIPPED = CONFIG.replace("[limits]\nburst_seconds = 0\n", "")
"""With the limits as they are shipped."""


async def others(crowd: Crowd, people: list[User], every: float) -> dict[str, float]:
    """People who ask one thing each, at a steady rate: how long each waits for her answer."""
    begun = time.perf_counter()
    for n, person in enumerate(people):
        await asyncio.sleep(max(0.0, begun + n * every - time.perf_counter()))
        crowd.asks(person)
    await crowd.all_answered()
    return percentiles(crowd)


def _shuffled(people: list[User], each: int, rng: random.Random) -> Iterator[User]:
    for _ in range(each):
        rng.shuffle(people)
        yield from people


async def flood(people: list[User], each: int, seconds: float, rng: random.Random) -> None:
    """All that they send, spread over the time."""
    begun, total = time.perf_counter(), len(people) * each
    for n, person in enumerate(_shuffled(people, each, rng)):
        person.says(f"在吗在吗{n}")
        if n % 20 == 0:
            await asyncio.sleep(max(0.0, begun + seconds * n / total - time.perf_counter()))


async def measure(server: TelegramServer, bot: Process, place: Path, args: Any) -> dict[str, Any]:
    """Without a flood, with one, and when it is over."""
    rng = random.Random(args.seed)
    library = load_library(args.faq, date.today()).library
    assert library is not None
    questions = [phrasing for entry in library.served for phrasing in entry.phrasings]
    number, out = int(args.seconds * args.rate), dict[str, Any]()
    calm = Crowd(server, questions, rng)
    out["calm"] = await others(calm, await calm.arrive(number), 1 / args.rate) | _size(bot, place)
    people = [server.user(f"洪水{n}", started=True) for n in range(args.flooders)]
    crowd = Crowd(server, questions, rng)
    innocent = await crowd.arrive(number)
    sending = asyncio.create_task(flood(people, args.each, args.seconds, rng))
    out["flooded"] = await others(crowd, innocent, 1 / args.rate) | _size(bot, place)
    await sending
    out["sent"] = args.flooders * args.each
    after = Crowd(server, questions, rng)
    out["after"] = await others(after, await after.arrive(number), 1 / args.rate) | _size(bot, place)
    return out


def _size(bot: Process, place: Path) -> dict[str, float]:
    files = sum(file.stat().st_size for file in place.glob("desk.sqlite3*"))
    return {"rss_mb": round(bot.rss(), 1), "disk_mb": round(files / 1e6, 1)}


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--flooders", type=int, default=1000)
    parser.add_argument("--each", type=int, default=100)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--rate", type=float, default=4, help="others' questions per second")
    parser.add_argument("--faq", type=Path, default=ROOT / "faq")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    with folder() as place:
        async with TelegramServer(TOKEN) as server:
            config = place / "config.toml"
            database = f"sqlite:///{place}/desk.sqlite3"
            text = SHIPPED.format(
                folder=place, database=database, faq=args.faq.resolve(), token=TOKEN, url=server.url
            )
            config.write_text(text)
            command = ["-m", "bot", "run", "--config", str(config)]
            async with running(command, "Ctrl-C") as process:
                load = {"load_average": os.getloadavg()[0]}
                out = load | await measure(server, Process(process), place, args)
    print(json.dumps(out, indent=1))
    if args.json:
        args.json.write_text(json.dumps(out) + "\n")


if __name__ == "__main__":
    asyncio.run(main())
