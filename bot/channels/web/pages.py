"""The pages: the chat itself, the one-time login and the way out.

A login link only shows a button, since messengers open links for a preview; the button's POST uses the
link up. Forms carry a secret, because under no-referrer a browser hides a form's origin.
"""

from __future__ import annotations

import hmac
from pathlib import Path
from urllib.parse import parse_qsl

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from bot.channels.web.api import Static
from bot.channels.web.context import Web, spend
from bot.channels.web.guard import Refused, address, check_origin, read_body
from bot.channels.web.ports import LoginRefusal
from bot.channels.web.sessions import put_cookie
from bot.channels.web.tokens import digest, new_token

FORM_BYTES = 2048
NONCE_SECONDS = 900


class Pages:
    """HTML for people."""

    def __init__(self, web: Web, static: Static) -> None:
        self._web = web
        self._static = static
        templates = FileSystemLoader(Path(__file__).parent / "templates")
        self._templates = Environment(loader=templates, autoescape=True, undefined=StrictUndefined)

    def _page(self, template: str, status: int = 200, **values: object) -> HTMLResponse:
        common = {"desk": self._web.settings.desk_name, "static": f"/static/{self._static.version}"}
        return HTMLResponse(self._templates.get_template(template).render(common | values), status)

    def error(self, status: int, code: str) -> Response:
        """A refusal as a page."""
        return self._page("notice.html", status, code=code)

    async def chat(self, _request: Request) -> Response:
        """The chat; the same for everybody, the rest comes by script."""
        return self._page("chat.html")

    async def login(self, request: Request) -> Response:
        """A button, whatever the link is: nothing is looked up and nothing is used up."""
        nonce = new_token()
        response = self._page("login.html", token=request.path_params["token"], nonce=nonce)
        put_cookie(response, self._web.settings, "login", nonce, NONCE_SECONDS)
        return response

    async def log_in(self, request: Request) -> Response:
        """Use the link up and begin a session for its user in place of the present one."""
        check_origin(request, self._web.settings)
        spend(self._web.limits.logins, address(request))
        form = await _form(request)
        nonce = request.cookies.get(self._web.settings.cookie("login"), "")
        if not nonce or not hmac.compare_digest(nonce.encode(), form.get("nonce", "").encode()):
            raise Refused(403, "form")
        user = await self._web.store.consume_login(digest(form.get("token", "")), self._web.now())
        if isinstance(user, LoginRefusal):
            return self.error(410, f"login_{user.value}")
        await self._end_present(request)
        _, cookie = await self._web.sessions.start(user)
        response = RedirectResponse("/", 303)
        self._web.sessions.carry(response, cookie)
        put_cookie(response, self._web.settings, "login", "", 0)
        return response

    async def logout(self, request: Request) -> Response:
        """Ask before signing out: an anonymous conversation cannot be found again."""
        session = await self._web.sessions.current(request)
        return self._page("logout.html", csrf=session.csrf if session else "")

    async def log_out(self, request: Request) -> Response:
        """Sign out; open windows of this session end too."""
        check_origin(request, self._web.settings)
        form = await _form(request)
        session = await self._web.sessions.current(request)
        if session is not None:
            self._web.sessions.check_csrf(session, form.get("csrf", ""))
        await self._end_present(request)
        response = self._page("notice.html", code="signed_out")
        self._web.sessions.carry(response, "")
        response.headers["Clear-Site-Data"] = '"storage"'
        return response

    async def _end_present(self, request: Request) -> None:
        session = await self._web.sessions.current(request)
        if session is not None:
            await self._web.sessions.end(session)
            self._web.feed.sign_out(session)


async def _form(request: Request) -> dict[str, str]:
    """A small form's fields."""
    body = (await read_body(request, FORM_BYTES)).decode("ascii", "replace")
    try:
        return dict(parse_qsl(body, max_num_fields=8))
    except ValueError:
        raise Refused(400, "bad_request") from None
