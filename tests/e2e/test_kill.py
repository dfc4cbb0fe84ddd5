"""The desk is killed at the worst moment and started again: nothing is lost, nothing happens twice.

One kill catches four people, each at another point; a start takes seconds, so the tests share it.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.config import load_config
from bot.desk.ports import Link, LinkKind
from bot.domain.ids import StationId
from bot.domain.people import Role
from bot.parts import open_store
from bot.store.migrate import migrate
from tests.e2e.telegram_office import STRANGE, TOKEN, WAGES, telegram_config
from tests.e2e.telegram_process import Desk, Person, Remote, telegram

LAW = "《劳动合同法》第三十条"
HELLO = "我先从"


@pytest.fixture(scope="module")
def remote() -> Iterator[Remote]:
    with telegram() as running:
        yield running
        assert running.get("violations") == []


@pytest.fixture(scope="module")
def desk(remote: Remote, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A desk that waits a second for more of a question, and gives a claim two seconds."""
    folder = tmp_path_factory.mktemp("desk")
    made = Desk(telegram_config(folder, remote.url, _settings()), folder / "log", _environment())
    yield made
    if made.process is not None:
        made.kill()
    log = made.log.read_text()
    assert TOKEN not in log
    assert STRANGE not in log


def _settings() -> str:
    away = datetime.now(ZoneInfo("Asia/Shanghai")) + timedelta(hours=12)
    return f"""
[limits]
burst_seconds = 1.0
[promise]
lease_minutes = 0.03
lease_nudge_minutes = 0.001
[hours]
quiet = "{away:%H:%M}-{away + timedelta(minutes=1):%H:%M}"
"""


def _environment() -> dict[str, str]:
    return {key: value for key, value in os.environ.items() if not key.startswith("DESK_")}


async def _invite(config: Path) -> str:
    store = open_store(load_config(config))
    try:
        await migrate(store)
        async with store.begin() as tx:
            link = Link(LinkKind.INVITE, None, frozenset({Role.EXPERT}), StationId("station"), "王律师")
            return await tx.contacts.make_link(link, timedelta(hours=1))
    finally:
        await store.close()


@dataclass
class Scene:
    """Who was caught by the kill, and where; `before` is what each had heard by then."""

    greeting: str
    waiting: Person
    unsent: Person
    unsure: Person
    citizen: Person
    expert: Person
    before: dict[int, list[str]]


@pytest.fixture(scope="module")
def scene(remote: Remote, desk: Desk) -> Scene:
    """A case is claimed, one send hangs, one reply is lost, one question is acknowledged: SIGKILL, start."""
    token = asyncio.run(_invite(desk.config))
    waiting, unsent, unsure = (remote.user(name) for name in ("等", "没发", "不知"))
    citizen, expert = remote.user("李梅"), remote.user("小王")
    desk.start()
    expert.says(f"/start {token}")
    expert.hears("欢迎，王律师")
    _opens_a_case(citizen)
    expert.hears("新请求")
    expert.taps("接单")
    expert.hears("现在直接打字")
    for person, kind in ((unsent, "hang"), (unsure, "lost_reply")):
        remote.post("fault", kind=kind, method="sendMessage", chat_id=person.id)
        person.says("/start")
        remote.post("called", method="sendMessage", chat_id=person.id)
    waiting.says(WAGES)
    remote.post("drained")  # the offset has moved on; her turn still waits for the burst to end
    desk.kill()
    people = (waiting, unsent, unsure, citizen, expert)
    before = {person.id: person.heard for person in people}
    greeting = "\n".join(desk.greeting)
    desk.start()
    return Scene(greeting, *people, before)


def _opens_a_case(citizen: Person) -> None:
    citizen.says(STRANGE)
    citizen.hears("第 1 步")
    citizen.says("1")
    citizen.hears("第 2 步")
    for label, screen in (("先不说", "第 3 步"), ("在这里回复我", "第 4 步"), ("提交", "已提交")):
        citizen.taps(label)
        citizen.hears(screen)


def test_a_question_that_was_acknowledged_before_the_kill_is_answered_once(scene: Scene) -> None:
    assert scene.before[scene.waiting.id] == []
    scene.waiting.hears(LAW)
    scene.waiting.says("谢谢")
    scene.waiting.hears("不客气")
    assert sum(LAW in text for text in scene.waiting.heard) == 1


def test_a_send_that_died_on_its_way_is_sent_at_once_after_the_restart(scene: Scene) -> None:
    assert scene.before[scene.unsent.id] == []
    scene.unsent.hears(HELLO)
    scene.unsent.says("谢谢")
    scene.unsent.hears("不客气")
    assert sum(HELLO in text for text in scene.unsent.heard) == 1


def test_a_send_whose_reply_was_lost_comes_rather_twice_than_not_at_all(scene: Scene) -> None:
    assert sum(HELLO in text for text in scene.before[scene.unsure.id]) == 1
    scene.unsure.says("谢谢")
    scene.unsure.hears("不客气")
    assert sum(HELLO in text for text in scene.unsure.heard) in (1, 2)


def test_a_claimed_callback_and_its_reminder_outlive_the_kill(scene: Scene) -> None:
    assert "自动退回" not in "".join(scene.before[scene.expert.id])
    scene.expert.hears("已自动退回队列")
    scene.citizen.hears("已经重新排队")
    scene.expert.taps("接单")
    scene.expert.hears("现在直接打字")


def test_the_greeting_says_how_many_answers_are_live_and_no_secret(scene: Scene) -> None:
    assert "已启动（" in scene.greeting
    assert "4 条常见问题" in scene.greeting
    assert "Telegram 已连接" in scene.greeting
    assert TOKEN not in scene.greeting


def test_a_polite_stop_is_quick_even_while_telegram_hangs_and_the_next_start_goes_on(
    scene: Scene, remote: Remote, desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    asking, hanging = remote.user("问"), remote.user("挂")
    asking.says(WAGES)
    remote.post("drained")
    code, idle = desk.stop(signal.SIGTERM)
    assert (code, idle < 3) == (0, True)
    desk.start()
    asking.hears(LAW)
    remote.post("fault", kind="hang", method="sendMessage", chat_id=hanging.id)
    hanging.says("/start")
    remote.post("called", method="sendMessage", chat_id=hanging.id)
    code, busy = desk.stop(signal.SIGINT)
    assert (code, busy < 3) == (0, True)
    with capsys.disabled():
        print(
            f"\nready in {desk.seconds_to_ready:.2f} s; stopped in {idle:.2f} s, while sending {busy:.2f} s"
        )


def test_a_stop_while_it_still_starts_is_quick_too(remote: Remote, desk: Desk) -> None:
    asked = sum(call["method"] == "getMe" for call in remote.get("ledger"))
    remote.post("fault", kind="hang", method="getMe")
    desk.spawn()
    remote.post("called", method="getMe", times=asked + 1)
    code, seconds = desk.stop(signal.SIGTERM)
    assert (code, seconds < 3) == (0, True)
