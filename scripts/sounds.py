"""Write bot/matching/sounds.txt: the common characters by syllable.

pip install pypinyin && python scripts/sounds.py
"""

from __future__ import annotations

import os
from pathlib import Path

os.environ["PYPINYIN_NO_PHRASES"] = "1"  # one character at a time
from pypinyin import Style, lazy_pinyin

FUZZY = (("zh", "z"), ("ch", "c"), ("sh", "s"), ("ang", "an"), ("eng", "en"), ("ing", "in"))
OUT = Path(__file__).parents[1] / "bot" / "matching" / "sounds.txt"


def common() -> list[str]:
    """The characters of GB 2312: what simplified text is written with."""
    found = []
    for code in range(0x4E00, 0xA000):
        try:
            chr(code).encode("gb2312")
        except UnicodeEncodeError:
            continue
        found.append(chr(code))
    return found


def sound(char: str) -> str:
    """The syllable without tone, nearby initials and finals merged."""
    syllable = str(lazy_pinyin(char, style=Style.NORMAL)[0])
    for long, short in FUZZY[:3]:
        if syllable.startswith(long):
            syllable = short + syllable[2:]
    for long, short in FUZZY[3:]:
        if syllable.endswith(long):
            syllable = syllable[: -len(long)] + short
    return syllable


by_sound: dict[str, list[str]] = {}
for character in common():
    by_sound.setdefault(sound(character), []).append(character)
lines = [f"{name} {''.join(chars)}\n" for name, chars in sorted(by_sound.items())]
OUT.write_text("".join(lines), "utf-8")
