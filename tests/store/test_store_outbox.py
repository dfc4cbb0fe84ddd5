"""The outbox: in order per contact, one sender at a time, and nothing that was settled comes back."""

from __future__ import annotations

import pytest
from sqlalchemy import insert

from bot.desk.ports import OutboxRow
from bot.domain.ids import ContactId
from bot.domain.messages import Block, BlockKind, Button, FileRef, OutboundMessage
from bot.store import tables as t
from bot.store.engine import Store
from tests.support.room import Clock

from .things import DAY, EVERYWHERE, FAKE, HOUR, MINUTE, SECOND, a_case, all_at_once, outbound, people

pytestmark = EVERYWHERE
LEASE = MINUTE


async def put(store: Store, contact: ContactId, *texts: str) -> None:
    async with store.begin() as tx:
        for text in texts:
            await tx.outbox.add(contact, outbound(text))


async def take(store: Store, contact: ContactId) -> OutboxRow | None:
    async with store.begin() as tx:
        return await tx.outbox.take(contact, LEASE)


async def taken(store: Store, contact: ContactId) -> OutboxRow:
    row = await take(store, contact)
    assert row is not None
    return row


async def sent(store: Store, row: OutboxRow, ref: str = "r") -> None:
    async with store.begin() as tx:
        await tx.outbox.sent(row, ref)


async def due(store: Store) -> tuple[ContactId, ...]:
    async with store.read() as tx:
        return await tx.outbox.contacts_due(10)


async def counts(store: Store) -> dict[str, int]:
    async with store.read() as tx:
        return await tx.outbox.counts()


async def test_a_message_comes_back_as_it_was_put(store: Store) -> None:
    mei, wang = await people(store, "mei", "wang")
    case = await a_case(store)
    file = FileRef(FAKE, "f1", "photo", "欠条.jpg", "image/jpeg", 3)
    blocks = (Block(BlockKind.TITLE, "答"), Block(BlockKind.QUOTE, "问\n🙏"))
    whole = OutboundMessage(blocks, ((Button("好", "t"), Button("不", "u")),), "card", True, file)
    async with store.begin() as tx:
        row_id = await tx.outbox.add(mei, whole, callback=case.id, origin=wang)
    assert await taken(store, mei) == OutboxRow(row_id, mei, whole, case.id, wang, 0)


async def test_rows_of_one_contact_go_one_after_the_other(store: Store, clock: Clock) -> None:
    mei, li = await people(store, "mei", "li")
    await put(store, mei, "一", "二")
    await put(store, li, "三")
    assert await due(store) == (mei, li)
    first = await taken(store, mei)
    assert first.message.text == "一"
    assert await take(store, mei) is None
    assert await due(store) == (li,)
    await sent(store, first)
    assert (await taken(store, mei)).message.text == "二"


async def test_a_leased_row_is_not_given_to_another_until_the_lease_is_over(
    store: Store, other: Store, clock: Clock
) -> None:
    [mei] = await people(store, "mei")
    await put(store, mei, "一", "二")
    first = await taken(store, mei)
    clock.advance(LEASE - SECOND)
    assert await due(other) == ()
    assert await take(other, mei) is None
    clock.advance(SECOND)
    assert await due(other) == (mei,)
    again = await taken(other, mei)
    assert (again.id, again.message.text, again.attempts) == (first.id, "一", 1)


async def test_of_many_senders_at_once_one_gets_the_row(store: Store, other: Store) -> None:
    [mei] = await people(store, "mei")
    await put(store, mei, "一", "二")

    async def send(n: int) -> OutboxRow | None:
        return await take((store, other)[n % 2], mei)

    got = [row for row in await all_at_once(8, send) if row is not None]
    assert [row.message.text for row in got] == ["一"]


