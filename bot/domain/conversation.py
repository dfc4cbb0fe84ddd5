"""The citizen's dialog, decided purely: state and words in, a Turn out (step 4 of a message's way)."""

from __future__ import annotations

from dataclasses import replace

from bot.domain import form, several
from bot.domain.actions import RULES, Action, Scope
from bot.domain.callback import Draft
from bot.domain.clean import preview
from bot.domain.dialog import (
    FORM_STAGES,
    AddToCase,
    CaseAction,
    Choice,
    Command,
    Context,
    Conversation,
    EraseMe,
    ExpectForm,
    Feedback,
    MarkUrgent,
    RateWord,
    Rows,
    Said,
    Say,
    SetLanguage,
    ShowCases,
    Stage,
    Turn,
    number_as_choice,
    offer,
    tell,
)
from bot.domain.faq import EntryId
from bot.domain.match import Danger, Decision, Match, SmallTalk
from bot.domain.several import EXPERT

LANGUAGES = {"zh-Hans": "简体中文", "zh-Hant": "繁體中文", "en": "English"}
SUGGESTIONS = 3
MAX_NUMBER = 3

MENU: Rows = (
    (Choice(Action.MENU_ASK, key="menu-ask"), Choice(Action.MENU_MINE, key="menu-mine")),
    (Choice(Action.MENU_HUMAN, key="menu-human"), Choice(Action.MENU_PRIVACY, key="menu-privacy")),
    (Choice(Action.MENU_HELP, key="menu-help"),),
)
_MENU_COMMANDS = {
    Action.MENU_ASK: Command.ASK,
    Action.MENU_MINE: Command.MY,
    Action.MENU_HUMAN: Command.HUMAN,
    Action.MENU_PRIVACY: Command.PRIVACY,
    Action.MENU_HELP: Command.HELP,
}


def advance(conversation: Conversation, said: Said, context: Context) -> Turn:
    """What follows from what she said. The emergency card comes before everything else."""
    said = _number_as_choice(conversation, said, context)
    danger = context.matches.danger
    greeting = () if conversation.greeted or said.command is Command.START else (Say("welcome-short"),)
    turn = _route(replace(conversation, greeted=True), said, context)
    turn = turn.first(*greeting) if turn.says or not context.held else turn
    if danger is not None:
        turn = turn.first(Say(f"emergency-{_card(danger)}"))
        held = context.held or context.waiting
        turn = turn.also(MarkUrgent(held.number)) if held and not held.urgent else turn
    return turn


def _card(danger: Danger) -> str:
    return danger.value.replace("_", "-")


def _number_as_choice(conversation: Conversation, said: Said, context: Context) -> Said:
    """A typed number is a tap on the choice with that number, unless it may be meant for an expert."""
    if said.choice or said.files or (context.held and conversation.stage is Stage.IDLE):
        return said
    choice = number_as_choice(conversation, said.text)
    return said if choice is None else replace(said, text="", choice=choice)


def _route(conversation: Conversation, said: Said, context: Context) -> Turn:
    said = _place_as_words(conversation, said, context)
    choice = said.choice
    if choice is not None and choice.action in _MENU_COMMANDS:
        return _on_command(conversation, replace(said, command=_MENU_COMMANDS[choice.action]), context)
    if choice is not None and RULES[choice.action].scope is Scope.CASE:
        return Turn(conversation, (), (CaseAction(choice),))
    if said.command is not None:
        return _on_command(conversation, said, context)
    if choice is not None:
        return _on_choice(conversation, said, context)
    if conversation.stage in FORM_STAGES and not _asks_anew(conversation, said, context):
        return form.step(conversation, said, context)
    if conversation.stage is Stage.ADDING and (context.held or not _thanks(said, context)):
        return _add(conversation, said)
    if conversation.stage is Stage.RATING_WORD and said.text and not context.held:
        idle = replace(conversation, stage=Stage.IDLE)
        return tell(idle, "rating-word-kept").also(RateWord(conversation.case, said.text))
    if context.held is not None:
        return _to_expert(conversation, said, context)
    return _on_free_talk(conversation, said, context)


