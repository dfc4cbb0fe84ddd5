"""Broken updates end nothing: each is handled, ignored or set aside, and the next good one is answered."""

from __future__ import annotations

import json
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, cast

import pytest
from starlette.applications import Starlette

from bot.channels.telegram.intake import Intake
from bot.channels.telegram.keyboards import Keyboards
from bot.channels.telegram.settings import TELEGRAM
from bot.channels.telegram.webhook import SECRET_HEADER, webhook_route
from bot.channels.telegram.wire import WireBot
from bot.desk.outbox import OutboxRunner
from bot.domain.messages import ChannelName
from bot.store.engine import Store
from tests.channels.telegram.telegram_bench import bench, text
from tests.promises.mutants import Mutator, as_json
from tests.promises.scale import MEMORY, scale
from tests.support.databases import a_key, sqlite_url
from tests.support.library import small_shelf
from tests.support.room import Clock, FakeMessenger, Room, furnish
from tests.support.settings import settings

SECRET = "a-long-enough-secret"
MUTANTS = scale(600, 20_000)
GOOD_EVERY = 100
RECORDED = range(700_000_000, 800_000_000)
"""Ids that the test server gives."""


class _Bot:
    """Confirms taps, and nothing else."""

    async def answer_callback_query(self, _number: str) -> None:
        return None


@pytest.fixture
async def quick_room() -> AsyncIterator[Room]:
    """A desk whose files lie in memory."""
    with tempfile.TemporaryDirectory(dir=MEMORY) as folder:
        clock = Clock()
        store = Store(await sqlite_url(Path(folder)), a_key(), clock)
        made = await furnish(store, clock, settings(), small_shelf(), FakeMessenger(TELEGRAM))
        made.outbox = made.turns.outbox = OutboxRunner(made.desk, {TELEGRAM: made.messenger})
        yield made
        await store.close()


async def recorded() -> list[dict[str, Any]]:
    """Updates as the test server writes them, judged there by aiogram's types."""
    async with bench() as b:
        mei = b.server.user("梅", started=True)
        group = b.server.group("服务站", mei)
        said = mei.says("公司拖欠工资不发怎么办？")
        mei.says("/start", in_=None)
        mei.edits(said, "公司拖欠工资两个月了怎么办？")
        for send in (mei.sends_photo, mei.sends_document, mei.sends_voice, mei.sends_video):
            send()
        mei.sends_photo(caption="合同照片", album="a1")
        mei.sends_sticker()
        mei.sends_location()
        mei.sends_contact()
        mei.sends_contact("+8613900139000", own=False)
        mei.says("回复一条", reply_to=said)
        mei.says("/start@legal_desk_bot", in_=group)
        await b.send(mei, text("选一个", ("解决了", "问专家")))
        mei.taps("解决了")
        mei.taps_data("made:up")
        mei.forwards(mei.chat[-1])
        mei.blocks()
        mei.unblocks()
        await b.poll()
        return [json.loads(item.body) for item in b.server.world.updates.emitted]


class Door:
    """The webhook of a desk: what Telegram would do with each answer."""

    def __init__(self, room: Room) -> None:
        self.set_aside: set[tuple[str, str]] = set()
        self.room = room
        bot = cast(WireBot, _Bot())
        self.intake = Intake(bot, room.intake, self._quarantine, room.clock, Keyboards())
        self.intake.username = "legal_desk_bot"
        self._app = Starlette(routes=[webhook_route("/hook", SECRET, self.intake)])

    async def _quarantine(self, channel: ChannelName, update_id: str, raw: str, reason: str) -> None:
        async with self.room.store.begin() as tx:
            await tx.inbox.quarantine(channel, update_id, raw, reason)
        self.set_aside.add((channel, update_id or raw))

    async def post(self, body: bytes) -> int:
        """As Telegram: again while the answer is 503; what it says in the end."""
        status = 503
        for _ in range(4):
            status = await self._once(body)
            if status != 503:
                return status
        return status

    async def _once(self, body: bytes) -> int:
        said: list[Any] = []
        scope = {
            "type": "http", "method": "POST", "path": "/hook", "query_string": b"",
            "headers": [(SECRET_HEADER.encode(), SECRET.encode())],
        }  # fmt: skip

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Any) -> None:
            said.append(message)

        await self._app(scope, receive, send)
        return int(said[0]["status"])


async def test_broken_updates_end_nothing_and_the_next_good_one_is_answered(
    quick_room: Room, caplog: pytest.LogCaptureFixture
) -> None:
    door, mutator = Door(quick_room), Mutator(7, await recorded())
    answers: dict[int, int] = {}
    for number in range(MUTANTS):
        broken = _own_id(mutator.broken(), number)
        body = as_json(broken)
        if mutator.random.random() < 0.15:
            body = mutator.garbled(body)
        status = await door.post(body)
        answers[status] = answers.get(status, 0) + 1
        if number % GOOD_EVERY == GOOD_EVERY - 1:
            await _answers(door, number)
    assert set(answers) <= {200, 400, 413}, answers
    async with quick_room.store.read() as tx:
        assert await tx.inbox.count_quarantined() == len(door.set_aside) > MUTANTS / 20
    assert door.intake.counts["quarantined"] >= len(door.set_aside)
    assert quick_room.turns.counts.get("error", 0) == 0
    assert "failed at the desk" not in caplog.text, "the channel let something through that is no message"


def _own_id(broken: Any, number: int) -> Any:
    """As Telegram would, give each update an id of its own, unless the mutant has spoilt that."""
    if isinstance(broken, dict) and type(broken.get("update_id")) is int and broken["update_id"] in RECORDED:
        broken["update_id"] = RECORDED.start + number
    return broken


async def _answers(door: Door, number: int) -> None:
    """A good update of somebody new is answered after all that."""
    room, user = door.room, {"id": 10**6 + number, "is_bot": False, "first_name": "新"}
    message = {
        "message_id": 5, "date": 1_795_395_600, "chat": {"id": user["id"], "type": "private"}, "from": user,
        "text": "公司拖欠工资不发怎么办？",
    }  # fmt: skip
    good = {"update_id": 5 * 10**9 + number, "message": message}
    assert await door.post(json.dumps(good).encode()) == 200
    await room.settle()
    assert "劳动合同法" in room.last(str(user["id"]))
