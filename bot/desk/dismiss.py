"""Leaving the staff: what she held goes back to the queue, and she is a citizen like any other."""

from __future__ import annotations

from dataclasses import replace

from bot.desk import cases
from bot.desk.desk import Desk
from bot.desk.hand_over import BACK, back_to_queue
from bot.desk.ports import Tx
from bot.desk.work import Work
from bot.domain.actions import Action
from bot.domain.callback import Callback, Note, NoteKind
from bot.domain.dialog import Choice, Rows, Say, Stage
from bot.domain.ids import CaseNumber, ContactId
from bot.domain.people import Role, Staff

EVERYTHING = frozenset({Role.EXPERT, Role.ADMIN, Role.SUPERVISOR})
_SURE = "yes"
_SHOWN = 20


async def typed(work: Work, argument: str) -> None:
    """/revoke [name]; only admins come here. Nobody takes her own role: so one admin is always left."""
    name, people = argument.strip(), await _others(work)
    found = [staff for staff in people if staff.name == name] if name else people
    if not found:
        await work.say(Say("revoke-nobody"))
    elif name and len(found) == 1:
        await _ask(work, found[0])
    else:
        rows = tuple((_button(staff, label=staff.name),) for staff in found[:_SHOWN])
        await work.say(Say("revoke-whom", rows=rows))


async def tapped(work: Work, choice: Choice) -> None:
    """First tap: sure? Second tap, if it is on what was just asked: done. An old one asks again."""
    number, _, word = choice.arg.partition(".")
    staff = next((s for s in await _others(work) if str(s.contact) == number), None)
    if staff is None:
        await work.say(Say("revoke-nobody"))
    elif word == _SURE and choice.arg in {c.arg for c in work.conversation.choices}:
        await _revoke(work, staff)
    else:
        await _ask(work, staff)


async def _others(work: Work) -> list[Staff]:
    return [staff for staff in await work.tx.contacts.all_staff() if staff.contact != work.me]


def _button(staff: Staff, word: str = "", *, key: str = "", label: str = "") -> Choice:
    return Choice(Action.REVOKE, f"{staff.contact}.{word}", key, label)


async def _ask(work: Work, staff: Staff) -> None:
    held = len(await work.tx.cases.owned_by(staff.contact))
    rows: Rows = ((_button(staff, _SURE, key="button-revoke"),),)
    await work.say(Say("revoke-sure", {"name": staff.name, "count": held}, rows))


async def _revoke(work: Work, staff: Staff) -> None:
    back = await dismiss(work.desk, work.tx, staff.contact, work.me)
    if back is None:
        await _ask(work, staff)
    else:
        await work.say(Say("revoke-done", {"name": staff.name, "count": back}))


async def dismiss(
    desk: Desk, tx: Tx, contact: ContactId, by: ContactId | None, roles: frozenset[Role] = EVERYTHING
) -> int | None:
    """Take these roles from her; returns how many cases went back. None, and nothing changed, while a turn
    of hers runs in another instance: what it claims would be hers for ever."""
    if not await tx.lock_contact(contact):
        return None
    staff = await tx.contacts.staff(contact)
    if staff is None:
        return 0
    await _take(tx, staff, roles)
    await tx.audit.add("revoke", by, None, f"{contact} {','.join(sorted(staff.roles & roles))}")
    back = await _give_back(desk, tx, contact, by) if Role.EXPERT in roles else 0
    await desk.say(tx, contact, Say("revoked", {"name": staff.name}))
    return back


async def _take(tx: Tx, staff: Staff, roles: frozenset[Role]) -> None:
    """The roles, the links that she made, and what waits to be sent to her about others' cases."""
    left = staff.roles - roles
    if left:
        duty = staff.on_duty and Role.EXPERT in left
        await tx.contacts.save_staff(replace(staff, roles=left, on_duty=duty))
    else:
        await tx.contacts.drop_staff(staff.contact)
    await tx.contacts.drop_links(staff.contact)
    if Role.EXPERT not in left:
        await tx.outbox.drop_about_others(staff.contact)
        await _forget_case(tx, staff.contact)


async def _forget_case(tx: Tx, contact: ContactId) -> None:
    """Her typing is about no case any more, and numbers mean nothing that was offered before."""
    conversation = await tx.contacts.conversation(await tx.contacts.get(contact))
    if conversation.stage in (Stage.IDLE, Stage.RELEASING):
        cleared = replace(conversation, case=CaseNumber(""), stage=Stage.IDLE, choices=())
        await tx.contacts.save_conversation(contact, cleared)


async def _give_back(desk: Desk, tx: Tx, contact: ContactId, by: ContactId | None) -> int:
    """All that she holds; read again after each round, since citizens act meanwhile."""
    back = 0
    while held := await tx.cases.owned_by(contact):
        for case in held:
            back += await _put_back(desk, tx, case, by)
    return back


async def _put_back(desk: Desk, tx: Tx, case: Callback, by: ContactId | None) -> bool:
    promise = cases.promise_in_new_hands(desk, tx, case)
    opened = await tx.cases.change(case, replace(BACK, promise_at=promise))
    if opened is None:
        return False
    await tx.cases.add_note(case.id, Note(tx.now, NoteKind.SYSTEM, by, "story-revoked"))
    await tx.audit.add("release", by, case.id, "revoked")
    say = Say("released-citizen", {"case": case.number, "promise": promise, "over": int(promise <= tx.now)})
    await back_to_queue(desk, tx, opened, say)
    return True
