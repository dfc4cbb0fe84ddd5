"""The registry of actions is whole: each action has a rule, a way to be done, and says who may, twice."""

from __future__ import annotations

import ast
import inspect
import textwrap

import pytest

from bot.desk import cases, staff
from bot.domain.actions import RULES, Action, Refusal, Scope, refuse
from bot.domain.callback import CaseState
from bot.domain.conversation import advance
from bot.domain.dialog import STAFF_COMMANDS, Choice, Command, Context, Conversation, Said, Stage
from bot.domain.ids import CaseNumber, ContactId
from bot.domain.match import Matches, Thresholds
from bot.domain.messages import ChatKind
from bot.domain.people import Actor, Role
from tests.promises.cast import draft
from tests.promises.test_actions import STAGES
from tests.support.library import small_shelf

Q, C, A, X = CaseState.OPEN, CaseState.CLAIMED, CaseState.ANSWERED, CaseState.CLOSED
_LEADS = {"wang", "zhao"}
_EXPERTS = {"wang", "li", "zhou"}

MAY: dict[Action, tuple[set[str], set[CaseState]]] = {
    Action.CASE_SHOW: ({"mei"}, {Q, C, A, X}),
    Action.CASE_ADD: ({"mei"}, {Q, C, A}),
    Action.CASE_CANCEL: ({"mei"}, {Q, C, A}),
    Action.CASE_RATE: ({"mei"}, {X}),
    Action.CASE_REOPEN: ({"mei"}, {A, X}),
    Action.CASE_SOLVED: ({"mei"}, {A}),
    Action.CLAIM: (_EXPERTS, {Q}),
    Action.OPEN_CASE: ({"wang"}, {Q, C, A, X}),
    Action.REPLY: ({"wang"}, {C, A}),
    Action.PHONE_LOG: ({"wang"}, {C, A}),
    Action.RELEASE: (_LEADS, {C, A}),
    Action.TRANSFER: (_LEADS, {C, A}),
    Action.CLOSE: ({"wang"}, {C, A}),
    Action.REMIND: ({"wang"}, {C, A}),
}
"""Who may do what to a case, written down a second time by hand: a slip in the registry shows here."""
STAFF_MAY: dict[Action, set[str]] = {
    Action.QUEUE: _EXPERTS | {"chen", "zhao"},
    Action.MINE: _EXPERTS,
    Action.DUTY: _EXPERTS,
    Action.TOPICS: _EXPERTS,
    Action.REGIONS: _EXPERTS,
    Action.INVITE: {"chen"},
    Action.REVOKE: {"chen"},
}
STEPS = {
    Action.SOLVED: "glad",
    Action.NOT_MINE: "sorry-not-yours",
    Action.ASK_EXPERT: "form-consent-all-topics",
    Action.PICK: "answer",
    Action.NONE_OF_THESE: "form-consent-all-topics",
    Action.NEW_QUESTION: "form-consent-all-topics",
    Action.TO_CASE: "AddToCase",
    Action.REFUSE: "form-refused",
    Action.TOPIC: "form-place",
    Action.MORE_TOPICS: "form-consent-all-topics",
    Action.PLACE: "form-reach",
    Action.REACH: "form-more",
    Action.WINDOW: "form-more",
    Action.SUBMIT: "OpenCallback",
    Action.CANCEL_FORM: "form-cancelled",
    Action.LANGUAGE: "language-set",
    Action.ERASE: "erase-confirm",
    Action.ERASE_CONFIRM: "EraseMe",
    Action.MENU_ASK: "ask-now",
    Action.MENU_MINE: "ShowCases",
    Action.MENU_HUMAN: "form-consent-all-topics",
    Action.MENU_PRIVACY: "privacy",
    Action.MENU_HELP: "help",
}
"""What each step of the citizen's dialog, and each line of her menu, leads to: a text or an effect."""
ARGS = {Action.TOPIC: "labor", Action.REACH: "chat"}
ROLES = {
    "mei": {Role.CITIZEN},
    "wang": {Role.CITIZEN, Role.EXPERT},
    "chen": {Role.CITIZEN, Role.ADMIN},
    "zhao": {Role.CITIZEN, Role.SUPERVISOR},
}