async def test_of_many_senders_one_gets_a_row_whose_lease_is_over(
    store: Store, other: Store, clock: Clock
) -> None:
    [mei] = await people(store, "mei")
    await put(store, mei, "一", "二")
    await taken(store, mei)
    clock.advance(LEASE)

    async def send(n: int) -> OutboxRow | None:
        return await take((store, other)[n % 2], mei)

    for tries in (1, 2):
        got = [row for row in await all_at_once(8, send) if row is not None]
        assert [(row.message.text, row.attempts) for row in got] == [("一", tries)]
        clock.advance(LEASE)


async def test_a_row_that_waits_for_another_try_holds_up_the_rest(store: Store, clock: Clock) -> None:
    [mei] = await people(store, "mei")
    await put(store, mei, "一", "二")
    row = await taken(store, mei)
    async with store.begin() as tx:
        await tx.outbox.later(row, tx.now + HOUR, "429")
        assert await tx.outbox.next_due() == clock.now
    assert await due(store) == ()
    assert await take(store, mei) is None
    clock.advance(HOUR)
    again = await taken(store, mei)
    assert (again.message.text, again.attempts) == ("一", 1)


async def test_a_row_put_off_until_morning_does_not_hold_up_what_she_asks_at_night(
    store: Store, clock: Clock
) -> None:
    [mei] = await people(store, "mei")
    async with store.begin() as tx:
        await tx.outbox.add(mei, outbound("早上好"), not_before=tx.now + 8 * HOUR)
    assert await due(store) == ()
    async with store.read() as tx:
        assert await tx.outbox.next_due() == clock.now + 8 * HOUR
    await put(store, mei, "现在就答")
    assert await due(store) == (mei,)
    row = await taken(store, mei)
    assert row.message.text == "现在就答"
    await sent(store, row)
    assert await take(store, mei) is None
    clock.advance(8 * HOUR)
    assert await due(store) == (mei,)
    assert (await taken(store, mei)).message.text == "早上好"


@pytest.mark.parametrize("late", ["sent", "later", "undeliverable"])
async def test_a_sender_whose_lease_passed_on_settles_nothing(store: Store, clock: Clock, late: str) -> None:
    [mei] = await people(store, "mei")
    await put(store, mei, "一")
    slow = await taken(store, mei)
    clock.advance(LEASE)
    quick = await taken(store, mei)

    async def settle_late() -> None:
        async with store.begin() as tx:
            if late == "sent":
                await tx.outbox.sent(slow, "r")
            elif late == "later":
                await tx.outbox.later(slow, tx.now, "x")
            else:
                await tx.outbox.undeliverable(slow, "x")

    await settle_late()
    assert await counts(store) == {"sending": 1}
    assert await take(store, mei) is None
    await sent(store, quick)
    await settle_late()
    assert await counts(store) == {"sent": 1}
    assert await due(store) == ()


@pytest.mark.parametrize("outcome", ["sent", "later", "undeliverable"])
async def test_what_was_erased_while_it_was_being_sent_does_not_come_back(
    store: Store, clock: Clock, outcome: str
) -> None:
    [mei] = await people(store, "mei")
    await put(store, mei, "一")
    row = await taken(store, mei)
    async with store.begin() as tx:
        await tx.outbox.erase(mei)
    async with store.begin() as tx:
        if outcome == "sent":
            await tx.outbox.sent(row, "r")
        elif outcome == "later":
            await tx.outbox.later(row, tx.now, "x")
        else:
            await tx.outbox.undeliverable(row, "x")
    assert await counts(store) == {"erased": 1}
    await put(store, mei, "二")
    assert (await taken(store, mei)).message.text == "二"


async def test_what_cannot_be_delivered_lets_the_next_go(store: Store) -> None:
    [mei] = await people(store, "mei")
    await put(store, mei, "一", "二")
    async with store.begin() as tx:
        row = await tx.outbox.take(mei, LEASE)
        assert row is not None
        await tx.outbox.undeliverable(row, "chat not found \0\ud800" * 50)
    assert await counts(store) == {"dead": 1, "open": 1}
    assert (await taken(store, mei)).message.text == "二"


