"""Erasure on a citizen's request: her words, phone and story go; counts stay."""

from __future__ import annotations

from bot.desk.cases import After, withdraw
from bot.desk.desk import Desk
from bot.desk.ports import Tx
from bot.domain.dialog import Say
from bot.domain.people import Contact


async def erase(desk: Desk, tx: Tx, contact: Contact) -> After:
    """Withdraw what is live, then overwrite everything personal. The rows themselves stay for the yearly
    figures: state, topic, region, times. What was about to be said of her goes first, so that her expert
    still hears that the request is withdrawn, and cards with her words are replaced."""
    for case in await tx.cases.all_of(contact.id, limit=10_000):
        await tx.outbox.erase_about(case.id)
        if case.closed_at is None:
            await withdraw(desk, tx, case)
    await tx.reminders.erase(contact.id)
    await tx.cases.erase(contact.id)
    await tx.inbox.erase(contact.id)
    await tx.outbox.erase(contact.id)
    await tx.contacts.forget_name(contact.id)
    await tx.contacts.drop_conversation(contact.id)
    await tx.forget_web(contact.address.user)
    await tx.audit.add("erase", contact.id, None)
    return After(says=(Say("erased"),))
