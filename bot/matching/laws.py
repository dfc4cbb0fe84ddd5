"""The cited laws: does the article exist, is the law in force; and laws.toml made from a statutes folder."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path

from bot.domain.faq import Entry
from bot.matching.library import Library
from bot.matching.problems import Problem, error, warning
from bot.matching.tables import Law

_DIGIT = {c: n for n, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_UNIT = {"十": 10, "百": 100, "千": 1000, "万": 10000}
_ARTICLE = re.compile(r"第([零〇一二三四五六七八九十百千]+)条")


def number(text: str) -> int:
    """A whole number written in Chinese numerals; -1 when it is none."""
    total = part = digit = 0
    for char in text:
        if char in _DIGIT:
            digit = _DIGIT[char]
        elif char == "万":
            total, part, digit = (total + part + digit) * 10000, 0, 0
        elif char in _UNIT:
            part += (digit or (1 if char == "十" else 0)) * _UNIT[char]
            digit = 0
        else:
            return -1
    return total + part + digit if text else -1


def article_number(article: str) -> int:
    """第一千零七十九条 as 1079; -1 when it is not an article."""
    found = _ARTICLE.match(article)
    return number(found[1]) if found else -1


def check_laws(library: Library, today: date) -> list[Problem]:
    """Every citation against laws.toml: unknown law, no such article, not in force, dates that disagree."""
    out: list[Problem] = []
    for entry in library.entries.values():
        for citation in entry.basis:
            law = library.laws.get(citation.law)
            if law is None:
                out.append(
                    error(entry.path, 0, "basis", f"《{citation.law}》不在 laws.toml", "用简称，或重新生成")
                )
            else:
                out.extend(
                    _check_citation(entry, str(citation), article_number(citation.article), law, today)
                )
        out.extend(_check_start(entry, library.laws))
    return out


def _check_citation(entry: Entry, cited: str, article: int, law: Law, today: date) -> Iterable[Problem]:
    if law.articles and not 1 <= article <= law.articles:
        yield error(entry.path, 0, "basis", f"{cited}不存在（该法共 {law.articles} 条）", "核对条文序号")
    if law.in_force and law.in_force > today:
        yield error(entry.path, 0, "basis", f"{cited}要到 {law.in_force} 才施行", "改引现行法律")


def _check_start(entry: Entry, laws: Mapping[str, Law]) -> Iterable[Problem]:
    starts = [d for c in entry.basis if c.law in laws and (d := laws[c.law].in_force)]
    if starts and entry.effective_from < max(starts):
        what = f"早于所依据法律的施行日 {max(starts)}"
        yield warning(entry.path, 0, "effective_from", what, "写最新一部法律的施行日")


def laws_toml(entries: Iterable[Entry], statutes: Path) -> tuple[str, list[str]]:
    """laws.toml for all cited laws, and the short names that the statutes folder does not have."""
    wanted = {c.law for e in entries for c in e.basis}
    found: dict[str, dict[str, object]] = {}
    with (statutes / "laws.jsonl").open(encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            if row.get("short") in wanted:
                found[row["short"]] = row
    head = "# 条目所引的法律，由 faq laws 命令从法律文本库生成，不要手改。articles 是最后一条的序号。\n"
    return head + "".join(_section(s, found[s]) for s in sorted(found)), sorted(wanted - set(found))


def _section(short: str, row: Mapping[str, object]) -> str:
    lines = [f"[{json.dumps(short, ensure_ascii=False)}]"]
    lines.append(f"name = {json.dumps(row.get('law', short), ensure_ascii=False)}")
    lines += [f"{key} = {row[key]}" for key in ("issued", "in_force") if row.get(key)]
    lines.append(f"articles = {row.get('articles') or 0}")
    lines.append(f"url = {json.dumps(row.get('url') or '', ensure_ascii=False)}")
    lines.append(f"status = {json.dumps(row.get('status') or '', ensure_ascii=False)}")
    return "\n".join(lines) + "\n\n"
