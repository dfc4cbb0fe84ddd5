"""No token, phone, name or fact in logs, errors or output, however loud the log and whatever goes wrong."""

from __future__ import annotations

import logging
import traceback
from datetime import timedelta
from pathlib import Path

import pytest
import structlog
from sqlalchemy.exc import OperationalError

from bot.desk.knowledge import Shelf
from bot.domain.errors import StoreError
from bot.domain.messages import Address, OutboundMessage, SendOutcome
from bot.store.engine import wrap
from bot.store.outbox import OutboxQueries
from tests.e2e.telegram_office import TOKEN, Office, open_office
from tests.promises.life import CANARIES, NAME, PHONE, lives
from tests.support.room import FAKE, FakeMessenger, Room
from tests.telegram_server import Kind, User

SECRETS = {**CANARIES, "token": TOKEN.partition(":")[2], "whole token": TOKEN}
LOUD = ("", "sqlalchemy", "sqlalchemy.engine", "sqlalchemy.pool", "aiosqlite", "asyncio", "aiohttp", "httpx")


@pytest.fixture
def everything(caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> Everything:
    """All loggers at DEBUG, and whatever is printed."""
    for name in LOUD:
        caplog.set_level(logging.DEBUG, name)
    structlog.reset_defaults()
    return Everything(caplog, capfd)


class Everything:
    """All that was logged or printed, as text."""

    def __init__(self, logs: pytest.LogCaptureFixture, prints: pytest.CaptureFixture[str]) -> None:
        self.logs, self.prints = logs, prints

    def text(self) -> str:
        """But for the test server's own lines."""
        form = logging.Formatter("%(name)s %(levelname)s %(message)s")
        ours = [one for one in self.logs.records if not one.name.startswith("uvicorn")]
        logged = "\n".join(f"{form.format(one)} {one.args!r}" for one in ours)
        printed = self.prints.readouterr()
        return f"{logged}\n{printed.out}\n{printed.err}"


def _leaks(text: str) -> list[str]:
    return [name for name, canary in SECRETS.items() if canary in text]


async def test_a_whole_life_with_every_log_at_debug_leaks_nothing(room: Room, everything: Everything) -> None:
    await lives(room)
    text = everything.text()
    assert "turn" in text
    assert "INSERT INTO" in text, "the database was loud too"
    assert _leaks(text) == []


async def test_faults_in_turns_sends_and_the_store_leak_nothing(
    room: Room, everything: Everything, monkeypatch: pytest.MonkeyPatch
) -> None:
    await room.hires("wang")
    await room.asks_for_callback("mei", CANARIES["question"], phone=PHONE)
    with monkeypatch.context() as patch:
        patch.setattr(Shelf, "match", _raise_words)
        await room.receive(room.message("mei", text=CANARIES["free talk"], name=NAME))
    fragile = _Fragile()
    room.outbox.channels[FAKE] = fragile
    await room.taps("wang", "接单")
    room.outbox.channels[FAKE] = room.messenger
    with monkeypatch.context() as patch:
        patch.setattr(OutboxQueries, "add", _refuse)
        with pytest.raises(StoreError) as caught:
            await room.says("mei", CANARIES["added"])
    assert fragile.raised
    text = everything.text() + str(caught.value) + repr(caught.value)
    assert "turn failed" in text
    assert "send failed" in text
    assert _leaks(text) == []


def _raise_words(_shelf: Shelf, text: str) -> None:
    raise ValueError(f"cannot understand {text}")


async def _refuse(_queries: OutboxQueries, *_args: object, **_more: object) -> None:
    words = {"body": CANARIES["added"]}
    raise OperationalError("INSERT INTO outbox …", words, Exception("disk full"), hide_parameters=True)


class _Fragile(FakeMessenger):
    raised = 0

    async def send(self, to: Address, message: OutboundMessage, *, key: str, edit: str) -> SendOutcome:
        self.raised += 1
        raise ValueError(f"cannot send {message.text} to {to.user}")


def test_an_error_of_the_store_tells_no_value_even_with_its_whole_chain() -> None:
    error = wrap(OperationalError("SELECT 1", {"x": PHONE}, Exception("gone"), hide_parameters=True))
    assert isinstance(error, StoreError)
    assert _leaks("".join(traceback.format_exception(error))) == []


@pytest.mark.databases("sqlite", "postgresql")
async def test_a_value_that_the_database_refuses_is_not_quoted(room: Room) -> None:
    caught: list[BaseException] = []
    for broken in ("\0", "\ud800"):
        try:
            async with room.store.begin() as tx:
                await tx.contacts.ensure(Address(FAKE, PHONE + broken, NAME), NAME, "")
                await tx.contacts.ensure(Address(FAKE, PHONE * 20 + broken, NAME), NAME, "")
        except Exception as error:
            caught.append(error)
    told = "".join(line for error in caught for line in traceback.format_exception(error))
    assert caught
    assert NAME not in told
    assert _leaks("".join(map(str, caught))) == []


# the whole app on Telegram


async def _talk(office: Office) -> tuple[User, User]:
    wang = await office.hires("王律师")
    mei = office.server.user(NAME)
    mei.says(CANARIES["question"])
    await office.picks_topic(mei)
    await mei.hears("第 2 步")
    mei.says(CANARIES["place"])
    mei.taps("打电话给我", on=await mei.hears("第 3 步"))
    await mei.hears("号码")
    mei.says(PHONE)
    mei.taps("工作时间都行", on=await mei.hears("什么时候"))
    await mei.hears("第 4 步")
    mei.says(CANARIES["details"])
    mei.taps("提交", on=await mei.hears("第 4 步"))
    await mei.hears("已提交")
    wang.taps("接单", on=await wang.hears("新请求"))
    await wang.hears(PHONE)
    return mei, wang


async def test_the_app_on_telegram_leaks_neither_its_token_nor_a_word(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, everything: Everything
) -> None:
    async with open_office(tmp_path, monkeypatch) as office:
        mei, wang = await _talk(office)
        faults = office.server.faults
        for kind in (Kind.SERVER_ERROR, Kind.RESET, Kind.TOO_MANY, Kind.GARBLED):
            faults.add(kind, method="sendMessage")
        faults.add(Kind.ERROR, method="sendMessage", description=f"Bad Request: {CANARIES['answer']}")
        office.server.emit_raw({"message": {"chat": CANARIES["added"], "text": [PHONE]}})
        wang.says(CANARIES["answer"])
        mei.says(CANARIES["added"])
        for _ in range(8):
            await office.passes(timedelta(minutes=5))
            await office.app.outbox.settle()
    text = everything.text()
    assert "telegram" in text
    assert _leaks(text) == []
