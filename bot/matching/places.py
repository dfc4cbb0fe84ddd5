"""Names of places, which say where something happened and not what is asked.

Provinces and cities of prefectures; those that a question may be about (去北京上访, 港澳通行证) are not among
them. places.txt: in the first line names that are always a place; in the second those that are one only with
省 or 市 after them (白银, 日照, 开封 …).
"""

from __future__ import annotations

from pathlib import Path

_ENDS = ("自治区", "自治州", "地区", "省", "市")
_SHORTEST = 2


def _table() -> dict[str, list[tuple[str, bool]]]:
    """By the first two characters: names, and whether they need an ending."""
    always, ended = Path(__file__).with_name("places.txt").read_text("utf-8").splitlines()
    out: dict[str, list[tuple[str, bool]]] = {}
    for line, needs in ((always, False), (ended, True)):
        for name in line.split():
            out.setdefault(name[:_SHORTEST], []).append((name, needs))
    return out


_TABLE = _table()


def without_places(text: str) -> str:
    """The text without names of places; the text itself when nothing else is left."""
    kept: list[str] = []
    at = copied = 0
    while at < len(text) - 1:
        end = _end_of_name(text, at) if text[at : at + _SHORTEST] in _TABLE else at
        if end > at:
            kept.append(text[copied:at])
            at = copied = end
        else:
            at += 1
    bare = "".join(kept) + text[copied:]
    return bare if any(c.isalnum() for c in bare) else text


def _end_of_name(text: str, at: int) -> int:
    """Where the name that begins here ends; `at` if none does."""
    for name, needs_ending in _TABLE[text[at : at + _SHORTEST]]:
        if text.startswith(name, at):
            after = at + len(name)
            ending = next((end for end in _ENDS if text.startswith(end, after)), "")
            if ending or not needs_ending:
                return after + len(ending)
    return at
