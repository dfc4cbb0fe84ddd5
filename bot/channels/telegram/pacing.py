"""When the next message may leave: token buckets over all chats, per private chat and per group.

Pure: every call takes `now` in seconds of any monotonic clock. Numbers are Telegram's FAQ on limits.
"""

from __future__ import annotations

from dataclasses import dataclass, field

_PRIVATE_PER_SECOND = 1.0
_PRIVATE_BURST = 3
_GROUP_BURST = 3
_MANY = 4096
_INNOCENT_CHATS = 2
"""A 429 does not say whose limit it was. When it meets so many chats that had no more than one message
out, it is the bot's own, and everything waits."""


def is_group(chat: str) -> bool:
    """Telegram's groups and channels have negative ids or names, persons positive ids."""
    return not chat.isdigit()


@dataclass(slots=True)
class Bucket:
    """A token bucket kept as one number: the time at which it would be full again."""

    per_second: float
    burst: int
    full_at: float = 0.0

    def wait(self, now: float) -> float:
        """Seconds until a token is there."""
        spare = (self.burst - 1) / self.per_second
        return max(self.full_at - spare - now, 0.0)

    def within_rate(self, now: float) -> bool:
        """Whether no more than one token is out, so that no burst can be to blame."""
        return self.full_at - now <= 1 / self.per_second

    def take(self, now: float) -> None:
        """Take a token, on credit if there is none: whoever comes later waits longer."""
        self.full_at = max(self.full_at, now) + 1 / self.per_second


@dataclass(slots=True)
class Pace:
    """All buckets, and the holds that Telegram imposed with a 429."""

    per_second: float
    group_per_minute: float
    _all: Bucket = field(init=False)
    _chats: dict[str, Bucket] = field(default_factory=dict)
    _held: dict[str, float] = field(default_factory=dict)
    _innocent: set[str] = field(default_factory=set)
    _all_held: float = 0.0

    def __post_init__(self) -> None:
        self._all = Bucket(self.per_second, max(int(self.per_second), 1))

    def held(self, chat: str, now: float) -> float:
        """Seconds for which Telegram told us to be silent in this chat."""
        return max(self._held.get(chat, 0.0) - now, self._all_held - now, 0.0)

    def wait(self, chat: str, now: float) -> float:
        """Seconds until a message to the chat may leave."""
        return max(self.held(chat, now), self._all.wait(now), self._bucket(chat).wait(now))

    def take(self, chat: str, now: float) -> None:
        """Book one message to the chat."""
        self._all.take(now)
        self._bucket(chat).take(now)
        if len(self._chats) > _MANY:
            self._chats = {key: bucket for key, bucket in self._chats.items() if bucket.full_at > now}

    def hold(self, chat: str, until: float, now: float) -> None:
        """After a 429 for this chat; holds everything when the limit must be the bot's."""
        self._held = {key: end for key, end in self._held.items() if end > now}
        self._held[chat] = max(until, self._held.get(chat, 0.0))
        if self._bucket(chat).within_rate(now):
            self._innocent.add(chat)
        self._innocent &= self._held.keys()
        if len(self._innocent) >= _INNOCENT_CHATS:
            self._all_held = max(self._held[one] for one in self._innocent)

    def _bucket(self, chat: str) -> Bucket:
        bucket = self._chats.get(chat)
        if bucket is None:
            bucket = self._chats[chat] = self._new_bucket(chat)
        return bucket

    def _new_bucket(self, chat: str) -> Bucket:
        if is_group(chat):
            return Bucket(self.group_per_minute / 60, _GROUP_BURST)
        return Bucket(_PRIVATE_PER_SECOND, _PRIVATE_BURST)
