"""One desk for one SQLite file."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.domain.errors import StoreError
from bot.store.engine import Store
from bot.store.sealing import KeyRing, new_key_line
from tests.support.room import Clock


async def test_a_second_desk_on_the_same_file_is_refused_until_the_first_has_ended(tmp_path: Path) -> None:
    keys, url = KeyRing.load(tmp_path / "k", new_key_line()), f"sqlite:///{tmp_path}/d.sqlite3"
    first, second = Store(url, keys, Clock()), Store(url, keys, Clock())
    first.hold()
    with pytest.raises(StoreError, match="另一个问答台"):
        second.hold()
    await first.close()
    second.hold()
    await second.close()