def _place_as_words(conversation: Conversation, said: Said, context: Context) -> Said:
    """Where somebody waits for her words, a location is words too; else it is no question by itself."""
    awaited = conversation.stage in FORM_STAGES or conversation.stage is Stage.ADDING or context.held
    if not (said.place and awaited):
        return said
    return replace(said, text="\n".join(part for part in (said.text, said.place) if part), place="")


def _asks_anew(conversation: Conversation, said: Said, context: Context) -> bool:
    """Whether she left the form's first screen for another question that the FAQ may answer."""
    first = conversation.stage in (Stage.CONSENT, Stage.TOPIC)
    known = context.thresholds.decide(context.matches) is not Decision.QUEUE
    return first and bool(said.text) and not said.files and known


# commands and menu


def _on_command(conversation: Conversation, said: Said, context: Context) -> Turn:
    if said.command is Command.CANCEL:
        return _cancel(conversation)
    if said.command is Command.HUMAN:
        return _human(conversation, said, context)
    if conversation.stage in FORM_STAGES and said.command is not Command.START:
        turn = _PLAIN.get(said.command or Command.HELP, _help)(conversation, context)
        keep = replace(turn.conversation, stage=conversation.stage, draft=conversation.draft)
        return replace(turn, conversation=keep)
    return _PLAIN.get(said.command or Command.HELP, _help)(conversation, context)


def _cancel(conversation: Conversation) -> Turn:
    if conversation.stage in FORM_STAGES:
        return form.cancel(conversation)
    idle = replace(conversation, stage=Stage.IDLE, choices=(), step=conversation.step + 1)
    return tell(idle, "nothing-to-cancel" if conversation.stage is Stage.IDLE else "cancelled")


def _start(conversation: Conversation, context: Context) -> Turn:  # noqa: ARG001
    fresh = replace(conversation, draft=None)
    return offer(fresh, Stage.IDLE, Say("welcome", rows=MENU))


def _help(conversation: Conversation, context: Context) -> Turn:  # noqa: ARG001
    return Turn(conversation, (Say("help", rows=MENU),))


def _ask(conversation: Conversation, context: Context) -> Turn:  # noqa: ARG001
    return tell(conversation, "ask-now")


def _my(conversation: Conversation, context: Context) -> Turn:  # noqa: ARG001
    return Turn(conversation, (), (ShowCases(),))


def _privacy(conversation: Conversation, context: Context) -> Turn:  # noqa: ARG001
    rows = ((Choice(Action.ERASE, key="button-erase"),),)
    return offer(conversation, conversation.stage, Say("privacy", rows=rows))


def _language(conversation: Conversation, context: Context) -> Turn:  # noqa: ARG001
    rows = tuple((Choice(Action.LANGUAGE, code, label=name),) for code, name in LANGUAGES.items())
    return offer(conversation, conversation.stage, Say("language", rows=rows))


_PLAIN = {
    Command.START: _start,
    Command.HELP: _help,
    Command.ASK: _ask,
    Command.MY: _my,
    Command.PRIVACY: _privacy,
    Command.LANGUAGE: _language,
}


def _human(conversation: Conversation, said: Said, context: Context) -> Turn:
    """A human at any time: with a question at hand the form starts, else she is asked for it."""
    if context.held is not None:
        return tell(conversation, "already-held", case=context.held.number)
    if conversation.stage in FORM_STAGES:
        return form.again(conversation, context)
    if said.argument:
        return form.start(conversation, form.draft_of(said.argument, context, said), context)
    if conversation.draft is not None:
        return form.start(conversation, conversation.draft, context)
    wanting = replace(conversation, stage=Stage.OFFERED, choices=(EXPERT,), step=conversation.step + 1)
    return tell(wanting, "human-say-what")


# taps


def _on_choice(conversation: Conversation, said: Said, context: Context) -> Turn:
    choice = said.choice
    assert choice is not None
    if choice.action is Action.LANGUAGE:
        return _in_form(tell(conversation, "language-set"), context).also(SetLanguage(choice.arg))
    if choice.action is Action.ERASE:
        return _erase(conversation)
    if choice.action is Action.ERASE_CONFIRM:
        return Turn(Conversation(greeted=True, step=conversation.step + 1), (), (EraseMe(),))
    if conversation.stage in FORM_STAGES:
        return form.step(conversation, said, context)
    return _on_answer_choice(conversation, choice, context)


