"""The webhook: 200 only when the update is durable at the desk, so that Telegram keeps what is not."""

from __future__ import annotations

import hmac
import json
import logging

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.channels.telegram.intake import Intake

log = logging.getLogger(__name__)

BODY_LIMIT = 1024 * 1024
SECRET_HEADER = "x-telegram-bot-api-secret-token"  # noqa: S105 - the name of a header


def webhook_route(path: str, secret: str, intake: Intake) -> Route:
    """POST at `path`: 403 without the secret, 413 above 1 MiB, 400 for what is no JSON, 503 to ask again."""

    async def endpoint(request: Request) -> Response:
        given = request.headers.get(SECRET_HEADER, "")
        if not secret or not hmac.compare_digest(given.encode(), secret.encode()):
            log.warning("telegram webhook called with a wrong secret")
            return Response(status_code=403)
        body = await _body(request)
        if body is None:
            return Response(status_code=413)
        return Response(status_code=await _take(body, intake))

    return Route(path, endpoint, methods=["POST"], name="telegram-webhook")


async def _body(request: Request) -> bytes | None:
    """The body, or None as soon as it is too long."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > BODY_LIMIT:
            return None
    return bytes(body)


async def _take(body: bytes, intake: Intake) -> int:
    try:
        raw = json.loads(body)
    except (ValueError, RecursionError):
        return 400
    if not isinstance(raw, dict):
        return 400
    return 200 if await intake.settle(intake.prepare(raw)) else 503
