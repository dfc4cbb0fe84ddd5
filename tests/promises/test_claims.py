"""Two instances, many experts, each request tapped by two of them at once: one owner, and all are told."""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from bot.domain.callback import Callback, CaseState, Draft
from bot.domain.faq import TopicId
from bot.domain.ids import CaseNumber, StationId
from bot.domain.messages import Address
from bot.domain.people import Role, Staff
from bot.store import tables as t
from bot.store.cases import CaseQueries
from bot.store.engine import Store
from bot.store.sealing import KeyRing, new_key_line
from tests.promises.claim_child import Shift
from tests.promises.scale import MEMORY, SOAK, scale
from tests.promises.test_fencing import open_office
from tests.store.things import DAY
from tests.support.databases import POSTGRESQL, SQLITE, postgresql_url, sqlite_url
from tests.support.library import REPO
from tests.support.postgres import Server
from tests.support.room import FAKE, Clock

EXPERTS, CASES = scale(12, 200), scale(40, 2_000)
_NUMBER = re.compile(r"\d{3}-\d{3}-\d{3}")
_STATION = StationId("station")
LOST = "已由"


async def morning(store: Store) -> list[str]:
    """Experts who look at their screens, and requests that nobody has; their numbers."""
    async with store.begin() as tx:
        for n in range(EXPERTS):
            contact = await tx.contacts.ensure(Address(FAKE, f"e{n}", f"e{n}"), f"e{n}", "zh-Hans")
            roles = frozenset({Role.EXPERT})
            await tx.contacts.save_staff(Staff(contact.id, f"e{n}", _STATION, roles, (), (), on_duty=False))
        numbers = []
        for n in range(CASES):
            citizen = await tx.contacts.ensure(Address(FAKE, f"c{n}", f"c{n}"), f"c{n}", "zh-Hans")
            draft = Draft(f"第{n}个问题", TopicId("labor"), "城关区")
            numbers.append((await tx.cases.open(citizen.id, _STATION, draft, tx.now + DAY)).number)
    return list(numbers)


def rivals(numbers: list[str]) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """For each request two experts, one at each instance."""
    pairs = [(n % EXPERTS, (n + 1 + n // EXPERTS % (EXPERTS - 1)) % EXPERTS) for n in range(len(numbers))]
    first, second = zip(
        *((f"e{a}", f"e{b}") if a != b else (f"e{a}", f"e{b + 1}") for a, b in pairs), strict=True
    )
    return list(zip(first, numbers, strict=True)), list(zip(second, numbers, strict=True))


@contextmanager
def child(shift: Shift) -> Iterator[subprocess.Popen[str]]:
    """One instance, with everything ready."""
    command = [sys.executable, "-m", "tests.promises.claim_child"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, cwd=REPO, **pipes) as process:  # type: ignore[call-overload]
        try:
            process.stdin.write(shift.line())
            process.stdin.flush()
            yield process
        finally:
            process.kill()


def both(shifts: list[Shift]) -> list[dict[str, Any]]:
    """Two instances begin at the same moment and work until all is done; what each did."""
    with child(shifts[0]) as one, child(shifts[1]) as two:
        for process in (one, two):
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
        for process in (one, two):
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()
        return [json.loads(process.communicate()[0]) for process in (one, two)]


@dataclass
class Evening:
    """What is left in the tables, and what people read."""

    owners: dict[str, str]
    fences: Counter[int]
    states: Counter[str]
    audited: Counter[str]
    story: Counter[int]
    inbox: Counter[str]
    taps: dict[str, list[str]]
    broken: int | None
    sent: int
    read: list[dict[str, str]]
    did: list[dict[str, Any]]

    def told(self, who: str) -> list[str]:
        """The requests that an expert heard about, in the order in which she did."""
        return [_NUMBER.findall(line["text"])[0] for line in self.read if line["to"] == who]


async def evening(store: Store, read: list[dict[str, str]], did: list[dict[str, Any]]) -> Evening:
    async with store.read() as tx:
        names = {row.id: row.user for row in await tx.execute(select(t.contacts))}
        cases = list(await tx.execute(select(t.callbacks)))
        numbers = {row.id: row.number for row in cases}
        audit = await tx.execute(select(t.audit.c.callback_id).where(t.audit.c.action == "claim"))
        inbox = list(await tx.execute(select(t.inbox).order_by(t.inbox.c.id)))
        taps: dict[str, list[str]] = {}
        for row in inbox:
            taps.setdefault(names[row.contact_id], []).append(row.external_id.split()[1])
        sent = await tx.execute(select(func.count()).where(t.outbox.c.state == "sent"))
        return Evening(
            owners={row.number: names.get(row.owner_id, "") for row in cases},
            fences=Counter(row.fence for row in cases),
            states=Counter(row.state for row in cases),
            audited=Counter(numbers[row.callback_id] for row in audit),
            story=Counter(row.callback_id for row in await tx.execute(select(t.notes.c.callback_id))),
            inbox=Counter(row.state for row in inbox),
            taps=taps,
            broken=await tx.audit.verify(),
            sent=sent.scalar_one(),
            read=read,
            did=did,
        )


async def a_day(stack: AsyncExitStack, kind: str, request: pytest.FixtureRequest, **more: Any) -> Evening:
    """A morning, a race, and what is left."""
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=MEMORY)))
    if kind == POSTGRESQL:
        server: Server = request.getfixturevalue("postgres")
        url = await stack.enter_async_context(postgresql_url(server))
    else:
        url = await sqlite_url(folder)
    key = new_key_line()
    store = Store(url, KeyRing.load(Path("not-a-file"), key), Clock())
    stack.push_async_callback(store.close)
    taps = rivals(await morning(store))
    ledger, both_taps = folder / "read", sum(map(len, taps))
    shifts = [
        Shift(url, key, str(ledger), name, mine, both_taps, **more)
        for name, mine in zip("ab", taps, strict=True)
    ]
    did = await asyncio.to_thread(both, shifts)
    return await evening(store, _lines(ledger), did)


