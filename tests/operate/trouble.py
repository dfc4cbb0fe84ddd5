"""Ways in which a machine misbehaves, each as a context: inside it is so, after it the cause is gone."""

from __future__ import annotations

import asyncio
import contextlib
import resource
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import event

from bot.store.engine import Store
from tests.support.postgres import Server

Trouble = Callable[[Store], AbstractAsyncContextManager[None]]
_HOLD = """
import sqlite3, sys
held = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=60)
held.execute("BEGIN IMMEDIATE")
print("held", flush=True)
sys.stdin.read()
"""


def _file(store: Store) -> Path:
    return Path(store.engine.url.database or "")


async def with_pragmas(store: Store, *pragmas: str) -> None:
    """New connections, each with these settings as well."""
    await store.engine.dispose()

    def also(connection: Any, _record: object) -> None:
        for pragma in pragmas:
            connection.cursor().execute(f"PRAGMA {pragma}")

    event.listen(store.engine.sync_engine, "connect", also)


async def impatient(store: Store) -> None:
    """So that tests need not wait the five seconds that the desk has for a lock."""
    await with_pragmas(store, "busy_timeout=50")


@contextmanager
def small_files(limit: int) -> Iterator[None]:
    """No file of this process may grow past so many bytes: what a quota does."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)


@asynccontextmanager
async def out_of_quota(store: Store) -> AsyncIterator[None]:
    """The WAL cannot grow by another page."""
    await impatient(store)
    await store.checkpoint()
    with small_files(4096):
        yield


@asynccontextmanager
async def full_disk(store: Store) -> AsyncIterator[None]:
    """The last block of the file system that the database lies on is taken (needs one of its own)."""
    await impatient(store)
    await store.checkpoint()
    hog = _file(store).with_name("hog")
    with hog.open("wb", buffering=0) as out, contextlib.suppress(OSError):
        while True:
            out.write(bytes(4096))
    try:
        yield
    finally:
        hog.unlink()


@asynccontextmanager
async def read_only(store: Store) -> AsyncIterator[None]:
    """Every write is refused, as on a file system that was mounted read-only after an error."""
    await store.engine.dispose()

    def refuse(made: Any, _record: object) -> None:
        made.cursor().execute("PRAGMA query_only=ON")

    event.listen(store.engine.sync_engine, "connect", refuse)
    try:
        yield
    finally:
        event.remove(store.engine.sync_engine, "connect", refuse)
        await store.engine.dispose()


@asynccontextmanager
async def locked(store: Store) -> AsyncIterator[None]:
    """Another process holds the database."""
    await impatient(store)
    command = [sys.executable, "-S", "-c", _HOLD, str(_file(store))]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:  # noqa: ASYNC220
        assert other.stdout is not None
        assert other.stdin is not None
        assert other.stdout.readline() == b"held\n"
        try:
            yield
        finally:
            other.stdin.close()
            other.wait(10)


@asynccontextmanager
async def gone(server: Server) -> AsyncIterator[None]:
    """The database server is stopped, and comes back."""
    await asyncio.to_thread(server._server.stop)
    try:
        yield
    finally:
        await asyncio.to_thread(server._server.ensure_postgres_running)


@contextmanager
def own_file_system(folder: Path, megabytes: int) -> Iterator[bool]:
    """A small file system of its own at `folder`; False where we may not mount."""
    folder.mkdir(exist_ok=True)
    command = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(folder)]
    try:
        mounted = subprocess.run(command, capture_output=True, check=False).returncode == 0
    except OSError:
        mounted = False
    try:
        yield mounted
    finally:
        if mounted:
            subprocess.run(["umount", "-l", str(folder)], capture_output=True, check=False)
