"""Fixtures that several tiers share."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.store.engine import Store
from bot.store.sealing import KeyRing, new_key_line
from tests.support.library import small_shelf
from tests.support.room import Clock, Room, furnish
from tests.support.settings import settings


@pytest.fixture
def clock() -> Clock:
    """Monday morning."""
    return Clock()


@pytest.fixture
async def store(tmp_path: Path, clock: Clock) -> AsyncIterator[Store]:
    """An empty SQLite desk."""
    keys = KeyRing.load(tmp_path / "key", new_key_line())
    opened = Store(f"sqlite:///{tmp_path}/desk.sqlite3", keys, clock)
    yield opened
    await opened.close()


@pytest.fixture
async def room(store: Store, clock: Clock) -> Room:
    """A desk that works."""
    return await furnish(store, clock, settings(), small_shelf())
