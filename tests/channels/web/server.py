"""A real server on loopback that can be stopped and started again on its port."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta

import uvicorn
from starlette.applications import Starlette

from bot.channels.web import WebChannel, WebSettings

from .echo import EchoDesk
from .memory import MemoryWebStore


async def until(condition: Callable[[], bool], seconds: float = 10) -> None:
    """Wait for a condition; fails when it does not come."""
    end = asyncio.get_running_loop().time() + seconds
    while not condition():
        if asyncio.get_running_loop().time() > end:
            raise AssertionError("It never happened.")
        await asyncio.sleep(0.01)


class FakeClock:
    """The real time, moved by `ahead`."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead


class QuietServer(uvicorn.Server):
    """Leaves the process's signals alone."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class Site:
    """The web chat over one store and one desk; `restart` makes a new channel, as a new process would."""

    def __init__(self, name: str = "阳光法律服务台", **settings: object) -> None:
        self.socket = _listen(0)
        self.port = int(self.socket.getsockname()[1])
        self.url = f"http://127.0.0.1:{self.port}"
        values = {"public_url": self.url, "desk_name": name, "poll_seconds": 0.2} | settings
        self.settings = WebSettings(**values)  # type: ignore[arg-type]
        self.store, self.desk, self.clock = MemoryWebStore(), EchoDesk(), FakeClock()
        self._server: QuietServer | None = None
        self._task: asyncio.Task[None] | None = None
        self.build()

    def build(self) -> None:
        """A channel and an application as the composition root makes them."""
        self.channel = WebChannel(self.settings, self.desk.receive, self.store, self.desk.fetch, self.clock)
        self.desk.channel = self.channel
        self.app = Starlette(routes=self.channel.routes())

    async def start(self) -> None:
        """Listen."""
        config = uvicorn.Config(self.app, log_level="critical", lifespan="off", access_log=False)
        self._server = QuietServer(config)
        self._task = asyncio.create_task(self._server.serve([self.socket]))
        await until(lambda: bool(self._server and self._server.started))

    async def stop(self, *, kill: bool = False) -> None:
        """Go down in good order, or at once with the streams cut off."""
        if self._server is None or self._task is None:
            return
        if kill:
            self._server.force_exit = True
            for connection in list(self._server.server_state.connections):
                transport = getattr(connection, "transport", None)
                if transport is not None:
                    transport.abort()
        else:
            self.channel.close()
        self._server.should_exit = True
        await self._task
        self._server = self._task = None

    async def restart(
        self, while_down: Callable[[], Awaitable[None]] | None = None, *, kill: bool = False
    ) -> None:
        """Stop, do something meanwhile, and come back on the same port with fresh memory."""
        await self.stop(kill=kill)
        if while_down:
            await while_down()
        self.socket = _listen(self.port)
        self.build()
        await self.start()
        await self.desk.flush()


def _listen(port: int) -> socket.socket:
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind(("127.0.0.1", port))
    sock.listen(64)
    return sock