def test_every_action_has_a_rule() -> None:
    assert set(RULES) == set(Action)


def test_every_action_of_staff_has_a_handler_and_nothing_else_has_one() -> None:
    of_staff = {action for action, rule in RULES.items() if Role.CITIZEN not in rule.anyone_of}
    assert set(staff.BUTTONS) == of_staff


def test_every_action_of_citizens_leads_somewhere() -> None:
    of_citizens = {action for action, rule in RULES.items() if Role.CITIZEN in rule.anyone_of}
    of_case = {action for action in of_citizens if RULES[action].scope is Scope.CASE}
    assert of_citizens - of_case == set(STEPS)
    assert of_case == _handled_by(cases.act)


def _handled_by(function: object) -> set[Action]:
    """The actions that stand in the function's own `match`."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))  # type: ignore[arg-type]
    matched = [
        n for case in ast.walk(tree) if isinstance(case, ast.match_case) for n in ast.walk(case.pattern)
    ]
    return {Action[n.attr] for n in matched if isinstance(n, ast.Attribute)}


@pytest.mark.parametrize(("action", "leads_to"), STEPS.items(), ids=[a.name for a in STEPS])
def test_a_step_of_the_dialog_does_its_own_thing(action: Action, leads_to: str) -> None:
    shelf = small_shelf()
    context = Context(Matches(""), Thresholds(0.9, 0.5), (), shelf.topics, ("城关区",), (), shelf.questions)
    choice = Choice(action, ARGS.get(action, ""), case=CaseNumber("482-719-355"))
    at = Conversation(greeted=True, stage=STAGES.get(action, Stage.OFFERED), draft=draft())
    turn = advance(at, Said(choice=choice), context)
    happened = {say.key for say in turn.says} | {type(effect).__name__ for effect in turn.effects}
    assert leads_to in happened


def test_who_may_do_what_to_a_case_is_as_written_down_by_hand() -> None:
    of_case = {action: rule for action, rule in RULES.items() if rule.scope is Scope.CASE}
    assert set(MAY) == set(of_case)
    for action, (people, states) in MAY.items():
        rule = of_case[action]
        assert rule.states == states, action
        assert rule.citizen == (people == {"mei"}), action
        assert rule.owner == (not rule.citizen and people != _EXPERTS), action
        assert (Role.SUPERVISOR in rule.anyone_of) == ("zhao" in people), action
        assert (Role.EXPERT in rule.anyone_of) == ("wang" in people), action
        assert rule.fenced == (not rule.citizen and action is not Action.OPEN_CASE), action


def test_who_may_do_what_at_the_desk_is_as_written_down_by_hand() -> None:
    of_staff = {action: rule for action, rule in RULES.items() if rule.scope is Scope.STAFF}
    assert set(STAFF_MAY) == set(of_staff)
    for action, people in STAFF_MAY.items():
        may = {who for who, roles in ROLES.items() if roles & of_staff[action].anyone_of}
        assert may == people & set(ROLES), action


def test_the_judge_itself_refuses_every_action_in_a_group() -> None:
    """The turn stops a group before anything is judged; this is the second lock."""
    everybody = Actor(ContactId(1), frozenset(Role))
    assert {refuse(action, everybody, ChatKind.GROUP, None) for action in Action} == {Refusal.PRIVATE}


def test_every_typed_command_of_staff_stands_under_a_rule() -> None:
    """But /case, which judges for itself what it shows."""
    assert set(staff.TYPED) == STAFF_COMMANDS - {Command.CASE}
    assert set(staff.TYPED.values()) <= set(staff.BUTTONS)


def test_the_codes_that_travel_in_buttons_are_all_different() -> None:
    assert len({action.value for action in Action}) == len(Action)
    assert all(1 <= len(action.value) <= 2 and ":" not in action.value for action in Action)
