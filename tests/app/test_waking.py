"""Of several instances on one PostgreSQL, one that cannot do the work wakes the others, without any tick."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.app import App
from bot.config import load_config
from bot.domain.messages import Address, ChannelName, InboundKind, InboundMessage
from tests.app.folder import write_config

FAKE = ChannelName("fake")


@asynccontextmanager
async def instance(config: Path, url: str) -> AsyncIterator[App]:
    """One that runs, and does not tick."""
    app = App(load_config(config).model_copy(update={"database_url": url}))
    try:
        await app.start()
        app._scheduler.pause()
        yield app
    finally:
        await app.stop()


def still(app: App, *names: str) -> None:
    """These loops of an instance do nothing any more."""
    for task in app._tasks:
        if task.get_name() in names:
            task.cancel()


@pytest.mark.databases("postgresql")
async def test_what_one_instance_received_the_other_answers_and_a_third_sends(
    tmp_path: Path, database_url: str
) -> None:
    config = write_config(tmp_path)
    async with (
        instance(config, database_url) as receives,
        instance(config, database_url) as answers,
        instance(config, database_url) as sends,
    ):
        still(receives, "turns", "outbox")
        still(answers, "outbox")
        still(sends, "turns")
        answers.turns.outbox = None  # it would send what it says itself
        async with asyncio.timeout(20):
            for number in range(1000):
                sender = Address(FAKE, f"u{number}", f"u{number}")
                said = InboundMessage(
                    FAKE, f"m{number}", sender, datetime.now(UTC), InboundKind.TEXT, text="/start"
                )
                await receives.intake(said)  # until the lines are up
                if answers.turns.counts and sends.outbox.counts:
                    break
                await asyncio.sleep(0.05)
        assert sum(answers.turns.counts.values()) > 0
        assert sum(sends.outbox.counts.values()) > 0
        assert receives.turns.counts == sends.turns.counts == {}
