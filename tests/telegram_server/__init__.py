"""A Telegram Bot API server for tests: real HTTP, strict like the real one, with people to talk to.

    async with TelegramServer(token="123:abc") as server:
        bot = telegram.Bot(server.token, base_url=server.base_url, base_file_url=server.base_file_url)
        mei = server.user("李梅")
        mei.says("老板拖欠工资怎么办？")
        ...                                     # the bot polls and answers
        answer = await mei.hears("劳动监察")
        mei.taps("转人工")
        assert server.violations == []

Names: TelegramServer, ManualClock, User, Group, ChatMessage, Toast, Kind (of fault), Gate, Listener (any ASGI
application on a real port, for webhooks).
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .faults import Fault, Gate, Kind
    from .ledger import Call
    from .people import Group, User
    from .server import ManualClock, TelegramServer
    from .transport import Listener
    from .view import Button, ChatMessage, Toast

__all__ = [
    "Button",
    "Call",
    "ChatMessage",
    "Fault",
    "Gate",
    "Group",
    "Kind",
    "Listener",
    "ManualClock",
    "TelegramServer",
    "Toast",
    "User",
]

_HOMES = {"faults": "Fault Gate Kind", "ledger": "Call", "people": "Group User", "transport": "Listener"}
_HOMES |= {"server": "ManualClock TelegramServer", "view": "Button ChatMessage Toast"}


def __getattr__(name: str) -> object:
    """Import on first use, so that a server process can prepare before aiogram is loaded."""
    home = next((module for module, names in _HOMES.items() if name in names.split()), None)
    if home is None:
        raise AttributeError(name)
    return getattr(import_module(f".{home}", __name__), name)
