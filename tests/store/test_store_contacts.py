"""Who is who: contacts, staff, one-time links, conversations."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bot.desk.ports import Link, LinkKind
from bot.domain.actions import Action
from bot.domain.callback import Draft, Offered, Reach, Window
from bot.domain.dialog import Choice, Conversation, Stage
from bot.domain.faq import EntryId, TopicId
from bot.domain.ids import CaseNumber, ContactId, StationId
from bot.domain.messages import Address, FileRef
from bot.domain.people import Role, Staff
from bot.store.engine import Store
from tests.support.room import Clock

from .things import (
    EVERYWHERE,
    FAKE,
    HOUR,
    ON_SERVERS,
    SECOND,
    STATION,
    all_at_once,
    at,
    outbound,
    people,
    person,
)

pytestmark = EVERYWHERE


async def test_who_writes_again_is_the_same_contact(store: Store) -> None:
    async with store.begin() as tx:
        first = await tx.contacts.ensure(at("mei"), "梅", "zh-Hans")
        again = await tx.contacts.ensure(at("mei"), "梅", "zh-Hans")
        other = await tx.contacts.ensure(at("li"), "李", "zh-Hans")
    assert first == again
    assert first.id != other.id
    assert (first.name, first.language, first.consented_at, first.reachable) == ("梅", "zh-Hans", None, True)


async def test_name_chat_and_reach_are_kept_fresh(store: Store) -> None:
    async with store.begin() as tx:
        before = await tx.contacts.ensure(at("mei"), "梅", "zh-Hans")
        await tx.contacts.set_reachable(before.id, reachable=False)
        assert not (await tx.contacts.get(before.id)).reachable
        moved = Address(FAKE, "mei", "another chat")
        after = await tx.contacts.ensure(moved, "梅梅", "en")
        assert await tx.contacts.get(before.id) == after
    assert after == replace(before, address=moved, name="梅梅")


async def test_two_first_messages_at_once_make_one_contact(store: Store, other: Store) -> None:
    async def write(n: int) -> ContactId:
        async with (store, other)[n % 2].begin() as tx:
            return await person(tx)

    assert len(set(await all_at_once(8, write))) == 1


async def test_consent_language_and_move_are_remembered(store: Store, clock: Clock) -> None:
    [mei] = await people(store, "mei")
    async with store.begin() as tx:
        await tx.contacts.set_consent(mei, given=True)
        await tx.contacts.set_language(mei, "en")
        await tx.contacts.move(mei, "-100")
        found = await tx.contacts.get(mei)
        assert (found.consented_at, found.language, found.address.chat) == (clock.now, "en", "-100")
        await tx.contacts.set_consent(mei, given=False)
        assert (await tx.contacts.get(mei)).consented_at is None


async def test_who_never_wrote_is_not_found(store: Store) -> None:
    async with store.read() as tx:
        assert await tx.contacts.find(at("nobody")) is None
        with pytest.raises(KeyError):
            await tx.contacts.get(ContactId(99))


async def test_a_forgotten_name_is_gone_and_the_row_stays(store: Store) -> None:
    async with store.begin() as tx:
        mei = await tx.contacts.ensure(at("mei"), "梅", "zh-Hans")
        await tx.contacts.set_consent(mei.id, given=True)
        await tx.contacts.forget_name(mei.id)
        assert await tx.contacts.get(mei.id) == replace(mei, name="")


async def test_staff_are_kept_whole_and_listed_oldest_first(store: Store, clock: Clock) -> None:
    wang, li, mei = await people(store, "wang", "li", "mei")
    first = Staff(
        wang, "王", STATION, frozenset({Role.EXPERT}), (TopicId("labor"),), ("城关区", "东城"), True
    )
    second = Staff(li, "李", StationId("other"), frozenset({Role.ADMIN, Role.SUPERVISOR}))
    for staff in (first, second):
        async with store.begin() as tx:
            await tx.contacts.save_staff(staff)
        clock.advance(SECOND)
    async with store.begin() as tx:
        assert await tx.contacts.all_staff() == (first, second)
        first = replace(first, on_duty=False, topics=(), regions=())
        await tx.contacts.save_staff(first)
        assert await tx.contacts.all_staff() == (first, second)
        assert await tx.contacts.staff(wang) == first
        assert await tx.contacts.staff(mei) is None


INVITE = Link(LinkKind.INVITE, None, frozenset({Role.EXPERT, Role.ADMIN}), STATION, "李律师")


async def test_a_link_is_used_once(store: Store) -> None:
    async with store.begin() as tx:
        token = await tx.contacts.make_link(INVITE, HOUR)
    async with store.begin() as tx:
        assert await tx.contacts.use_link(token, LinkKind.INVITE) == INVITE
    async with store.begin() as tx:
        assert await tx.contacts.use_link(token, LinkKind.INVITE) is None


async def test_of_many_who_use_a_link_at_once_one_gets_in(store: Store, other: Store) -> None:
    async with store.begin() as tx:
        token = await tx.contacts.make_link(INVITE, HOUR)

    async def use(n: int) -> Link | None:
        async with (store, other)[n % 2].begin() as tx:
            return await tx.contacts.use_link(token, LinkKind.INVITE)

    assert sorted(map(bool, await all_at_once(8, use))) == [False] * 7 + [True]


async def test_a_link_ends_at_its_time(store: Store, clock: Clock) -> None:
    async with store.begin() as tx:
        early, late = [await tx.contacts.make_link(INVITE, HOUR) for _ in range(2)]
    clock.advance(HOUR - SECOND)
    async with store.begin() as tx:
        assert await tx.contacts.use_link(early, LinkKind.INVITE) == INVITE
    clock.advance(SECOND)
    async with store.begin() as tx:
        assert await tx.contacts.use_link(late, LinkKind.INVITE) is None


async def test_a_link_of_another_kind_or_made_up_opens_nothing(store: Store) -> None:
    async with store.begin() as tx:
        token = await tx.contacts.make_link(INVITE, HOUR)
        assert await tx.contacts.use_link(token, LinkKind.LOGIN) is None
        assert await tx.contacts.use_link("made up", LinkKind.INVITE) is None
        assert await tx.contacts.use_link(token, LinkKind.INVITE) == INVITE


DRAFT = Draft(
    "公司拖欠工资\n怎么办？🙏",
    TopicId("labor"),
    "城关区",
    "解放路 1 号",
    Reach.PHONE,
    "13812345678",
    Window(datetime(2026, 11, 24, 6, 0, tzinfo=UTC), datetime(2026, 11, 24, 6, 0, 0, 1, tzinfo=UTC)),
    "有录音",
    (FileRef(FAKE, "f1", "photo", "欠条.jpg", "image/jpeg", 3),),
    True,
    (Offered(EntryId("labor-unpaid-wages"), 0.1 + 0.2, ("工资",), ("拖欠",)),),
)


async def test_a_conversation_comes_back_as_it_was_saved(store: Store) -> None:
    choice = Choice(Action.CLAIM, "x", "button-claim", "接单", CaseNumber("123-456-789"), 7)
    whole = Conversation(5, True, True, Stage.PHONE, (choice,), draft=DRAFT, case=CaseNumber("123-456-789"))
    async with store.begin() as tx:
        mei = await tx.contacts.ensure(at("mei"), "梅", "zh-Hans")
        assert await tx.contacts.conversation(mei) == Conversation()
        for conversation in (whole, Conversation(), whole):
            await tx.contacts.save_conversation(mei.id, conversation)
            assert await tx.contacts.conversation(mei) == conversation
        await tx.contacts.drop_conversation(mei.id)
        assert await tx.contacts.conversation(mei) == Conversation()


async def test_a_fresh_conversation_knows_of_her_consent(store: Store) -> None:
    async with store.begin() as tx:
        mei = await tx.contacts.ensure(at("mei"), "梅", "zh-Hans")
        await tx.contacts.set_consent(mei.id, given=True)
        assert (await tx.contacts.conversation(await tx.contacts.get(mei.id))).consented


@ON_SERVERS
async def test_a_turn_is_held_by_one_instance_until_it_ends(store: Store, other: Store) -> None:
    [mei] = await people(store, "mei")
    async with store.begin() as mine:
        assert await mine.lock_contact(mei)
        async with other.begin() as theirs:
            assert not await theirs.lock_contact(mei)
    async with other.begin() as theirs:
        assert await theirs.lock_contact(mei)


@ON_SERVERS
async def test_two_turns_that_write_to_each_other_do_not_wait_for_each_other(
    store: Store, other: Store
) -> None:
    mei, wang = await people(store, "mei", "wang")
    async with asyncio.timeout(5), store.begin() as hers, other.begin() as his:
        assert await hers.lock_contact(mei)
        assert await his.lock_contact(wang)
        await hers.outbox.add(wang, outbound())
        await his.outbox.add(mei, outbound())
    async with store.read() as tx:
        assert sorted(await tx.outbox.contacts_due(10)) == sorted((mei, wang))


async def test_who_holds_nothing_writes_alone(store: Store) -> None:
    [mei] = await people(store, "mei")
    async with store.begin() as tx:
        assert await tx.lock_contact(mei)
