"""Characters by sound and by shape, so that a typing error still finds its word."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

_SHAPES = (
    "己已巳 末未 日曰 贷货 帐账 人入 土士 干千 大太犬 由甲申田 士土 折拆析 侯候 辩辨辫瓣 陪赔倍 "
    "裁栽载 拨拔 戊戌戍 竞竟 狠狼 享亨 冶治 洽恰 晴睛 情清 蓝篮 待侍 代伐 兔免 快块 扰忧优 捐损 仓仑 "
    "延廷 刺剌 徒徙 抵低 底低 诉拆 驾架 欠久 夫失 矢失 遗遣 偿尝 赂贿 抢枪 拘构 购构 缔谛 讨付 肇肈 "
    "继断 殴欧 拖拕 债责 绩积 劳荣 房户 雇顾 租祖 押抻 伤场 残歹 骗编 遍 扣抠 罚罪 毁段 佣拥 院阮 "
    "假仮 薪新 诈炸 炸诈 证征 执势 屡履 撤撒 沫沬 "
)


def _table() -> dict[int, str]:
    """A translate table: each common character becomes a private-use sign for its syllable.

    Syllables without tone, nearby initials and finals merged; made by scripts/sounds.py.
    """
    lines = Path(__file__).with_name("sounds.txt").read_text("utf-8").splitlines()
    signs = (chr(0xE000 + n) for n in range(len(lines)))
    return {
        ord(char): sign for sign, line in zip(signs, lines, strict=True) for char in line.partition(" ")[2]
    }


_TABLE = _table()


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
