"""What the endpoints of the web chat share."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.channels.web.feed import Feed
from bot.channels.web.guard import Refused
from bot.channels.web.limits import Buckets
from bot.channels.web.ports import WebStore
from bot.channels.web.sessions import Sessions
from bot.channels.web.settings import WebSettings
from bot.desk.ports import Clock, FetchFile, Receive


@dataclass(frozen=True, slots=True)
class Limits:
    """The buckets: messages, uploads and downloads per session; new sessions and logins per address."""

    messages: Buckets
    uploads: Buckets
    downloads: Buckets
    sessions: Buckets
    logins: Buckets

    @classmethod
    def of(cls, settings: WebSettings, clock: Clock) -> Limits:
        """Buckets as the settings say."""
        return cls(
            Buckets(settings.messages_per_minute, settings.messages_burst, clock),
            Buckets(settings.uploads_per_minute, settings.uploads_burst, clock),
            Buckets(per_minute=120, burst=settings.history, clock=clock),
            Buckets(settings.sessions_per_minute, settings.sessions_per_minute, clock),
            Buckets(settings.logins_per_minute, settings.logins_per_minute, clock),
        )


@dataclass(frozen=True, slots=True)
class Web:
    """The parts that the composition root gave, and those made of them."""

    settings: WebSettings
    store: WebStore
    receive: Receive
    fetch_file: FetchFile
    clock: Clock
    sessions: Sessions
    feed: Feed
    limits: Limits

    @classmethod
    def of(
        cls, settings: WebSettings, store: WebStore, receive: Receive, fetch_file: FetchFile, clock: Clock
    ) -> Web:
        """Put the parts together."""
        feed = Feed(store, settings.poll_seconds, settings.streams_per_session)
        sessions = Sessions(settings, store, clock)
        limits = Limits.of(settings, clock)
        return cls(settings, store, receive, fetch_file, clock, sessions, feed, limits)

    def now(self) -> datetime:
        """The time."""
        return self.clock()


def spend(bucket: Buckets, key: str) -> None:
    """Take one from a bucket; Refused when it is empty."""
    wait = bucket.take(key)
    if wait:
        raise Refused(429, "slow_down", wait)
