"""A desk with something in every table, and damage to look for afterwards."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from bot.desk.intake import Intake
from bot.desk.ports import Received
from bot.domain.messages import InboundKind, InboundMessage
from bot.parts.loop import Loop
from bot.store.backup import Checked, check
from bot.store.engine import Store
from tests.support.room import Room

PHONE = "13912345678"


@dataclass
class Keeping:
    """The desk's door, which remembers what it took: the promise is about what was acknowledged."""

    intake: Intake
    mark: Callable[[], object] = lambda: None
    kept: dict[str, object] = field(default_factory=dict)
    """External ids, each with what `mark` said when it was acknowledged."""

    async def __call__(self, message: InboundMessage) -> Received:
        received = await self.intake(message)
        if received is Received.ACCEPTED:
            self.kept[message.external_id] = self.mark()
        return received


def keeping(room: Room, mark: Callable[[], object] = lambda: None) -> Keeping:
    """Watch a room's door."""
    made = Keeping(room.intake, mark)
    room.intake = made  # type: ignore[assignment]
    return made


async def morning(room: Room) -> None:
    """An expert; requests in several states; files, notes, reminders."""
    await room.hires("wang")
    await room.asks_for_callback("open", "隔壁天天半夜练唢呐我该怎么维权", phone=PHONE)
    for citizen in ("claimed", "closed"):
        await room.asks_for_callback(citizen, f"{citizen} 邻居家的树枝伸到我家窗户怎么办")
        await room.taps("wang", "接单")
    await room.says("wang", "可以先和邻居商量。")
    await room.taps("wang", "办结")
    await room.taps("wang", "已答复")
    await room.sends_file("open", InboundKind.PHOTO, "现场照片")


async def afternoon(room: Room) -> None:
    """Some of it goes on, and a few new people come."""
    await room.says("open", "昨天晚上又来了一次")
    await room.asks_for_callback("late", "借给朋友的车被他抵押了怎么办")
    await room.taps("wang", "接单")
    await room.says("wang", "请把抵押合同发来看看。")
    await room.says("asking", "老板拖欠工资怎么办？")
    crowd = [room.message(f"crowd{n}", text="老板拖欠工资怎么办？") for n in range(8)]
    await asyncio.gather(*(room.intake(one) for one in crowd))  # these share a commit
    await room.settle()


async def sound(store: Store) -> list[str]:
    """What is wrong with the tables, by the desk's own check."""
    from bot.store.sound import unreadable, unsound

    async with store.read() as tx:
        return await unreadable(tx) + await unsound(tx, tx.now)


async def look(file: Path, room: Room) -> Checked:
    """The operator's check of a file."""
    return await check(file, room.store.keys, room.clock)


def known(file: Path) -> set[str]:
    """The external ids of all messages that are in a database."""
    with closing(sqlite3.connect(file)) as database:
        return {row[0] for row in database.execute("SELECT external_id FROM inbox")}


@dataclass
class Running:
    """A room whose loops run by themselves, as the app's do."""

    room: Room
    loops: tuple[Loop, ...] = ()
    tasks: list[asyncio.Task[None]] = field(default_factory=list)

    async def __aenter__(self) -> Running:
        works = (self.room.turns.run_due, self.room.reminders.run_due, self.room.outbox.run_due)
        self.loops = tuple(Loop(w.__qualname__, w, pause=0.02) for w in works)
        self.go_on()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.pause()
        await self.room.outbox.stop(1)

    async def pause(self) -> None:
        """Nothing is done any more, until go_on()."""
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)

    def go_on(self) -> None:
        """The loops run."""
        self.tasks = [asyncio.create_task(loop.run()) for loop in self.loops]

    async def until(self, condition: Callable[[], bool], seconds: float = 20) -> None:
        """Tick until it is so."""
        end = asyncio.get_running_loop().time() + seconds
        while not condition():
            assert asyncio.get_running_loop().time() < end, "it never happened"
            assert not any(task.done() for task in self.tasks), "a loop has ended"
            for loop in self.loops:
                loop.wake()
            await asyncio.sleep(0.005)

    @property
    def failures(self) -> int:
        """Rounds that failed."""
        return sum(loop.failures for loop in self.loops)

    @property
    def rounds(self) -> int:
        """Rounds that did not."""
        return sum(loop.rounds for loop in self.loops)
