"""Everything that was asked of the server, in order; if wanted also as lines in a file, for kill tests."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from .errors import Json

EFFECTS = ("send", "copy", "forward", "edit", "delete")


@dataclass(frozen=True, slots=True)
class Call:
    """One request and what became of it. `status` 0: no reply was given (see `fault`).

    `applied`: the request had its effect, whether or not the bot was told so.
    """

    number: int
    at: float
    method: str
    params: Json
    status: int
    applied: bool
    result: Any = None
    description: str = ""
    fault: str = ""

    @property
    def chat_id(self) -> int | None:
        """The chat it was for."""
        value = str(self.params.get("chat_id"))
        return int(value) if value.lstrip("-").isdigit() else None

    @property
    def text(self) -> str:
        """Text or caption of the resulting message, else of the request."""
        source = self.result if isinstance(self.result, dict) else self.params
        return str(source.get("text") or source.get("caption") or "")


class Ledger:
    """The list of calls; getUpdates is left out, unless it failed.

    `overlaps`: a message to a chat was sent while another to the same chat was under way, so that their
    order was left to chance.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.calls: list[Call] = []
        self.overlaps: list[str] = []
        self._path = path

    def add(self, call: Call) -> None:
        """Keep a call, and write its line at once."""
        self.calls.append(call)
        if self._path is not None:
            with self._path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(asdict(call), ensure_ascii=False, default=repr) + "\n")

    def of(self, method: str, chat_id: int | None = None) -> list[Call]:
        """Calls of one method, also refused ones; for one chat if given."""
        return [
            call
            for call in self.calls
            if call.method.lower() == method.lower() and chat_id in (None, call.chat_id)
        ]

    def applied(self, chat_id: int | None = None) -> list[Call]:
        """Calls that changed what people see, in order: sends, copies, forwards, edits, deletions."""
        return [
            call
            for call in self.calls
            if call.applied and call.method.startswith(EFFECTS) and chat_id in (None, call.chat_id)
            and call.method != "sendChatAction"
        ]  # fmt: skip

    def sent(self, chat_id: int | None = None) -> list[Call]:
        """Calls that put a new message into a chat, in order."""
        return [call for call in self.applied(chat_id) if call.method.startswith(EFFECTS[:3])]
