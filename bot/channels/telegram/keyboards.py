"""Remembers where the phone keyboard stands, so that it is taken away once she has said something."""

from __future__ import annotations

_MANY = 10_000


class Keyboards:
    """Lives in memory: after a restart a keyboard stays folded away (it is a one-time keyboard)."""

    def __init__(self) -> None:
        self._answered: dict[str, bool] = {}

    def shown(self, chat: str) -> None:
        """The keyboard was sent to the chat."""
        if len(self._answered) >= _MANY:
            self._answered.pop(next(iter(self._answered)))
        self._answered[chat] = False

    def heard(self, chat: str) -> None:
        """Something came from the chat: whatever is sent there next may take the keyboard away."""
        if chat in self._answered:
            self._answered[chat] = True

    def due(self, chat: str) -> bool:
        """Whether the keyboard stands there and is no longer needed."""
        return self._answered.get(chat, False)

    def removed(self, chat: str) -> None:
        """It is gone."""
        self._answered.pop(chat, None)
