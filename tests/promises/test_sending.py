"""Three sends of ten fail: all arrive, in order, never before Telegram allows it; a dead chat delays nobody.

The real outbox and channel on the test server; time moves on only when every sender waits for it. The
faults of a chat are drawn with a die of its own, so that a seed is the same story each time.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections import defaultdict
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby

import pytest
from sqlalchemy import func, select

from bot.channels.telegram import TelegramChannel, TelegramSettings
from bot.desk.outbox import OutboxRunner
from bot.domain.messages import Address, Block, BlockKind, OutboundMessage
from bot.store import tables as t
from tests.channels.telegram.telegram_bench import TELEGRAM, TOKEN, Desk
from tests.promises.scale import scale
from tests.support.room import MONDAY, Clock, Room
from tests.telegram_server import Call, Kind, TelegramServer, User

CHATS, MESSAGES, SEEDS = scale(12, 60), scale(10, 30), scale(1, 10)
RATE = 0.3
REFUSED = (Kind.TOO_MANY, Kind.TOO_MANY, Kind.SERVER_ERROR, Kind.BAD_GATEWAY, Kind.RESET, Kind.HANG)
DONE = (Kind.LOST_REPLY, Kind.LOST_RESET, Kind.GARBLED)
"""Telegram did it, and the desk does not learn of it."""
_TIMEOUT = 0.25
"""Real seconds: what it takes to see that no reply comes."""


@dataclass
class Time:
    """Virtual: it stands still while anybody is at work, then goes to where somebody waits for."""

    clock: Clock
    sleepers: list[tuple[datetime, asyncio.Future[None]]] = field(default_factory=list)
    slept: asyncio.Event = field(default_factory=asyncio.Event)

    def monotonic(self) -> float:
        return (self.clock.now - MONDAY).total_seconds()

    async def sleep(self, seconds: float) -> None:
        woken = asyncio.get_running_loop().create_future()
        self.sleepers.append((self.clock.now + timedelta(seconds=seconds), woken))
        self.slept.set()
        await woken

    def goes_to(self, now: datetime) -> None:
        self.clock.now = max(now, self.clock.now)
        due = [one for one in self.sleepers if one[0] <= self.clock.now]
        self.sleepers = [one for one in self.sleepers if one[0] > self.clock.now]
        for _, woken in due:
            woken.set_result(None)


@dataclass
class Post:
    """The outbox, the channel, Telegram, and at what virtual time each call came."""

    room: Room
    server: TelegramServer
    time: Time
    outbox: OutboxRunner
    calls: list[tuple[float, Call]] = field(default_factory=list)

    async def writes(self, to: User, count: int) -> None:
        """So many messages for her wait; the last one takes the place of the first."""
        async with self.room.store.begin() as tx:
            address = Address(TELEGRAM, str(to.id), str(to.id))
            contact = await tx.contacts.ensure(address, "", "zh-Hans")
            for n in range(count):
                card = "card" if n in (0, count - 1) else ""
                words = (Block(BlockKind.TEXT, f"第 {n} 条"),)
                await tx.outbox.add(contact.id, OutboundMessage(words, card=card))

    async def sends_all(self, *, for_: timedelta = timedelta(days=9)) -> None:
        """Until nothing waits any more, or the time is over."""
        end = self.room.clock.now + for_
        while self.room.clock.now < end and (await self._work() or await self._wait()):
            pass

    async def _work(self) -> bool:
        """True while somebody is busy: then wait until one ends or begins to wait."""
        await self.outbox.run_due()
        if len(self.outbox.workers) == len(self.time.sleepers):
            return False
        self.time.slept.clear()
        slept = asyncio.create_task(self.time.slept.wait())
        await asyncio.wait([*self.outbox.workers.values(), slept], return_when=asyncio.FIRST_COMPLETED)
        slept.cancel()
        return True

    async def _wait(self) -> bool:
        """Let time pass; False when nobody waits for anything."""
        o = t.outbox.c
        async with self.room.store.read() as tx:
            later = select(func.min(o.not_before)).where(o.state == "open", o.not_before > tx.now)
            retry = (await tx.execute(later)).scalar()
        ends = [end for end, _ in self.time.sleepers] + ([retry] if retry else [])
        if ends:
            self.time.goes_to(min(ends))
        return bool(ends)

    def to(self, user: User) -> list[tuple[float, Call]]:
        """What was tried in her chat, in order."""
        return [(at, call) for at, call in self.calls if call.chat_id == user.id]


@contextlib.asynccontextmanager
async def post(room: Room) -> AsyncIterator[Post]:
    """An open post office; nothing may be sent that Telegram would refuse, or two at once to one chat."""
    async with TelegramServer(TOKEN) as server:
        time = Time(room.clock)
        settings = TelegramSettings(
            TOKEN, base_url=server.url, messages_per_second=1e6, reply_timeout=_TIMEOUT
        )
        desk = Desk()
        channel = TelegramChannel(
            settings, desk.receive, desk.quarantine, desk.fetch_file, room.clock,
            monotonic=time.monotonic, sleep=time.sleep,
        )  # fmt: skip
        made = Post(room, server, time, OutboxRunner(room.desk, {TELEGRAM: channel}))
        note = server.ledger.add

        def stamped(call: Call) -> None:
            note(call)
            made.calls.append((time.monotonic(), call))

        server.ledger.add = stamped  # type: ignore[method-assign]
        await channel.start()
        try:
            yield made
        finally:
            await made.outbox.stop(0)
            await channel.stop()
        assert server.violations == []
        assert server.ledger.overlaps == []


def _too_early(calls: list[tuple[float, Call]]) -> list[str]:
    """Calls that came before a 429 had run out."""
    until, found = 0.0, []
    for at, call in calls:
        if at < until:
            found.append(f"{call.method} {until - at:.1f} s too early")
        if call.status == 429:
            until = at + float(call.description.rsplit(" ", 1)[-1])
    return found


def _read(post: Post, user: User) -> list[str]:
    """What came into her chat and changed there, each once where the same came again."""
    return [text for text, _ in groupby(call.text for call in post.server.ledger.applied(user.id))]


async def _sweeps(room: Room) -> None:
    """As if nothing had been sent yet, on Monday."""
    room.clock.now = MONDAY
    async with room.store.begin() as tx:
        await tx.execute(t.outbox.delete())
        await tx.execute(t.cards.delete())


async def _through_faults(room: Room, seed: int) -> dict[str, int]:
    dice = random.Random(seed)
    random.seed(seed)
    async with post(room) as office:
        users = [office.server.user(f"u{n}", started=True) for n in range(CHATS)]
        for user in users:
            for method in ("sendMessage", "editMessageText"):
                office.server.faults.at_random(
                    dice.randrange(2**32), RATE, (*REFUSED, *DONE), method=method, chat_id=user.id,
                    retry_after=dice.randint(1, 40),
                )  # fmt: skip
            await office.writes(user, MESSAGES)
        await office.sends_all()
        async with room.store.read() as tx:
            assert await tx.outbox.counts() == {"sent": CHATS * MESSAGES}
        for user in users:
            assert _read(office, user) == [f"第 {n} 条" for n in range(MESSAGES)]
            assert _too_early(office.to(user)) == []
        failed = [call for _, call in office.calls if call.fault]
        unheard = sum(call.fault in DONE and call.method == "sendMessage" for call in failed)
        doubled = sum(len(office.server.ledger.sent(user.id)) for user in users) - CHATS * (MESSAGES - 1)
        ambiguous = office.outbox.counts["ambiguous"]
        assert unheard <= doubled <= ambiguous
        return {
            "calls": len(office.calls), "failed": len(failed), "429": sum(c.status == 429 for c in failed),
            "ambiguous": ambiguous, "doubled": doubled, "virtual s": round(office.time.monotonic()),
        }  # fmt: skip


async def test_when_three_sends_of_ten_fail_all_arrive_in_order_and_not_before_they_may(
    room: Room, capsys: pytest.CaptureFixture[str]
) -> None:
    total: dict[str, int] = defaultdict(int)
    for seed in range(SEEDS):
        fresh = Room(**vars(room))
        async with fresh.store.begin() as tx:
            await tx.execute(t.outbox.delete())
            await tx.execute(t.cards.delete())
        for name, value in (await _through_faults(fresh, seed)).items():
            total[name] += value
    with capsys.disabled():
        print(f"\n{SEEDS} × {CHATS} chats × {MESSAGES} messages: {dict(total)}")
    assert total["failed"] > total["calls"] * RATE / 2


def _times(office: Post, users: list[User]) -> dict[str, list[float]]:
    """When each message reached whom."""
    return {user.raw["first_name"]: [at for at, call in office.to(user) if call.applied] for user in users}


async def test_dead_chats_delay_nobody_else(room: Room) -> None:
    async with post(room) as office:
        users = [office.server.user(f"u{n}", started=True) for n in range(CHATS)]
        for user in users:
            await office.writes(user, MESSAGES)
        await office.sends_all()
        alone = _times(office, users)
    await _sweeps(room)
    async with post(room) as office:
        blocked, refused, broken, silent = (office.server.user(n, started=True) for n in ("b", "r", "x", "s"))
        blocked.blocks()
        faults = office.server.faults
        faults.add(Kind.TOO_MANY, chat_id=refused.id, times=None, retry_after=600)
        faults.add(Kind.SERVER_ERROR, chat_id=broken.id, times=None)
        faults.add(Kind.HANG, chat_id=silent.id, times=None)
        users = [office.server.user(f"u{n}", started=True) for n in range(CHATS)]
        for user in (blocked, refused, broken, silent, *users):
            await office.writes(user, MESSAGES)
        await office.sends_all(for_=timedelta(minutes=1))
        assert _times(office, users) == alone
        assert not any(office.server.ledger.applied(u.id) for u in (blocked, refused, broken, silent))
        assert _too_early(office.to(refused)) == []
        async with room.store.read() as tx:
            counts = await tx.outbox.counts()
        assert (counts["sent"], counts["dead"]) == (CHATS * MESSAGES, MESSAGES)
