"""What the web chat asks of the store: sessions, login links, one event log per person, files.

Bodies of events, files' names and bytes are people's words and case facts: an implementation
encrypts them at rest. Tokens arrive hashed only. Every method raises StoreError when the database
refuses; then nothing was written.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Protocol

from bot.domain.webchat import Event, EventKind, History, LoginRefusal, Session, StoredFile

__all__ = ["Event", "EventKind", "History", "LoginRefusal", "Session", "StoredFile", "WebStore"]


class WebStore(Protocol):
    """The tables behind the web chat."""

    async def create_session(self, session: Session, now: datetime) -> None:
        """Add a session; its hash is new."""
        ...

    async def session(self, id_hash: str, now: datetime) -> Session | None:
        """The session with this hash unless it was ended or `expires_at` <= now."""
        ...

    async def touch_session(self, id_hash: str, expires_at: datetime) -> None:
        """Prolong a session; an unknown one stays unknown."""
        ...

    async def end_session(self, id_hash: str) -> None:
        """Forget a session; an unknown one is no error."""
        ...

    async def consume_login(self, token_hash: str, now: datetime) -> str | LoginRefusal:
        """The user whom this one-time link signs in. One conditional UPDATE: of two callers one wins.

        The hash is the SHA-256 (hex) of the token. Used beats expired when both hold.
        """
        ...

    async def append(self, user: str, key: str, kind: EventKind, body: str, at: datetime) -> Event:
        """Add to a person's log, or return the event that already has this (user, key), unchanged.

        seq counts 1, 2, 3 … per user without gaps, and an event becomes visible only after all with a
        smaller seq: a reader that saw n must never see a later n - 1.
        """
        ...

    async def edit(self, user: str, target: int, key: str, body: str, at: datetime) -> Event | None:
        """Replace the body of the user's OUT event `target` and append an EDIT event, in one transaction.

        Returns the EDIT event; the target's `edited` becomes its seq, the target's `at` stays. The earlier
        body is gone for good. An event that already has this (user, key) is returned and nothing changes.
        None, and nothing written, when the target is not an OUT event of this user.
        """
        ...

    async def event(self, user: str, seq: int) -> Event | None:
        """One event of this user's own log."""
        ...

    async def after(self, user: str, seq: int, limit: int) -> tuple[Event, ...]:
        """Events of all kinds with a greater seq, ascending, at most `limit`."""
        ...

    async def history(self, user: str, before: int, limit: int) -> History:
        """The last `limit` IN and OUT events with seq < before; before=0 means the newest."""
        ...

    async def heads(self, users: Collection[str]) -> Mapping[str, int]:
        """The greatest seq per user in one query; who has no event may be missing."""
        ...

    async def put_file(self, file: StoredFile) -> None:
        """Keep a file; the same id again is no error and changes nothing."""
        ...

    async def file(self, file_id: str) -> StoredFile | None:
        """A file by id. The caller has made sure that the reader may have it."""
        ...
