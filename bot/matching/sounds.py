"""Characters by sound and by shape, so that a typing error still finds its word."""

from __future__ import annotations

import os
from functools import lru_cache

os.environ.setdefault("PYPINYIN_NO_PHRASES", "1")  # one character at a time: 0.2 s less at every start
from pypinyin import Style, lazy_pinyin

_SHAPES = (
    "己已巳 末未 日曰 贷货 帐账 人入 土士 干千 大太犬 由甲申田 士土 折拆析 侯候 辩辨辫瓣 陪赔倍 "
    "裁栽载 拨拔 戊戌戍 竞竟 狠狼 享亨 冶治 洽恰 晴睛 情清 蓝篮 待侍 代伐 兔免 快块 扰忧优 捐损 仓仑 "
    "延廷 刺剌 徒徙 抵低 底低 诉拆 驾架 欠久 夫失 矢失 遗遣 偿尝 赂贿 抢枪 拘构 购构 缔谛 讨付 肇肈 "
    "继断 殴欧 拖拕 债责 绩积 劳荣 房户 雇顾 租祖 押抻 伤场 残歹 骗编 遍 扣抠 罚罪 毁段 佣拥 院阮 "
    "假仮 薪新 诈炸 炸诈 证征 执势 屡履 撤撒 沫沬 "
)
_FUZZY = (("zh", "z"), ("ch", "c"), ("sh", "s"), ("ang", "an"), ("eng", "en"), ("ing", "in"), ("n", "l"))


@lru_cache(maxsize=30_000)
def sound(char: str) -> str:
    """The character's syllable without tone, nearby initials and finals merged."""
    syllable = str(lazy_pinyin(char, style=Style.NORMAL)[0])
    for long, short in _FUZZY[:3]:
        if syllable.startswith(long):
            syllable = short + syllable[2:]
    for long, short in _FUZZY[3:6]:
        if syllable.endswith(long):
            syllable = syllable[: -len(long)] + short
    return syllable


class _Sounds(dict[int, str]):
    """A translate table that fills itself: each syllable becomes one private-use character."""

    def __init__(self) -> None:
        super().__init__()
        self._codes: dict[str, str] = {}

    def __missing__(self, code: int) -> str:
        char = chr(code)
        out = char
        if 0x3400 <= code <= 0x9FFF:
            out = self._codes.setdefault(sound(char), chr(0xE000 + len(self._codes)))
        self[code] = out
        return out


_TABLE = _Sounds()


def spoken(text: str) -> str:
    """The text with every Chinese character replaced by a sign for its syllable."""
    return text.translate(_TABLE)


@lru_cache(maxsize=1)
def lookalikes() -> dict[str, str]:
    """Characters that are easily taken for one another, each with the others."""
    out: dict[str, str] = {}
    for group in _SHAPES.split():
        for char in group:
            out[char] = out.get(char, "") + group.replace(char, "")
    return out