def _in_form(turn: Turn, context: Context) -> Turn:
    """What was said, and the form's screen again if she is in the form: its buttons are the newest then."""
    if turn.conversation.stage not in FORM_STAGES:
        return turn
    return form.again(turn.conversation, context).first(*turn.says)


def _erase(conversation: Conversation) -> Turn:
    rows = ((Choice(Action.ERASE_CONFIRM, key="button-erase-confirm"),),)
    return offer(conversation, Stage.ERASING, Say("erase-confirm", rows=rows))


def _on_answer_choice(conversation: Conversation, choice: Choice, context: Context) -> Turn:
    draft = conversation.draft
    if choice.action is Action.SOLVED:
        done = replace(conversation, stage=Stage.IDLE, draft=None, choices=(), step=conversation.step + 1)
        return tell(done, "glad").also(Feedback(EntryId(choice.arg), helped=True))
    if choice.action is Action.PICK:
        return _answered(conversation, EntryId(choice.arg))
    if choice.action is Action.TO_CASE and draft is not None:
        done = replace(conversation, stage=Stage.IDLE, draft=None, choices=(), step=conversation.step + 1)
        return Turn(done, (), (AddToCase(choice.case, draft.question, draft.files),))
    if choice.action is Action.NOT_MINE:
        turn = _not_mine(conversation, EntryId(choice.arg), context)
        return turn.also(Feedback(EntryId(choice.arg), helped=False))
    if draft is None:
        return tell(conversation, "human-say-what")
    return form.start(conversation, draft, context)


def _not_mine(conversation: Conversation, wrong: EntryId, context: Context) -> Turn:
    draft = conversation.draft
    if draft is None:
        return tell(conversation, "human-say-what")
    rest = [o.entry for o in draft.offered if o.entry != wrong and o.entry in context.questions]
    if not rest:
        return form.start(conversation, draft, context).first(Say("sorry-not-yours"))
    return _suggest(conversation, rest, context, "not-yours-maybe")


# free talk


def _to_expert(conversation: Conversation, said: Said, context: Context) -> Turn:
    """A person holds the conversation: her words go there and the bot is silent."""
    words, held = said.text or said.phone, context.held
    if held is None or said.unsupported or not (words or said.files):
        return tell(conversation, "unsupported-held")
    return Turn(conversation, (), (AddToCase(held.number, words, said.files, thanks=_thanks(said, context)),))


def _thanks(said: Said, context: Context) -> bool:
    """Words that end a talk; a bare “？？” is none."""
    ends = context.matches.small_talk in (SmallTalk.THANKS, SmallTalk.BYE, SmallTalk.OK)
    return ends and not said.files and any(c.isalnum() for c in said.text)


def _add(conversation: Conversation, said: Said) -> Turn:
    words = said.text or said.phone
    if not (words or said.files):
        return tell(conversation, "unsupported")
    idle = replace(conversation, stage=Stage.IDLE)
    return Turn(idle, (), (AddToCase(conversation.case, words, said.files),))


def _on_free_talk(conversation: Conversation, said: Said, context: Context) -> Turn:
    matches = context.matches
    if said.edited and not said.text:
        return Turn(conversation)
    if (said.files or said.place) and not said.text:
        return _without_words(conversation, said, context)
    if said.phone and not said.text and context.waiting is not None:
        return Turn(conversation, (), (AddToCase(context.waiting.number, said.phone),))
    if not said.text:
        return tell(conversation, "unsupported" if said.unsupported else "ask-now")
    if conversation.choices and len(said.text) <= MAX_NUMBER and said.text.strip().isdecimal():
        return tell(conversation, "number-out-of-range", count=len(conversation.choices))
    if said.files:
        return _queue(conversation, _draft(conversation, said, context), context)
    wants_expert = conversation.stage is Stage.OFFERED and conversation.choices == (EXPERT,)
    off_topic = matches.small_talk is SmallTalk.OFF_TOPIC
    if matches.small_talk is SmallTalk.OK and conversation.stage is Stage.ERASING:
        return _erase(conversation)  # a “yes” that erases nothing must not read as if it had
    if matches.small_talk is not None and matches.danger is None and not (wants_expert and off_topic):
        return tell(conversation, f"talk-{matches.small_talk.value.replace('_', '-')}")
    if wants_expert:
        return form.start(conversation, _draft(conversation, said, context), context)
    return _on_question(conversation, said, context)


