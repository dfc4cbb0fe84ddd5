"""Each update three times, shuffled, in parallel, across restarts: the same as once."""

from __future__ import annotations

import asyncio
import random
import re
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from bot.domain.callback import NoteKind
from bot.domain.messages import ChannelName, FileRef, InboundKind, InboundMessage
from bot.domain.people import Role
from bot.store import tables as t
from bot.store.engine import Store
from bot.store.sealing import KeyRing
from tests.promises.scale import MEMORY, scale
from tests.support.databases import POSTGRESQL, SQLITE, a_key, postgresql_url, sqlite_url
from tests.support.library import small_shelf
from tests.support.postgres import Server
from tests.support.room import Clock, FakeMessenger, Room, furnish
from tests.support.settings import settings

PAIRS = scale(2, 4)
CITIZENS = tuple(f"citizen{n}" for n in range(PAIRS))
EXPERTS = tuple(f"expert{n}" for n in range(PAIRS))
_NUMBER = re.compile(r"\d{3}-\d{3}-\d{3}")
_PLACE = re.compile(r"排在第 \d+ 位")


def _asks(n: int) -> list[str]:
    """What citizen n does, one thing a round; `[…]` is a tap, `=` is silence."""
    form = ["[换个专题]?", "[劳动工资]", "[先不说]", "[打电话给我]", f"1380000000{n}", "[工作时间都行]"]
    return [
        f"隔壁天天半夜练唢呐我该怎么维权{n}", *form, f"还有录音{n}", "[提交]",
        "=", "=", "还要多久？", "=", "photo", "=", "=", f"[{n % 5 + 1} ★]", "好的",
        "我的咨询", "[没解决，再问]" if n % 2 else "/language",
    ]  # fmt: skip


def _works(n: int) -> list[str]:
    """What her expert does: never in the same round as she, for then either order would be right."""
    return ["="] * 9 + [
        "[接单]",
        f"您先录音{n}。",
        "=",
        "photo",
        "[办结]",
        "[转调解]",
        "=",
        "=",
        "/mine",
        "/queue",
    ]


SCRIPT = {who: _asks(n) for n, who in enumerate(CITIZENS)} | {who: _works(n) for n, who in enumerate(EXPERTS)}
ROUNDS = max(len(script) for script in SCRIPT.values())


@dataclass
class Desks:
    """The instances on one database; `restart` replaces one of them."""

    url: str
    clock: Clock
    keys: KeyRing
    messenger: FakeMessenger
    rooms: list[Room] = field(default_factory=list)

    async def start(self, count: int) -> None:
        for _ in range(count):
            self.rooms.append(await self._one())

    async def _one(self) -> Room:
        store = Store(self.url, self.keys, self.clock)
        made = await furnish(store, self.clock, settings(), small_shelf(), self.messenger)
        made.serial = self.rooms[0].serial if self.rooms else 0
        return made

    async def restart(self, index: int) -> None:
        old = self.rooms[index]
        await old.store.close()
        self.rooms[index] = await self._one()
        self.rooms[index].serial = old.serial

    async def settle(self) -> None:
        await asyncio.gather(*(room.settle() for room in self.rooms))
        await self.rooms[0].settle()

    async def close(self) -> None:
        for room in self.rooms:
            await room.store.close()


def _message(room: Room, who: str, does: str) -> InboundMessage | None:
    optional = does.endswith("?") and does.startswith("[")
    label = does.strip("[]?")
    if optional and not any(one.startswith(label) for one in room.screen(who)[-1].labels):
        return None
    if does.startswith("["):
        return room.message(who, kind=InboundKind.BUTTON, token=room.token(who, label))
    if does == "photo":
        file = FileRef(ChannelName("fake"), f"file of {who}", "photo", size=3)
        room.messenger.files[file.id] = b"abc"
        return room.message(who, kind=InboundKind.PHOTO, file=file, text="照片")
    return None if does == "=" else room.message(who, text=does)


Deliver = Callable[[Desks, list[InboundMessage]], Any]


async def _play(desks: Desks, deliver: Deliver) -> None:
    """Everybody does her next thing, round by round; a minute passes between rounds."""
    room = desks.rooms[0]
    for n, who in enumerate(EXPERTS):
        await room.hires(who, Role.EXPERT, topics=("labor",), on_duty=n == 0)
        await room.says(who, "/start")
    for number in range(ROUNDS):
        made = []
        for n, (who, script) in enumerate(SCRIPT.items()):
            does = script[number] if number < len(script) else "="
            if does == "[接单]":
                await _show_own_card(desks.rooms[0], who, n - len(CITIZENS))
                does = "[接单 "
            message = _message(desks.rooms[0], who, does)
            made += [message] if message is not None else []
        await deliver(desks, made)
        desks.clock.advance(timedelta(minutes=1))


