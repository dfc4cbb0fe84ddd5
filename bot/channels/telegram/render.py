"""Blocks of plain text as Telegram shows them: text and entities, cut to its limits.

There is no parse_mode anywhere, so nothing that a person wrote can become markup.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from telegram import MessageEntity

from bot.domain.messages import Block, BlockKind

TEXT_LIMIT = 4096
CAPTION_LIMIT = 1024
"""Both in UTF-16 units, as Telegram counts."""

_STYLES = {
    BlockKind.TITLE: MessageEntity.BOLD,
    BlockKind.QUOTE: MessageEntity.BLOCKQUOTE,
    BlockKind.NOTE: MessageEntity.ITALIC,
}
_CUTS = (
    (re.compile(r"\n\n"), 2),
    (re.compile(r"[。！？!?；;…]+[”’」』）)]*|\.(?=\s)|\n"), 4),
    (re.compile(r"\s"), 4),
)
"""Where a long text may be cut, best first, and the smallest part of the limit that it may leave."""

_JOINER = "\u200d"


@dataclass(frozen=True, slots=True)
class Span:
    """A styled stretch, in code points."""

    start: int
    end: int
    style: str


@dataclass(frozen=True, slots=True)
class Rich:
    """Text with styles."""

    text: str = ""
    spans: tuple[Span, ...] = ()

    def cut(self, start: int, end: int) -> Rich:
        """The stretch from start to end without white space at its ends, which Telegram would drop."""
        stretch = self.text[start:end]
        start += len(stretch) - len(stretch.lstrip())
        text = stretch.strip()
        end = start + len(text)
        spans = [Span(max(s.start, start) - start, min(s.end, end) - start, s.style) for s in self.spans]
        return Rich(text, tuple(s for s in spans if s.start < s.end))


def units(text: str) -> int:
    """Length in UTF-16 units."""
    return len(text) + sum(ch > "\uffff" for ch in text)


def clean(text: str) -> str:
    """Without what neither Telegram nor a database takes: lone surrogates and NUL."""
    whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return whole.replace("\x00", "").replace("\r\n", "\n")


def render(blocks: Sequence[Block]) -> Rich:
    """The blocks under each other: items close together, everything else a line apart."""
    text = ""
    spans: list[Span] = []
    before: BlockKind | None = None
    for block in blocks:
        words = clean(block.text).strip()
        if not words:
            continue
        if block.kind is BlockKind.ITEM:
            words = "• " + words
        text += _gap(before, block.kind)
        if style := _STYLES.get(block.kind):
            spans.append(Span(len(text), len(text) + len(words), style))
        text += words
        before = block.kind
    return Rich(text, tuple(spans))


def _gap(before: BlockKind | None, after: BlockKind) -> str:
    if before is None:
        return ""
    return "\n" if before is after is BlockKind.ITEM else "\n\n"


def split(rich: Rich, limit: int = TEXT_LIMIT) -> list[Rich]:
    """Parts of at most `limit` units, cut at paragraphs or sentences; no empty part."""
    parts: list[Rich] = []
    rest = rich.cut(0, len(rich.text))
    while rest.text:
        at = _cut_at(rest.text, limit)
        parts.append(rest.cut(0, at))
        rest = rest.cut(at, len(rest.text))
    return parts


def _cut_at(text: str, limit: int) -> int:
    hard = _fits(text, limit)
    if hard == len(text):
        return hard
    for pattern, share in _CUTS:
        ends = [found.end() for found in pattern.finditer(text, 0, hard)]
        if ends and ends[-1] >= hard // share:
            return ends[-1]
    return _whole_character(text, hard)


def _fits(text: str, limit: int) -> int:
    used = 0
    for index, ch in enumerate(text):
        used += 2 if ch > "\uffff" else 1
        if used > limit:
            return index
    return len(text)


def _whole_character(text: str, at: int) -> int:
    """Step back out of an emoji of several code points or a letter with its marks."""
    for back in range(at, max(at - 16, 1), -1):
        if not _clings(text[back]) and text[back - 1] != _JOINER:
            return back
    return at


def _clings(ch: str) -> bool:
    skin_tone = "\U0001f3fb" <= ch <= "\U0001f3ff"
    return skin_tone or ch == _JOINER or unicodedata.category(ch) in ("Mn", "Me", "Mc")


def entities(rich: Rich) -> list[MessageEntity]:
    """The styles with offsets in UTF-16 units."""
    return [
        MessageEntity(s.style, units(rich.text[: s.start]), units(rich.text[s.start : s.end]))
        for s in rich.spans
    ]