def _lines(ledger: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in ledger.read_text("utf-8").splitlines()]


@pytest.mark.parametrize("kind", [POSTGRESQL, *([SQLITE] if SOAK else [])])
async def test_each_request_is_claimed_once_and_whoever_lost_is_told_who_has_it(
    kind: str, request: pytest.FixtureRequest
) -> None:
    async with AsyncExitStack() as stack:
        end = await a_day(stack, kind, request)
    assert end.inbox == {"done": 2 * CASES}
    assert end.states == {CaseState.CLAIMED: CASES}
    assert end.fences == {2: CASES}
    assert end.audited == dict.fromkeys(end.owners, 1)
    assert set(end.story.values()) == {1}
    assert end.broken is None
    keys = Counter(line["key"] for line in end.read)
    assert (len(keys), set(keys.values())) == (end.sent, {1})
    by_case: dict[str, list[dict[str, str]]] = {}
    for line in end.read:
        assert _NUMBER.search(line["text"]), line
        by_case.setdefault(_NUMBER.findall(line["text"])[0], []).append(line)
    for number, owner in end.owners.items():
        experts = [line for line in by_case[number] if line["to"].startswith("e")]
        assert sorted(LOST in line["text"] for line in experts) == [False, True], experts
        winner, loser = sorted(experts, key=lambda line: LOST in line["text"])
        assert (winner["to"], f"{LOST} {owner}" in loser["text"]) == (owner, True)
        assert sum(line["to"].startswith("c") for line in by_case[number]) == 1
    for who, tapped in end.taps.items():
        assert end.told(who) == tapped, f"{who} was answered in another order than she tapped"
    if kind == POSTGRESQL:  # SQLite lets one process write for long while the other waits
        assert min(sum(one["turns"].values()) for one in end.did) > CASES / 10, end.did


@pytest.mark.skipif(not SOAK, reason="the teeth of the test above, with make soak")
async def test_a_look_and_then_a_write_would_claim_many_twice(request: pytest.FixtureRequest) -> None:
    async with AsyncExitStack() as stack:
        end = await a_day(stack, POSTGRESQL, request, select_then_update=True)
    assert sum(count for fence, count in end.fences.items() if fence > 2) > CASES / 10


async def test_whoever_looked_before_a_colleague_claimed_and_taps_after_it_is_told_who_has_it(
    postgres: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with AsyncExitStack() as stack:
        office = await open_office(stack, await stack.enter_async_context(postgresql_url(postgres)))
        office.rooms[1].serial = 1000
        look, colleague = CaseQueries.by_number, iter(["li"])

        async def and_meanwhile(self: CaseQueries, number: CaseNumber) -> Callback | None:
            found = await look(self, number)
            for who in colleague:
                await office.rooms[1].taps(who, "接单")
            return found

        monkeypatch.setattr(CaseQueries, "by_number", and_meanwhile)
        await office.room.taps("wang", "接单")
        assert "已由 li 接单" in office.room.last("wang")
        assert [case.owner for case in (await office.cases()).values()] == [office.ids["li"]]
