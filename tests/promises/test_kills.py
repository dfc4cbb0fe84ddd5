"""kill -9 at any moment and at each named point: no accepted question is lost, nothing happens twice.

A town goes on with its business while its desk is killed and started again on the same data. Telegram's
ledger and the tables are compared at the end. What may happen twice is a message that was on its way when
the desk died: it is sent again rather than not at all.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import re
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from bot.config import load_config
from bot.domain.callback import CaseState
from bot.domain.reminders import ReminderKind
from bot.parts import open_store
from bot.store import tables as t
from bot.store.tx import Tx
from tests.operate.life import sound
from tests.promises.kills import (
    AFTER_EDIT,
    BEFORE_START,
    UNHEARD,
    Death,
    Town,
    asks,
    complains,
    database_url,
    invite,
    nursery,
    town,
    works,
)
from tests.promises.scale import MEMORY, scale
from tests.support.databases import POSTGRESQL, SQLITE
from tests.telegram_server import User

ON_THE_WAY = (
    "received, not committed", "committed, not confirmed", "confirmed", "turn done, not committed",
    "turn committed", "before send", "after send", UNHEARD, "marked, not committed", "marked",
)  # fmt: skip
ONCE = ("faq read", *BEFORE_START)
REMINDERS = ("reminder taken", "reminder fired")
ROUNDS = {SQLITE: scale(1, 9), POSTGRESQL: scale(1, 6)}
NAMED = {SQLITE: 14, POSTGRESQL: 6}
AT_ANY_MOMENT = {SQLITE: scale(6, 16), POSTGRESQL: scale(2, 4)}


def before_reminders(dice: random.Random, named: int, at_any_moment: int) -> list[Death]:
    """In any order."""
    points = dice.sample((*ON_THE_WAY, *AFTER_EDIT, *BEFORE_START), named)
    found = [Death(point, 1 if point in ONCE else dice.choice((1, 2))) for point in points]
    found += [Death(after=dice.uniform(0.0, 0.9)) for _ in range(at_any_moment)]
    dice.shuffle(found)
    return found


@dataclass
class Story:
    """Who did what, as far as the town goes."""

    place: Town
    expert: User
    askers: list[User] = field(default_factory=list)
    citizens: list[User] = field(default_factory=list)
    tasks: list[asyncio.Task[None]] = field(default_factory=list)

    def goes_on(self, *, with_case: bool) -> None:
        """Somebody new comes, and perhaps somebody who needs an expert."""
        self.askers.append(self.place.server.user(f"问{len(self.askers)}"))
        self.does(asks(self.askers[-1]))
        if with_case:
            self.citizens.append(self.place.server.user(f"民{len(self.citizens)}"))
            self.does(complains(self.citizens[-1], len(self.citizens) - 1))

    def does(self, what: Any) -> None:
        self.tasks.append(asyncio.create_task(what))


async def tell(place: Town, plan: list[Death]) -> Story:
    """Business goes on through all the kills; then time passes, and reminders come through some more."""
    story = Story(place, place.server.user("王律师"))
    story.expert.starts(await invite(place.config))
    story.does(works(story.expert, place.server, (len(plan) + 2) // 3))
    for n, death in enumerate(plan):
        story.goes_on(with_case=n % 3 == 0)
        await place.dies(death)
    await place.starts()
    await asyncio.gather(*story.tasks)
    await place.server.drained(30)
    await place.stops()
    place.ahead += timedelta(hours=13).total_seconds()
    for point, nth in (
        (point, nth) for nth in (1, 2) for point in REMINDERS if len(story.citizens) > 3 * nth
    ):
        await place.dies(Death(point, nth))
    await place.starts()
    due = [f"提醒{n}" for n in range(len(story.citizens))]
    await place.server.until(lambda: True if all(_told(story.expert, w) for w in due) else None, 60)
    story.goes_on(with_case=False)
    await asyncio.gather(*story.tasks)
    await place.server.drained(30)
    await place.stops()
    return story


def _told(user: User, words: str) -> int:
    """How many messages end with these words."""
    return sum(m.by_bot and m.text.endswith(words) for m in user.chat)


_UPDATE = re.compile(r"^\D(\d+)")
_DIGITS = re.compile(r"\d+")
_DAY = re.compile(r"#月#日（周.）#:#")


def _plain(text: str) -> str:
    return _DAY.sub("日", _DIGITS.sub("#", text))


def _once_each(user: User) -> list[str]:
    """What she read, each message once, without numbers and times."""
    return list(dict.fromkeys(_plain(m.text) for m in user.chat if m.by_bot))


async def _check_inbox(tx: Tx, place: Town) -> None:
    """Each update that Telegram gave has been received once and is done."""
    emitted = sorted(one.id for one in place.server.world.updates.emitted)
    rows = [(int(_UPDATE.findall(r.external_id)[0]), r.state) for r in await tx.execute(select(t.inbox))]
    assert sorted(id_ for id_, _ in rows) == emitted
    assert {state for _, state in rows} == {"done"}
    assert place.server.pending == []


async def _check_cases(tx: Tx, story: Story) -> None:
    """Each case is there once, with one claim, one answer, one reminder."""
    ids = {row.user: row.id for row in await tx.execute(select(t.contacts))}
    trail: dict[int, Counter[str]] = {}
    for line in await tx.execute(select(t.audit).where(t.audit.c.callback_id.is_not(None))):
        trail.setdefault(line.callback_id, Counter())[line.action] += 1
    kinds = set()
    for n, user in enumerate(story.citizens):
        (case,) = await tx.cases.all_of(ids[str(user.id)], 9)
        assert (case.state, case.owner) == (CaseState.ANSWERED, ids[str(story.expert.id)])
        notes = [(note.kind, note.text) for note in await tx.cases.notes(case.id, 99)]
        assert [text for _, text in notes if text in (f"收到{n}", f"答复{n}。")] == [f"答复{n}。", f"收到{n}"]
        assert set(trail[case.id].values()) == {1}, trail
        kinds.add((case.fence, tuple(kind for kind, _ in notes), frozenset(trail[case.id])))
    assert len(kinds) == 1, kinds
    own = await tx.execute(select(t.reminders).where(t.reminders.c.kind == ReminderKind.OWN))
    assert own.all() == []


async def _check_sends(tx: Tx, story: Story) -> int:
    """Each row of the outbox reached its person; twice only what was on its way at a kill. How many did."""
    place, doubled = story.place, 0
    states = {row.state for row in await tx.execute(select(t.outbox))}
    assert states == {"sent"}
    for user in (story.expert, *story.askers, *story.citizens):
        mine = t.contacts.c.user == str(user.id)
        query = select(t.outbox.c.id).join(t.contacts, t.contacts.c.id == t.outbox.c.contact_id).where(mine)
        rows = len((await tx.execute(query)).all())
        extra = len(place.server.ledger.applied(user.id)) - rows
        assert 0 <= extra <= place.under_way[user.id], f"{user.raw['first_name']}: {extra} more than {rows}"
        doubled += extra
    return doubled


def _check_words(story: Story) -> None:
    """Everybody of a kind read the same, in the same order."""
    first, *others = (_once_each(user) for user in story.citizens)
    assert others == [first] * len(others)
    first, *others = (_once_each(user) for user in story.askers)
    assert others == [first] * len(others)
    assert f"（修订 {story.place.edition}）" in "".join(m.text for m in story.askers[-1].chat)
    for n in range(len(story.citizens)):
        assert 1 <= _told(story.expert, f"提醒{n}") <= 1 + story.place.under_way[story.expert.id]


async def holds(story: Story) -> int:
    """All of the promise; how many messages came twice."""
    _check_words(story)
    store = open_store(
        load_config(story.place.config), lambda: datetime.now(UTC) + timedelta(seconds=story.place.ahead)
    )
    try:
        assert await sound(store) == []
        async with store.read() as tx:
            await _check_inbox(tx, story.place)
            await _check_cases(tx, story)
            return await _check_sends(tx, story)
    finally:
        await store.close()


@pytest.mark.databases(SQLITE, POSTGRESQL)
async def test_killed_at_any_moment_it_loses_no_question_and_does_nothing_twice(
    database: str, request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]
) -> None:
    kills: Counter[str] = Counter()
    doubled = under_way = 0
    async with nursery() as born:
        for seed in range(ROUNDS[database]):
            async with contextlib.AsyncExitStack() as stack:
                url = await stack.enter_async_context(database_url(database, request))
                folder = stack.enter_context(tempfile.TemporaryDirectory(dir=MEMORY))
                place = await stack.enter_async_context(town(born, Path(folder), url))
                plan = before_reminders(random.Random(seed), NAMED[database], AT_ANY_MOMENT[database])
                doubled += await holds(await tell(place, plan))
                kills.update(place.kills)
                under_way += place.under_way.total()
    with capsys.disabled():
        print(f"\n{database}: {kills.total()} kills, {under_way} sends under way, {doubled} doubled")
        print(dict(kills))
    assert len(kills) > NAMED[database]
