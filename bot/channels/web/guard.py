"""The door frame of every web request: who may ask, how much, and the headers that all answers carry."""

from __future__ import annotations

import json
import logging
import math
from collections.abc import AsyncGenerator, Awaitable, Callable

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from bot.channels.web.settings import WebSettings
from bot.domain.errors import StoreError

log = logging.getLogger(__name__)

Endpoint = Callable[[Request], Awaitable[Response]]
ErrorPage = Callable[[int, str], Response]

CSP = "; ".join((
    "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self'", "connect-src 'self'",
    "font-src 'self'", "form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'",
))  # fmt: skip

HEADERS = {
    "Content-Security-Policy": CSP,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class Refused(Exception):
    """A request that is answered with an error: a status and a code that the page knows a sentence for."""

    def __init__(self, status: int, code: str, retry_after: float = 0) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.retry_after = retry_after


def as_json(status: int, code: str) -> Response:
    """An error as the page's scripts read it."""
    return JSONResponse({"error": code}, status)


def guarded(endpoint: Endpoint, error: ErrorPage = as_json) -> Endpoint:
    """An endpoint whose refusals and store errors become answers, and whose answers carry HEADERS."""

    async def wrapped(request: Request) -> Response:
        try:
            response = await endpoint(request)
        except Refused as refused:
            response = error(refused.status, refused.code)
            if refused.retry_after:
                response.headers["Retry-After"] = str(math.ceil(refused.retry_after))
        except StoreError as failure:
            log.warning("web store failed path=%s error=%s", request.scope["route"].path, failure)
            response = error(503, "try_again")
            response.headers["Retry-After"] = "2"
        except ClientDisconnect:
            response = error(400, "bad_request")
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        return response

    return wrapped


def check_origin(request: Request, settings: WebSettings) -> None:
    """Refuse what another site made the browser send.

    Browsers name the origin of every POST by script, and newer ones the relation too. A form on a page
    with no-referrer sends `null`, so forms carry a secret of their own. What sends neither header is no
    browser, and still needs the secret.
    """
    if request.headers.get("sec-fetch-site", "same-origin") != "same-origin":
        raise Refused(403, "origin")
    origin = request.headers.get("origin", "null")
    if origin != "null" and origin.lower() != settings.origin:
        raise Refused(403, "origin")


async def read_body(request: Request, limit: int) -> bytes:
    """The body of at most `limit` bytes; more is refused without being kept."""
    body = bytearray()
    async for chunk in capped(request, limit):
        body += chunk
    return bytes(body)


async def capped(request: Request, limit: int) -> AsyncGenerator[bytes, None]:
    """The body's chunks; Refused as soon as it is known to exceed `limit` bytes."""
    declared = request.headers.get("content-length", "0")
    if not declared.isdecimal() or int(declared[:18]) > limit:
        raise Refused(413, "too_large")
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > limit:
            raise Refused(413, "too_large")
        yield chunk


async def read_json(request: Request, limit: int) -> dict[str, object]:
    """The body as a JSON object."""
    if request.headers.get("content-type", "").split(";")[0].strip().lower() != "application/json":
        raise Refused(415, "bad_request")
    try:
        data = json.loads(await read_body(request, limit))
    except (ValueError, RecursionError):
        raise Refused(400, "bad_request") from None
    if not isinstance(data, dict):
        raise Refused(400, "bad_request")
    return data


def address(request: Request) -> str:
    """The peer's network address, as the server in front of us tells it."""
    return request.client.host if request.client else "?"
