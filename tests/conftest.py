"""Fixtures that several tiers share.

A test that uses `store` runs on SQLite, unless it is marked `databases("sqlite", "postgresql")`;
`pytest --database postgresql` (or `all`) runs those without the mark there too.
"""

from __future__ import annotations

import gc
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from bot.store.engine import Store
from bot.store.sealing import KeyRing
from tests.support.databases import POSTGRESQL, SQLITE, a_key, postgresql_url, sqlite_url
from tests.support.library import small_shelf
from tests.support.postgres import Server
from tests.support.room import Clock, Room, furnish
from tests.support.settings import settings

gc.disable()  # until the tests are loaded: nothing of that is garbage
_CHOICES = {SQLITE: (SQLITE,), POSTGRESQL: (POSTGRESQL,), "all": (SQLITE, POSTGRESQL)}


def pytest_addoption(parser: pytest.Parser) -> None:
    """Where tests without a mark of their own keep their data."""
    parser.addoption("--database", choices=sorted(_CHOICES), default=SQLITE, help="default: sqlite")


def pytest_configure(config: pytest.Config) -> None:
    """The mark."""
    config.addinivalue_line("markers", "databases(*names): run once on each of these databases")


def pytest_collection_finish() -> None:
    """What is loaded by now stays; the collector need not look through it again and again."""
    gc.freeze()
    gc.enable()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Once for each database."""
    if "database" not in metafunc.fixturenames:
        return
    mark = metafunc.definition.get_closest_marker("databases")
    names = mark.args if mark is not None else _CHOICES[str(metafunc.config.getoption("--database"))]
    if tuple(names) != (SQLITE,):
        metafunc.parametrize("database", names, indirect=True)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """This process's PostgreSQL."""
    server = Server()
    yield server
    server.stop()


@pytest.fixture
def database(request: pytest.FixtureRequest) -> str:
    """Which kind of database."""
    return str(getattr(request, "param", SQLITE))


@pytest.fixture
async def database_url(database: str, tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[str]:
    """An empty, migrated database."""
    if database != POSTGRESQL:
        yield await sqlite_url(tmp_path)
        return
    async with postgresql_url(request.getfixturevalue("postgres")) as url:
        yield url


@pytest.fixture
def clock() -> Clock:
    """Monday morning."""
    return Clock()


@pytest.fixture
def keys() -> KeyRing:
    """The desk's keys."""
    return a_key()


@pytest.fixture
async def store(database_url: str, keys: KeyRing, clock: Clock) -> AsyncIterator[Store]:
    """An empty desk."""
    opened = Store(database_url, keys, clock)
    yield opened
    await opened.close()


@pytest.fixture
async def room(store: Store, clock: Clock) -> Room:
    """A desk that works."""
    return await furnish(store, clock, settings(), small_shelf())
