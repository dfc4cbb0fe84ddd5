"""A citizen's turn: what she said goes through the dialog, and what follows is written."""

from __future__ import annotations

import asyncio

from bot.desk import cases, erase
from bot.desk.desk import Desk
from bot.desk.heard import Heard
from bot.desk.ports import Tx
from bot.domain import conversation as dialog
from bot.domain.callback import Callback
from bot.domain.dialog import (
    AddToCase,
    CaseAction,
    CaseBrief,
    Context,
    Conversation,
    Effect,
    EraseMe,
    ExpectForm,
    Feedback,
    MarkUrgent,
    OpenCallback,
    RateWord,
    RecordConsent,
    Say,
    SetLanguage,
    ShowCases,
    Turn,
    with_choices,
)
from bot.domain.match import Matches
from bot.domain.people import Actor, Contact
from bot.domain.reminders import ReminderKind

_WINDOWS = 4


async def handle(
    desk: Desk, tx: Tx, actor: Actor, contact: Contact, conversation: Conversation, heard: Heard
) -> str:
    """Run one citizen turn; returns its outcome for the log."""
    if heard.refusal is not None:
        await desk.say(tx, contact.id, Say(heard.refusal.value))
        return "refused"
    context = await _context(desk, tx, contact, heard)
    turn = dialog.advance(conversation, heard.said, context)
    await _write(desk, tx, actor, contact, turn)
    return _outcome(turn)


async def _context(desk: Desk, tx: Tx, contact: Contact, heard: Heard) -> Context:
    shelf = desk.knowledge.shelf
    text = heard.said.text or heard.said.argument
    live = await tx.cases.live_of(contact.id)
    # a long message takes milliseconds to match: meanwhile the loop serves others
    matches = await asyncio.to_thread(shelf.match, text) if text else Matches("")
    return Context(
        matches=matches,
        thresholds=desk.settings.thresholds,
        cases=tuple(_brief(case) for case in live),
        topics=shelf.topics,
        regions=desk.settings.regions,
        windows=desk.settings.hours.windows(tx.now, _WINDOWS),
        questions=shelf.questions,
    )


def _brief(case: Callback) -> CaseBrief:
    return CaseBrief(case.number, case.state, case.draft.topic, case.fence, case.draft.urgent)


async def _write(desk: Desk, tx: Tx, actor: Actor, contact: Contact, turn: Turn) -> None:
    """Save what the dialog decided: effects first, so that what is said is true."""
    says: list[Say] = []
    conversation = turn.conversation
    for effect in turn.effects:
        extra = await _apply(desk, tx, actor, contact, effect)
        says += extra.says
        if extra.conversation is not None:
            conversation = extra.conversation(conversation)
    every = (*turn.says, *says)
    conversation = with_choices(conversation, every)
    await tx.contacts.save_conversation(contact.id, conversation)
    for say in every:
        await desk.say(tx, contact.id, say, conversation=conversation)


async def _apply(desk: Desk, tx: Tx, actor: Actor, contact: Contact, effect: Effect) -> cases.After:
    match effect:
        case OpenCallback(draft):
            return await cases.open_case(desk, tx, contact, draft)
        case AddToCase():
            return await cases.add(desk, tx, contact, effect)
        case MarkUrgent(number):
            return await cases.mark_urgent(desk, tx, contact, number)
        case ShowCases():
            return await cases.show_all(desk, tx, contact)
        case CaseAction(choice):
            return await cases.act(desk, tx, actor, choice)
        case RateWord(number, text):
            return await cases.rate_word(tx, contact, number, text)
        case Feedback(entry, helped):
            await tx.cases.add_feedback(entry, helped)
        case RecordConsent():
            await tx.contacts.set_consent(contact.id, given=True)
        case SetLanguage(language):
            await tx.contacts.set_language(contact.id, language)
        case EraseMe():
            return await erase.erase(desk, tx, contact)
        case ExpectForm(waiting):
            await _expect_form(desk, tx, contact, waiting=waiting)
    return cases.After()


async def _expect_form(desk: Desk, tx: Tx, contact: Contact, *, waiting: bool) -> None:
    if waiting:
        due = tx.now + desk.settings.delays.form_waiting
        await tx.reminders.set(ReminderKind.FORM_WAITING, due, contact=contact.id)
    else:
        await tx.reminders.drop(ReminderKind.FORM_WAITING, contact=contact.id)


def _outcome(turn: Turn) -> str:
    for effect in turn.effects:
        if isinstance(effect, OpenCallback | AddToCase | EraseMe):
            return {"OpenCallback": "opened", "AddToCase": "added"}.get(type(effect).__name__, "erased")
    keys = [say.key for say in turn.says]
    return next((k for k in ("answer", "did-you-mean", "not-sure") if k in keys), turn.conversation.stage)
