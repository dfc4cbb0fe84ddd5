"""SQLite's one writer: transactions that wait for it share one COMMIT, and so one fsync.

Each transaction is a savepoint inside the shared one: if it fails, only it is undone. Nobody is told that
hers is done before the shared COMMIT is on disk; if that fails, it failed for all of them.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field

from sqlalchemy.exc import InvalidRequestError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncTransaction

from bot.store import onehop
from bot.store.onehop import Here, OneHopConnection

_MEMBERS = 64
_SECONDS = 0.02
"""A group ends when nobody waits, when it is this large, or this old: whoever came first must not wait."""


@dataclass(slots=True)
class _Group:
    connection: AsyncConnection
    driver: OneHopConnection
    transaction: AsyncTransaction
    began: float
    done: asyncio.Future[None]
    members: int = 0


@dataclass(slots=True)
class GroupWriter:
    """Hands out savepoints on the writing connection, one at a time."""

    engine: AsyncEngine
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    _waiting: int = 0
    _group: _Group | None = None
    _flushes: set[asyncio.Task[None]] = field(default_factory=set)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[tuple[AsyncConnection, sqlite3.Connection]]:
        """Write; on return it is committed. Raises SQLAlchemyError when it is not."""
        await self._enter()
        group: _Group | None = None
        try:
            group = await self._open()
            with _one_of(group):
                yield group.connection, group.driver.database
            group.members += 1
        except BaseException:
            if group is not None and not group.driver.in_transaction:
                # a full or failing disk makes SQLite roll all of it back by itself, and a COMMIT after that
                # would succeed with nothing
                await self._fail(group, InvalidRequestError("the shared transaction was lost"))
            raise
        finally:
            await self._leave()
        await asyncio.shield(group.done)

    @asynccontextmanager
    async def alone(self) -> AsyncIterator[None]:
        """Nothing is being written, and everything written is committed (for a checkpoint)."""
        await self._enter()
        try:
            await asyncio.shield(self._commit())
            yield
        finally:
            await self._leave()

    async def _enter(self) -> None:
        self._waiting += 1
        try:
            await self._lock.acquire()
        except asyncio.CancelledError:
            self._waiting -= 1
            self._flush_later()  # the one before may have left its commit to us
            raise
        self._waiting -= 1

    async def _leave(self) -> None:
        try:
            group = self._group
            if group is not None and (not self._waiting or self._full(group)):
                await asyncio.shield(self._commit())
        finally:
            self._lock.release()

    def _full(self, group: _Group) -> bool:
        return group.members >= _MEMBERS or asyncio.get_running_loop().time() - group.began > _SECONDS

    def _flush_later(self) -> None:
        task = asyncio.get_running_loop().create_task(self._flush())
        self._flushes.add(task)
        task.add_done_callback(self._flushes.discard)

    async def _flush(self) -> None:
        await self._enter()
        await self._leave()

    async def _open(self) -> _Group:
        if self._group is None:
            loop = asyncio.get_running_loop()
            connection = await self.engine.connect()
            try:
                transaction = await connection.begin()
                driver = await onehop.run(connection, Here.STATEMENTS)
            except BaseException:
                await connection.close()
                raise
            self._group = _Group(connection, driver, transaction, loop.time(), loop.create_future())
        return self._group

    async def _commit(self) -> None:
        """End the group; whoever is in it learns whether it holds."""
        group, self._group = self._group, None
        if group is None:
            return
        try:
            await group.transaction.commit()
        except SQLAlchemyError as error:
            await self._fail(group, error)
        else:
            group.done.set_result(None)
            await group.connection.close()

    async def _fail(self, group: _Group, error: SQLAlchemyError) -> None:
        """Nothing of the group is kept: all who wait for its commit are told, and the next begin anew."""
        self._group = None
        group.done.set_exception(error)
        group.done.exception()  # a group of which all failed has nobody to tell
        await group.connection.invalidate()
        await group.connection.close()


@contextmanager
def _one_of(group: _Group) -> Iterator[None]:
    """One member's statements, undone alone if she fails."""
    group.driver.savepoint("SAVEPOINT one")
    try:
        yield
    except BaseException:
        with suppress(SQLAlchemyError):  # there is none when SQLite rolled all of it back
            group.driver.savepoint("ROLLBACK TO one")
            group.driver.savepoint("RELEASE one")
        raise
    group.driver.savepoint("RELEASE one")
