"""What travels in a button: an action, what it is about, and a signature bound to who may tap it.

At most 64 bytes (Telegram's limit). A token that another person taps, or that somebody made up, does
not verify; one of an earlier step or of an earlier owner verifies but is stale.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import dataclass

from bot.domain.actions import RULES, Action, Scope
from bot.domain.callback import parse_case_number
from bot.domain.dialog import Choice
from bot.domain.ids import CaseNumber, ContactId

_MAC_CHARS = 11
MAX_BYTES = 64


@dataclass(frozen=True, slots=True)
class Tap:
    """A verified token. STEP tokens have `step` and `index`, CASE ones `case` and `fence`."""

    action: Action
    step: int = 0
    index: int = 0
    case: CaseNumber = CaseNumber("")
    fence: int = 0
    arg: str = ""


class Tokens:
    """Signs and verifies; `key` is 32 secret bytes."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def make(self, contact: ContactId, choice: Choice, step: int, index: int) -> str:
        """The token of a choice that this contact, and nobody else, may tap."""
        scope = RULES[choice.action].scope
        parts: tuple[str | int, ...] = (choice.action, choice.arg)
        if scope is Scope.STEP:
            parts = (choice.action, step, index)
        elif scope is Scope.CASE:
            parts = (choice.action, choice.case.replace("-", ""), choice.fence, choice.arg)
        payload = ":".join(str(p) for p in parts)
        return f"{payload}:{self._mac(contact, payload)}"

    def _mac(self, contact: ContactId, payload: str) -> str:
        digest = hmac.new(self._key, f"{contact}|{payload}".encode(), hashlib.sha256).digest()
        return base64.urlsafe_b64encode(digest).decode()[:_MAC_CHARS]

    def read(self, contact: ContactId, token: str) -> Tap | None:
        """What a tap means, or None if this contact cannot have been given this token."""
        payload, _, mac = token.rpartition(":")
        fits = hmac.compare_digest(mac.encode(), self._mac(contact, payload).encode())
        if len(token.encode()) > MAX_BYTES or not fits:
            return None
        parts = payload.split(":", 3)
        action = Action(parts[0])
        scope = RULES[action].scope
        if scope is Scope.STEP:
            return Tap(action, step=int(parts[1]), index=int(parts[2]))
        if scope is Scope.CASE:
            number = parse_case_number(parts[1])
            return None if number is None else Tap(action, case=number, fence=int(parts[2]), arg=parts[3])
        return Tap(action, arg=parts[1])
