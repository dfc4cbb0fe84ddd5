"""POST /api/session and GET /api/history: what the page needs to begin, and what it scrolls back to."""

from __future__ import annotations

import mimetypes
from pathlib import Path

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from bot.channels.web.context import Web, spend
from bot.channels.web.guard import Refused, address, check_origin
from bot.channels.web.ports import History, Session
from bot.channels.web.stream import seq_of
from bot.channels.web.tokens import digest, new_user
from bot.channels.web.views import plain

STATIC = Path(__file__).parent / "static"


class Api:
    """The page's beginning and its past."""

    def __init__(self, web: Web) -> None:
        self._web = web

    async def open(self, request: Request) -> Response:
        """Resume the cookie's session or begin an anonymous one.

        There is no CSRF token yet, so the request must carry a header of its own, which another site's
        page cannot send without asking first.
        """
        check_origin(request, self._web.settings)
        if request.headers.get("x-desk") != "1":
            raise Refused(403, "csrf")
        session, cookie = await self._resume(request)
        history = await self._web.store.history(session.user, 0, self._web.settings.history)
        response = JSONResponse(self._beginning(session, history))
        if cookie:
            self._web.sessions.carry(response, cookie)
        return response

    async def history(self, request: Request) -> Response:
        """Older events than ?before=."""
        session = await self._web.sessions.required(request)
        before = max(1, seq_of(request.query_params.get("before", "")))
        history = await self._web.store.history(session.user, before, self._web.settings.history)
        return JSONResponse({"events": [plain(event) for event in history.events]})

    async def _resume(self, request: Request) -> tuple[Session, str]:
        session = await self._web.sessions.current(request)
        if session is not None:
            return session, await self._web.sessions.prolong(session, request)
        spend(self._web.limits.sessions, address(request))
        return await self._web.sessions.start(new_user())

    def _beginning(self, session: Session, history: History) -> dict[str, object]:
        settings = self._web.settings
        return {
            "tag": digest(session.user)[:16],
            "csrf": session.csrf,
            "events": [plain(event) for event in history.events],
            "head": history.head,
            "page": settings.history,
            "maxText": settings.max_text,
            "maxUpload": settings.max_upload_bytes,
            "hotlines": list(settings.hotlines),
        }


class Static:
    """The page's own scripts and styles, under a path that changes with their content."""

    def __init__(self) -> None:
        self._files = {p.name: p.read_bytes() for p in sorted(STATIC.iterdir()) if p.is_file()}
        every = "".join(f"{name}{digest(data.decode())}" for name, data in self._files.items())
        self.version = digest(every)[:12]

    async def get(self, request: Request) -> Response:
        """One file; kept by the browser for good when it is of this very version."""
        data = self._files.get(request.path_params["name"])
        if data is None:
            raise Refused(404, "not_found")
        current = request.path_params["version"] == self.version
        kind = mimetypes.guess_type(request.path_params["name"])[0] or "application/octet-stream"
        cache = "public, max-age=31536000, immutable" if current else "no-cache"
        return Response(data, media_type=kind, headers={"Cache-Control": cache})
