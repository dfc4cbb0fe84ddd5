"""The audit trail: whoever changes it without the key is found out."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from sqlalchemy import delete, insert, select, update

from bot.desk.ports import Clock
from bot.domain.ids import ContactId
from bot.store import tables as t
from bot.store.engine import Store
from bot.store.tx import Tx
from tests.support.databases import a_key

from .things import EVERYWHERE, a_case, all_at_once, and_dies, people

pytestmark = EVERYWHERE


async def write(store: Store, count: int = 5) -> None:
    [wang] = await people(store, "wang")
    case = await a_case(store)
    for n in range(count):
        async with store.begin() as tx:
            await tx.audit.add(f"action-{n}", wang if n else None, case.id if n % 2 else None, "x" * 300)


async def verify(store: Store) -> int | None:
    async with store.read() as tx:
        return await tx.audit.verify()


async def ids(tx: Tx) -> Sequence[int]:
    return list((await tx.execute(select(t.audit.c.id).order_by(t.audit.c.id))).scalars())


async def test_an_untouched_trail_fits(store: Store) -> None:
    assert await verify(store) is None
    await write(store)
    assert await verify(store) is None


@pytest.mark.parametrize("column", ["at", "actor_id", "action", "callback_id", "detail", "mac"])
async def test_an_edited_line_is_found(store: Store, clock: Clock, column: str) -> None:
    await write(store)
    forged = {"at": clock(), "actor_id": 99, "action": "x", "callback_id": 99, "detail": "y", "mac": "0" * 64}
    if column == "at":
        forged["at"] = clock().replace(microsecond=1)
    async with store.begin() as tx:
        middle = (await ids(tx))[2]
        await tx.execute(update(t.audit).where(t.audit.c.id == middle).values({column: forged[column]}))
    assert await verify(store) == middle


@pytest.mark.parametrize("place", [0, 2])
async def test_a_removed_line_is_found_at_the_next(store: Store, place: int) -> None:
    await write(store)
    async with store.begin() as tx:
        lines = await ids(tx)
        await tx.execute(delete(t.audit).where(t.audit.c.id == lines[place]))
    assert await verify(store) == lines[place + 1]


@pytest.mark.parametrize("left", [0, 1, 4])
async def test_lines_cut_off_at_the_end_are_found(store: Store, left: int) -> None:
    await write(store)
    async with store.begin() as tx:
        lines = await ids(tx)
        await tx.execute(delete(t.audit).where(t.audit.c.id.in_(lines[left:])))
    assert await verify(store) == (lines[left - 1] + 1 if left else 1)


async def test_a_head_that_was_removed_or_edited_is_found(store: Store) -> None:
    await write(store)
    async with store.begin() as tx:
        end = (await ids(tx))[-1] + 1
        await tx.execute(update(t.audit_head).values(lines=4, mac="0" * 64))
    assert await verify(store) == end
    async with store.begin() as tx:
        await tx.execute(delete(t.audit_head))
    assert await verify(store) == end


async def test_swapped_lines_are_found(store: Store) -> None:
    await write(store)
    async with store.begin() as tx:
        lines = await ids(tx)
        for old, new in ((lines[1], 900), (lines[2], lines[1]), (900, lines[2])):
            await tx.execute(update(t.audit).where(t.audit.c.id == old).values(id=new))
    assert await verify(store) == lines[1]


async def test_a_line_added_without_the_key_is_found(store: Store, clock: Clock, database_url: str) -> None:
    await write(store)
    stranger = Store(database_url, a_key(), clock)
    async with stranger.begin() as tx:
        await tx.audit.add("forged", ContactId(1), None)
    await stranger.close()
    async with store.begin() as tx:
        assert await tx.audit.verify() == (await ids(tx))[-1]
        forged = {"at": tx.now, "action": "x", "detail": "", "mac": ""}
        await tx.execute(insert(t.audit).values(**forged))
        assert await tx.audit.verify() == (await ids(tx))[-2]


async def test_lines_written_at_once_by_two_instances_make_one_chain(store: Store, other: Store) -> None:
    [wang] = await people(store, "wang")

    async def act(n: int) -> None:
        async with (store, other)[n % 2].begin() as tx:
            await tx.audit.add(f"a{n}", wang, None)
            await tx.contacts.get(wang)

    await all_at_once(12, act)
    assert await verify(store) is None
    async with store.read() as tx:
        assert len(await ids(tx)) == 12


async def test_a_line_of_a_turn_that_failed_leaves_no_gap(store: Store) -> None:
    await write(store, 2)
    await and_dies(store, lambda tx: tx.audit.add("lost", None, None))
    await write(store, 2)
    assert await verify(store) is None
