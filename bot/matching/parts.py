"""A long message: which sentences ask, and whether it asks several things."""

from __future__ import annotations

import re

from bot.matching.normalize import clean

LONG = 40
MIN_PART = 6
MAX_PARTS = 3
_SENTENCE = re.compile(r"[^。！？!?；;\n]+[。！？!?；;\n]*")
_ASKS = re.compile(
    r"[?？]|吗|么(?:$|[。，,!])|呢|怎么|怎样|如何|咋|能不能|可不可以|可以不|是不是|是否|能否"
    r"|会不会|要不要|有没有|该不该|算不算|合法|违法|犯法"
    r"|多少|多久|几年|几天|几个月|什么|为何|哪里|哪个|哪些|谁|应该|求助|找谁"
    r"|who|what|how|when|where|why|can i|should i|do i|is it"
)
_NUMBERED = re.compile(
    r"(?:^|[\s。;；,，])(?:[1-9一二三][、.．]|[(（][1-9一二三][)）]|另外|还有|第[一二三][,，、])"
)


def sentences(text: str) -> list[str]:
    """The cleaned text's sentences."""
    return [s.strip() for s in _SENTENCE.findall(clean(text)) if any(c.isalnum() for c in s)]


def asking(text: str) -> str:
    """The sentences of a long text that ask, or empty when it is short, asks throughout or not at all."""
    found = sentences(text)
    if len(text) < LONG or len(found) < 2:
        return _last_clauses(text) if len(text) >= LONG else ""
    asks = [s for s in found if _ASKS.search(s)]
    return "".join(asks[-2:]) if asks and len(asks) < len(found) else ""


def _last_clauses(text: str) -> str:
    clauses = [c for c in re.split(r"[,，\s]+", clean(text)) if c]
    asks = [c for c in clauses if _ASKS.search(c)]
    return ",".join(asks) if asks and len(asks) < len(clauses) else ""


def questions(text: str) -> tuple[str, ...]:
    """The separate questions of a message that asks several; empty when it asks one."""
    found = sentences(_NUMBERED.sub("\n", text))
    asks = [s for s in found if _ASKS.search(s) and len(s) >= MIN_PART]
    return tuple(asks) if 2 <= len(asks) <= MAX_PARTS else ()
