"""A text as terms of four kinds: words, characters, pairs of characters, and concepts of the lexicon."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from bot.matching.dictionary import words_of
from bot.matching.normalize import clean

WORD, CHAR, PAIR, CONCEPT = range(4)
KINDS = 4
_LATIN = re.compile(r"[a-z][a-z']*")
_HAN_OR_DIGIT = re.compile(r"[㐀-鿿]+|\d[\d,.]*")
_PIECES = re.compile(r"[a-z][a-z']*|[0-9]+(?:[.,][0-9]+)*|[^\W\d_a-z]+")
_STOP_ZH = (
    "的 了 是 在 我 你 他 她 它 们 我们 你们 他们 吗 呢 吧 啊 呀 嘛 哦 么 和 与 跟 及 或 就 都 也 还 "
    "又 很 太 最 更 把 被 给 让 对 对于 关于 这 那 这个 那个 这种 那种 这样 那样 这些 那些 哪 哪个 "
    "哪些 什么 怎么 怎样 如何 怎么办 怎么样 为什么 为何 咋 咋办 咋样 啥 多少 几 谁 哪里 哪儿 可以 能 "
    "能不能 可不可以 能否 会 会不会 要 要不要 应该 该 需要 想 有 没有 有没有 没 不 是不是 是否 一 "
    "一个 一下 一些 个 上 下 里 中 后 前 时候 时 情况 问题 办 做 说 去 来 到 从 向 往 以 为 由 于 所 "
    "其 之 而 且 但 但是 因为 所以 如果 的话 现在 已经 自己 人 别人 知道 告诉 谢谢 请 请问 "
)
_STOP_EN = (
    "a an the i me my mine you your yours he him his she her it its we us our they them their this "
    "that these those am is are was were be been being do does did doing done have has had having can "
    "could will would shall should may might must to of in on at by for with about from up out if or "
    "and but not no so as than then there here what which who whom whose when where why how any some "
    "all just please tell know want need like get got give let make sure go going im i'm id i'd i've "
    "ive what's whats it's don't dont can't cant "
)
STOP = frozenset(_STOP_ZH.split()) | frozenset(_STOP_EN.split())


@dataclass(frozen=True, slots=True)
class Words:
    """`text` is the compared string, `spaced` its words; `terms` has one sequence per kind, no repeats."""

    text: str
    spaced: str
    terms: tuple[dict[str, None], dict[str, None], dict[str, None], dict[str, None]]
    numbers: frozenset[str]


class Splitter:
    """Splits texts by one lexicon."""

    def __init__(self, concepts: Mapping[str, str] | None = None) -> None:
        self._concepts = dict(concepts or {})
        self._starts: dict[str, list[int]] = {}
        for form in sorted(self._concepts, key=len, reverse=True):
            lengths = self._starts.setdefault(form[:1], [])
            if len(form) not in lengths:
                lengths.append(len(form))

    def split(self, raw: str) -> Words:
        """The raw text's terms."""
        text = clean(raw)
        words: dict[str, None] = {}
        chars: dict[str, None] = {}
        pairs: dict[str, None] = {}
        concepts: dict[str, None] = self._found(text) if self._starts else {}
        spaced, numbers = [], set()
        previous = ""
        for piece in _PIECES.findall(text):
            first = piece[0]
            if "a" <= first <= "z":
                stem = stemmed(piece)
                words[stem] = chars[stem] = None
                _grams(piece, pairs)
                if previous:
                    concepts[f"{previous} {stem}"] = None
                previous = stem
                spaced.append(stem)
            elif "0" <= first <= "9":
                numbers.add(piece)
                words["0"] = chars["0"] = None
                spaced.append(piece)
            else:
                chars.update(dict.fromkeys(piece))
                pairs.update(dict.fromkeys(map(str.__add__, piece, piece[1:])))
                cut = words_of(piece)
                spaced.extend(cut)
                known = self._concepts
                words.update(dict.fromkeys([known.get(w, w) for w in cut] if known else cut))
        return Words(text, " ".join(spaced), (words, chars, pairs, concepts), frozenset(numbers))

    def _found(self, text: str) -> dict[str, None]:
        out: dict[str, None] = {}
        at, end = 0, len(text)
        starts, concepts = self._starts, self._concepts
        while at < end:
            step = 1
            for length in starts.get(text[at], ()):
                concept = concepts.get(text[at : at + length])
                if concept is not None:
                    out[concept] = None
                    step = length
                    break
            at += step
        return out


def _grams(word: str, into: dict[str, None]) -> None:
    padded = f"_{word}_"
    into.update(dict.fromkeys(padded[i : i + 3] for i in range(len(padded) - 2)))


def stemmed(word: str) -> str:
    """A crude English stem: plural, -ing, -ed, final e."""
    word = word.replace("'", "")
    for ending in ("ing", "ed", "es", "s"):
        if word.endswith(ending) and len(word) - len(ending) >= 3 and not word.endswith("ss"):
            word = word[: -len(ending)]
            break
    return word[:-1] if word.endswith("e") and len(word) > 3 else word
