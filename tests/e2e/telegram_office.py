"""A whole desk on Telegram in one process: the real app with a database, the test server, people and a clock.

Time stands still until `passes`, and nothing ticks: no step of a dialogue may wait for a tick. The pace
of one message a second in a chat is lifted, else a dialogue would take half a minute (the channel's own
tests hold the pace).
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from bot.app import App
from bot.channels.telegram import pacing
from bot.config import load_config
from bot.desk.ports import Link, LinkKind
from bot.domain.callback import Callback
from bot.domain.ids import CaseNumber, StationId
from bot.domain.people import Role
from tests.app.folder import NO_BURST, SURE_OR_NOT, write_config
from tests.telegram_server import ChatMessage, ManualClock, TelegramServer, User

TOKEN = "123:abc-secret"
WAGES = "公司拖欠工资不发怎么办？"
"""A shipped phrasing, word by word."""
STRANGE = "隔壁天天半夜练唢呐我该怎么维权"
"""Nothing in the small library answers this."""
NUMBER = re.compile(r"\d{3}-\d{3}-\d{3}")


def telegram_config(folder: Path, base_url: str, more: str = NO_BURST, faq: str = SURE_OR_NOT) -> Path:
    """A config.toml of a desk on Telegram alone."""
    return write_config(folder, f'[telegram]\ntoken = "{TOKEN}"\nbase_url = "{base_url}"\n{more}', faq)


@dataclass
class Office:
    """The app that runs, the server that it talks to, and shorthands for what people do."""

    app: App
    server: TelegramServer
    clock: ManualClock

    async def invite(self, role: Role, name: str = "") -> str:
        """A fresh invite, as the command line makes it."""
        async with self.app.store.begin() as tx:
            link = Link(LinkKind.INVITE, None, frozenset({role}), StationId("station"), name)
            return await tx.contacts.make_link(link, timedelta(hours=72))

    async def hires(self, name: str, role: Role = Role.EXPERT, language_code: str = "zh-hans") -> User:
        """Somebody comes in by her invite link."""
        person = self.server.user(name, language_code=language_code)
        person.starts(await self.invite(role, name))
        await person.hears(name)
        return person

    async def picks_topic(self, who: User, label: str = "劳动工资") -> None:
        """On the form's first screen: choose a topic, whatever the guess was."""
        screen = await who.hears("第 1 步")
        if screen.button("换个专题"):
            who.taps("换个专题", on=screen)
            screen = await who.hears("第 1 步")
        if not screen.button(label):
            who.taps("更多专题", on=screen)
            screen = await who.hears("第 1 步")
        who.taps(label, on=screen)

    async def asks_for_callback(self, who: User, question: str = STRANGE) -> CaseNumber:
        """From a question to the receipt, answered in chat."""
        who.says(question)
        await self.picks_topic(who)
        for screen, label in (("第 2 步", "先不说"), ("第 3 步", "在这里回复我"), ("第 4 步", "提交")):
            who.taps(label, on=await who.hears(screen))
        return number_in(await who.hears("已提交"))

    async def case(self, number: CaseNumber) -> Callback:
        """The case as the store has it now."""
        async with self.app.store.read() as tx:
            found = await tx.cases.by_number(number)
        assert found is not None
        return found

    async def passes(self, by: timedelta) -> None:
        """Time goes by; what is due comes at once."""
        self.clock.advance(by)
        for loop in (self.app.turn_loop, self.app.reminder_loop, self.app.outbox_loop):
            loop.wake()

    async def quiet(self) -> None:
        """All that came is settled: no update waits, no turn, no message that is due, no spinning button."""
        await self.server.drained()
        await self.app.turns.run_due()
        while await self.app.outbox.run_due():
            await self.app.outbox.settle()
        await self.app.outbox.settle()
        await self.server.until(lambda: None if self.server.unanswered else True)


def number_in(message: ChatMessage) -> CaseNumber:
    """The case number that a message names."""
    found = NUMBER.search(message.text)
    assert found, message.text
    return CaseNumber(found[0])


@contextlib.asynccontextmanager
async def open_office(
    folder: Path, patch: pytest.MonkeyPatch, more: str = NO_BURST, faq: str = SURE_OR_NOT
) -> AsyncIterator[Office]:
    """An app that runs. At the end: nothing that Telegram would refuse, no turn that failed."""
    patch.setattr(pacing, "_PRIVATE_PER_SECOND", 1e6)
    patch.setattr(pacing, "_GROUP_BURST", 100)
    clock = ManualClock()
    async with TelegramServer(TOKEN, clock=clock) as server:
        app = App(load_config(telegram_config(folder, server.url, more, faq)), clock)
        try:
            await app.start()
            app._scheduler.pause()
            office = Office(app, server, clock)
            yield office
            await office.quiet()
        finally:
            await app.stop()
        assert app.turns.counts.get("error", 0) == 0
        assert server.violations == []
        assert server.ledger.overlaps == []
