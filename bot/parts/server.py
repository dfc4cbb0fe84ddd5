"""The web port: uvicorn with limits that suit a desk, whoever connects.

A connection has to send a request's head within HEAD_SECONDS and its body within BODY_SECONDS; uvicorn by
itself waits for both for ever, and a few hundred idle connections would shut everybody else out.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import resource
import socket
from collections.abc import Iterator

import h11
import uvicorn
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from bot.domain.errors import ConfigError

HEAD_SECONDS = 10.0
BODY_SECONDS = 90.0
"""10 MB at some 1 Mbit/s."""
HEAD_BYTES = 16 * 1024
CONNECTIONS = 2000
"""Open pages hold one each; one more is answered 503."""
_FILES = 4 * CONNECTIONS
_DATE_SECONDS = 1.0
"""How often the Date header is made anew."""


class Protocol(H11Protocol):
    """HTTP/1.1 that hangs up on who does not finish the head of a request."""

    _late: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Somebody connected."""
        super().connection_made(transport)
        self._watch()

    def data_received(self, data: bytes) -> None:
        """Some bytes of hers."""
        super().data_received(data)
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        """She is gone."""
        self._calm()
        super().connection_lost(exc)

    def _watch(self) -> None:
        """The time runs from the connection, or from the first byte of a later request on it."""
        if self.conn.their_state is not h11.IDLE:
            self._calm()
        elif self._late is None:
            self._late = self.loop.call_later(HEAD_SECONDS, self.transport.close)

    def _calm(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None


class Unhurried:
    """To the application, a body that does not arrive in time is a client that went away."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """As an ASGI application."""
        until, more = asyncio.get_running_loop().time() + BODY_SECONDS, True

        async def in_time() -> Message:
            nonlocal more
            if not more:
                return await receive()
            try:
                async with asyncio.timeout_at(until):
                    message = await receive()
            except TimeoutError:
                return {"type": "http.disconnect"}
            more = bool(message.get("more_body", False))
            return message

        await self._app(scope, in_time, send)


async def _too_late(_request: Request, _error: Exception) -> Response:
    """Read only by who sent too slowly: whoever is gone is gone."""
    return Response(status_code=408, headers={"Connection": "close"})


class Server(uvicorn.Server):
    """uvicorn that leaves signals to the app, and says when it serves."""

    def __init__(self, app: Starlette) -> None:
        app.add_exception_handler(ClientDisconnect, _too_late)
        config = uvicorn.Config(
            Unhurried(app), http=Protocol, ws="none", lifespan="off", log_config=None, access_log=False,
            server_header=False, timeout_graceful_shutdown=1, timeout_keep_alive=5,
            limit_concurrency=CONNECTIONS, h11_max_incomplete_event_size=HEAD_BYTES,
        )  # fmt: skip
        super().__init__(config)
        self.serves = asyncio.Event()
        self._leaves = asyncio.Event()
        _room_for_connections()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals are the app's business."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """As uvicorn's."""
        await super().startup(sockets)
        self.serves.set()

    def leave(self) -> None:
        """Take no more requests, and end when those that are here are done."""
        self.should_exit = True
        self._leaves.set()

    async def main_loop(self) -> None:
        """As uvicorn's, which looks ten times a second whether it is to leave; here it is told."""
        while not await self.on_tick(0):
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_DATE_SECONDS):
                    await self._leaves.wait()


def _room_for_connections() -> None:
    """Many systems allow 1,024 open files, fewer than the connections that we take."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _FILES if hard == resource.RLIM_INFINITY else min(_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def bind(host: str, port: int) -> socket.socket:
    """The socket to listen on; ConfigError in the words of the config when it cannot be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    made = socket.socket(family, socket.SOCK_STREAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        made.bind((host, port))
    except OSError as error:
        made.close()
        raise ConfigError(_why_not_bound(error, host, port)) from error
    return made


def _why_not_bound(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"web.port：{host}:{port} 已被占用。换一个 web.port，或停掉占用它的程序。"
    if error.errno == errno.EACCES:
        return f"web.port：没有权限用 {port} 端口。换一个 1024 以上的 web.port。"
    return f"web.host：{host} 用不了（{error.strerror}）。本机写 127.0.0.1，所有网卡写 0.0.0.0。"
