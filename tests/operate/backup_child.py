"""What a backup that is killed runs in: a process forked from one that has everything loaded."""

from __future__ import annotations

import asyncio
import signal
from datetime import UTC, datetime
from pathlib import Path

from bot.store.backup import back_up
from bot.store.engine import Store
from bot.store.sealing import KeyRing


def run(url: str, key_line: str, target: str, dies_after: float) -> None:
    """Back up; with `dies_after` the process is gone that many seconds later, wherever it is.

    The timer's signal is not handled, so nothing is tidied up: like kill -9.
    """
    signal.setitimer(signal.ITIMER_REAL, dies_after)
    asyncio.run(_run(url, key_line, Path(target)))


async def _run(url: str, key_line: str, target: Path) -> None:
    store = Store(url, KeyRing.load(Path("no-file"), key_line), lambda: datetime.now(UTC))
    await back_up(store, target)
    await store.engine.dispose()
