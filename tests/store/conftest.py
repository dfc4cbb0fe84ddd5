"""A second instance of the desk on the same database."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from bot.store.engine import Store
from bot.store.sealing import KeyRing
from tests.support.room import Clock


@pytest.fixture
async def other(store: Store, database_url: str, keys: KeyRing, clock: Clock) -> AsyncIterator[Store]:
    """Another process, as far as the database can tell."""
    opened = Store(database_url, keys, clock)
    yield opened
    await opened.close()
