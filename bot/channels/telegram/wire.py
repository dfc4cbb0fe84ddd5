"""The Bot API over HTTP: telegram.Bot with raw updates, and errors that say whether a request left.

aiohttp, not python-telegram-bot's own httpx: a send costs 0.5 ms of CPU instead of 3, a third of a turn.
The token stands in every URL and people's words in every body, so the libraries below are silenced.
"""

from __future__ import annotations

import asyncio
import json
import logging
import ssl
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import aiohttp
import certifi
from telegram import Bot
from telegram.error import BadRequest, TelegramError
from telegram.request import BaseRequest, RequestData

from bot.channels.telegram.settings import TelegramSettings

ALLOWED_UPDATES = ("message", "edited_message", "callback_query", "my_chat_member")
PAGE = 100
"""Updates a getUpdates call, the most that Telegram gives."""

_NEVER_LEFT = (
    aiohttp.ClientConnectorError,
    aiohttp.ConnectionTimeoutError,
    aiohttp.ClientHttpProxyError,
    aiohttp.InvalidURL,
)
_CONNECTIONS = 16
_CONNECT_SECONDS = 5.0
_WRITE_SECONDS = 10.0
_UPLOAD_SECONDS = 60.0
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


class Wire(BaseRequest):
    """One pool of connections to the Bot API. Its errors tell connect errors, lost replies and 5xx apart.

    `reply_timeout`: seconds without a byte of the reply, unless the call says otherwise. `proxy` is a URL.
    """

    def __init__(self, connections: int, reply_timeout: float, proxy: str | None = None) -> None:
        self._connections = connections
        self._reply_timeout = reply_timeout
        self._proxy = proxy
        self._lines = asyncio.Semaphore(connections)
        self._session: aiohttp.ClientSession | None = None

    @property
    def read_timeout(self) -> float:
        """As BaseRequest.read_timeout."""
        return self._reply_timeout

    async def initialize(self) -> None:
        """Get ready; as often as one likes."""
        self._ready()

    def _ready(self) -> aiohttp.ClientSession:
        """The session, made on first use: what waits in the outbox is sent before the bot has said hello."""
        if self._session is None:
            connector = aiohttp.TCPConnector(limit=self._connections, ssl=_trusted())
            self._session = aiohttp.ClientSession(
                connector=connector,
                cookie_jar=aiohttp.DummyCookieJar(),
                headers={"User-Agent": self.USER_AGENT},
                proxy=self._proxy,
            )
        return self._session

    async def shutdown(self) -> None:
        """Close the connections."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def do_request(
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        read_timeout: Any = None,
        *_more: Any,
        **_others: Any,
    ) -> tuple[int, bytes]:
        """As BaseRequest.do_request, with the errors of this module; of the timeouts only the one for reading
        can be chosen.

        Who finds no free connection waits without a limit: the time of a request runs from when it has one.
        """
        reads = read_timeout if isinstance(read_timeout, int | float) else self._reply_timeout
        try:
            async with (
                self._lines,
                self._ready().request(
                    method,
                    url,
                    data=_body(request_data),
                    timeout=_patience(request_data, reads),
                    allow_redirects=False,
                ) as response,
            ):
                return _checked(response.status, await response.read())
        except (aiohttp.ClientError, OSError) as exc:  # a timeout is an OSError
            error = NotSent if isinstance(exc, _NEVER_LEFT) else NoReply
            raise error(type(exc).__name__) from None  # the cause may hold the URL, which holds the token


def _trusted() -> ssl.SSLContext:
    """The system's authorities (or SSL_CERT_FILE) and those that the libraries bring, for bare containers."""
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context


def _patience(given: RequestData | None, reads: float) -> aiohttp.ClientTimeout:
    uploads = given is not None and given.contains_files
    writes = _UPLOAD_SECONDS if uploads else _WRITE_SECONDS
    total = _CONNECT_SECONDS + writes + reads
    return aiohttp.ClientTimeout(total=total, sock_connect=_CONNECT_SECONDS, sock_read=reads)


def _body(given: RequestData | None) -> aiohttp.FormData | aiohttp.BytesPayload | None:
    """JSON where it can be: a form takes three bytes, and time, for each byte of Chinese."""
    if given is None:
        return None
    if not given.contains_files:
        return aiohttp.BytesPayload(json.dumps(given.parameters).encode(), content_type="application/json")
    form = aiohttp.FormData(given.json_parameters)
    for name, (filename, content, mime) in given.multipart_data.items():
        form.add_field(name, content, filename=filename, content_type=mime)
    return form


def _checked(code: int, payload: bytes) -> tuple[int, bytes]:
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
    """telegram.Bot that hands out updates as they came, so that one bad update spoils no batch."""

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

    async def raw_message(self, data: dict[str, Any]) -> int:
        """sendMessage, and the id of what was sent: half of send_message goes into objects nobody reads."""
        sent = await self._post("sendMessage", data)
        number = sent.get("message_id") if isinstance(sent, dict) else None
        if not isinstance(number, int):
            raise TelegramError("sendMessage gave no message")
        return number


def make_bot(settings: TelegramSettings) -> WireBot:
    """A bot with one connection for polling and a pool of its own for everything else."""
    root = settings.base_url.rstrip("/")
    proxy = _proxy(root)
    return WireBot(
        settings.token,
        base_url=f"{root}/bot",
        base_file_url=f"{root}/file/bot",
        request=Wire(_CONNECTIONS, settings.reply_timeout, proxy),
        get_updates_request=Wire(1, settings.reply_timeout, proxy),
    )


def _proxy(url: str) -> str | None:
    """HTTPS_PROXY and NO_PROXY, read once: aiohttp would look them, and .netrc, up for every request."""
    parts = urlsplit(url)
    return None if proxy_bypass(parts.hostname or "") else getproxies().get(parts.scheme)


def silence_libraries() -> None:
    """telegram logs unreadable bodies at ERROR and parameters at DEBUG."""
    logging.getLogger("telegram").setLevel(_SILENT)
