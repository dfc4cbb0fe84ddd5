"""An ASGI application on a real socket inside this event loop, with a way to cut a connection."""

from __future__ import annotations

import asyncio
import logging
import socket
import struct
from typing import cast

import uvicorn
from starlette.types import ASGIApp, Receive, Scope
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

# After a reset uvicorn reports that the application did not answer: here that is on purpose.
QUIET = logging.getLogger(f"{__name__}.quiet")
QUIET.setLevel(logging.CRITICAL)


class Protocol(H11Protocol):
    """uvicorn's protocol, showing its transport to the application."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self.logger = QUIET
        self.app_state = {"transport": transport}
        super().connection_made(transport)


class Listener:
    """Serves `app` on 127.0.0.1 between `start` and `stop`; `stop` cuts what is still open."""

    def __init__(self, app: ASGIApp, port: int = 0) -> None:
        self.port = port
        self._config = uvicorn.Config(
            app, log_config=None, access_log=False, lifespan="off", ws="none", timeout_keep_alive=3600
        )
        self._state = ServerState()
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Listen; port 0 becomes the real one."""
        if not self._config.loaded:
            self._config.load()
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._protocol, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    def _protocol(self) -> Protocol:
        return Protocol(config=self._config, server_state=self._state, app_state={})

    async def stop(self) -> None:
        """Close the port, cut the connections, end the requests."""
        if self._server is not None:
            self._server.close()
        for connection in list(self._state.connections):
            cast(H11Protocol, connection).transport.abort()
        tasks = list(self._state.tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def reset(scope: Scope, receive: Receive) -> None:
    """Cut the connection of this request with a RST, and return when it is gone."""
    transport: asyncio.Transport = scope["state"]["transport"]
    sock = cast(socket.socket, transport.get_extra_info("socket"))
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()
    await gone(receive)


async def gone(receive: Receive) -> None:
    """Return when the client has hung up."""
    while (await receive())["type"] != "http.disconnect":
        pass
