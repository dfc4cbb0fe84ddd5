"""The words of the citizen's dialog: what she said, what the desk remembers, what follows.

Nothing here is a sentence: a Say names a text by its key, and texts/ has the words.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from bot.domain.actions import Action
from bot.domain.callback import CaseState, Draft, Window
from bot.domain.faq import EntryId, Topic, TopicId
from bot.domain.ids import CaseNumber
from bot.domain.match import Matches, Thresholds
from bot.domain.messages import FileRef

Arg = str | int | datetime


@dataclass(frozen=True, slots=True)
class Choice:
    """A button: an action and its argument, labelled by a text key or, for data, by `label` itself."""

    action: Action
    arg: str = ""
    key: str = ""
    label: str = ""
    case: CaseNumber = CaseNumber("")
    fence: int = 0


Rows = tuple[tuple[Choice, ...], ...]


@dataclass(frozen=True, slots=True)
class Say:
    """One message to be rendered: a text key with its arguments, and choices.

    `entry` makes it the answer of that entry; `quote` and `words` are a person's own words, shown as a
    quote or as plain text, both above the text and below its title.
    """

    key: str
    args: Mapping[str, Arg] = field(default_factory=dict)
    rows: Rows = ()
    entry: EntryId = EntryId("")
    quote: str = ""
    words: str = ""
    card: str = ""
    ask_phone: bool = False
    file: FileRef | None = None

    @property
    def choices(self) -> tuple[Choice, ...]:
        """The choices in the order of their numbers."""
        return tuple(choice for row in self.rows for choice in row)


class Stage(StrEnum):
    """What the desk waits for from this person."""

    IDLE = "idle"
    OFFERED = "offered"
    CONSENT = "consent"
    TOPIC = "topic"
    PLACE = "place"
    PLACE_AGAIN = "place_again"
    """What she typed was no place: she is asked once more, not twice."""
    REACH = "reach"
    PHONE = "phone"
    WINDOW = "window"
    MORE = "more"
    ADDING = "adding"
    RATING_WORD = "rating_word"
    ERASING = "erasing"
    RELEASING = "releasing"
    """An expert writes why she gives her current case back."""


FORM_STAGES = frozenset(
    {
        Stage.CONSENT,
        Stage.TOPIC,
        Stage.PLACE,
        Stage.PLACE_AGAIN,
        Stage.REACH,
        Stage.PHONE,
        Stage.WINDOW,
        Stage.MORE,
    }
)


@dataclass(frozen=True, slots=True)
class Conversation:
    """What the desk remembers of one contact. `step` grows with every new set of choices.

    `choices` are those that were last offered, in the order of their numbers; `case` is the case that
    the stage, or an expert's typing, is about.
    """

    step: int = 0
    greeted: bool = False
    consented: bool = False
    stage: Stage = Stage.IDLE
    choices: tuple[Choice, ...] = ()
    draft: Draft | None = None
    case: CaseNumber = CaseNumber("")


class Command(StrEnum):
    """What can be typed, in any language, as /word or as a plain word."""

    START = "start"
    HELP = "help"
    LANGUAGE = "language"
    ASK = "ask"
    MY = "my"
    HUMAN = "human"
    PRIVACY = "privacy"
    CANCEL = "cancel"
    # staff
    QUEUE = "queue"
    MINE = "mine"
    DUTY = "duty"
    CASE = "case"
    REMIND = "remind"
    INVITE = "invite"
    REVOKE = "revoke"
    PROFILE = "profile"
    REPLY = "reply"
    JOIN = "join"


STAFF_COMMANDS = frozenset(
    {
        Command.QUEUE, Command.MINE, Command.DUTY, Command.CASE, Command.REMIND, Command.INVITE,
        Command.REVOKE, Command.PROFILE, Command.REPLY,
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Said:
    """What a citizen did in this turn: messages of one burst are joined into one text.

    `place` is a location that she sent, as words.
    """

    text: str = ""
    place: str = ""
    choice: Choice | None = None
    command: Command | None = None
    argument: str = ""
    files: tuple[FileRef, ...] = ()
    phone: str = ""
    foreign_phone: bool = False
    unsupported: bool = False
    edited: bool = False


@dataclass(frozen=True, slots=True)
class CaseBrief:
    """One of her own cases, as her dialog needs it."""

    number: CaseNumber
    state: CaseState
    topic: TopicId
    fence: int
    urgent: bool = False


@dataclass(frozen=True, slots=True)
class Context:
    """What the dialog may know: matches of this text, her live cases (newest first), the desk's lists."""

    matches: Matches
    thresholds: Thresholds
    cases: tuple[CaseBrief, ...]
    topics: tuple[Topic, ...]
    regions: tuple[str, ...]
    windows: tuple[Window, ...]
    questions: Mapping[EntryId, str]

    @property
    def held(self) -> CaseBrief | None:
        """The case in which a person holds the conversation, if any."""
        return next((c for c in self.cases if c.state in (CaseState.CLAIMED, CaseState.ANSWERED)), None)

    @property
    def waiting(self) -> CaseBrief | None:
        """Her newest case that waits for an expert."""
        return next((c for c in self.cases if c.state is CaseState.OPEN), None)


