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
from bot.desk.hand_over import REASONS
from bot.domain.actions import Refusal
from bot.domain.callback import CaseState, NoteKind, Outcome, PhoneResult
from bot.domain.dialog import Command
from bot.domain.match import Danger, SmallTalk
from bot.domain.people import Role

BOT = Path(bot.app.__file__).parent
_HYPHENATED = re.compile(r"[a-z]+(-[a-z]+)+")
_PREFIX = re.compile(r"[a-z]+-")
STAFF_ROLES = frozenset(Role) - {Role.CITIZEN}
MENU = ("start", "my", "human", "privacy", "language", "help")
FAMILIES: dict[str, frozenset[str]] = {
    prefix: frozenset(prefix + name.replace("_", "-") for name in names)
    for prefix, names in {
        "talk-": frozenset(SmallTalk), "emergency-": frozenset(Danger), "state-": frozenset(CaseState),
        "case-": frozenset(CaseState), "outcome-": frozenset(Outcome), "phone-": frozenset(PhoneResult),
        "story-": frozenset(NoteKind), "release-": frozenset(REASONS), "role-": STAFF_ROLES,
        "words-": frozenset(Command), "command-": frozenset(MENU),
    }.items()
}  # fmt: skip
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
        place = {"Say": 0, "tell": 1}.get(_name(node))
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
    """(file, key, names of the values given to it) wherever code writes both out in one place."""
    for file, tree in trees().items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and _name(node) == "tell" and len(node.args) > 1:
                names = {k.arg for k in node.keywords if k.arg}
                yield from ((file.name, key, names) for key in _constants(node.args[1]))
            elif isinstance(node, ast.Call) and _name(node) == "Say" and node.args:
                given = _given(node)
                if given is not None:
                    yield from ((file.name, key, given) for key in _constants(node.args[0]))


def _given(say: ast.Call) -> set[str] | None:
    """Names in a literal dict, none if there is no dict, None if it is made elsewhere."""
    args = say.args[1] if len(say.args) > 1 else None
    if args is None:
        return set()
    if not isinstance(args, ast.Dict):
        return None
    return {k.value for k in args.keys if isinstance(k, ast.Constant) and isinstance(k.value, str)}