def _draft(conversation: Conversation, said: Said, context: Context) -> Draft:
    """What she asks now, with the files and the place that she sent before it without a word."""
    draft, before = form.draft_of(said.text, context, said), conversation.draft
    draft = replace(draft, details=said.place)
    if before is None or before.question:
        return draft
    details = "\n".join(part for part in (before.details, said.place) if part)
    return replace(draft, files=(*before.files, *draft.files), details=details)


def _without_words(conversation: Conversation, said: Said, context: Context) -> Turn:
    """A file or a place alone: it belongs to the case that waits, or to the question that she asks next."""
    waiting = context.waiting
    if waiting is not None:
        return Turn(conversation, (), (AddToCase(waiting.number, said.place, said.files),))
    draft = _draft(conversation, said, context)
    kept = replace(conversation, draft=draft, stage=Stage.OFFERED, choices=(EXPERT,))
    return tell(replace(kept, step=conversation.step + 1), "file-say-what")


def _on_question(conversation: Conversation, said: Said, context: Context) -> Turn:
    draft = _draft(conversation, said, context)
    left_form = conversation.stage in FORM_STAGES
    turn = _decided(replace(conversation, draft=draft, stage=Stage.IDLE), draft, context)
    return turn.also(ExpectForm(waiting=False)) if left_form else turn


def _decided(asked: Conversation, draft: Draft, context: Context) -> Turn:
    if context.matches.parts:
        return several.answer(asked, context)
    decision = context.thresholds.decide(context.matches)
    items = context.matches.items
    if decision is Decision.ANSWER:
        return _answered(asked, items[0].entry)
    if decision is Decision.SUGGEST:
        return _suggest(asked, _likely(items, context), context, "did-you-mean")
    return _queue(asked, draft, context)


def _likely(items: tuple[Match, ...], context: Context) -> list[EntryId]:
    """Those worth offering: not far below the best one."""
    floor = min(context.thresholds.suggest, items[0].probability) / 2
    return [m.entry for m in items[:SUGGESTIONS] if m.probability >= floor]


def _answered(conversation: Conversation, entry: EntryId) -> Turn:
    rows = (
        (
            Choice(Action.SOLVED, entry, key="button-solved"),
            Choice(Action.NOT_MINE, entry, key="button-not-mine"),
        ),
        (EXPERT,),
    )
    return offer(conversation, Stage.OFFERED, Say("answer", rows=rows, entry=entry))


def _suggest(conversation: Conversation, entries: list[EntryId], context: Context, key: str) -> Turn:
    picks = [(Choice(Action.PICK, e, label=context.questions[e]),) for e in entries if e in context.questions]
    rows = (*picks, (Choice(Action.NONE_OF_THESE, key="button-none"),))
    return offer(conversation, Stage.OFFERED, Say(key, rows=rows))


def _queue(conversation: Conversation, draft: Draft, context: Context) -> Turn:
    """Nobody knows: an expert will. With a case that waits, she chooses where it belongs."""
    waiting = context.waiting
    if waiting is None:
        why = "urgent-expert" if draft.urgent else "not-sure"
        return form.start(conversation, draft, context).first(Say(why))
    rows = (
        (Choice(Action.TO_CASE, key="button-to-case", case=waiting.number),),
        (Choice(Action.NEW_QUESTION, key="button-new-question"),),
    )
    kept = replace(conversation, draft=draft)
    return offer(
        kept, Stage.OFFERED, Say("add-or-new", {"case": waiting.number}, rows, quote=preview(draft.question))
    )
