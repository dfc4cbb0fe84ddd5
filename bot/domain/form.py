"""The callback form: topic, place, how to reach her, anything to add: at most four taps.

Consent is asked on the first screen, together with the topic, before anything personal is stored.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

from bot.domain.actions import Action
from bot.domain.callback import Draft, Offered, Reach, Window
from bot.domain.clean import clean_text, parse_phone, preview
from bot.domain.dialog import (
    Choice,
    Context,
    Conversation,
    ExpectForm,
    OpenCallback,
    RecordConsent,
    Rows,
    Said,
    Say,
    Stage,
    Turn,
    offer,
    tell,
)
from bot.domain.faq import TopicId
from bot.domain.match import SmallTalk
from bot.domain.places import plausible, region_of

CANCEL = Choice(Action.CANCEL_FORM, key="button-cancel-form")
_PER_ROW = 2
MAX_DETAILS = 4000
WORTH_GUESSING = 0.3
"""Below it two guessed topics of three would be wrong: she had better choose from the list at once."""
_SHORT_NUMBER = 3
_TOPICS_SHOWN = 6
_EVERY = "every"
"""The argument of the button that shows the whole list of topics."""
_NOTHING = frozenset(
    {"没有", "没有了", "没了", "没别的了", "没有别的了", "暂时没有", "暂时没有了", "无", "就这些", "就这样",
     "沒有", "沒有了", "沒了", "就這些", "就這樣", "no", "nothing", "nothing else", "that is all"}
)  # fmt: skip
"""To “anything to add?” this is an answer."""


def start(conversation: Conversation, draft: Draft, context: Context) -> Turn:
    """The first screen of the form, with the guessed topic to be confirmed in one tap."""
    return _ask_topic(replace(conversation, draft=draft), context).also(ExpectForm(waiting=True))


def draft_of(text: str, context: Context, said: Said) -> Draft:
    """A draft from what she just asked, with what the FAQ had to offer."""
    matches = context.matches
    likely = matches.topics and matches.topics[0].probability >= WORTH_GUESSING
    guess = matches.topics[0].topic if likely else TopicId("")
    offered = tuple(Offered(m.entry, m.probability, m.matched, m.unmatched) for m in matches.items[:3])
    guesses = tuple(g.topic for g in matches.topics[:_TOPICS_SHOWN])
    urgent = matches.danger is not None
    return Draft(text, guess, files=said.files, offered=offered, urgent=urgent, guesses=guesses)


def step(conversation: Conversation, said: Said, context: Context) -> Turn:
    """One step of a form that is under way."""
    if said.choice is not None and said.choice.action is Action.CANCEL_FORM:
        return cancel(conversation)
    if said.files and conversation.stage is not Stage.MORE:
        return _keep_files(conversation, said, context)
    if context.matches.danger is not None:
        conversation = _with(conversation, replace(_draft(conversation), urgent=True))
    if said.choice is None and _beyond(conversation, said.text):
        return tell(conversation, "number-out-of-range", count=len(conversation.choices))
    if said.text and not said.files and _is_talk(conversation, said, context):
        who = context.matches.small_talk is SmallTalk.WHO
        return again(conversation, context).first(Say("talk-who" if who else "form-choose"))
    return _STEPS[conversation.stage](conversation, said, context)


def _beyond(conversation: Conversation, text: str) -> bool:
    """A short number that none of the choices has; where a phone is asked for, it is the start of one."""
    return conversation.stage is not Stage.PHONE and len(text) <= _SHORT_NUMBER and text.strip().isdecimal()


def _is_talk(conversation: Conversation, said: Said, context: Context) -> bool:
    """Thanks, greetings and the like are no answer to the form and no part of the question."""
    talk = context.matches.small_talk
    if talk is None or context.matches.danger is not None or _nothing_to_add(conversation, said):
        return False
    return talk is not SmallTalk.OFF_TOPIC or conversation.stage in (Stage.CONSENT, Stage.TOPIC)


def _nothing_to_add(conversation: Conversation, said: Said) -> bool:
    return conversation.stage is Stage.MORE and said.text.strip().rstrip("。.!！").lower() in _NOTHING


def cancel(conversation: Conversation) -> Turn:
    """Leave the form; the draft is forgotten."""
    idle = replace(conversation, stage=Stage.IDLE, draft=None, choices=(), step=conversation.step + 1)
    return tell(idle, "form-cancelled").also(ExpectForm(waiting=False))


def again(conversation: Conversation, context: Context) -> Turn:
    """The current screen once more."""
    return _SCREENS[conversation.stage](conversation, context)


def _draft(conversation: Conversation) -> Draft:
    return conversation.draft or Draft(question="")


def _with(conversation: Conversation, draft: Draft) -> Conversation:
    return replace(conversation, draft=draft)


def _keep_files(conversation: Conversation, said: Said, context: Context) -> Turn:
    draft = _draft(conversation)
    draft = replace(draft, files=(*draft.files, *said.files), details=_joined(draft.details, said.text))
    return again(_with(conversation, draft), context).first(Say("form-file-kept"))


def _joined(first: str, second: str) -> str:
    return clean_text("\n".join(part for part in (first, second) if part), MAX_DETAILS)


# topic (and consent)


def _ask_topic(conversation: Conversation, context: Context) -> Turn:
    draft = _draft(conversation)
    first = not conversation.consented
    stage = Stage.CONSENT if first else Stage.TOPIC
    names = {t.id: t.name for t in context.topics}
    rows: list[tuple[Choice, ...]] = []
    if draft.topic in names:
        key = "button-consent-topic" if first else "button-topic-right"
        rows.append((Choice(Action.TOPIC, draft.topic, key=key),))
    else:
        return _topics(conversation, context)
    rows.append((Choice(Action.MORE_TOPICS, key="button-other-topic"),))
    rows.append((Choice(Action.REFUSE, key="button-refuse"),) if first else (CANCEL,))
    say = Say(
        "form-consent-topic" if first else "form-topic",
        {"topic": names[draft.topic]},
        tuple(rows),
        quote=preview(draft.question),
    )
    return offer(conversation, stage, say)


def _topics(conversation: Conversation, context: Context, *, every: bool = False) -> Turn:
    """The likeliest topics but the one that was guessed wrong, and more on demand."""
    first = not conversation.consented
    draft, known = _draft(conversation), {t.id: t for t in context.topics}
    likely = [t for t in dict.fromkeys((*draft.guesses, *known)) if t in known and t != draft.topic]
    shown = list(known) if every or len(known) <= _TOPICS_SHOWN + 1 else likely[:_TOPICS_SHOWN]
    topics = [Choice(Action.TOPIC, t, label=known[t].short) for t in shown]
    if len(shown) < len(known):
        topics.append(Choice(Action.MORE_TOPICS, _EVERY, key="button-more-topics"))
    last = Choice(Action.REFUSE, key="button-refuse") if first else CANCEL
    say = Say(
        "form-consent-all-topics" if first else "form-all-topics",
        rows=(*_rows(topics), (last,)),
        quote=preview(draft.question),
    )
    return offer(conversation, Stage.CONSENT if first else Stage.TOPIC, say)


def _rows(choices: list[Choice]) -> Rows:
    return tuple(tuple(choices[i : i + _PER_ROW]) for i in range(0, len(choices), _PER_ROW))


def _on_topic(conversation: Conversation, said: Said, context: Context) -> Turn:
    choice = said.choice or _named_topic(said.text, context)
    if choice is None:
        return _more_question(conversation, said, context)
    if choice.action is Action.MORE_TOPICS:
        return _topics(conversation, context, every=choice.arg == _EVERY)
    if choice.action is Action.REFUSE:
        return _refused(conversation)
    if choice.action is not Action.TOPIC or choice.arg not in {t.id for t in context.topics}:
        return again(conversation, context)
    first = not conversation.consented
    draft = replace(_draft(conversation), topic=TopicId(choice.arg))
    turn = _ask_place(replace(conversation, draft=draft, consented=True), context)
    return turn.also(RecordConsent()) if first else turn


def _named_topic(text: str, context: Context) -> Choice | None:
    """A topic that she typed by its name is that topic, whether it was shown or not."""
    name = text.strip()
    return next((Choice(Action.TOPIC, t.id) for t in context.topics if name in (t.name, t.short)), None)


def _refused(conversation: Conversation) -> Turn:
    idle = replace(conversation, stage=Stage.IDLE, draft=None, choices=(), step=conversation.step + 1)
    return tell(idle, "form-refused").also(ExpectForm(waiting=False))


def _more_question(conversation: Conversation, said: Said, context: Context) -> Turn:
    if not said.text:
        return again(conversation, context)
    draft = _draft(conversation)
    draft = replace(draft, question=_joined(draft.question, said.text))
    return again(_with(conversation, draft), context).first(Say("form-added-to-question"))


# place


def _ask_place(conversation: Conversation, context: Context) -> Turn:
    return _places(conversation, context, Stage.PLACE, "form-place")


def _ask_place_again(conversation: Conversation, context: Context) -> Turn:
    return _places(conversation, context, Stage.PLACE_AGAIN, "form-place-again")


def _places(conversation: Conversation, context: Context, stage: Stage, key: str) -> Turn:
    regions = [Choice(Action.PLACE, region, label=region) for region in context.regions]
    skip = Choice(Action.PLACE, "", key="button-place-skip")
    return offer(conversation, stage, Say(key, rows=(*_rows(regions), (skip, CANCEL))))


def _on_place(conversation: Conversation, said: Said, context: Context) -> Turn:
    draft = _draft(conversation)
    if said.choice is not None and said.choice.action is Action.PLACE:
        draft = replace(draft, region=said.choice.arg, place=said.choice.arg)
    elif not said.text:
        return again(conversation, context)
    elif plausible(said.text):
        draft = replace(draft, region=region_of(said.text, context.regions), place=said.text)
    else:
        return _no_place(conversation, said.text, context)
    return _ask_reach(_with(conversation, draft), context)


def _no_place(conversation: Conversation, text: str, context: Context) -> Turn:
    """Words that are no place go to the expert all the same; a region that they name is the place."""
    draft, region = _draft(conversation), region_of(text, context.regions)
    draft = replace(draft, region=region, place=region, details=_joined(draft.details, text))
    kept = _with(conversation, draft)
    if not region and conversation.stage is Stage.PLACE:
        return _ask_place_again(kept, context)
    return _ask_reach(kept, context).first(Say("form-more-kept"))


# how to reach her


def _ask_reach(conversation: Conversation, context: Context) -> Turn:  # noqa: ARG001
    rows = (
        (Choice(Action.REACH, Reach.CHAT, key="button-reach-chat"),),
        (Choice(Action.REACH, Reach.PHONE, key="button-reach-phone"),),
        (CANCEL,),
    )
    return offer(conversation, Stage.REACH, Say("form-reach", rows=rows))


def _on_reach(conversation: Conversation, said: Said, context: Context) -> Turn:
    if said.phone or parse_phone(said.text):
        return _on_phone(conversation, said, context)
    if said.choice is None and said.text:
        draft = _draft(conversation)
        draft = replace(draft, details=_joined(draft.details, said.text))
        return again(_with(conversation, draft), context).first(Say("form-more-kept"))
    if said.choice is None or said.choice.action is not Action.REACH:
        return again(conversation, context)
    if said.choice.arg == Reach.PHONE:
        return _ask_phone(conversation, context)
    return _ask_more(_with(conversation, replace(_draft(conversation), reach=Reach.CHAT)), context)


def _ask_phone(conversation: Conversation, context: Context) -> Turn:  # noqa: ARG001
    back = Choice(Action.REACH, Reach.CHAT, key="button-reach-chat")
    return offer(conversation, Stage.PHONE, Say("form-phone", rows=((back,), (CANCEL,)), ask_phone=True))


def _on_phone(conversation: Conversation, said: Said, context: Context) -> Turn:
    if said.choice is not None:
        return _on_reach(conversation, said, context)
    if said.foreign_phone:
        return again(replace(conversation, stage=Stage.PHONE), context).first(Say("form-phone-foreign"))
    phone = parse_phone(said.phone or said.text)
    if phone is None and said.text and not any(c.isdecimal() for c in said.text):
        draft = _draft(conversation)
        kept = _with(conversation, replace(draft, details=_joined(draft.details, said.text)))
        return again(kept, context).first(Say("form-more-kept"))
    if phone is None:
        return again(replace(conversation, stage=Stage.PHONE), context).first(Say("form-phone-wrong"))
    draft = replace(_draft(conversation), reach=Reach.PHONE, phone=phone)
    return _ask_window(_with(conversation, draft), context)


def _ask_window(conversation: Conversation, context: Context) -> Turn:
    choices = [Choice(Action.WINDOW, _window_arg(w)) for w in context.windows]
    any_time = Choice(Action.WINDOW, "", key="button-window-any")
    return offer(conversation, Stage.WINDOW, Say("form-window", rows=(*_rows(choices), (any_time, CANCEL))))


def _window_arg(window: Window) -> str:
    minutes = int(window.start.timestamp() // 60)
    return f"{minutes}-{int(window.end.timestamp() // 60)}"


def parse_window(arg: str) -> Window | None:
    """The window in a choice's argument (minutes since 1970, start-end), or None for any time."""
    start, _, end = arg.partition("-")
    if not (start.isdecimal() and end.isdecimal()):
        return None
    return Window(datetime.fromtimestamp(int(start) * 60, UTC), datetime.fromtimestamp(int(end) * 60, UTC))


