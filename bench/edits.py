"""Small changes that leave a question's meaning alone: how people retype a known question."""

from __future__ import annotations

import random
import re

from bot.matching.dictionary import words_of
from bot.matching.words import STOP

SWAPS = (
    ("怎么", "如何"), ("怎么", "怎样"), ("怎么", "咋"), ("怎么办", "如何处理"), ("吗", "么"),
    ("吗", ""), ("哪里", "什么地方"), ("哪里", "哪儿"), ("什么", "啥"), ("多长时间", "多久"),
    ("可以", "能"), ("能不能", "可以"), ("需要", "要"), ("的", ""), ("了", ""), ("给", ""), ("都", ""),
    ("就", ""), ("，", ""), ("？", ""), ("我", "我们"), ("公司", "单位"), ("没有", "没"),
    ("是不是", "是否"), ("有没有", "是否有"), ("应该", "该"), ("为什么", "为何"), ("老公", "丈夫"),
    ("孩子", "小孩"),
)  # fmt: skip
BEFORE = ("请问", "请问一下", "我想问", "想问一下", "求助", "你好，", "咨询一下，", "", "急！")
AFTER = ("啊", "呢", "呀", "？", "谢谢", "，谢谢", "？急", "，在线等", "吧", "")


def light(text: str, rng: random.Random) -> str:
    """One to three small edits."""
    for _ in range(rng.choice((1, 1, 2, 2, 3))):
        text = rng.choice((_swap, _swap, _before, _after, _drop, _turn))(text, rng)
    return text


def _swap(text: str, rng: random.Random) -> str:
    both = [(a, b) for a, b in SWAPS if a in text] + [(b, a) for a, b in SWAPS if b and b in text]
    return text.replace(*rng.choice(both), 1) if both else text


def _before(text: str, rng: random.Random) -> str:
    return rng.choice(BEFORE) + text


def _after(text: str, rng: random.Random) -> str:
    return text.rstrip("？?。") + rng.choice(AFTER)


def _drop(text: str, rng: random.Random) -> str:
    words = words_of(text)
    small = [n for n, w in enumerate(words) if w in STOP]
    if small:
        words.pop(rng.choice(small))
    return "".join(words)


def _turn(text: str, rng: random.Random) -> str:
    clauses = re.split("[，,]", text)
    return "，".join(rng.sample(clauses, len(clauses)))
