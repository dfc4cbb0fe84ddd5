"""Who a browser is: a random cookie, kept hashed, with a CSRF token bound to it.

A session begins with the page's first POST, not with the page: link previews, crawlers and people
who only look leave no row behind, and the page itself is the same for everyone.
"""

from __future__ import annotations

import hmac
from datetime import timedelta

from starlette.requests import Request
from starlette.responses import Response

from bot.channels.web.guard import Refused, check_origin
from bot.channels.web.ports import Session, WebStore
from bot.channels.web.settings import WebSettings
from bot.channels.web.tokens import digest, new_token
from bot.desk.ports import Clock


class Sessions:
    """Sessions of browsers over the store."""

    def __init__(self, settings: WebSettings, store: WebStore, clock: Clock) -> None:
        self._settings = settings
        self._store = store
        self._clock = clock

    async def current(self, request: Request) -> Session | None:
        """The session of this request's cookie, if it still holds."""
        cookie = request.cookies.get(self._settings.cookie("desk"), "")
        if not 20 <= len(cookie) <= 100:
            return None
        return await self._store.session(digest(cookie), self._clock())

    async def alive(self, session: Session) -> bool:
        """Whether a session that was good before still is."""
        return await self._store.session(session.id_hash, self._clock()) is not None

    async def required(self, request: Request) -> Session:
        """The session of a reading request."""
        session = await self.current(request)
        if session is None:
            raise Refused(401, "no_session")
        return session

    async def writing(self, request: Request) -> Session:
        """The session of a request by our own page that changes something."""
        check_origin(request, self._settings)
        session = await self.required(request)
        self.check_csrf(session, request.headers.get("x-csrf-token", ""))
        return session

    @staticmethod
    def check_csrf(session: Session, token: str) -> None:
        """Refuse a request that does not carry the session's own token."""
        if not hmac.compare_digest(session.csrf.encode(), token.encode("utf-8", "ignore")):
            raise Refused(403, "csrf")

    async def start(self, user: str) -> tuple[Session, str]:
        """A new session for the user, and the cookie that the response has to carry."""
        cookie, now = new_token(), self._clock()
        session = Session(digest(cookie), user, new_token(), now + self._lifetime)
        await self._store.create_session(session, now)
        return session, cookie

    async def prolong(self, session: Session, request: Request) -> str:
        """Let a session that is in use live on, at most once a day; the cookie to set again, or empty."""
        expires_at = self._clock() + self._lifetime
        if expires_at - session.expires_at < timedelta(days=1):
            return ""
        await self._store.touch_session(session.id_hash, expires_at)
        return request.cookies[self._settings.cookie("desk")]

    async def end(self, session: Session) -> None:
        """Sign out."""
        await self._store.end_session(session.id_hash)

    @property
    def _lifetime(self) -> timedelta:
        return timedelta(days=self._settings.session_days)

    def carry(self, response: Response, cookie: str) -> None:
        """Give the browser its cookie; an empty one takes it away.

        Strict: only our own page's scripts and forms ever need it, never a link from elsewhere.
        """
        put_cookie(response, self._settings, "desk", cookie, int(self._lifetime.total_seconds()))


def put_cookie(response: Response, settings: WebSettings, name: str, value: str, seconds: int) -> None:
    """A cookie that no script can read and no other site can make the browser send."""
    response.set_cookie(
        settings.cookie(name),
        value,
        max_age=seconds if value else 0,
        secure=settings.secure,
        httponly=True,
        samesite="strict",
    )