@dataclass(frozen=True, slots=True)
class OpenCallback:
    """Make the draft a case."""

    draft: Draft


@dataclass(frozen=True, slots=True)
class AddToCase:
    """Her words go to the case; to its expert too, when it has one. Thanks ask for no answer."""

    case: CaseNumber
    text: str
    files: tuple[FileRef, ...] = ()
    thanks: bool = False


@dataclass(frozen=True, slots=True)
class MarkUrgent:
    """Her live case became urgent."""

    case: CaseNumber


@dataclass(frozen=True, slots=True)
class ShowCases:
    """List her cases."""


@dataclass(frozen=True, slots=True)
class CaseAction:
    """Show, cancel, rate, reopen or mark solved one of her cases: checked in the transaction."""

    choice: Choice


@dataclass(frozen=True, slots=True)
class RateWord:
    """A word to go with the rating."""

    case: CaseNumber
    text: str


@dataclass(frozen=True, slots=True)
class Feedback:
    """Whether an entry's answer helped: counted per entry, without the person."""

    entry: EntryId
    helped: bool


@dataclass(frozen=True, slots=True)
class RecordConsent:
    """She agreed to be stored, now."""


@dataclass(frozen=True, slots=True)
class SetLanguage:
    """She chose a language."""

    language: str


@dataclass(frozen=True, slots=True)
class EraseMe:
    """Everything about her goes."""


@dataclass(frozen=True, slots=True)
class ExpectForm:
    """She has an unfinished form: remind her once if she leaves it; `waiting` False takes that back."""

    waiting: bool


Effect = (
    OpenCallback | AddToCase | MarkUrgent | ShowCases | CaseAction | RateWord | Feedback | RecordConsent
    | SetLanguage | EraseMe | ExpectForm
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Turn:
    """What follows from one inbound message: written in one transaction, or not at all."""

    conversation: Conversation
    says: tuple[Say, ...] = ()
    effects: tuple[Effect, ...] = ()

    def first(self, *says: Say) -> Turn:
        """The same turn with these said before."""
        return replace(self, says=(*says, *self.says))

    def also(self, *effects: Effect) -> Turn:
        """The same turn with more effects."""
        return replace(self, effects=(*self.effects, *effects))


def offer(conversation: Conversation, stage: Stage, say: Say) -> Turn:
    """Say something with choices: the step grows, and the numbers 1, 2, 3 … mean these choices."""
    new = replace(conversation, step=conversation.step + 1, stage=stage, choices=say.choices)
    return Turn(new, (say,))


def with_choices(conversation: Conversation, says: tuple[Say, ...]) -> Conversation:
    """The last choices that were said are those that numbers mean; a new set is a new step."""
    last = next((say.choices for say in reversed(says) if say.rows), ())
    if not last or last == conversation.choices:
        return conversation
    return replace(conversation, choices=last, step=conversation.step + 1)


def number_as_choice(conversation: Conversation, text: str) -> Choice | None:
    """The choice that a typed number means, if it is one of those last offered."""
    digits = text.strip().rstrip(".、。")
    if not (digits.isdecimal() and digits.isascii() and len(digits) <= 2):
        return None
    index = int(digits) - 1
    return conversation.choices[index] if 0 <= index < len(conversation.choices) else None


def tell(conversation: Conversation, key: str, **args: Arg) -> Turn:
    """Say something and stay where we are."""
    return Turn(conversation, (Say(key, args),))
