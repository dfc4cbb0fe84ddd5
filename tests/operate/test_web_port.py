"""The web port's limits: who sends slowly or endlessly is cut off, and others are served meanwhile."""

from __future__ import annotations

import asyncio
import resource
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from bot.parts import server

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def _echo(request: Request) -> Response:
    return PlainTextResponse(str(len(await request.body())))


async def _forever(request: Request) -> Response:
    async def events() -> AsyncIterator[str]:
        yield "one\n"
        await asyncio.Event().wait()

    return StreamingResponse(events())


@asynccontextmanager
async def serving(port: list[int]) -> AsyncIterator[server.Server]:
    routes = [Route("/", _echo, methods=["GET", "POST"]), Route("/events", _forever)]
    made = server.Server(Starlette(routes=routes))
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        port.append(bound.getsockname()[1])
        task = asyncio.create_task(made.serve(sockets=[bound]))
        await made.serves.wait()
        try:
            yield made
        finally:
            made.force_exit = True
            made.leave()
            await task


@pytest.fixture
async def port() -> AsyncIterator[int]:
    """A server with the desk's limits."""
    ports: list[int] = []
    async with serving(ports):
        yield ports[0]


@pytest.fixture
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Limits that a test can wait for."""
    monkeypatch.setattr(server, "HEAD_SECONDS", 0.2)
    monkeypatch.setattr(server, "BODY_SECONDS", 0.2)


async def sends(port: int, data: bytes) -> Streams:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(data)
    await writer.drain()
    return reader, writer


async def rest(streams: Streams) -> bytes:
    """All that comes until the other side hangs up."""
    try:
        return await asyncio.wait_for(streams[0].read(), 10)
    except ConnectionResetError:
        return b""
    finally:
        streams[1].close()


GET = b"GET / HTTP/1.1\r\nHost: x\r\n"


async def test_a_head_that_is_not_finished_in_time_is_hung_up_on(hurry: None, port: int) -> None:
    for begun in (b"", b"GET / HT", GET):
        assert await rest(await sends(port, begun)) == b""


async def test_so_is_the_head_of_a_second_request(hurry: None, port: int) -> None:
    reader, writer = await sends(port, GET + b"\r\n")
    assert (await reader.readuntil(b"\r\n\r\n0")).startswith(b"HTTP/1.1 200")
    writer.write(b"GET / HT")
    assert await rest((reader, writer)) == b""


async def test_bytes_that_drip_do_not_buy_time(hurry: None, port: int) -> None:
    reader, writer = await sends(port, GET)
    drip = asyncio.create_task(_drip(writer))
    assert await rest((reader, writer)) == b""
    drip.cancel()


async def _drip(writer: asyncio.StreamWriter) -> None:
    while True:
        writer.write(b"X-Slow: 1\r\n")
        await asyncio.sleep(0.02)


async def test_a_body_that_is_not_finished_in_time_is_hung_up_on(hurry: None, port: int) -> None:
    streams = await sends(port, b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nabc")
    assert (await rest(streams)).startswith(b"HTTP/1.1 408")


async def test_an_answer_that_goes_on_for_long_is_not_cut(hurry: None, port: int) -> None:
    reader, writer = await sends(port, b"GET /events HTTP/1.1\r\nHost: x\r\n\r\n")
    await reader.readuntil(b"one\n\r\n")
    other = await sends(port, b"GET / HT")
    await rest(other)  # the time for heads and bodies is over now
    assert not reader.at_eof()
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(reader.read(1), 0.2)
    writer.close()


async def test_a_head_that_is_too_long_is_refused(port: int) -> None:
    said = await rest(await sends(port, GET + b"X: " + b"a" * (server.HEAD_BYTES + 1) + b"\r\n"))
    assert said.startswith(b"HTTP/1.1 400")


async def test_more_connections_than_we_take_are_told_so_and_the_rest_go_on(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "CONNECTIONS", 4)
    ports: list[int] = []
    async with serving(ports):
        held = [await sends(ports[0], b"GET /events HTTP/1.1\r\nHost: x\r\n\r\n") for _ in range(3)]
        for reader, _ in held:
            await reader.readuntil(b"one\n\r\n")
        said = await rest(await sends(ports[0], GET + b"Connection: close\r\n\r\n"))
        assert said.startswith(b"HTTP/1.1 503")
        assert not held[0][0].at_eof()
        for _, writer in held:
            writer.close()


async def test_there_are_open_files_for_all_connections(port: int) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    assert soft == resource.RLIM_INFINITY or soft >= min(2 * server.CONNECTIONS, hard)
