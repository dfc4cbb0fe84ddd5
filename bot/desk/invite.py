"""Becoming staff: single-use invites that expire."""

from __future__ import annotations

from dataclasses import replace

from bot.desk.desk import Desk
from bot.desk.ports import Link, LinkKind, Tx
from bot.desk.work import Work
from bot.domain.actions import Action
from bot.domain.clean import clean_name
from bot.domain.dialog import Choice, Conversation, Say
from bot.domain.people import Contact, Role, Staff


async def typed(work: Work, argument: str) -> None:
    """/invite [expert|admin|supervisor] name; only admins come here."""
    word, _, rest = argument.strip().partition(" ")
    known = word in (Role.EXPERT, Role.ADMIN, Role.SUPERVISOR)
    role = Role(word) if known else Role.EXPERT
    await _make(work, role, clean_name(rest if known else argument))


async def tapped(work: Work, choice: Choice) -> None:
    """The button invites an expert."""
    role = Role(choice.arg) if choice.arg in set(Role) else Role.EXPERT
    await _make(work, role, "")


async def _make(work: Work, role: Role, name: str) -> None:
    settings = work.desk.settings
    roles = frozenset({role})
    link = Link(LinkKind.INVITE, work.me, roles, settings.station.id, name)
    token = await work.tx.contacts.make_link(link, settings.invite_lifetime)
    await work.tx.audit.add("invite", work.me, None, role)
    expires = work.tx.now + settings.invite_lifetime
    role_name = work.desk.texts.get(work.contact.language, f"role-{role}")
    await work.say(Say("invite-made", {"token": token, "expires": expires, "role": role_name}))
    link_text = await work.desk.start_link(token)
    if link_text:
        await work.say(Say("invite-link", {"link": link_text}))


async def join(desk: Desk, tx: Tx, contact: Contact, conversation: Conversation, token: str) -> None:
    """Use an invite; an old, used or made-up one changes nothing."""
    link = await tx.contacts.use_link(token.strip(), LinkKind.INVITE)
    if link is None:
        await desk.say(tx, contact.id, Say("invite-bad"))
        return
    before = await tx.contacts.staff(contact.id)
    name = link.name or (before.name if before else contact.name) or f"#{contact.id}"
    roles = link.roles | (before.roles if before else frozenset())
    staff = Staff(contact.id, name, link.station, roles, on_duty=Role.EXPERT in roles)
    if before is not None:
        staff = replace(staff, topics=before.topics, regions=before.regions)
    await tx.contacts.save_staff(staff)
    await tx.audit.add("join", contact.id, None, ",".join(sorted(link.roles)))
    await tx.contacts.save_conversation(contact.id, replace(conversation, greeted=True))
    rows = (
        (Choice(Action.TOPICS, key="button-topics"), Choice(Action.REGIONS, key="button-regions")),
        (Choice(Action.QUEUE, key="button-queue"),),
    )
    await desk.say(tx, contact.id, Say("joined", {"name": name}, rows if Role.EXPERT in roles else ()))
