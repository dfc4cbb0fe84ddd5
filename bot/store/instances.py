"""Several instances on one PostgreSQL wake each other, and of some work only one of them does it at a time.

A SQLite desk is the only one on its file (`Store.hold`): it wakes nobody, and does all the work itself.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import structlog
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from bot.store.engine import Store

log = structlog.get_logger()
_CHANNEL = "legal_desk"
_CONNECT_SECONDS = 5
_BEAT = 1.0
"""Seconds between two signs of life, and between two tries to get a connection or a lock."""
_PATIENCE = 1.5
"""Seconds that the server has to answer one: whoever loses her line knows it within _BEAT + _PATIENCE, so
whoever gets her lock waits that long before she begins."""
_SILENCE = "4s"
"""After so long without a sign of life the server ends the session, and its lock is free, whether the
network, the machine or only the process stands still. Another takes over within 4 + 1 + 2.5 s."""
_QUIET = 10.0
"""Seconds between two signs of life of a line that only listens: what it misses is found by looking."""


@dataclass(slots=True)
class _Line:
    """A connection outside of the pool, for what lasts as long as a session: locks and LISTEN."""

    driver: Any
    lost: asyncio.Event = field(default_factory=asyncio.Event)

    async def ask(self, query: str, *values: object) -> Any:
        """One value; an error of the driver's, or TimeoutError, when the line does not hold."""
        return await self.driver.fetchval(query, *values, timeout=_PATIENCE)

    async def holds(self) -> None:
        """Returns as soon as the line is lost, or no answer comes over it in time."""
        while not self.lost.is_set():
            try:
                await self.ask("SELECT 1")
            except Exception:  # noqa: BLE001 - whatever it is, the lock is not sure any more
                return
            await _set_within(self.lost, _BEAT)


@dataclass(slots=True)
class Instances:
    """This instance among the others on its database."""

    store: Store
    _rung: set[str] = field(default_factory=set)
    _ringing: asyncio.Event = field(default_factory=asyncio.Event)

    def ring(self, what: str) -> None:
        """Something was committed that another instance may work on as well: wake them soon."""
        if not self.store.is_sqlite:
            self._rung.add(what)
            self._ringing.set()

    async def listen(self, heard: Callable[[str], None]) -> None:
        """Pass on what is rung here, and call `heard` with what is rung elsewhere. Until cancelled.

        Whoever is not connected for a while finds her work by looking each second, as on SQLite.
        """
        while not self.store.is_sqlite:
            with _complaints("listen"):
                async with self._line("listen") as line:
                    await self._pass_on(line, heard)
            await asyncio.sleep(_BEAT)

    async def _pass_on(self, line: _Line, heard: Callable[[str], None]) -> None:
        me = line.driver.get_server_pid()

        def notified(_driver: object, pid: int, _channel: str, what: str) -> None:
            if pid != me:
                heard(what)

        await line.driver.add_listener(_CHANNEL, notified)
        log.info("listening")
        while True:
            await _set_within(self._ringing, _QUIET)
            self._ringing.clear()
            rung = sorted(self._rung)
            await line.ask("SELECT pg_notify($1, what) FROM unnest($2::text[]) what", _CHANNEL, rung)
            self._rung.difference_update(rung)

    async def alone(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        """Do the work while no other instance does it; wait for as long as one does. Until cancelled.

        It is begun again whenever the lock was lost; it is cancelled before another can have begun. What it
        raises, comes out here.
        """
        if self.store.is_sqlite:
            await work()
            return
        done, fresh = None, True
        while done is None:
            with _complaints(name):
                async with self._line(name) as line:
                    await self._lock(line, name, fresh)
                    log.info("alone", work=name)
                    done = await _while(line, work)
                    if done is None:
                        log.warning("not alone any more", work=name)
            if done is None:
                fresh = False
                await asyncio.sleep(_BEAT)
        done.result()

    async def _lock(self, line: _Line, name: str, fresh: bool) -> None:
        """Wait until this line has the lock, and whoever had it knows that she has it no more. A `fresh`
        instance that gets it at once need not wait: then nobody had it."""
        await line.ask(f"SET idle_session_timeout = '{_SILENCE}'")
        while not await line.ask("SELECT pg_try_advisory_lock(hashtextextended($1, 0))", name):
            fresh = False
            await asyncio.sleep(_BEAT)
        if not fresh:
            await asyncio.sleep(_BEAT + _PATIENCE)
            await line.ask("SELECT 1")

    @asynccontextmanager
    async def _line(self, purpose: str) -> AsyncIterator[_Line]:
        arguments = {
            "timeout": _CONNECT_SECONDS,
            "server_settings": {"application_name": f"legal-desk {purpose}"},
        }
        engine = create_async_engine(self.store.engine.url, poolclass=NullPool, connect_args=arguments)
        connection = await engine.connect()
        try:
            line = _Line((await connection.get_raw_connection()).driver_connection)
            line.driver.add_termination_listener(lambda _driver: self._cut(line))
            yield line
        finally:
            line.driver.terminate()  # a line that hangs must not be waited for, and a lock not be kept
            await connection.invalidate()
            await connection.close()

    def _cut(self, line: _Line) -> None:
        line.lost.set()
        self._ringing.set()


async def _while(line: _Line, work: Callable[[], Awaitable[None]]) -> asyncio.Future[None] | None:
    """The work when it has ended by itself; None when it was cancelled because the line was lost."""
    doing, watching = asyncio.ensure_future(work()), asyncio.ensure_future(line.holds())
    try:
        await asyncio.wait({doing, watching}, return_when=asyncio.FIRST_COMPLETED)
        ended = doing.done()
    finally:
        for task in (doing, watching):
            task.cancel()
        await asyncio.gather(doing, watching, return_exceptions=True)
    return doing if ended else None


async def _set_within(event: asyncio.Event, seconds: float) -> None:
    """Wait for it, but not longer. asyncio.wait_for forgets a cancellation that comes in the moment of the
    event (until Python 3.12), and whoever cancelled would wait for ever."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()


@contextlib.contextmanager
def _complaints(name: str) -> Iterator[None]:
    """A fault of the line is said and survived: the database may be gone for a while."""
    try:
        yield
    except Exception as error:  # noqa: BLE001 - whatever it was, the next line is a new one
        log.warning("line lost", work=name, error=type(error).__name__)
