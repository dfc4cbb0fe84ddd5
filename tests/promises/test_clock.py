"""Time that jumps: an hour forth and back, summer time in five zones, three days down."""

from __future__ import annotations

import random
import re
import tempfile
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from bot.domain.hours import OfficeHours
from bot.domain.people import Role
from bot.domain.reminders import LATE_AFTER
from bot.store import tables as t
from bot.store.engine import Store
from bot.store.migrate import migrate
from tests.promises.cast import PHONE, STRANGE
from tests.promises.scale import MEMORY, scale
from tests.support.databases import a_key, sqlite_url
from tests.support.library import small_shelf
from tests.support.room import Clock, FakeMessenger, Room, furnish
from tests.support.settings import settings

ZONES = {
    "Asia/Shanghai": (datetime(2026, 11, 23, tzinfo=UTC),),
    "Europe/Berlin": (datetime(2026, 3, 29, tzinfo=UTC), datetime(2026, 10, 25, tzinfo=UTC)),
    "America/New_York": (datetime(2026, 3, 8, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC)),
    "Australia/Lord_Howe": (datetime(2026, 4, 4, tzinfo=UTC), datetime(2026, 10, 3, tzinfo=UTC)),
    "Africa/Casablanca": (datetime(2026, 2, 15, tzinfo=UTC), datetime(2026, 3, 22, tzinfo=UTC)),
}
"""Each zone with days on which its clocks change (none in Shanghai; by half an hour on Lord Howe)."""
SEEDS = scale(10, 1_000)
LATE = ("晚到的提醒", "晚到了")
_SERIAL = re.compile(r"提醒第(\d+)号")
HOUR = timedelta(hours=1)


@dataclass
class Diary:
    """What was promised, and when each was told."""

    due: dict[int, datetime] = field(default_factory=dict)
    told: dict[int, list[tuple[datetime, bool]]] = field(default_factory=dict)
    seen: int = 0

    def look(self, room: Room) -> None:
        """Note the reminders that the expert has just been told."""
        screen = room.screen("wang")
        for shown in screen[self.seen :]:
            found = _SERIAL.search(shown.text)
            if found and "跟进提醒" in shown.text:
                late = any(word in shown.text for word in LATE)
                self.told.setdefault(int(found[1]), []).append((room.clock.now, late))
        self.seen = len(screen)


async def _office(folder: Path, dice: random.Random, zone: str) -> Room:
    start = dice.choice(ZONES[zone]) + timedelta(hours=dice.uniform(-30, 30))
    clock = Clock(start)
    made = settings()
    hours = OfficeHours(
        ZoneInfo(zone), made.hours.spans, made.hours.quiet_from, made.hours.quiet_to, made.hours.is_workday
    )
    store = Store(await sqlite_url(folder), a_key(), clock)
    await migrate(store)
    room = await furnish(store, clock, replace(made, hours=hours), small_shelf(), FakeMessenger())
    await room.hires("wang")
    await room.hires("zhao", Role.SUPERVISOR)
    return room


async def _held_case(room: Room, dice: random.Random) -> None:
    await room.asks_for_callback("mei", STRANGE, phone=PHONE if dice.random() < 0.5 else "")
    await room.taps("wang", "接单")
    await room.says("wang", "您先录音。")


async def _remind(room: Room, dice: random.Random, diary: Diary, number: int) -> None:
    amount, unit = dice.choice(((30, "m"), (90, "m"), (2, "h"), (5, "h"), (20, "h"), (1, "d"), (2, "d")))
    await room.says("wang", "/mine")
    await room.says("wang", f"/remind {amount}{unit} 提醒第{number}号")
    per = {"m": timedelta(minutes=1), "h": HOUR, "d": timedelta(days=1)}[unit]
    diary.due[number] = room.clock.now + amount * per


async def _live(room: Room, dice: random.Random, diary: Diary) -> None:
    """Some days, in which the clock does what it likes; the room may be a new one after a restart."""
    for number in range(12):
        if number < 5:
            await _remind(room, dice, diary, number)
        jump = dice.choice(
            (HOUR, -HOUR, timedelta(minutes=7), timedelta(hours=3), timedelta(hours=11), timedelta(days=3))
        )
        room.clock.advance(jump)
        await room.settle()
        diary.look(room)
    for _ in range(16):
        room.clock.advance(timedelta(hours=12))
        await room.settle()
        diary.look(room)


