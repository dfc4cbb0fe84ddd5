"""The registry of everything a person can do, and who may: the one place that decides.

The values are the codes that travel in button tokens, so they are short and never reused.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from bot.domain.callback import Callback, CaseState
from bot.domain.messages import ChatKind
from bot.domain.people import Actor, Role


class Action(StrEnum):
    """What a person can do."""

    # the citizen's dialog: valid for the step in which it was offered
    SOLVED = "so"
    NOT_MINE = "nm"
    ASK_EXPERT = "ae"
    PICK = "pk"
    NONE_OF_THESE = "no"
    REFUSE = "rf"
    TOPIC = "tp"
    MORE_TOPICS = "mt"
    PLACE = "pl"
    REACH = "re"
    WINDOW = "wi"
    SUBMIT = "su"
    CANCEL_FORM = "cf"
    TO_CASE = "tc"
    NEW_QUESTION = "nq"
    LANGUAGE = "la"
    ERASE = "er"
    ERASE_CONFIRM = "ey"
    # the menu: always valid
    MENU_ASK = "m1"
    MENU_MINE = "m2"
    MENU_HUMAN = "m3"
    MENU_PRIVACY = "m4"
    MENU_HELP = "m5"
    # a citizen and her case
    CASE_SHOW = "cs"
    CASE_ADD = "ca"
    CASE_CANCEL = "cc"
    CASE_RATE = "cr"
    CASE_REOPEN = "co"
    CASE_SOLVED = "cd"
    # an expert and a case
    CLAIM = "cl"
    OPEN_CASE = "oc"
    REPLY = "rp"
    PHONE_LOG = "ph"
    RELEASE = "rl"
    TRANSFER = "tr"
    CLOSE = "cz"
    REMIND = "rm"
    # staff at the desk
    QUEUE = "qu"
    MINE = "mi"
    DUTY = "du"
    TOPICS = "st"
    REGIONS = "sr"
    INVITE = "in"
    REVOKE = "rv"


class Scope(StrEnum):
    """What a button's token is bound to beside its actor."""

    STEP = "step"
    MENU = "menu"
    CASE = "case"
    STAFF = "staff"


class Refusal(StrEnum):
    """Why an action is not done; each is a text key."""

    FORGED = "refused-forged"
    STALE = "refused-stale"
    ROLE = "refused-role"
    OWNER = "refused-owner"
    STATE = "refused-state"
    PRIVATE = "refused-private"
    UNKNOWN_CASE = "refused-case"


@dataclass(frozen=True, slots=True)
class Rule:
    """Who may do an action, in which states of a case, and whether the doer must own it.

    `anyone_of` are the roles; `owner` asks that the actor holds the case (a supervisor need not, where
    the role is listed); `citizen` asks that she is the case's own citizen; `fenced` asks that the case
    has had no other owner since the button was made.
    """

    scope: Scope
    anyone_of: frozenset[Role] = frozenset({Role.CITIZEN})
    states: frozenset[CaseState] = frozenset()
    owner: bool = False
    citizen: bool = False
    fenced: bool = False


_EXPERT = frozenset({Role.EXPERT})
_LEAD = frozenset({Role.EXPERT, Role.SUPERVISOR})
_STAFF = frozenset({Role.EXPERT, Role.ADMIN, Role.SUPERVISOR})
_HELD = frozenset({CaseState.CLAIMED, CaseState.ANSWERED})
_LIVE = _HELD | {CaseState.OPEN}
_ANY = _LIVE | {CaseState.CLOSED}
_STEP = Rule(Scope.STEP)
_MENU = Rule(Scope.MENU)

