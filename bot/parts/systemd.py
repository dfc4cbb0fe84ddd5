"""Tells systemd how the desk is: ready, alive, stopping; a desk that hangs is silent, and is restarted."""

from __future__ import annotations

import contextlib
import os
import socket
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

PATIENCE = 60.0
"""Seconds without any progress after which a loop counts as stuck. WatchdogSec must be longer."""


def notify(state: str) -> None:
    """Send one line such as READY=1 to whoever started us with NOTIFY_SOCKET; nobody there is no error."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return
    if address.startswith("@"):
        address = "\0" + address[1:]
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as out:
        out.setblocking(False)
        out.sendto(state.encode(), address)


@dataclass(slots=True)
class Watchdog:
    """Knows for each loop when its mark of progress last changed."""

    marks: Mapping[str, Callable[[], object]]
    say: Callable[[str], None] = notify
    now: Callable[[], float] = time.monotonic
    patience: float = PATIENCE
    _seen: dict[str, tuple[object, float]] = field(default_factory=dict)

    def look(self) -> tuple[str, ...]:
        """The loops that have not moved for longer than `patience`."""
        now = self.now()
        for name, mark in self.marks.items():
            value = mark()
            if name not in self._seen or self._seen[name][0] != value:
                self._seen[name] = (value, now)
        return tuple(name for name, (_, at) in self._seen.items() if now - at > self.patience)

    def beat(self) -> None:
        """Called every second: alive, unless something is stuck."""
        stuck = self.look()
        self.say(f"STATUS=stuck: {', '.join(stuck)}" if stuck else "WATCHDOG=1")