@pytest.mark.parametrize("zone", ZONES)
async def test_each_own_reminder_comes_once_and_a_late_one_says_so(zone: str) -> None:
    for seed in range(max(1, SEEDS // len(ZONES))):
        dice, diary = random.Random(f"{zone} {seed}"), Diary()
        with tempfile.TemporaryDirectory(dir=MEMORY) as folder:
            room = await _office(Path(folder), dice, zone)
            await _held_case(room, dice)
            async with room.store.begin() as tx:  # so that she keeps the case to the end
                case = (await tx.cases.live(1))[0]
                await tx.reminders.drop_all(case.id)
            await _live(room, dice, diary)
            await room.store.close()
        for number, due in diary.due.items():
            told = diary.told.get(number, [])
            assert len(told) == 1, f"{zone} seed {seed}: reminder {number} was told {len(told)} times"
            at, late = told[0]
            assert at >= due
            assert late == (at - due > LATE_AFTER), f"{zone} seed {seed}: reminder {number}"


@pytest.mark.parametrize("zone", ZONES)
async def test_each_promise_of_the_desk_comes_once_whatever_the_clock_does(zone: str) -> None:
    once = {
        "mei": ("解决了吗？", "还没有听到您的消息", "没有解决的话"),
        "eve": ("非常抱歉", "还没有提交"),
        "wang": ("已自动办结", "还没有人接单"),
        "zhao": ("【超时】",),
    }
    for seed in range(max(1, SEEDS // len(ZONES) // 2)):
        dice = random.Random(f"promises {zone} {seed}")
        with tempfile.TemporaryDirectory(dir=MEMORY) as folder:
            room = await _office(Path(folder), dice, zone)
            await _held_case(room, dice)
            await room.asks_for_callback("eve", STRANGE)
            await _wander(room, dice)
            for who, words in once.items():
                read = [shown.text for shown in room.screen(who)]
                for word in words:
                    heard = sum(word in text for text in read)
                    most = 0 if word == "还没有提交" else 1
                    assert heard == most, f"{zone} seed {seed}: {who} heard {word!r} {heard} times"
            async with room.store.read() as tx:
                left = list(await tx.execute(select(t.reminders)))
            assert left == [], "everything that was planned has come"
            await room.store.close()


async def _wander(room: Room, dice: random.Random) -> None:
    for _ in range(14):
        room.clock.advance(dice.choice((HOUR, -HOUR, timedelta(hours=5), timedelta(days=3))))
        await room.settle()
    for _ in range(20):
        room.clock.advance(timedelta(hours=12))
        await room.settle()


@pytest.mark.parametrize("zone", ZONES)
def test_a_promise_is_in_office_hours_and_nobody_is_disturbed_at_night_around_summer_time(zone: str) -> None:
    made = settings().hours
    place = ZoneInfo(zone)
    hours = OfficeHours(place, made.spans, made.quiet_from, made.quiet_to, made.is_workday)
    for change in ZONES[zone]:
        for minutes in range(0, 3 * 24 * 60, 7):
            now = change - timedelta(days=1) + timedelta(minutes=minutes)
            promise = hours.promise(now, timedelta(hours=24))
            assert promise >= now + timedelta(hours=24)
            assert promise.astimezone(place).time() in {end for _, end in hours.spans}
            spoken = hours.after_quiet(now)
            assert spoken >= now
            assert spoken - now <= timedelta(hours=12)
            assert hours.quiet_to <= spoken.astimezone(place).time() < hours.quiet_from
            for window in hours.windows(now, 4):
                assert window.start < window.end
                assert window.start >= now + timedelta(minutes=30)


async def test_after_three_days_down_every_kind_of_reminder_comes_once_and_late_ones_say_so(
    room: Room,
) -> None:
    await room.hires("wang")
    await room.hires("zhao", Role.SUPERVISOR)
    await _held_case(room, random.Random(1))
    await room.says("wang", "/remind 2h 提醒第1号")
    await room.asks_for_callback("eve", STRANGE)
    await room.says("han", STRANGE)
    await room.jumps(timedelta(days=3))
    read = {who: [s.text for s in room.screen(who)] for who in ("mei", "eve", "han", "wang", "zhao")}
    for who, words in (
        ("wang", "提醒第1号"), ("wang", "还没有人接单"), ("zhao", "【超时】"), ("mei", "解决了吗？"),
    ):  # fmt: skip
        told = [text for text in read[who] if words in text and "提醒您" not in text]
        assert len(told) == 1, (who, words)
        assert any(word in told[0] for word in LATE), (who, words)
    assert sum("非常抱歉" in text for text in read["eve"]) == 1
    assert sum("还没有提交" in text for text in read["han"]) == 1


async def test_a_phone_window_that_passed_while_the_desk_was_down_is_told_to_the_expert_only(
    room: Room,
) -> None:
    await room.hires("wang")
    await room.says("mei", STRANGE)
    await room.picks_topic("mei", "房产物业")
    for step in ("先不说", "打电话给我"):
        await room.taps("mei", step)
    await room.says("mei", PHONE)
    await room.taps("mei", "11月23日（周一）14:00")
    await room.taps("mei", "提交")
    await room.taps("wang", "接单")
    await room.says("wang", "收到，下午打给您。")
    await room.jumps(timedelta(days=3))
    told = [s.text for s in room.screen("wang") if "约好 11月23日（周一）14:00" in s.text]
    assert len(told) == 1
    assert "晚到的提醒" in told[0]
    assert not any("请留意接听" in s.text for s in room.screen("mei"))
