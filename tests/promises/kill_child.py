"""Desks that die on order: each is forked from this process, which has everything loaded, and runs `run`.

A start from nothing spends two seconds on imports; forty lives of a desk would spend them on little else.
Reads an order a line (JSON), says the desk's pid, then how it ended. What an order may ask for:
`ahead` (seconds by which this desk's clock is fast), `point` and `nth` (die there, the n-th time), `lease`
(seconds for one send) and `steps` (a folder with migrations of a later version).
"""

from __future__ import annotations

import functools
import gc
import inspect
import json
import os
import signal
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import asyncpg  # type: ignore[import-untyped]  # noqa: F401 - loaded, so that a start need not
import sqlalchemy.dialects.postgresql.asyncpg  # noqa: F401
from alembic import command
from sqlalchemy import Engine, event

import bot.app
import bot.cli
from bot import shelfcache
from bot.channels.telegram import TelegramChannel, pacing
from bot.channels.telegram.polling import Poller
from bot.desk import reminders
from bot.desk.intake import Intake
from bot.desk.knowledge import Knowledge
from bot.desk.outbox import OutboxRunner
from bot.desk.reminders import ReminderRunner
from bot.desk.turns import TurnRunner
from bot.store import migrate
from bot.store.inbox import InboxQueries
from bot.store.outbox import OutboxQueries


@dataclass(frozen=True, slots=True)
class Point:
    """A moment in the desk's life: before or after a call of `owner.name`; `if_` looks at its result."""

    owner: Any
    name: str
    before: bool = False
    if_: Callable[[Any], bool] = lambda _result: True


POINTS = {
    "received, not committed": Point(InboxQueries, "add", if_=bool),
    "committed, not confirmed": Point(Intake, "__call__"),
    "confirmed": Point(Poller, "_take"),
    "turn done, not committed": Point(InboxQueries, "done"),
    "turn committed": Point(TurnRunner, "_note"),
    "before send": Point(TelegramChannel, "send", before=True),
    "after send": Point(TelegramChannel, "send"),
    "marked, not committed": Point(OutboxQueries, "sent"),
    "marked": Point(OutboxRunner, "_settle"),
    "reminder taken": Point(reminders, "_fire", before=True),
    "reminder fired": Point(ReminderRunner, "_fire", if_=bool),
    "faq read": Point(bot.app, "load_faq"),
    "faq live": Point(Knowledge, "swap"),
    "matcher built, not kept": Point(shelfcache.ShelfCache, "_write", before=True),
    "matcher half written": Point(Path, "replace", before=True),
}
IN_MIGRATION = "migrating"


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _dies(point: Point, nth: int) -> None:
    """Put death behind (or before) the n-th call."""
    call = getattr(point.owner, point.name)
    calls = count(1)

    def due(result: Any) -> None:
        if point.if_(result) and next(calls) == nth:
            _die()

    @functools.wraps(call)
    async def later(*args: Any, **more: Any) -> Any:
        if point.before:
            due(None)
        result = await call(*args, **more)
        if not point.before:
            due(result)
        return result

    @functools.wraps(call)
    def now(*args: Any, **more: Any) -> Any:
        if point.before:
            due(None)
        result = call(*args, **more)
        if not point.before:
            due(result)
        return result

    setattr(point.owner, point.name, later if inspect.iscoroutinefunction(call) else now)


def _dies_migrating(nth: int) -> None:
    """Die before the n-th statement of a migration (those that look whether one is due do not count)."""
    calls = count(1)
    upgrade = command.upgrade

    def look(*_args: Any) -> None:
        if next(calls) == nth:
            _die()

    def watched(*args: Any, **more: Any) -> None:
        event.listen(Engine, "before_cursor_execute", look)
        upgrade(*args, **more)
        event.listen(Engine, "commit", look)

    setattr(command, "upgrade", watched)  # noqa: B010


def _with_steps(folder: str) -> None:
    """The program is of a later version: it has the migrations in `folder` too."""
    config = migrate.config

    def more() -> Any:
        made = config()
        places = (str(migrate._FOLDER / "versions"), folder)
        made.set_main_option("version_locations", os.pathsep.join(places))
        return made

    migrate.config = more
    migrate.NEWEST = ""


def _prepare(order: dict[str, Any]) -> None:
    ahead = timedelta(seconds=order["ahead"])
    fast = functools.partial(bot.app.App, clock=lambda: datetime.now(UTC) + ahead)
    setattr(bot.app, "App", fast)  # noqa: B010
    lease = timedelta(seconds=order["lease"])
    setattr(bot.app, "OutboxRunner", functools.partial(OutboxRunner, lease=lease))  # noqa: B010
    pacing._PRIVATE_PER_SECOND = 1e6
    if order.get("steps"):
        _with_steps(order["steps"])
    if order.get("point") == IN_MIGRATION:
        _dies_migrating(order["nth"])
    elif order.get("point"):
        _dies(POINTS[order["point"]], order["nth"])


def _live(order: dict[str, Any]) -> None:
    log = os.open(order["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.close(0)
    code = 70
    try:
        _prepare(order)
        bot.cli.main(["run", "--config", order["config"]], standalone_mode=False)
        code = 0
    except BaseException:
        traceback.print_exc()
        raise
    finally:
        os._exit(code)


def main() -> None:
    """Until stdin ends."""
    gc.freeze()
    print(json.dumps({"ready": True}), flush=True)
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            _live(json.loads(line))
        print(json.dumps({"pid": pid}), flush=True)
        _, status = os.waitpid(pid, 0)
        print(json.dumps({"ended": os.waitstatus_to_exitcode(status)}), flush=True)


if __name__ == "__main__":
    assert Path("bot").is_dir()
    main()
