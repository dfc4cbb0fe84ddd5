"""One of two processes of a desk, in which many experts tap 接单 on the same requests at the same moment.

Reads a line of JSON (`Shift`), says "ready", waits for a line, works until nobody's message waits any more,
and says how many turns were its own. Every message that it delivers is a line in a file that both
write, so that their order is the order in which people read.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import sys
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import structlog
from sqlalchemy import func, select, update

from bot.desk.ports import Change
from bot.domain.actions import Action
from bot.domain.callback import Callback
from bot.domain.dialog import Choice
from bot.domain.ids import CaseNumber, ContactId
from bot.domain.messages import Address, InboundKind, OutboundMessage, SendOutcome, Sent
from bot.store import tables as t
from bot.store.cases import CaseQueries
from bot.store.engine import Store
from bot.store.sealing import KeyRing
from tests.support.library import small_shelf
from tests.support.room import Clock, FakeMessenger, Room, furnish
from tests.support.settings import settings

_HANDS = 32


@dataclass(frozen=True)
class Shift:
    """What a process needs to know. `taps`: who taps on which case, in order; `all_taps`: of both."""

    url: str
    key: str
    ledger: str
    name: str
    taps: list[tuple[str, str]]
    all_taps: int
    select_then_update: bool = False

    def line(self) -> str:
        """For the child."""
        return json.dumps(asdict(self)) + "\n"


@dataclass
class Delivering(FakeMessenger):
    """Delivers into the file."""

    file: int = -1

    async def send(self, to: Address, message: OutboundMessage, *, key: str, edit: str) -> SendOutcome:
        line = json.dumps({"to": to.user, "key": key, "text": message.text}, ensure_ascii=False)
        os.write(self.file, f"{line}\n".encode())
        return Sent(key)


async def _select_then_update(self: CaseQueries, callback: Callback, change: Change) -> Callback | None:
    """What `change` must never be: a look, and then a write that does not look."""
    now = await self.by_id(callback.id)
    if now is None or (now.fence, now.state) != (callback.fence, callback.state):
        return None
    values = change.values() | {"fence": t.callbacks.c.fence + 1}
    await self.tx.execute(update(t.callbacks).where(t.callbacks.c.id == callback.id).values(**values))
    return await self.by_id(callback.id)


async def _room(shift: Shift) -> Room:
    store = Store(shift.url, KeyRing.load(Path("not-a-file"), shift.key), Clock())
    desk = settings()
    patient = replace(desk, limits=replace(desk.limits, waiting_messages=10**6, messages_at_once=10**6))
    file = os.open(shift.ledger, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    return await furnish(store, Clock(), patient, small_shelf(), Delivering(file=file))


async def _tokens(room: Room, shift: Shift) -> list[str]:
    """The buttons behind the taps: everybody has got the card of every case."""
    async with room.store.read() as tx:
        ids = {row.user: ContactId(row.id) for row in await tx.execute(select(t.contacts))}
        made = []
        for who, number in shift.taps:
            choice = Choice(Action.CLAIM, key="button-claim", case=CaseNumber(number), fence=1)
            made.append(room.desk.tokens.make(ids[who], choice, 0, 0))
    return made


async def _taps(room: Room, shift: Shift, tokens: list[str]) -> None:
    """Each expert's taps in her order, those of different experts side by side."""
    lines: dict[str, list[tuple[str, str]]] = {}
    for (who, number), token in zip(shift.taps, tokens, strict=True):
        lines.setdefault(who, []).append((number, token))
    hands = asyncio.Semaphore(_HANDS)

    async def one(who: str) -> None:
        async with hands:
            for number, token in lines[who]:
                name = f"{who} {number} {shift.name}"
                message = room.message(who, kind=InboundKind.BUTTON, token=token, external_id=name)
                await room.intake(message)

    await asyncio.gather(*(one(who) for who in lines))


async def _all_done(room: Room, taps: int) -> bool:
    i, o = t.inbox.c, t.outbox.c
    async with room.store.read() as tx:
        done = await tx.execute(select(func.count()).where(i.state.in_(("done", "failed"))))
        waiting = await tx.execute(select(func.count()).where(o.state.in_(("open", "sending"))))
        return bool(done.scalar_one() == taps and waiting.scalar_one() == 0)


async def _works(room: Room, shift: Shift) -> None:
    """As the loops do, without a pause between rounds while there is work."""
    while not await _all_done(room, shift.all_taps):
        await asyncio.gather(room.turns.run_due(), room.outbox.run_due())
        await room.outbox.settle()
        await asyncio.sleep(0.01)


async def main() -> None:
    """A shift."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    shift = Shift(**json.loads(sys.stdin.readline()))
    if shift.select_then_update:
        CaseQueries.change = _select_then_update  # type: ignore[method-assign]
    room = await _room(shift)
    tokens = await _tokens(room, shift)
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    await asyncio.gather(_taps(room, shift, tokens), _works(room, shift))
    await room.store.close()
    print(json.dumps({"turns": room.turns.counts}), flush=True)


if __name__ == "__main__":
    asyncio.run(main())