RULES: dict[Action, Rule] = {
    Action.SOLVED: _STEP,
    Action.NOT_MINE: _STEP,
    Action.ASK_EXPERT: _STEP,
    Action.PICK: _STEP,
    Action.NONE_OF_THESE: _STEP,
    Action.REFUSE: _STEP,
    Action.TOPIC: _STEP,
    Action.MORE_TOPICS: _STEP,
    Action.PLACE: _STEP,
    Action.REACH: _STEP,
    Action.WINDOW: _STEP,
    Action.SUBMIT: _STEP,
    Action.CANCEL_FORM: _STEP,
    Action.TO_CASE: _STEP,
    Action.NEW_QUESTION: _STEP,
    Action.LANGUAGE: _STEP,
    Action.ERASE: _STEP,
    Action.ERASE_CONFIRM: _STEP,
    Action.MENU_ASK: _MENU,
    Action.MENU_MINE: _MENU,
    Action.MENU_HUMAN: _MENU,
    Action.MENU_PRIVACY: _MENU,
    Action.MENU_HELP: _MENU,
    Action.CASE_SHOW: Rule(Scope.CASE, states=_ANY, citizen=True),
    Action.CASE_ADD: Rule(Scope.CASE, states=_LIVE, citizen=True),
    Action.CASE_CANCEL: Rule(Scope.CASE, states=_LIVE, citizen=True),
    Action.CASE_RATE: Rule(Scope.CASE, states=frozenset({CaseState.CLOSED}), citizen=True),
    Action.CASE_REOPEN: Rule(
        Scope.CASE, states=frozenset({CaseState.CLOSED, CaseState.ANSWERED}), citizen=True
    ),
    Action.CASE_SOLVED: Rule(Scope.CASE, states=frozenset({CaseState.ANSWERED}), citizen=True),
    Action.CLAIM: Rule(Scope.CASE, _EXPERT, frozenset({CaseState.OPEN}), fenced=True),
    Action.OPEN_CASE: Rule(Scope.CASE, _EXPERT, _ANY, owner=True),
    Action.REPLY: Rule(Scope.CASE, _EXPERT, _HELD, owner=True, fenced=True),
    Action.PHONE_LOG: Rule(Scope.CASE, _EXPERT, _HELD, owner=True, fenced=True),
    Action.RELEASE: Rule(Scope.CASE, _LEAD, _HELD, owner=True, fenced=True),
    Action.TRANSFER: Rule(Scope.CASE, _LEAD, _HELD, owner=True, fenced=True),
    Action.CLOSE: Rule(Scope.CASE, _EXPERT, _HELD, owner=True, fenced=True),
    Action.REMIND: Rule(Scope.CASE, _EXPERT, _HELD, owner=True, fenced=True),
    Action.QUEUE: Rule(Scope.STAFF, _STAFF),
    Action.MINE: Rule(Scope.STAFF, _EXPERT),
    Action.DUTY: Rule(Scope.STAFF, _EXPERT),
    Action.TOPICS: Rule(Scope.STAFF, _EXPERT),
    Action.REGIONS: Rule(Scope.STAFF, _EXPERT),
    Action.INVITE: Rule(Scope.STAFF, frozenset({Role.ADMIN})),
    Action.REVOKE: Rule(Scope.STAFF, frozenset({Role.ADMIN})),
}


def refuse(
    action: Action, actor: Actor, chat: ChatKind, case: Callback | None, fence: int | None = None
) -> Refusal | None:
    """Why this actor may not do this now, or None if she may. Called inside the transaction.

    `fence` is that of the tapped button; None for what was typed.
    """
    rule = RULES[action]
    if chat is not ChatKind.PRIVATE:
        return Refusal.PRIVATE
    if not rule.anyone_of & actor.roles:
        return Refusal.ROLE
    if rule.scope is not Scope.CASE:
        return None
    return _refuse_case(rule, actor, case, fence)


def _refuse_case(rule: Rule, actor: Actor, case: Callback | None, fence: int | None) -> Refusal | None:
    if case is None or (rule.citizen and case.contact != actor.contact):
        return Refusal.UNKNOWN_CASE
    if rule.owner and case.owner != actor.contact and not _overrules(rule, actor):
        return Refusal.OWNER
    if case.state not in rule.states:
        return Refusal.STATE
    return Refusal.STALE if rule.fenced and fence not in (None, case.fence) else None


def _overrules(rule: Rule, actor: Actor) -> bool:
    return Role.SUPERVISOR in rule.anyone_of and Role.SUPERVISOR in actor.roles
