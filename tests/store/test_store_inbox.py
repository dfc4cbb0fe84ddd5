"""The inbox: what was received has its effect once, in order."""

from __future__ import annotations

import asyncio

from bot.domain.messages import ChatKind, FileRef, InboundKind, InboundMessage
from bot.store.engine import Store
from tests.support.room import MONDAY, Clock

from .things import (
    DAY,
    EVERYWHERE,
    FAKE,
    MINUTE,
    ON_SERVERS,
    SECOND,
    all_at_once,
    at,
    inbound,
    people,
    person,
)

pytestmark = EVERYWHERE
PATIENCE = 10 * SECOND


async def keep(store: Store, message: InboundMessage, wait: int = 0) -> bool:
    async with store.begin() as tx:
        contact = await person(tx, message.sender.user)
        return await tx.inbox.add(contact, message, tx.now + wait * SECOND)


async def test_a_duplicate_is_not_kept_again(store: Store) -> None:
    assert await keep(store, inbound(text="一"))
    assert not await keep(store, inbound(text="二"))
    assert await keep(store, inbound(external_id="m2"))
    [mei] = await people(store, "mei")
    async with store.begin() as tx:
        rows = await tx.inbox.open_of(mei)
        assert [r.message.text for r in rows] == ["一", "你好"]
        await tx.inbox.done(tuple(r.id for r in rows))
    assert not await keep(store, inbound(text="三"))
    async with store.read() as tx:
        assert await tx.inbox.open_of(mei) == ()


async def test_of_many_that_bring_the_same_message_at_once_one_is_kept(store: Store, other: Store) -> None:
    async def bring(n: int) -> bool:
        return await keep((store, other)[n % 2], inbound())

    assert sorted(await all_at_once(8, bring)) == [False] * 7 + [True]


async def test_a_message_comes_back_as_it_was(store: Store) -> None:
    file = FileRef(FAKE, "f1", "photo", "欠条.jpg", "image/jpeg", 3)
    whole = InboundMessage(
        FAKE, "m1", at("mei"), MONDAY.replace(microsecond=123_457), InboundKind.PHOTO, ChatKind.GROUP,
        "梅", "zh", "词\n🙏", "token", "ref", "13812345678", file,
    )  # fmt: skip
    await keep(store, whole)
    [mei] = await people(store, "mei")
    async with store.read() as tx:
        [row] = await tx.inbox.open_of(mei)
    assert (row.message, row.attempts) == (whole, 0)


async def test_a_turn_is_due_when_the_burst_is_over_or_patience_ends(store: Store, clock: Clock) -> None:
    await keep(store, inbound(), wait=2)
    [mei] = await people(store, "mei")

    async def due() -> tuple[int, ...]:
        async with store.read() as tx:
            return await tx.inbox.due(PATIENCE, 10)

    async with store.read() as tx:
        assert await tx.inbox.next_ready() == clock.now + 2 * SECOND
    assert await due() == ()
    clock.advance(2 * SECOND)
    assert await due() == (mei,)
    for n in range(4):
        await keep(store, inbound(external_id=f"more{n}"), wait=3)
        assert await due() == ()
        clock.advance(2 * SECOND)
    assert await due() == (mei,)


async def test_contacts_are_due_in_the_order_of_their_first_message(store: Store) -> None:
    li, mei, hua = await people(store, "li", "mei", "hua")
    for n, user in enumerate(("hua", "mei", "hua", "li")):
        await keep(store, inbound(user, f"m{n}"))
    async with store.read() as tx:
        assert await tx.inbox.due(PATIENCE, 10) == (hua, mei, li)
        assert await tx.inbox.due(PATIENCE, 2) == (hua, mei)


async def test_what_failed_is_tried_again_and_then_set_aside_with_its_words(store: Store) -> None:
    await keep(store, inbound())
    [mei] = await people(store, "mei")
    async with store.begin() as tx:
        [row] = await tx.inbox.open_of(mei)
        await tx.inbox.failed((row.id,), give_up=False)
        [again] = await tx.inbox.open_of(mei)
        assert (again.attempts, await tx.inbox.count_open(mei)) == (1, 1)
        await tx.inbox.failed((row.id,), give_up=True)
        assert await tx.inbox.open_of(mei) == ()
        assert await tx.inbox.count_open(mei) == 0
        assert await tx.inbox.due(PATIENCE, 10) == ()
        assert await tx.inbox.next_ready() is None
    assert not await keep(store, inbound())


async def test_an_empty_inbox_is_due_never(store: Store) -> None:
    async with store.begin() as tx:
        assert await tx.inbox.due(PATIENCE, 10) == ()
        assert await tx.inbox.next_ready() is None
        await tx.inbox.done(())


@ON_SERVERS
async def test_a_message_that_arrives_while_her_turn_runs_is_kept_at_once(store: Store, other: Store) -> None:
    await keep(store, inbound())
    [mei] = await people(store, "mei")
    async with asyncio.timeout(5), store.begin() as turn:
        assert await turn.lock_contact(mei)
        assert await keep(other, inbound(external_id="m2"))
    async with store.read() as tx:
        assert await tx.inbox.count_open(mei) == 2


async def test_what_cannot_be_read_is_kept_for_a_person_to_look_at(store: Store) -> None:
    async with store.begin() as tx:
        for raw in ("{", "{again"):
            await tx.inbox.quarantine("fake", "u1", raw, "not JSON")
        assert await tx.inbox.count_quarantined() == 1
        for raw in ("no id", "no id either", "no id"):
            await tx.inbox.quarantine("fake", "", raw, "no id")
        assert await tx.inbox.count_quarantined() == 3


async def test_quarantine_takes_text_that_no_database_holds(store: Store) -> None:
    async with store.begin() as tx:
        await tx.inbox.quarantine("fake", "u\0\ud800" * 100, "\ud83d\0", "\ud83d \0" * 100)
        assert await tx.inbox.count_quarantined() == 1


async def test_erasure_takes_her_words_and_leaves_other_peoples(store: Store, clock: Clock) -> None:
    for user in ("mei", "li"):
        await keep(store, inbound(user, f"m-{user}"))
    mei, li = await people(store, "mei", "li")
    async with store.begin() as tx:
        await tx.inbox.erase(mei)
        assert await tx.inbox.open_of(mei) == ()
        assert await tx.inbox.count_open(li) == 1
    clock.advance(DAY + MINUTE)
    assert not await keep(store, inbound("mei", "m-mei"))
