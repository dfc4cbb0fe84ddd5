"""A citizen's turn: what she said goes through the dialog, and what follows is written."""

from __future__ import annotations

from dataclasses import replace

from bot.desk import cases, erase
from bot.desk.desk import Desk
from bot.desk.heard import Heard
from bot.desk.ports import Tx
from bot.domain import conversation as dialog
from bot.domain import form
from bot.domain.actions import RULES, Action, Refusal
from bot.domain.callback import Callback
from bot.domain.dialog import (
    FORM_STAGES,
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
    Said,
    Say,
    SetLanguage,
    ShowCases,
    Stage,
    Turn,
    with_choices,
)
from bot.domain.match import Matches
from bot.domain.people import Actor, Contact, Role
from bot.domain.reminders import ReminderKind

_WINDOWS = 4
_SHORTEST = 2
"""Characters of a label that somebody types."""


async def handle(
    desk: Desk, tx: Tx, actor: Actor, contact: Contact, conversation: Conversation, heard: Heard
) -> str:
    """Run one citizen turn; returns its outcome for the log."""
    live = await tx.cases.live_of(contact.id)
    if heard.refusal is not None:
        await desk.say(tx, contact.id, Say(heard.refusal.value))
        if heard.refusal is Refusal.STALE and conversation.stage in FORM_STAGES:
            screen = _same_screen(conversation, await _context(desk, tx, Said(), live))
            await _write(desk, tx, actor, contact, screen)
        return "refused"
    said = heard.said
    if not _meant_for_expert(conversation, live):
        said = _label_as_choice(desk, contact, conversation, said)
    turn = dialog.advance(conversation, said, await _context(desk, tx, said, live))
    await _write(desk, tx, actor, contact, turn)
    return _outcome(turn)


def _same_screen(conversation: Conversation, context: Context) -> Turn:
    """Where she is in the form; its buttons stay valid unless others were offered since."""
    turn = form.again(conversation, context)
    same = turn.conversation.choices == conversation.choices
    return replace(turn, conversation=conversation) if same else turn


def _meant_for_expert(conversation: Conversation, live: tuple[Callback, ...]) -> bool:
    """Whether what she types may be words for a person, or for her case, and no choice."""
    writes = conversation.stage in (Stage.ADDING, Stage.RATING_WORD)
    return writes or (conversation.stage is Stage.IDLE and any(case.held for case in live))


def _label_as_choice(desk: Desk, contact: Contact, conversation: Conversation, said: Said) -> Said:
    """A button's label that is typed, or the beginning of just one, is a tap on it. Questions that the FAQ
    offers are not: who types one asks it, and what speaks of danger is heard as such."""
    typed = said.text.strip().rstrip("。.!！").lower()
    if said.command or said.files or len(typed) < _SHORTEST:
        return said
    hers = [c for c in conversation.choices if Role.CITIZEN in RULES[c.action].anyone_of]
    offered = [c for c in hers if c.action is not Action.PICK]
    labels = [(desk.renderer.label(choice, contact.language).lower(), choice) for choice in offered]
    same = [choice for label, choice in labels if label == typed]
    found = same or [choice for label, choice in labels if label.startswith(typed)]
    return replace(said, text="", choice=found[0]) if len(found) == 1 else said


async def _context(desk: Desk, tx: Tx, said: Said, live: tuple[Callback, ...]) -> Context:
    shelf = desk.knowledge.shelf
    text = said.text or said.argument
    matches = await desk.knowledge.match(text) if text else Matches("")
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
