"""A stale owner never writes: experts race for cases with old buttons, old words and old snapshots."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from bot.desk.ports import Change
from bot.domain.callback import Callback, CaseState
from bot.domain.ids import CallbackId, ContactId
from bot.domain.messages import Address, InboundKind
from bot.domain.people import Role
from bot.store.engine import Store
from tests.promises.cast import STRANGE
from tests.promises.scale import MEMORY, SOAK, scale
from tests.support.databases import a_key, postgresql_url, sqlite_url
from tests.support.library import small_shelf
from tests.support.postgres import Server
from tests.support.room import FAKE, Clock, FakeMessenger, Room, furnish
from tests.support.settings import settings as desk_settings

EXPERTS = ("wang", "li", "zhou")
STAFF = (*EXPERTS, "zhao")
CITIZEN = "mei"
LABELS = ("接单", "接单", "接单", "退回", "没有时间", "转接", *EXPERTS, "办结", "转调解", "打开")
STEPS = timedelta(minutes=20), timedelta(minutes=61), timedelta(days=1), timedelta(days=8)
T = TypeVar("T")


@dataclass
class Office:
    """Two instances of the desk on one database, and all that was ever seen there."""

    rooms: list[Room]
    clock: Clock
    ids: dict[str, ContactId] = field(default_factory=dict)
    tokens: dict[str, list[str]] = field(default_factory=dict)
    snapshots: list[Callback] = field(default_factory=list)
    said: dict[str, bool] = field(default_factory=dict)
    """Words typed by staff, and whether the case was theirs when they were typed."""

    @property
    def room(self) -> Room:
        return self.rooms[0]

    async def cases(self) -> dict[CallbackId, Callback]:
        async with self.room.store.read() as tx:
            found = await tx.cases.all_of(self.ids[CITIZEN], 50)
        return {case.id: case for case in found}

    async def settle(self) -> None:
        """Both instances work at once, then whatever is left is done."""
        await asyncio.gather(*(room.settle() for room in self.rooms))
        await self.room.settle()
        for who in (*STAFF, CITIZEN):
            seen = self.tokens.setdefault(who, [])
            shown = [b.token for s in self.room.screen(who) for row in s.message.buttons for b in row]
            seen += [token for token in shown if token not in seen]

    async def both(self, *messages: tuple[str, dict[str, Any]]) -> None:
        """Messages of different people, handed to the instances at the same moment."""
        made = [self.room.message(who, **changes) for who, changes in messages]
        await asyncio.gather(
            *(self.rooms[i % len(self.rooms)].intake(message) for i, message in enumerate(made))
        )
        await self.settle()


async def open_office(stack: AsyncExitStack, url: str) -> Office:
    """Three experts, a supervisor and a citizen with one request."""
    clock, keys, messenger = Clock(), a_key(), FakeMessenger()
    rooms = []
    for _ in range(2):
        store = Store(url, keys, clock)
        stack.push_async_callback(store.close)
        rooms.append(await furnish(store, clock, desk_settings(), small_shelf(), messenger))
    office = Office(rooms, clock)
    for who in EXPERTS:
        await office.room.hires(who)
    await office.room.hires("zhao", Role.SUPERVISOR, Role.EXPERT)
    await office.room.asks_for_callback(CITIZEN, STRANGE)
    async with office.room.store.read() as tx:
        for who in (*STAFF, CITIZEN):
            contact = await tx.contacts.find(Address(FAKE, who, who))
            assert contact is not None
            office.ids[who] = contact.id
    await office.settle()
    return office


class Shift(RuleBasedStateMachine):
    """What may happen in an office, in any order."""

    opens: Callable[[AsyncExitStack], Coroutine[Any, Any, str]]

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.stack = AsyncExitStack()
        self.serial = 0

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(work)

    @initialize()
    def morning(self) -> None:
        async def opening() -> Office:
            return await open_office(self.stack, await type(self).opens(self.stack))

        self.office = self.run(opening())
        self.before = self.run(self.office.cases())
        self.office.snapshots += self.before.values()

    def teardown(self) -> None:
        self.run(self.stack.aclose())
        self.runner.close()

    # what people do

    @rule(who=st.sampled_from(STAFF), label=st.sampled_from(LABELS))
    def goes_on_with_the_newest_button_of_this_name(self, who: str, label: str) -> None:
        tokens = [
            b.token
            for s in self.office.room.screen(who)
            for row in s.message.buttons
            for b in row
            if b.label.startswith(label)
        ]
        if tokens:
            self._tap(who, tokens[-1])

    @rule(who=st.sampled_from(STAFF), back=st.integers(0, 5))
    def taps_a_fresh_button(self, who: str, back: int) -> None:
        tokens = self.office.tokens.get(who) or [""]
        self._tap(who, tokens[max(0, len(tokens) - 1 - back)])

    @rule(who=st.sampled_from((*STAFF, CITIZEN)), index=st.integers(0, 400))
    def taps_any_button_ever_seen(self, who: str, index: int) -> None:
        tokens = self.office.tokens.get(who) or [""]
        self._tap(who, tokens[index % len(tokens)])

    @rule(who=st.sampled_from(STAFF), owner=st.sampled_from(STAFF), index=st.integers(0, 400))
    def taps_a_colleagues_button(self, who: str, owner: str, index: int) -> None:
        tokens = self.office.tokens.get(owner) or [""]
        self._tap(who, tokens[index % len(tokens)], forged=who != owner)

    @rule(first=st.sampled_from(STAFF), second=st.sampled_from(STAFF), back=st.integers(0, 3))
    def two_tap_at_the_same_moment(self, first: str, second: str, back: int) -> None:
        if first == second:
            return
        taps = [
            (who, {"kind": InboundKind.BUTTON, "token": tokens[max(0, len(tokens) - 1 - back)]})
            for who in (first, second)
            if (tokens := self.office.tokens.get(who))
        ]
        self.run(self.office.both(*taps))
        self._look(set(STAFF))

    @rule(who=st.sampled_from(STAFF))
    def types_words(self, who: str) -> None:
        self.serial += 1
        words = f"答复第{self.serial}号，请先录音。"
        me = self.office.ids[who]
        self.office.said[words] = any(c.held and c.owner == me for c in self.before.values())
        self.run(self.office.both((who, {"text": words})))
        self._look({who})

    @rule(who=st.sampled_from(STAFF), other=st.sampled_from(STAFF))
    def types_after_a_colleague_took_over(self, who: str, other: str) -> None:
        """The lease runs out, somebody else claims, and the first one goes on typing."""
        if self.office.ids[who] not in {case.owner for case in self.before.values()}:
            return
        self.time_passes(STEPS[1])
        self.goes_on_with_the_newest_button_of_this_name(other, "接单")
        self.types_words(who)

    @rule()
    def the_citizen_writes(self) -> None:
        self.run(self.office.both((CITIZEN, {"text": "他今天又来了"})))
        self._look({CITIZEN})

    @rule(step=st.sampled_from(STEPS))
    def time_passes(self, step: timedelta) -> None:
        self.office.clock.advance(step)
        self.run(self.office.settle())
        self._look(set(), by_clock=True)

    @rule(index=st.integers(0, 400), state=st.sampled_from(CaseState))
    def somebody_writes_with_what_she_saw_earlier(self, index: int, state: CaseState) -> None:
        """The lowest level: a writer who read the case once, and writes now."""
        seen = self.office.snapshots[index % len(self.office.snapshots)]
        now = self.before[seen.id]
        if (seen.fence, seen.state, seen.lease_until) == (now.fence, now.state, now.lease_until):
            return

        async def write() -> Callback | None:
            async with self.office.room.store.begin() as tx:
                return await tx.cases.change(seen, Change(state=state))

        assert self.run(write()) is None
        self._look(set())

    def _tap(self, who: str, token: str, *, forged: bool = False) -> None:
        self.run(self.office.both((who, {"kind": InboundKind.BUTTON, "token": token})))
        self._look(set() if forged else {who})

    # what must hold

    def _look(self, actors: set[str], *, by_clock: bool = False) -> None:
        """Compare with what was there before: only those may have changed a case who could."""
        after = self.run(self.office.cases())
        doers = {self.office.ids[who] for who in actors}
        supervisor = self.office.ids["zhao"] in doers
        for number, old in self.before.items():
            new = after[number]
            assert new.fence >= old.fence
            if new.owner != old.owner:
                assert new.fence > old.fence, "a change of hands without a new fence"
            if new == old or supervisor or self.office.ids[CITIZEN] in doers:
                continue
            if by_clock:
                assert old.state in (CaseState.CLAIMED, CaseState.ANSWERED)
            elif old.state is CaseState.OPEN:
                assert new.owner in doers, "claimed by somebody who did nothing"
            else:
                assert old.owner in doers, "changed by somebody who does not own it"
        self.before = after
        self.office.snapshots += [case for case in after.values() if case not in self.office.snapshots[-9:]]

    @invariant()
    def a_held_case_has_one_owner_and_an_open_one_none(self) -> None:
        for case in getattr(self, "before", {}).values():
            assert case.held == (case.owner is not None) or case.state is CaseState.CLOSED
            assert (case.lease_until is not None) == (case.state is CaseState.CLAIMED)

    @invariant()
    def nothing_that_a_former_owner_said_reached_the_citizen(self) -> None:
        if not hasattr(self, "office"):
            return
        read = "\n".join(shown.text for shown in self.office.room.screen(CITIZEN))
        assert [words for words, hers in self.office.said.items() if not hers and words in read] == []


def _check(opens: Callable[[AsyncExitStack], Coroutine[Any, Any, str]], examples: int) -> None:
    machine = type("Shift", (Shift,), {"opens": staticmethod(opens)})
    slow = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
    how = settings(
        max_examples=examples, stateful_step_count=25, deadline=None, derandomize=True, database=None,
        suppress_health_check=slow, phases=tuple(Phase) if SOAK else (Phase.generate,),
    )  # fmt: skip
    run_state_machine_as_test(machine, settings=how)


def test_a_stale_owner_never_writes_on_sqlite() -> None:
    async def opens(stack: AsyncExitStack) -> str:
        folder = stack.enter_context(tempfile.TemporaryDirectory(dir=MEMORY))
        return await sqlite_url(Path(folder))

    _check(opens, scale(3, 300))


def test_a_stale_owner_never_writes_on_postgresql(postgres: Server) -> None:
    async def opens(stack: AsyncExitStack) -> str:
        return await stack.enter_async_context(postgresql_url(postgres))

    _check(opens, scale(2, 150))
