"""Who leaves the staff leaves nothing behind: her cases are free, her buttons and her invites are dead."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import select, text

from bot.desk.dismiss import dismiss
from bot.domain.callback import Callback, CaseState
from bot.domain.ids import CaseNumber
from bot.domain.messages import Address
from bot.domain.people import Role, Staff
from bot.store import tables as t
from bot.store.engine import Store
from tests.support.room import FAKE, Room

STRANGE = "隔壁天天半夜练唢呐我该怎么维权"
FEES = "物业公司乱收费我该怎么维权"


async def an_office(room: Room) -> None:
    await room.hires("chen", Role.ADMIN)
    await room.hires("wang")
    await room.hires("li")


async def the_case(room: Room, number: str) -> Callback:
    async with room.store.read() as tx:
        case = await tx.cases.by_number(CaseNumber(number))
    assert case is not None
    return case


async def staff_of(room: Room, who: str) -> Staff | None:
    async with room.store.read() as tx:
        contact = await tx.contacts.find(Address(FAKE, who, who))
        return None if contact is None else await tx.contacts.staff(contact.id)


async def test_what_she_held_goes_back_and_everybody_concerned_hears_of_it(room: Room) -> None:
    await an_office(room)
    claimed = await room.asks_for_callback("mei", STRANGE)
    await room.taps("wang", "接单")
    answered = await room.asks_for_callback("hua", FEES)
    await room.taps("wang", "接单")
    await room.says("wang", "请先看合同。")
    for who in ("mei", "hua", "li"):
        room.news(who)
    await room.play(
        ("chen", "/revoke wang", "2 件个案会退回"),
        ("chen", "[撤销身份]", "2 件个案退回了队列"),
        ("wang", "", "工作身份已撤销"),
        ("mei", "", "换一位专家"),
        ("hua", "", "换一位专家"),
        ("li", "", answered),
    )
    cases = [await the_case(room, number) for number in (claimed, answered)]
    assert [(c.state, c.owner) for c in cases] == [(CaseState.OPEN, None)] * 2


async def test_her_old_buttons_and_typing_change_nothing_and_she_may_ask_like_anybody(room: Room) -> None:
    await an_office(room)
    number = await room.asks_for_callback("mei", STRANGE)
    claim = room.token("wang", "接单")
    await room.taps("wang", "接单")
    old = {label: room.token("wang", label) for label in ("回复", "记录电话", "办结", "转接", "退回")}
    await room.says("chen", "/revoke wang")
    await room.taps("chen", "撤销身份")
    before = await the_case(room, number)
    room.news("mei")
    for token in (claim, *old.values()):
        await room.taps_token("wang", token)
        assert "没有这个权限" in room.last("wang")
    await room.says("wang", "您先录音。")
    await room.play(
        ("mei", "", ""), ("wang", f"/case {number}", "没有这个权限"), ("wang", "/mine", "没有这个权限")
    )
    assert await the_case(room, number) == before
    assert await room.asks_for_callback("wang", FEES)


async def test_what_waits_to_be_sent_to_her_about_others_is_not_sent(room: Room) -> None:
    await an_office(room)
    await room.asks_for_callback("mei", STRANGE, phone="13812345678")
    await room.intake(room.message("wang", text="x"))  # hers, and not yet looked at
    await room.turns.run_due()
    await room.taps("wang", "接单")
    seen = len(room.screen("wang"))
    await room.intake(room.message("mei", text="昨晚又来了，我的名字叫梅"))
    await room.turns.run_due()
    wang = await staff_of(room, "wang")
    assert wang is not None
    async with room.store.begin() as tx:
        assert await dismiss(room.desk, tx, wang.contact, None) == 1
    await room.settle()
    assert not any("我的名字叫梅" in shown.text for shown in room.screen("wang")[seen:])
    assert "已撤销" in room.last("wang")


async def test_a_case_that_she_closed_is_reopened_without_her(room: Room) -> None:
    await an_office(room)
    number = await room.asks_for_callback("mei", STRANGE)
    await room.taps("wang", "接单")
    await room.taps("wang", "办结")
    await room.taps("wang", "转调解")
    await room.says("chen", "/revoke wang")
    await room.taps("chen", "撤销身份")
    room.news("wang")
    await room.taps("mei", "没解决，再问")
    await room.play(("wang", "", ""), ("li", "", number))


async def test_the_invites_of_an_admin_who_left_are_void(room: Room) -> None:
    await an_office(room)
    await room.hires("qian", Role.ADMIN)
    await room.says("qian", "/invite admin 我的人")
    token = re.search(r"/join (\S+)", room.screen("qian")[-1].text)
    assert token is not None
    await room.says("chen", "/revoke qian")
    await room.taps("chen", "撤销身份")
    await room.play(("spy", f"/join {token[1]}", "无效"))
    assert await staff_of(room, "spy") is None


async def test_an_old_confirmation_asks_again(room: Room) -> None:
    await an_office(room)
    await room.says("chen", "/revoke wang")
    old = room.token("chen", "撤销身份")
    await room.says("chen", "/queue")
    await room.taps_token("chen", old)
    assert "撤销 wang 的全部身份" in room.last("chen")
    assert await staff_of(room, "wang") is not None


async def test_nobody_ends_her_own_role_and_only_admins_end_others(room: Room) -> None:
    await an_office(room)
    await room.play(
        ("chen", "/revoke chen", "没有这个同事"),
        ("wang", "/revoke li", "没有这个权限"),
        ("mei", "/revoke li", "没有这个权限"),
        ("chen", "/revoke", "li"),
        ("chen", "[li]", "撤销 li"),
        ("chen", "1", "已撤销 li"),
    )
    assert await staff_of(room, "li") is None


async def test_who_was_invited_again_starts_anew(room: Room) -> None:
    await an_office(room)
    await room.says("chen", "/revoke wang")
    await room.taps("chen", "撤销身份")
    token = await room.invites(Role.EXPERT)
    await room.play(("wang", f"/join {token}", "欢迎"))
    number = await room.asks_for_callback("mei", STRANGE)
    await room.taps("wang", "接单")
    assert (await the_case(room, number)).owner is not None


async def test_one_role_of_two_can_be_taken(room: Room) -> None:
    await room.hires("wang", Role.EXPERT, Role.SUPERVISOR)
    number = await room.asks_for_callback("mei", STRANGE)
    await room.taps("wang", "接单")
    wang = await staff_of(room, "wang")
    assert wang is not None
    async with room.store.begin() as tx:
        assert await dismiss(room.desk, tx, wang.contact, None, frozenset({Role.EXPERT})) == 1
    left = await staff_of(room, "wang")
    assert left is not None
    assert (left.roles, left.on_duty) == (frozenset({Role.SUPERVISOR}), False)
    assert (await the_case(room, number)).state is CaseState.OPEN


async def test_more_cases_than_one_page_all_go_back(room: Room) -> None:
    await an_office(room)
    await room.asks_for_callback("mei", STRANGE)
    await room.taps("wang", "接单")
    wang = await staff_of(room, "wang")
    assert wang is not None
    async with room.store.begin() as tx:
        copied = [c for c in t.callbacks.c if c.name not in ("id", "number")]
        names = ", ".join(c.name for c in copied)
        await tx.execute(
            text(
                f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 60) "
                f"INSERT INTO callbacks (number, {names}) SELECT 'copy' || i, {names} FROM callbacks, n"
            )
        )
        assert await dismiss(room.desk, tx, wang.contact, None) == 61
        held = await tx.execute(select(t.callbacks.c.id).where(t.callbacks.c.owner_id == wang.contact))
        assert held.all() == []


async def test_the_trail_says_who_ended_whose_role(room: Room) -> None:
    await an_office(room)
    await room.says("chen", "/revoke wang")
    wang, chen = await staff_of(room, "wang"), await staff_of(room, "chen")
    assert wang is not None
    assert chen is not None
    await room.taps("chen", "撤销身份")
    async with room.store.read() as tx:
        query = select(t.audit.c.actor_id, t.audit.c.detail).where(t.audit.c.action == "revoke")
        rows = (await tx.execute(query)).all()
        assert await tx.audit.verify() is None
    assert [tuple(row) for row in rows] == [(chen.contact, f"{wang.contact} expert")]


@pytest.mark.databases("postgresql")
async def test_while_a_turn_of_hers_runs_elsewhere_nothing_is_taken(room: Room, store: Store) -> None:
    """On PostgreSQL another instance may be about to give her a case."""
    await an_office(room)
    wang = await staff_of(room, "wang")
    assert wang is not None
    async with store.begin() as turn:
        assert await turn.lock_contact(wang.contact)
        async with store.begin() as tx:
            assert await dismiss(room.desk, tx, wang.contact, None) is None
    assert await staff_of(room, "wang") == wang
    async with store.begin() as tx:
        assert await dismiss(room.desk, tx, wang.contact, None) == 0
    await room.passes(timedelta(minutes=1))
    assert await staff_of(room, "wang") is None
