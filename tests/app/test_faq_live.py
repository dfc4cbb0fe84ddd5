"""Answers are edited while the desk runs: a good change goes live, a bad one changes nothing and is told."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from structlog.testing import capture_logs

from bot.app import App
from bot.config import load_config
from bot.desk.knowledge import Shelf
from bot.domain.ids import StationId
from bot.domain.messages import Address, InboundKind, InboundMessage, OutboundMessage, SendOutcome
from bot.domain.people import Role, Staff
from bot.matching.library import Library
from bot.matching.matcher import Matcher
from tests.app.folder import write_config
from tests.support.room import FAKE, Clock, FakeMessenger

WAGES = "公司拖欠工资不发怎么办？"
OLD, NEW = "可以要求公司补发", "公司必须马上补发"


@dataclass
class Messenger(FakeMessenger):
    """Wakes whoever waits for something to be said."""

    said: asyncio.Event = field(default_factory=asyncio.Event)

    async def send(self, to: Address, message: OutboundMessage, *, key: str, edit: str) -> SendOutcome:
        outcome = await super().send(to, message, key=key, edit=edit)
        self.said.set()
        return outcome


@dataclass
class Desk:
    """An app without a network, its messenger, and the file that is edited."""

    app: App
    clock: Clock
    messenger: Messenger
    faq: Path
    serial: int = 0

    @property
    def entry(self) -> Path:
        return self.faq / "labor" / "unpaid-wages.md"

    def edit(self, old: str, new: str) -> None:
        """As an editor saves: a new file in the place of the old one."""
        text = self.entry.read_text("utf-8")
        assert old in text
        fresh = self.entry.with_suffix(".new")
        fresh.write_text(text.replace(old, new), "utf-8")
        fresh.replace(self.entry)

    def heard(self, who: str) -> str:
        return "\n".join(shown.text for shown in self.messenger.screens.get(who, []))

    async def ask(self, who: str, text: str = WAGES) -> None:
        self.serial += 1
        message = InboundMessage(
            FAKE, f"m{self.serial}", Address(FAKE, who, who), self.clock.now, InboundKind.TEXT,
            name=who, language="zh-hans", text=text,
        )  # fmt: skip
        await self.app.intake(message)

    async def hears(self, who: str, words: str, within: float = 5) -> None:
        """Wait until these words were said to her."""
        async with asyncio.timeout(within):
            while words not in self.heard(who):
                self.messenger.said.clear()
                await self.messenger.said.wait()


@pytest_asyncio.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    clock, messenger = Clock(), Messenger()
    app = App(load_config(write_config(tmp_path)), clock)
    app.channels[FAKE] = messenger
    await app.start()
    async with app.store.begin() as tx:
        chen = await tx.contacts.ensure(Address(FAKE, "chen", "chen"), "chen", "zh-Hans")
        admin = frozenset({Role.ADMIN})
        await tx.contacts.save_staff(Staff(chen.id, "chen", StationId("station"), admin))
    yield Desk(app, clock, messenger, tmp_path / "faq")
    await app.stop()


async def test_a_good_change_is_live_within_two_seconds_and_no_question_is_dropped(desk: Desk) -> None:
    people = [f"p{n}" for n in range(20)]
    await asyncio.gather(*(desk.ask(who) for who in people[:10]))
    desk.edit(OLD, NEW)
    await asyncio.gather(*(desk.ask(who) for who in people[10:]))
    await desk.hears("chen", "已更新", within=2)
    await desk.ask("late")
    await desk.hears("late", NEW)
    for who in people:
        await desk.hears(who, "马上补发" if NEW in desk.heard(who) else OLD)
        assert desk.heard(who).count("《劳动合同法》第三十条") == 1


async def test_a_new_wording_is_answered_before_the_new_index_is_built(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.app._scheduler.pause()
    begun, built, build = asyncio.Event(), asyncio.Event(), Shelf.of

    def slow(library: Library, matcher: Matcher | None = None) -> Shelf:
        if matcher is None:
            loop.call_soon_threadsafe(begun.set)
            asyncio.run_coroutine_threadsafe(built.wait(), loop).result(20)
        return build(library, matcher)

    loop = asyncio.get_running_loop()
    monkeypatch.setattr(Shelf, "of", slow)
    desk.edit("also:\n", "also:\n  - 年底清账还差我一截\n")
    going_live = asyncio.create_task(desk.app._watch_faq())
    await begun.wait()
    await desk.ask("mei", "年底清账还差我一截")
    await desk.hears("mei", OLD)
    built.set()
    await going_live


async def test_a_bad_change_keeps_the_last_good_answers_and_is_told_in_chat_and_log(desk: Desk) -> None:
    desk.app._scheduler.pause()
    desk.edit("review_by:", "review_bye:")
    with capture_logs() as logs:
        await desk.app._watch_faq()
    await desk.hears("chen", "labor/unpaid-wages.md")
    assert "继续用上一个版本" in desk.heard("chen")
    line = next(entry for entry in logs if entry["event"] == "faq not loaded")
    assert line["log_level"] == "error"
    assert any("labor/unpaid-wages.md" in problem and "review_bye" in problem for problem in line["problems"])
    await desk.ask("mei")
    await desk.hears("mei", OLD)


async def test_a_bad_change_is_told_once_and_mending_it_goes_live(desk: Desk) -> None:
    desk.app._scheduler.pause()
    desk.edit("review_by:", "review_bye:")
    for _ in range(3):
        await desk.app._watch_faq()
    await desk.hears("chen", "继续用上一个版本")
    desk.edit("review_bye:", "review_by:")
    desk.edit(OLD, NEW)
    await desk.app._watch_faq()
    await desk.hears("chen", "已更新")
    assert desk.heard("chen").count("没有换上") == 1
    await desk.ask("mei")
    await desk.hears("mei", NEW)


async def test_an_entry_that_is_deleted_is_answered_no_more(desk: Desk) -> None:
    desk.app._scheduler.pause()
    desk.entry.unlink()
    await desk.app._watch_faq()
    await desk.hears("chen", "3 条生效")
    await desk.ask("mei")
    await desk.hears("mei", "第 1 步")


async def test_a_broken_table_and_a_lost_folder_change_nothing(desk: Desk) -> None:
    desk.app._scheduler.pause()
    (desk.faq / "next.toml").write_text("x = [", "utf-8")
    await desk.app._watch_faq()
    await desk.hears("chen", "next.toml")
    desk.faq.rename(desk.faq.with_name("gone"))
    await desk.app._watch_faq()
    await desk.hears("chen", "没有这个文件夹")
    await desk.ask("mei")
    await desk.hears("mei", OLD)


async def test_a_button_under_an_answer_that_was_withdrawn_meanwhile_still_leads_on(desk: Desk) -> None:
    desk.app._scheduler.pause()
    await desk.ask("mei")
    await desk.hears("mei", OLD)
    desk.entry.unlink()
    await desk.app._watch_faq()
    await desk.ask("mei", "人工")
    await desk.hears("mei", "第 1 步")


@pytest.mark.parametrize(
    ("line", "today", "tomorrow"),
    [
        ("effective_to: 2026-11-24", True, False),
        ("effective_from: 2026-11-24", False, True),
        ("review_by: 2026-10-24", True, False),
    ],
)
async def test_a_new_day_changes_what_is_served(
    tmp_path: Path, line: str, today: bool, tomorrow: bool
) -> None:
    config = write_config(tmp_path)
    entry = tmp_path / "faq" / "labor" / "unpaid-wages.md"
    name = line.partition(":")[0]
    rows = [row for row in entry.read_text("utf-8").splitlines() if not row.startswith(f"{name}:")]
    if name == "review_by":
        rows = ["reviewed: 2026-01-01" if row.startswith("reviewed:") else row for row in rows]
    entry.write_text("\n".join([rows[0], line, *rows[1:]]), "utf-8")
    clock = Clock()
    app = App(load_config(config), clock)
    try:
        assert ("labor-unpaid-wages" in app.desk.knowledge.shelf.served) is today
        clock.advance(timedelta(hours=14))  # 23:00 in Shanghai
        await app._watch_faq()
        assert ("labor-unpaid-wages" in app.desk.knowledge.shelf.served) is today
        clock.advance(timedelta(hours=2))
        await app._watch_faq()
        assert ("labor-unpaid-wages" in app.desk.knowledge.shelf.served) is tomorrow
    finally:
        await app.stop()


async def test_a_new_day_is_told_to_nobody(desk: Desk) -> None:
    desk.app._scheduler.pause()
    desk.clock.advance(timedelta(days=1))
    await desk.app._watch_faq()
    await desk.ask("chen", "谢谢")
    await desk.hears("chen", "不客气")
    assert "已更新" not in desk.heard("chen")


async def test_no_log_line_holds_what_people_said(desk: Desk) -> None:
    with capture_logs() as logs:
        await desk.ask("mei", "我叫赵铁柱，13812345678，隔壁天天半夜练唢呐我该怎么维权")
        await desk.hears("mei", "第 1 步")
    assert logs
    text = json.dumps(logs, ensure_ascii=False, default=str)
    assert not any(word in text for word in ("赵铁柱", "13812345678", "唢呐"))
