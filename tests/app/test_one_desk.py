"""One desk for one SQLite file, one key for one database."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.app import App
from bot.config import load_config
from bot.domain.errors import BotError, StoreError
from bot.domain.messages import Address, ChannelName
from bot.store.engine import Store
from bot.store.sealing import KeyRing, new_key_line
from tests.app.folder import write_config
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


async def test_an_instance_with_another_key_than_the_database_does_not_start(tmp_path: Path) -> None:
    config = load_config(write_config(tmp_path))
    first = App(config)
    await first.start()
    async with first.store.begin() as tx:
        await tx.contacts.ensure(Address(ChannelName("web"), "mei", "mei"), "梅", "zh-Hans")
    await first.stop()
    config.key_file.write_text(new_key_line())
    stranger = App(config)
    with pytest.raises(BotError, match="同一把密钥"):
        await stranger.start()
    await stranger.stop()
