"""The Bot API over HTTP: telegram.Bot with raw updates, and errors that say whether a request left.

The token stands in every URL and people's words in every body, so the libraries below are silenced.
"""

from __future__ import annotations

import asyncio
import json
import logging
from typing import Any

import httpx
from telegram import Bot
from telegram.error import BadRequest, NetworkError, TelegramError
from telegram.request import HTTPXRequest

from bot.channels.telegram.settings import TelegramSettings

ALLOWED_UPDATES = ("message", "edited_message", "callback_query", "my_chat_member")
PAGE = 100
"""Updates a getUpdates call, the most that Telegram gives."""

_NEVER_LEFT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)
_CONNECTIONS = 16
_SILENT = logging.CRITICAL + 1
_NO_NUMBER_GIVEN = 5.0


class NotSent(TelegramError):
    """The request never left: it is safe to send it again."""


class NoReply(TelegramError):
    """The request left and no reply came: Telegram may have done it."""


class ServerTrouble(TelegramError):
    """A 5xx: of a gateway, or of a Bot API server that aborts what it had begun."""


class Limited(TelegramError):
    """429: nothing was done; not before `after` seconds."""

    def __init__(self, after: float) -> None:
        super().__init__(f"limited for {after:g} s")
        self.after = after


class Wire(HTTPXRequest):
    """PTB folds connect errors, lost replies and 5xx into one NetworkError; this keeps them apart."""

    def __init__(self, connections: int, **options: Any) -> None:
        super().__init__(connection_pool_size=connections, **options)
        self._lines = asyncio.Semaphore(connections)

    async def do_request(self, *args: Any, **kwargs: Any) -> tuple[int, bytes]:
        """As BaseRequest.do_request, with the errors of this module.

        Who finds no free connection waits here: httpcore would look through all who wait each time.
        """
        try:
            async with self._lines:
                code, payload = await super().do_request(*args, **kwargs)
        except NetworkError as exc:
            cause = type(exc.__cause__).__name__
            error = NotSent if isinstance(exc.__cause__, _NEVER_LEFT) else NoReply
            raise error(cause) from None  # the cause holds the request, whose URL holds the token
        if code == 429:
            raise Limited(_retry_after(payload))
        if code == 413:
            raise BadRequest("file is too big")
        if code >= 500:
            raise ServerTrouble(str(code))
        return code, payload


def _retry_after(payload: bytes) -> float:
    try:
        return max(float(json.loads(payload)["parameters"]["retry_after"]), 0.0)
    except (ValueError, KeyError, TypeError):
        return _NO_NUMBER_GIVEN


class WireBot(Bot):
    """telegram.Bot that also hands out updates as they came, so that one bad update spoils no batch."""

    async def raw_updates(self, offset: int | None, hold: int) -> list[object]:
        """getUpdates unparsed, waiting up to `hold` seconds; confirms everything before `offset`."""
        data = {
            "offset": offset,
            "limit": PAGE,
            "timeout": hold,
            "allowed_updates": list(ALLOWED_UPDATES),
        }
        result = await self._post("getUpdates", data, read_timeout=hold + 10.0)
        if not isinstance(result, list):
            raise TelegramError("getUpdates gave no list")
        return result


def make_bot(settings: TelegramSettings) -> WireBot:
    """A bot with one connection for polling and a pool of its own for everything else."""
    root = settings.base_url.rstrip("/")
    return WireBot(
        settings.token,
        base_url=f"{root}/bot",
        base_file_url=f"{root}/file/bot",
        request=_wire(_CONNECTIONS, settings.reply_timeout),
        get_updates_request=_wire(1, settings.reply_timeout),
    )


def _wire(connections: int, reply_timeout: float) -> Wire:
    return Wire(
        connections,
        connect_timeout=5.0,
        read_timeout=reply_timeout,
        write_timeout=10.0,
        pool_timeout=5.0,
        media_write_timeout=60.0,
    )


def silence_libraries() -> None:
    """httpx logs every URL at INFO; telegram logs unreadable bodies at ERROR and parameters at DEBUG."""
    logging.getLogger("httpx").setLevel(logging.WARNING)
    logging.getLogger("httpcore").setLevel(logging.WARNING)
    logging.getLogger("telegram").setLevel(_SILENT)
