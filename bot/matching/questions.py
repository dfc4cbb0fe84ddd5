"""Files of questions (JSON lines) that the tools read: what is asked and, where known, what is right."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

MAX_BYTES = 200 * 1024 * 1024
_LAW = re.compile(r"[《》\s]|中华人民共和国")


class QuestionsError(Exception):
    """The file cannot be used; the message names the line."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One question. At most one of `entry`, `articles`, `none` says what is right."""

    text: str
    entry: str = ""
    articles: tuple[str, ...] = ()
    none: bool = False


def law_name(text: str) -> str:
    """A citation in one spelling: no 《》, no 中华人民共和国, no spaces."""
    return _LAW.sub("", text)


def read_questions(path: Path) -> list[Asked]:
    """All lines. Raises QuestionsError."""
    if not path.is_file() or path.stat().st_size > MAX_BYTES:
        raise QuestionsError(f"{path}: 没有这个文件，或文件太大")
    out = []
    for number, line in enumerate(path.read_text("utf-8-sig").splitlines(), 1):
        if line.strip():
            out.append(_asked(line, f"{path}:{number}"))
    return out


def _asked(line: str, where: str) -> Asked:
    try:
        row = json.loads(line)
    except ValueError as e:
        raise QuestionsError(f"{where}: 不是一行 JSON") from e
    if not isinstance(row, dict) or not isinstance(row.get("question"), str):
        raise QuestionsError(f"{where}: 缺少 question")
    articles = row.get("articles") or ()
    if not all(isinstance(a, str) for a in articles):
        raise QuestionsError(f"{where}: articles 应是一列文字")
    return Asked(
        row["question"], str(row.get("entry") or ""), tuple(map(law_name, articles)), bool(row.get("none"))
    )
