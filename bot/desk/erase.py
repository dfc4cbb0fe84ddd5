"""Erasure on a citizen's request: her words, phone and story go; counts stay."""

from __future__ import annotations

from bot.desk.cases import After, withdraw
from bot.desk.desk import Desk
from bot.desk.ports import Tx
from bot.domain.dialog import Say
from bot.domain.people import Contact


async def erase(desk: Desk, tx: Tx, contact: Contact) -> After:
    """Withdraw what is live, then overwrite everything personal. The rows themselves stay for the yearly
    figures: state, topic, region, times."""
    for case in await tx.cases.all_of(contact.id, limit=10_000):
        if case.closed_at is None:
            await withdraw(desk, tx, case)
        await tx.outbox.erase_about(case.id)
    await tx.reminders.erase(contact.id)
    await tx.cases.erase(contact.id)
    await tx.inbox.erase(contact.id)
    await tx.outbox.erase(contact.id)
    await tx.contacts.forget_name(contact.id)
    await tx.contacts.drop_conversation(contact.id)
    await tx.forget_web(contact.address.user)
    await tx.audit.add("erase", contact.id, None)
    return After(says=(Say("erased"),))