async def _show_own_card(room: Room, expert: str, n: int) -> None:
    """Each expert is asked about the case of one citizen, whatever the order in which they came in."""
    from bot.domain.actions import Action
    from bot.domain.dialog import Choice, Say
    from bot.domain.messages import Address

    async with room.store.begin() as tx:
        citizen = await tx.contacts.find(Address(ChannelName("fake"), CITIZENS[n], CITIZENS[n]))
        me = await tx.contacts.find(Address(ChannelName("fake"), expert, expert))
        assert citizen is not None
        assert me is not None
        case = (await tx.cases.all_of(citizen.id, 1))[0]
        claim = Choice(Action.CLAIM, key="button-claim-case", case=case.number, fence=case.fence)
        await room.desk.say(tx, me.id, Say("queue-list", {"lines": "", "count": 1}, ((claim,),)))
    await room.settle()


async def once(desks: Desks, messages: list[InboundMessage]) -> None:
    """As it should be."""
    for message in messages:
        await desks.rooms[0].intake(message)
    await desks.settle()


@dataclass
class Mess:
    """Three times each, shuffled between people, to two instances at once; old ones come again later."""

    random: random.Random
    old: list[InboundMessage] = field(default_factory=list)
    delivered: int = 0

    async def __call__(self, desks: Desks, messages: list[InboundMessage]) -> None:
        again = self.random.sample(self.old, min(len(self.old), 3))
        batch = [replace(one) for one in messages * 3] + again
        self.random.shuffle(batch)
        self.delivered += len(batch)
        half = len(batch) // 2
        await asyncio.gather(*(self.random.choice(desks.rooms).intake(one) for one in batch[:half]))
        if self.random.random() < 0.4:
            await desks.restart(self.random.randrange(len(desks.rooms)))
        late = [self.random.choice(desks.rooms).intake(one) for one in batch[half:]]
        await asyncio.gather(*late, *(room.turns.run_due() for room in desks.rooms))
        await desks.settle()
        self.old += messages


async def state(room: Room) -> dict[str, Any]:
    """All that lasts, without what differs by chance: numbers of cases, ids, places in the queue."""
    async with room.store.read() as tx:
        names = {row.id: row.user for row in await tx.execute(select(t.contacts))}
        cases = {}
        for row in list(await tx.execute(select(t.callbacks))):
            case = await tx.cases.by_id(row.id)
            assert case is not None
            notes = await tx.cases.notes(case.id, 100)
            cases[names[row.contact_id]] = (
                case.state, names.get(case.owner or 0), case.fence, case.outcome, case.rating,
                case.opened_at, case.closed_at, case.promise_at, case.draft,
                [(n.at, n.kind, names.get(n.author or 0), n.text, n.files) for n in notes],
            )  # fmt: skip
        whose = {row.id: names[row.contact_id] for row in await tx.execute(select(t.callbacks))}
        planned = [
            (r.kind, whose.get(r.callback_id), names.get(r.contact_id), r.due_at)
            for r in await tx.execute(select(t.reminders))
        ]
        trail = [
            (a.action, names.get(a.actor_id), whose.get(a.callback_id))
            for a in await tx.execute(select(t.audit))
        ]
        broken = await tx.audit.verify()
        inbox = Counter(row.state for row in await tx.execute(select(t.inbox)))
    read = {who: Counter(_plain(s.text, s.labels) for s in room.screen(who)) for who in SCRIPT}
    return {
        "cases": cases, "planned": sorted(planned, key=str), "trail": Counter(trail), "broken": broken,
        "inbox": inbox, "read": read,
    }  # fmt: skip


def _plain(text: str, labels: list[str]) -> str:
    return _PLACE.sub("排队", _NUMBER.sub("#", f"{text} {labels}"))


@asynccontextmanager
async def _desks(url: str, count: int) -> AsyncIterator[Desks]:
    desks = Desks(url, Clock(), a_key(), FakeMessenger())
    await desks.start(count)
    try:
        yield desks
    finally:
        await desks.close()


async def _url(stack: AsyncExitStack, database: str, request: pytest.FixtureRequest) -> str:
    if database == POSTGRESQL:
        server: Server = request.getfixturevalue("postgres")
        return await stack.enter_async_context(postgresql_url(server))
    folder = stack.enter_context(tempfile.TemporaryDirectory(dir=MEMORY))
    return await sqlite_url(Path(folder))


@pytest.mark.parametrize("kind", [SQLITE, POSTGRESQL])
async def test_three_times_shuffled_in_parallel_and_across_restarts_is_the_same_as_once(
    kind: str, request: pytest.FixtureRequest
) -> None:
    async with AsyncExitStack() as stack, _desks(await _url(stack, kind, request), 1) as desks:
        await _play(desks, once)
        wanted = await state(desks.rooms[0])
    assert len(wanted["cases"]) == len(CITIZENS)
    assert any(note[1] is NoteKind.EXPERT for case in wanted["cases"].values() for note in case[-1])
    for seed in range(scale(1, 20)):
        mess = Mess(random.Random(seed))
        async with AsyncExitStack() as stack, _desks(await _url(stack, kind, request), 2) as desks:
            await _play(desks, mess)
            found = await state(desks.rooms[0])
        assert mess.delivered > 50 * PAIRS
        for part, value in wanted.items():
            assert found[part] == value, f"{part}, seed {seed}"
