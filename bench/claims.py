"""How long a claim takes as the years go by: p50 and p99 with few and with very many closed cases.

python bench/claims.py [--closed 1000 1000000] [--claims 200] [--database sqlite postgresql] [--json OUT]

From the tap on 接单 being received to everything that follows being committed, one at a time, with the
desk's real intake and turns. The closed cases are copies of one that went its real way, without what was
written and heard in it.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import logging
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import structlog

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from sqlalchemy import text

from bot.domain.ids import CaseNumber
from bot.domain.messages import InboundKind
from bot.store.engine import Store
from tests.promises.crowds import copy_case
from tests.support.databases import POSTGRESQL, SQLITE, a_key, postgresql_url, sqlite_url
from tests.support.library import small_shelf
from tests.support.postgres import Server
from tests.support.room import Clock, Room, furnish
from tests.support.settings import settings

QUESTION = "邻居的树挡了我家的光怎么办"


@contextlib.asynccontextmanager
async def a_database(kind: str) -> AsyncIterator[str]:
    """A fresh one, migrated."""
    if kind == SQLITE:
        with tempfile.TemporaryDirectory() as folder:
            yield await sqlite_url(Path(folder))
        return
    server = Server(safe=True)
    try:
        async with postgresql_url(server) as url:
            yield url
    finally:
        server.stop()


async def close(room: Room, who: str) -> str:
    """A case that goes its way; its number."""
    number = await room.asks_for_callback(who, QUESTION)
    await room.taps("wang", "接单")
    await room.says("wang", "您先和他谈，留下证据。")
    await room.taps("wang", "办结")
    await room.taps("wang", "已答复")
    return number


async def claim(room: Room, who: str) -> float:
    """Milliseconds that the claim of a new case takes."""
    await room.asks_for_callback(who, QUESTION)
    tap = room.message("wang", kind=InboundKind.BUTTON, token=room.token("wang", "接单"))
    begun = time.perf_counter()
    await room.intake(tap)
    await room.turns.run_due()
    took = (time.perf_counter() - begun) * 1000
    await room.settle()
    assert "现在直接打字" in room.last("wang"), room.last("wang")
    await room.taps("wang", "办结")
    await room.taps("wang", "已答复")
    return took


async def measure(kind: str, closed: int, claims: int) -> dict[str, float]:
    """One line of the table."""
    clock = Clock(datetime.now(UTC))
    async with a_database(kind) as url:
        store = Store(url, a_key(), clock)
        try:
            room = await furnish(store, clock, settings(), small_shelf())
            await room.hires("wang")
            await copy_case(store, "first", CaseNumber(await close(room, "first")), closed - 1, mail=False)
            async with store.begin() as tx:
                await tx.execute(text("ANALYZE"))
            await store.checkpoint()
            for n in range(20):
                await claim(room, f"warm{n}")
            took = sorted([await claim(room, f"mei{n}") for n in range(claims)])
        finally:
            await store.close()
    return {"p50_ms": round(took[claims // 2], 2), "p99_ms": round(took[int(claims * 0.99)], 2)}


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--closed", type=int, nargs="+", default=[1000, 1_000_000])
    parser.add_argument("--claims", type=int, default=200)
    parser.add_argument("--database", nargs="+", choices=(SQLITE, POSTGRESQL), default=[SQLITE, POSTGRESQL])
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    out: dict[str, dict[str, dict[str, float]]] = {}
    for kind in args.database:
        for closed in args.closed:
            out.setdefault(kind, {})[str(closed)] = await measure(kind, closed, args.claims)
            print(kind, closed, out[kind][str(closed)], flush=True)
    if args.json:
        args.json.write_text(json.dumps(out) + "\n")


if __name__ == "__main__":
    asyncio.run(main())
