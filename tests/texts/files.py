"""The text files as data: keys, attributes, variables, junk; and every text rendered with sample values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from fluent.syntax import ast, parse, visitor

import bot.texts
from bot.texts import Texts, Value

FOLDER = Path(bot.texts.__file__).parent
FILES = ("zh-Hans", "en")
LANGUAGES = ("zh-Hans", "zh-Hant", "en")
PARTS = ("title", "", "note")
MONDAY = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
"""Monday 18:00 in Shanghai, 10:00 in UTC."""
SAMPLES: Mapping[str, Value] = {
    "desk": "法律服务台", "station": "东城区公共法律服务中心", "name": "王律师", "who": "李律师",
    "case": "482-719-355", "promise": MONDAY, "opened": MONDAY, "start": MONDAY, "closes": MONDAY,
    "until": MONDAY, "since": MONDAY, "minutes": 60, "kind": "again", "rating": 2, "steps": "12333",
    "when": MONDAY, "expires": MONDAY, "window": "11月23日（周一）18:00", "late": 1,
    "over": 1, "urgent": 1, "place": 3, "count": 12, "open": 12, "reach": "phone", "phone": "13812345678",
    "topic": "劳动用工与社保", "topics": "全部", "regions": "全部", "details": "—", "offered": "—",
    "story": "—", "lines": "- 482-719-355", "matched": "工资", "link": "t.me/desk_bot", "missing": "—",
    "before": "", "papers": "身份证",
    "basis": "《劳动法》第五十条", "date": "2026-11-21", "by": "王律师", "outcome": "已答复",
    "token": "a" * 32, "role": "专家", "duty": "您正在值班", "problems": "- faq/labor/wages.md",
}  # fmt: skip
OTHER: Mapping[str, Value] = {
    **SAMPLES,
    "late": 0,
    "over": 0,
    "urgent": 0,
    "reach": "chat",
    "kind": "new",
    "rating": 0,
}
"""The other branch of every text that has two."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What must be alike in all languages: a message's attributes and variables."""

    attributes: frozenset[str]
    variables: frozenset[str]


class _Variables(visitor.Visitor):
    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def visit_VariableReference(self, node: ast.VariableReference) -> None:
        self.names.add(node.id.name)


def _body(language: str) -> list[ast.EntryType]:
    return parse((FOLDER / f"{language}.ftl").read_text("utf-8")).body


def keys(language: str) -> list[str]:
    """Keys in the order of the file, doubles kept."""
    return [entry.id.name for entry in _body(language) if isinstance(entry, ast.Message)]


def shapes(language: str) -> dict[str, Shape]:
    """Each message's shape."""
    return {e.id.name: _shape(e) for e in _body(language) if isinstance(e, ast.Message)}


def _shape(message: ast.Message) -> Shape:
    variables = _Variables()
    variables.visit(message)
    attributes = {a.id.name for a in message.attributes} | ({""} if message.value else set())
    return Shape(frozenset(attributes), frozenset(variables.names))


def foreign(language: str) -> list[str]:
    """What Fluent could not read, and what we do not use (terms)."""
    return [str(e.content) for e in _body(language) if isinstance(e, ast.Junk)] + [
        e.id.name for e in _body(language) if isinstance(e, ast.Term)
    ]


def texts() -> Texts:
    """The texts of a desk in Shanghai."""
    return Texts(ZoneInfo("Asia/Shanghai"))


def whole(language: str, key: str, args: Mapping[str, Value] = SAMPLES) -> str:
    """Title, body and note of one text, as a reader gets them."""
    parts = (texts().get(language, key, args, part) for part in PARTS)
    return "\n".join(part for part in parts if part)


def words(language: str, key: str) -> list[str]:
    """The typed words behind one words-… key of one language."""
    return texts().get(language, key).split("|")