async def test_after_a_crash_the_only_instance_frees_its_leases_at_once(store: Store) -> None:
    [mei] = await people(store, "mei")
    await put(store, mei, "一", "二")
    await taken(store, mei)
    async with store.begin() as tx:
        await tx.outbox.free_leases()
    row = await taken(store, mei)
    assert (row.message.text, row.attempts) == ("一", 1)


async def test_a_card_is_known_by_where_it_was_last_sent(store: Store) -> None:
    mei, li, wang = await people(store, "mei", "li", "wang")

    async def show(contact: ContactId, ref: str) -> None:
        async with store.begin() as tx:
            await tx.outbox.add(contact, outbound("卡", card="case-1"))
        await sent(store, await taken(store, contact), ref)

    for contact, ref in ((mei, "1"), (li, "2"), (mei, "3"), (li, "")):
        await show(contact, ref)
    async with store.begin() as tx:
        await tx.outbox.add(wang, outbound("卡", card="case-1"))
        assert [await tx.outbox.card_ref(c, "case-1") for c in (mei, li, wang)] == ["3", "2", ""]
        assert sorted(await tx.outbox.card_holders("case-1")) == sorted((mei, li, wang))
        assert await tx.outbox.card_holders("case-2") == ()
        await tx.outbox.drop_cards("case-1")
        assert await tx.outbox.card_ref(mei, "case-1") == ""
        assert await tx.outbox.card_holders("case-1") == (wang,)


async def test_contacts_are_due_in_the_order_of_their_rows_and_only_so_many(store: Store) -> None:
    mei, li, wang = await people(store, "mei", "li", "wang")
    for contact in (wang, mei, wang, li):
        await put(store, contact, "x")
    assert await due(store) == (wang, mei, li)
    async with store.read() as tx:
        assert await tx.outbox.contacts_due(2) == (wang, mei)


async def test_an_empty_outbox_has_nothing_due(store: Store) -> None:
    [mei] = await people(store, "mei")
    assert await due(store) == ()
    assert await take(store, mei) is None
    async with store.read() as tx:
        assert await tx.outbox.next_due() is None
        assert await tx.outbox.counts() == {}


async def test_erasure_takes_what_waits_for_her_and_what_waits_about_her(store: Store) -> None:
    mei, li, wang = await people(store, "mei", "li", "wang")
    case = await a_case(store)
    await put(store, mei, "给她", "也给她")
    await sent(store, await taken(store, mei))
    async with store.begin() as tx:
        await tx.outbox.add(wang, outbound("她的案情"), callback=case.id)
        await tx.outbox.add(wang, outbound("别的"))
        await tx.outbox.add(li, outbound("别的"))
    async with store.begin() as tx:
        await tx.outbox.erase(mei)
        await tx.outbox.erase_about(case.id)
    assert await counts(store) == {"sent": 1, "erased": 2, "open": 2}
    assert await due(store) == (wang, li)
    assert (await taken(store, wang)).message.text == "别的"


async def test_order_holds_in_a_long_queue_of_many(store: Store, clock: Clock) -> None:
    contacts = await people(store, *(f"u{n}" for n in range(5)))
    async with store.begin() as tx:
        body = tx.keys.seal(outbound("x").to_json(), "outbox.body")
        row = {"body_sealed": body, "state": "open", "created_at": tx.now, "not_before": tx.now}
        await tx.execute(insert(t.outbox).values([row | {"contact_id": contacts[n % 5]} for n in range(50)]))
    order: dict[ContactId, list[int]] = {c: [] for c in contacts}
    while waiting := await due(store):
        for contact in waiting:
            one = await taken(store, contact)
            order[contact].append(one.id)
            await sent(store, one)
    assert [len(ids) for ids in order.values()] == [10] * 5
    assert all(ids == sorted(ids) for ids in order.values())
    clock.advance(DAY)
    assert await counts(store) == {"sent": 50}
