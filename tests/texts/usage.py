"""Which text keys the code uses, read from its syntax tree.

A hyphenated lower-case literal in bot/domain or bot/desk is a key, and nothing else is written like that
there; a key of one word is one where something is said or labelled. Built keys are listed by family.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import bot.app
from bot.desk import menus
from bot.desk.hand_over import REASONS
from bot.domain.actions import Refusal
from bot.domain.callback import CaseState, NoteKind, Outcome, PhoneResult
from bot.domain.dialog import Command
from bot.domain.faq import Urgency
from bot.domain.match import Danger, SmallTalk
from bot.domain.people import Role

BOT = Path(bot.app.__file__).parent
_HYPHENATED = re.compile(r"[a-z]+(-[a-z]+)+")
_PREFIX = re.compile(r"[a-z]+-")
STAFF_ROLES = frozenset(Role) - {Role.CITIZEN}
FAMILIES: dict[str, frozenset[str]] = {
    prefix: frozenset(prefix + name.replace("_", "-") for name in names)
    for prefix, names in {
        "talk-": frozenset(SmallTalk), "emergency-": frozenset(Danger),
        "answer-": frozenset({Urgency.DEADLINE, Urgency.DANGER}), "state-": frozenset(CaseState),
        "case-": frozenset(CaseState), "outcome-": frozenset(Outcome), "phone-": frozenset(PhoneResult),
        "story-": frozenset(NoteKind), "release-": frozenset(REASONS), "role-": STAFF_ROLES,
        "words-": frozenset(Command), "command-": frozenset(menus.CITIZEN) | menus.STAFF,
    }.items()
}  # fmt: skip
_KEY_AT = {"Say": 0, "tell": 1}
"""Which argument is the key."""
_ELSEWHERE = frozenset({"answer"})
"""Said with an entry: the words come from the entry's file."""


@cache
def trees() -> dict[Path, ast.Module]:
    """The syntax tree of each file that may say something."""
    files = [*(BOT / "domain").rglob("*.py"), *(BOT / "desk").rglob("*.py"), BOT / "app.py"]
    return {file: ast.parse(file.read_text("utf-8")) for file in files}


def _constants(node: ast.expr) -> Iterator[str]:
    """The strings that an expression may be: itself, or either side of a condition."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from _constants(node.body)
        yield from _constants(node.orelse)


def _name(call: ast.Call) -> str:
    return call.func.id if isinstance(call.func, ast.Name) else ""


def _said(node: ast.AST) -> Iterator[str]:
    """Keys in the places where something is said or labelled: Say(key), tell(…, key), key=…, key = …"""
    if isinstance(node, ast.Call):
        place = _KEY_AT.get(_name(node))
        if place is not None and len(node.args) > place:
            yield from _constants(node.args[place])
    elif isinstance(node, ast.keyword | ast.Assign) and _target(node) == "key":
        yield from _constants(node.value)


def _target(node: ast.keyword | ast.Assign) -> str | None:
    return node.arg if isinstance(node, ast.keyword) else ast.unparse(node.targets[0])


def _hyphenated(tree: ast.Module) -> Iterator[str]:
    built = {id(v) for n in ast.walk(tree) if isinstance(n, ast.JoinedStr) for v in n.values}
    for node in ast.walk(tree):
        text = node.value if isinstance(node, ast.Constant) and id(node) not in built else None
        if isinstance(text, str) and _HYPHENATED.fullmatch(text):
            yield text


def used() -> dict[str, str]:
    """Every key that code uses, with the file that does (a family's keys with its prefix)."""
    found = {key: prefix for prefix, names in FAMILIES.items() for key in names}
    found |= dict.fromkeys((refusal.value for refusal in Refusal), "actions.py")
    for file, tree in trees().items():
        said = {key for node in ast.walk(tree) for key in _said(node)}
        if file.name != "app.py":
            said |= set(_hyphenated(tree))
        found |= dict.fromkeys(said - _ELSEWHERE, file.name)
    return found


def built_prefixes() -> set[str]:
    """How the built keys begin: the first piece of each f-string that reads like a key."""
    pieces = {
        node.values[0].value
        for tree in trees().values()
        for node in ast.walk(tree)
        if isinstance(node, ast.JoinedStr) and node.values and isinstance(node.values[0], ast.Constant)
    }
    return {str(piece) for piece in pieces if _PREFIX.fullmatch(str(piece))}


def passed() -> Iterator[tuple[str, str, set[str]]]:
    """(file, key, names of the values given to it) wherever one function has both the key and the values."""
    for file, tree in trees().items():
        for function in ast.walk(tree):
            if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
                yield from ((file.name, key, given) for key, given in _passed_in(function))


def _passed_in(function: ast.AST) -> Iterator[tuple[str, set[str]]]:
    known = _assigned(function)
    for node in ast.walk(function):
        if not isinstance(node, ast.Call) or _name(node) not in _KEY_AT:
            continue
        place = _KEY_AT[_name(node)]
        given = _given(node, known) if len(node.args) > place else None
        if given is not None:
            yield from ((key, given) for key in _keys(node.args[place], known))


def _assigned(function: ast.AST) -> dict[str, ast.expr]:
    """What the function's own names stand for (the last assignment counts)."""
    found: dict[str, ast.expr] = {}
    for node in ast.walk(function):
        if isinstance(node, ast.AnnAssign | ast.Assign) and node.value is not None:
            target = node.target if isinstance(node, ast.AnnAssign) else node.targets[0]
            found[ast.unparse(target)] = node.value
    return found


def _keys(node: ast.expr, known: dict[str, ast.expr]) -> Iterator[str]:
    if isinstance(node, ast.JoinedStr) and isinstance(node.values[0], ast.Constant):
        yield from FAMILIES.get(str(node.values[0].value), ())
    elif isinstance(node, ast.Name) and node.id in known:
        yield from _constants(known[node.id])
    else:
        yield from _constants(node)


def _given(call: ast.Call, known: dict[str, ast.expr]) -> set[str] | None:
    """Names of the values: tell()'s keywords or the keys of Say()'s dict; None if it is made elsewhere."""
    if _name(call) == "tell":
        return {k.arg for k in call.keywords if k.arg}
    args: ast.expr | None = call.args[1] if len(call.args) > 1 else None
    if isinstance(args, ast.Name):
        args = known.get(args.id, args)
    if args is None:
        return set()
    return {ast.literal_eval(k) for k in args.keys if k} if isinstance(args, ast.Dict) else None
