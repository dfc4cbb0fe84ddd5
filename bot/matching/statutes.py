"""The text of the cited articles beside the answer: numbers and key terms that they lack."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from bot.domain.faq import Citation, Entry
from bot.matching.laws import number
from bot.matching.problems import Problem, warning

_HAN = "[零〇一二三四五六七八九十百千万两点]"
_NUMERAL = rf"((?<!\d)\d{{1,15}}+(?:\.\d{{1,15}}+)?|(?<!{_HAN}){_HAN}{{1,15}}+|半)"
"""Begins where a run of numerals begins and never gives any back: a run of thousands is read once."""
_UNITS = r"(个工作日|个?工作日|日|天|个月|月|年|周岁|倍|小时|%|％|元|万元)"
_FIGURE = re.compile(rf"(?:百分之{_NUMERAL}|{_NUMERAL}\s*{_UNITS})")
_DAY = r"[一二三四五六七八九十\d]"
_DIGIT = "[一二两三四五六七八九]"
_NOT_FIGURE = re.compile(
    r"“[^”]{1,80}”"  # words to copy, not a claim
    rf"|第{_HAN}{{1,9}}+[条款项次天日]|[最后这那哪统]{{1,2}}一[天年]"
    rf"|(?:\d{{4}}|[〇零一二三四五六七八九]{{4}})年(?:\s?{_DAY}{{1,3}}+月)?(?:{_DAY}{{1,3}}+[日号])?"
    rf"|(?<!{_DAY}){_DAY}++月{_DAY}++[日号]"
    rf"|(?<!{_HAN}){_DIGIT}{{2}}(?=天|日|个月|年|倍)|[近几](?:{_HAN}|\d){{1,3}}+年"  # 三五天, 几十年: about
)
_ELSEWHERE = re.compile(
    r"一般|通常|大约|约|各地|各省|当地|例如|比如|例：|左右|实务|多为|每天|工作时间|建议|尽快|拨打|合计"
)
_NAMED = re.compile(r"《([^《》]{2,40})》")
_CHINESE = re.compile(r"[㐀-鿿]+")
_SENTENCE = re.compile(r"[^。！？；\n]+")
_SAME_UNIT = {"天": "日", "个工作日": "工作日", "月": "个月", "％": "%", "周岁": "岁"}
SHARED_WORDING = 0.01
"""Below this share of an article's wording an entry does not speak of it. Of 628 wrong articles planted in
the shipped library, each within twelve of the right one, 223 lie below it, and few right ones."""
KNOWN_ARTICLE = 3
"""An article that so many entries cite is a general rule (公平、违约、时效), not a slip of the pen."""


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
    value = 0.5 if numeral == "半" else float(numeral) if numeral[0].isdigit() else _value(numeral)
    unit = _SAME_UNIT.get(unit, unit)
    if unit == "万元":
        value, unit = value * 10000, "元"
    if unit == "年":
        value, unit = value * 12, "个月"
    return f"{value:g}{unit}" if value >= 0 else ""


def _value(numeral: str) -> float:
    """百二十, 零点五; below zero when it is no number."""
    whole, _, part = numeral.partition("点")
    digits = [number(d) for d in part]
    if not all(0 <= d <= 9 for d in digits):
        return -1
    return number(whole) + sum(d * 0.1**i for i, d in enumerate(digits, 1))


@dataclass(frozen=True)
class Wording:
    """All entries and the articles that they cite, as pairs of characters: what is rare tells most."""

    entries: tuple[Entry, ...]
    texts: Mapping[Citation, str]

    @cached_property
    def cited(self) -> Counter[Citation]:
        """By how many entries each article is cited."""
        return Counter(c for e in self.entries for c in set(e.basis))

    @cached_property
    def _uses(self) -> Counter[str]:
        out = Counter(p for e in self.entries for p in _pairs(_said(e)))
        out.update(p for c in self.cited for p in _pairs(self.texts.get(c, "")))
        return out

    def shared(self, entry: Entry, text: str) -> float:
        """How much of the article's wording the entry has, rare pairs counting most: 0 to 1."""
        own = {p: 1 / (1 + self._uses[p]) for p in _pairs(text)}
        said = _pairs(_said(entry))
        return sum(w for p, w in own.items() if p in said) / sum(own.values()) if own else 1.0


def _said(entry: Entry) -> str:
    return "。".join((*entry.phrasings, *entry.keywords, entry.answer))


def _pairs(text: str) -> set[str]:
    return {run[i : i + 2] for run in _CHINESE.findall(text) for i in range(len(run) - 1)}


def compare(entry: Entry, wording: Wording) -> list[Problem]:
    """What a person must look at in this entry."""
    return [*_numbers(entry, wording.texts), *_strangers(entry, wording)]


def _numbers(entry: Entry, texts: Mapping[Citation, str]) -> Iterable[Problem]:
    known = figures("\n".join(texts.get(c, "") for c in entry.basis))
    laws = {c.law for c in entry.basis}
    for figure, sentence in figures(entry.answer).items():
        if figure in known or _ELSEWHERE.search(sentence) or set(_NAMED.findall(sentence)) - laws:
            continue
        what = f"数字“{figure}”不在所引条文里：{sentence[:40]}"
        yield warning(entry.path, 0, "answer", what, "补上依据；若不来自法条，写明“一般”“各地”或文件名《》")


def _strangers(entry: Entry, wording: Wording) -> Iterable[Problem]:
    for citation in entry.basis:
        text = wording.texts.get(citation)
        if text is None:
            yield warning(entry.path, 0, "basis", f"法律文本库里没有{citation}", "核对条文")
        elif wording.cited[citation] < KNOWN_ARTICLE and wording.shared(entry, text) < SHARED_WORDING:
            yield warning(entry.path, 0, "basis", f"{citation}与答案几乎没有共同的用语", "看是否引错")


def check_statutes(entries: Iterable[Entry], statutes: Path) -> list[Problem]:
    """All entries against the statutes folder."""
    entries = tuple(entries)
    texts = article_texts(statutes, (c for e in entries for c in e.basis))
    wording = Wording(entries, texts)
    return [p for e in entries for p in compare(e, wording)]
