"""Makes broken JSON and broken text out of whole ones, the same for the same seed."""

from __future__ import annotations

import copy
import json
import random
import re
from typing import Any

Json = Any
DEEP = 40


def _nested(kind: str, depth: int) -> Json:
    made: Json = 1
    for _ in range(depth):
        made = [made] if kind == "list" else {"a": made}
    return made


HOSTILE: tuple[Json, ...] = (
    None, True, False, 0, -1, 1, 2**31, 2**53 + 1, -(2**63), 2**64, 10**400, 1.5, -0.0, 1e308, "", " ", "0",
    "\x00", "\ud800", "a\ud800\x00b", "\u202e\u200b\ufeff", "😀" * 50, "字" * 5000, "a" * 70_000, "<b>&amp;",
    "%s{0}{x}", "'; DROP TABLE contacts;--", "../../etc/passwd", "null", [], [None], [[]], {}, {"": ""},
    {"id": None}, {"id": "x"}, [{}], _nested("list", DEEP), _nested("dict", DEEP),
    *(f"@deep {depth}@" for depth in (400, 700, 800, 850, 900, 940, 970, 20_000)),
)  # fmt: skip


def _places(value: Json, found: list[tuple[Json, Any]]) -> list[tuple[Json, Any]]:
    """Every (container, key) inside of a value."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in list(items):
        found.append((value, key))
        _places(item, found)
    return found


def as_json(value: Json) -> bytes:
    """The value as it travels; a `@deep …@` becomes a list in a list in a list …"""
    return re.sub(rb'"@deep (\d+)@"', _deep, json.dumps(value).encode())


def _deep(found: re.Match[bytes]) -> bytes:
    depth = int(found[1])
    return b"[" * depth + b"]" * depth


class Mutator:
    """`broken` gives one mutant of any of the samples."""

    def __init__(self, seed: int, samples: list[Json]) -> None:
        self.random = random.Random(seed)
        self.samples = samples

    def broken(self) -> Json:
        """A copy of a sample with one to three faults."""
        made = copy.deepcopy(self.random.choice(self.samples))
        for _ in range(self.random.choice((1, 1, 1, 2, 3))):
            made = self._fault(made)
        return made

    def _fault(self, value: Json) -> Json:
        places = _places(value, [])
        if not places or self.random.random() < 0.01:
            return copy.deepcopy(self.random.choice(HOSTILE))
        holder, key = self.random.choice(places)
        match self.random.randrange(6):
            case 0:
                del holder[key]
            case 1 | 2:
                holder[key] = copy.deepcopy(self.random.choice(HOSTILE))
            case 3:
                holder[key] = self._retyped(holder[key])
            case 4:
                other = _places(self.random.choice(self.samples), [])
                source, name = self.random.choice(other)
                holder[key] = copy.deepcopy(source[name])
            case _:
                self._extra(holder, key)
        return value

    def _retyped(self, value: Json) -> Json:
        return self.random.choice([str(value), [value], {"0": value}, [value] * 3, not value])

    def _extra(self, holder: Json, key: Any) -> None:
        if isinstance(holder, dict):
            holder[self.random.choice(["", "id", "from", "chat", "text", "x" * 300])] = holder[key]
        else:
            holder.append(copy.deepcopy(holder[key]))

    def garbled(self, data: bytes) -> bytes:
        """Bytes cut, doubled, flipped or with something put in."""
        at = self.random.randrange(len(data) + 1)
        to = min(len(data), at + self.random.choice((1, 1, 2, 8, 100)))
        noise = self.random.choice(
            (b"\x00", b"\xff\xfe", b"\xed\xa0\x80", b'"', b"[", b"{", b"=", b"\n---\n")
        )
        match self.random.randrange(5):
            case 0:
                return data[:at]
            case 1:
                return data[:at] + data[to:]
            case 2:
                return data[:at] + noise * self.random.choice((1, 1, 3, 600)) + data[at:]
            case 3:
                return data[:at] + data[at:to] * 3 + data[to:]
            case _:
                flipped = bytes(byte ^ (1 << self.random.randrange(8)) for byte in data[at:to])
                return data[:at] + flipped + data[to:]
