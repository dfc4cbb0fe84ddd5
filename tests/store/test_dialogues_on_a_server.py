"""The desk's own dialogues once more, on PostgreSQL: in `make test` a fixed third of them, in `make soak` all
but those that take whole days in small steps."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from zlib import crc32

from tests.desk import test_citizen, test_expert, test_reminders
from tests.promises.scale import SOAK

from .things import ON_SERVERS

pytestmark = ON_SERVERS
_LONG = ("days_of_downtime", "asked_reminded_once", "near_its_promise", "woken_at_night", "phone_window")


def _dialogues(module: ModuleType) -> dict[str, Callable[..., object]]:
    names = (n for n in vars(module) if n.startswith("test_") and not any(part in n for part in _LONG))
    return {name: vars(module)[name] for name in names if SOAK or crc32(name.encode()) % 3 == 0}


for _module in (test_citizen, test_expert, test_reminders):
    globals().update(_dialogues(_module))