def _on_window(conversation: Conversation, said: Said, context: Context) -> Turn:
    draft = _draft(conversation)
    if said.choice is not None and said.choice.action is Action.WINDOW:
        draft = replace(draft, window=parse_window(said.choice.arg))
    elif said.text:
        draft = replace(draft, details=_joined(draft.details, said.text))
    else:
        return again(conversation, context)
    return _ask_more(_with(conversation, draft), context)


# anything to add


def _ask_more(conversation: Conversation, context: Context) -> Turn:  # noqa: ARG001
    rows = ((Choice(Action.SUBMIT, key="button-submit"),), (CANCEL,))
    return offer(conversation, Stage.MORE, Say("form-more", rows=rows))


def _on_more(conversation: Conversation, said: Said, context: Context) -> Turn:
    draft = _draft(conversation)
    if (said.choice is not None and said.choice.action is Action.SUBMIT) or _nothing_to_add(
        conversation, said
    ):
        return submit(conversation, draft)
    if said.text or said.files:
        draft = replace(draft, details=_joined(draft.details, said.text), files=(*draft.files, *said.files))
        return again(_with(conversation, draft), context).first(Say("form-more-kept"))
    return again(conversation, context)


def submit(conversation: Conversation, draft: Draft) -> Turn:
    """The draft becomes a case; the receipt comes with its number."""
    idle = replace(conversation, stage=Stage.IDLE, draft=None, choices=(), step=conversation.step + 1)
    return Turn(idle, (), (OpenCallback(draft), ExpectForm(waiting=False)))


_Step = Callable[[Conversation, Said, Context], Turn]
_STEPS: dict[Stage, _Step] = {
    Stage.CONSENT: _on_topic,
    Stage.TOPIC: _on_topic,
    Stage.PLACE: _on_place,
    Stage.PLACE_AGAIN: _on_place,
    Stage.REACH: _on_reach,
    Stage.PHONE: _on_phone,
    Stage.WINDOW: _on_window,
    Stage.MORE: _on_more,
}
_SCREENS: dict[Stage, Callable[[Conversation, Context], Turn]] = {
    Stage.CONSENT: _ask_topic,
    Stage.TOPIC: _ask_topic,
    Stage.PLACE: _ask_place,
    Stage.PLACE_AGAIN: _ask_place_again,
    Stage.REACH: _ask_reach,
    Stage.PHONE: _ask_phone,
    Stage.WINDOW: _ask_window,
    Stage.MORE: _ask_more,
}
