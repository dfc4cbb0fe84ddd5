"""Wake the open event streams: at once for what this process wrote, within a second for what others did.

One query a second asks for the heads of all logs that somebody watches, however many they are.
"""

from __future__ import annotations

import asyncio
import logging
from enum import StrEnum

from bot.channels.web.ports import Session, WebStore

log = logging.getLogger(__name__)


class Bye(StrEnum):
    """Why a stream ends; the page decides by it whether to come back."""

    RESTART = "restart"
    REPLACED = "replaced"
    SIGNED_OUT = "signed_out"
    RESET = "reset"


class Subscription:
    """One open stream: `seen` is the last seq it was given."""

    def __init__(self, session: Session, seen: int) -> None:
        self.session = session
        self.seen = seen
        self.bye: Bye | None = None
        self._woken = asyncio.Event()

    def wake(self) -> None:
        """There may be something new."""
        self._woken.set()

    def close(self, why: Bye) -> None:
        """End the stream."""
        self.bye = self.bye or why
        self.wake()

    def rest(self) -> None:
        """Count only wake-ups from now on; call it before looking, so that none is missed."""
        self._woken.clear()

    async def wait(self, seconds: float) -> bool:
        """Wait for a wake-up; False when none came in time."""
        try:
            async with asyncio.timeout(seconds):
                await self._woken.wait()
        except TimeoutError:
            return False
        return True


class Feed:
    """All open streams of this process."""

    def __init__(self, store: WebStore, poll_seconds: float, per_session: int) -> None:
        self._store = store
        self._poll_seconds = poll_seconds
        self._per_session = per_session
        self._open: list[Subscription] = []
        self._poller: asyncio.Task[None] | None = None
        self._closed = False

    def subscribe(self, session: Session, seen: int) -> Subscription:
        """Watch a log from after `seen`; of too many windows of one session the oldest is closed."""
        subscription = Subscription(session, seen)
        if self._closed:
            subscription.close(Bye.RESTART)
        same = [s for s in self._open if s.session.id_hash == session.id_hash and s.bye is None]
        for old in same[: max(0, len(same) + 1 - self._per_session)]:
            old.close(Bye.REPLACED)
        self._open.append(subscription)
        if self._poller is None or self._poller.done():
            self._poller = asyncio.create_task(self._poll())
        return subscription

    def drop(self, subscription: Subscription) -> None:
        """The stream has ended."""
        if subscription in self._open:
            self._open.remove(subscription)

    def wake(self, user: str) -> None:
        """Something was appended to this user's log."""
        for subscription in self._open:
            if subscription.session.user == user:
                subscription.wake()

    def sign_out(self, session: Session) -> None:
        """End the streams of a session that has ended."""
        for subscription in self._open:
            if subscription.session.id_hash == session.id_hash:
                subscription.close(Bye.SIGNED_OUT)

    def close(self) -> None:
        """End all streams and take no more: the process is going down."""
        self._closed = True
        for subscription in self._open:
            subscription.close(Bye.RESTART)

    async def _poll(self) -> None:
        while self._open:
            await asyncio.sleep(self._poll_seconds)
            try:
                await self._look()
            except Exception:
                log.exception("web feed could not look streams=%d", len(self._open))

    async def _look(self) -> None:
        heads = await self._store.heads({s.session.user for s in self._open})
        for subscription in self._open:
            if heads.get(subscription.session.user, 0) > subscription.seen:
                subscription.wake()
