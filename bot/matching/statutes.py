"""The text of the cited articles beside the answer: numbers and key terms that they lack."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from bot.domain.faq import Citation, Entry
from bot.matching.laws import number
from bot.matching.problems import Problem, warning
from bot.matching.words import STOP, WORD, Splitter

_HAN = "[零〇一二三四五六七八九十百千万两]"
_NUMERAL = rf"((?<!\d)\d{{1,15}}+(?:\.\d{{1,15}}+)?|(?<!{_HAN}){_HAN}{{1,15}}+|半)"
"""Begins where a run of numerals begins and never gives any back: a run of thousands is read once."""
_UNITS = r"(个工作日|个?工作日|日|天|个月|月|年|周岁|倍|小时|%|％|元|万元)"
_FIGURE = re.compile(rf"(?:百分之{_NUMERAL}|{_NUMERAL}\s*{_UNITS})")
_DAY = r"[一二三四五六七八九十\d]"
_NOT_FIGURE = re.compile(
    rf"第[一二三四五六七八九十百千零〇]+[条款项次]|\d{{4}}年|(?<!{_DAY}){_DAY}++月{_DAY}++[日号]"
)
_ELSEWHERE = re.compile(
    r"一般|通常|大约|约|各地|各省|当地|例如|比如|左右|实务|多为|每天|工作时间|建议|尽快|拨打"
)
_SENTENCE = re.compile(r"[^。！？；\n]+")
_SAME_UNIT = {"天": "日", "个工作日": "工作日", "月": "个月", "％": "%", "周岁": "岁"}
SHARED_TERMS = 0.12


def article_texts(statutes: Path, wanted: Iterable[Citation]) -> dict[Citation, str]:
    """The texts of these articles from articles.jsonl."""
    names = {(c.law, c.article): c for c in wanted}
    out: dict[Citation, str] = {}
    with (statutes / "articles.jsonl").open(encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            citation = names.get((row.get("law", ""), row.get("no", "")))
            if citation is not None:
                out[citation] = f"{out.get(citation, '')}\n{row.get('text', '')}"
    return out


def figures(text: str) -> dict[str, str]:
    """Durations, percentages, multiples and amounts in one spelling, each with the sentence it stands in."""
    out: dict[str, str] = {}
    for sentence in _SENTENCE.findall(_NOT_FIGURE.sub(" ", text)):
        for m in _FIGURE.finditer(sentence):
            figure = _figure(m[1] or m[2], "%" if m[1] else m[3])
            if figure:
                out.setdefault(figure, sentence.strip())
    return out


def _figure(numeral: str, unit: str) -> str:
    value = 0.5 if numeral == "半" else float(numeral) if numeral[0].isdigit() else float(number(numeral))
    unit = _SAME_UNIT.get(unit, unit)
    if unit == "万元":
        value, unit = value * 10000, "元"
    if unit == "年":
        value, unit = value * 12, "个月"
    return f"{value:g}{unit}" if value >= 0 else ""


def compare(entry: Entry, texts: Mapping[Citation, str], splitter: Splitter) -> list[Problem]:
    """What a person must look at in this entry."""
    out: list[Problem] = []
    cited = [texts.get(c, "") for c in entry.basis]
    for citation in entry.basis:
        if citation not in texts:
            out.append(warning(entry.path, 0, "basis", f"法律文本库里没有{citation}", "核对条文"))
    known = figures("\n".join(cited))
    for figure, sentence in figures(entry.answer).items():
        if figure not in known and not _ELSEWHERE.search(sentence):
            what = f"数字“{figure}”不在所引条文里：{sentence[:40]}"
            out.append(warning(entry.path, 0, "answer", what, "补上依据；若不来自法条，写明“一般”“各地”等"))
    terms = _terms(entry.answer, splitter)
    for citation, text in zip(entry.basis, cited, strict=True):
        own = _terms(text, splitter)
        if own and len(own & terms) / min(len(own), max(1, len(terms))) < SHARED_TERMS:
            out.append(warning(entry.path, 0, "basis", f"{citation}与答案几乎没有共同的用语", "看是否引错"))
    return out


def _terms(text: str, splitter: Splitter) -> set[str]:
    return {w for w in splitter.split(text[:2000]).terms[WORD] if len(w) > 1 and w not in STOP}


def check_statutes(entries: Iterable[Entry], statutes: Path) -> list[Problem]:
    """All entries against the statutes folder."""
    entries = tuple(entries)
    texts = article_texts(statutes, (c for e in entries for c in e.basis))
    splitter = Splitter()
    return [p for e in entries for p in compare(e, texts, splitter)]
