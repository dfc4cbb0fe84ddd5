"""Says when a file below a folder changes, so that nobody has to look at a thousand files each second."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from pathlib import Path

import structlog

log = structlog.get_logger()
_STEP_MS = 200
"""How often it looks for news from the system, and for the end of the work."""
_LONGEST_MS = 60_000
_PAUSE = 1.0


async def watch(folder: Path, changed: Callable[[], object]) -> None:
    """Call `changed` after every change, until cancelled. Where the system does not tell (no folder, too many
    watches, a network drive that it refuses), there may have been one each second."""
    told = False
    while True:
        try:
            await _listen(folder, changed)
        except Exception as error:  # noqa: BLE001 - whatever it is, looking works
            if not told:
                log.warning("the system does not tell of changes", error=type(error).__name__)
            told = True
        changed()
        await asyncio.sleep(_PAUSE)


async def _listen(folder: Path, changed: Callable[[], object]) -> None:
    # a thread of ours, not watchfiles.awatch: a change at the moment of a cancellation could swallow it there
    over, loop = threading.Event(), asyncio.get_running_loop()

    def work() -> None:
        from watchfiles import watch as changes  # nothing of it is needed to start

        for _ in changes(folder, watch_filter=None, step=_STEP_MS, rust_timeout=_LONGEST_MS, stop_event=over):
            loop.call_soon_threadsafe(changed)

    try:
        await asyncio.to_thread(work)
    finally:
        over.set()
