"""Formatted text as the Bot API reads it: HTML here, MarkdownV2 next door; broken markup is refused with 400.

Follows `parse_html` of TDLib (td/telegram/MessageEntity.cpp): tags, attributes, wording of the errors.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from .errors import ApiError, Json, bad_request

TAGS: dict[str, str] = {
    "b": "bold", "strong": "bold", "i": "italic", "em": "italic", "u": "underline", "ins": "underline",
    "s": "strikethrough", "strike": "strikethrough", "del": "strikethrough", "span": "spoiler",
    "tg-spoiler": "spoiler", "a": "text_link", "code": "code", "pre": "pre", "blockquote": "blockquote",
    "tg-emoji": "custom_emoji",
}  # fmt: skip
NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}
_CHARREF = re.compile(r"&(?:#x([0-9a-fA-F]{1,6})|#(\d{1,7})|(lt|gt|amp|quot)(?![A-Za-z]));?")
_START = re.compile(r"""<([^\s>]*)((?:"[^"]*"|'[^']*'|[^>"'])*)>""")
_END = re.compile(r"</([^\s>]*)\s*>")
_ATTRIBUTE = re.compile(r"""([^\s=>/"']+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([A-Za-z0-9.\-]+)))?""")


def units(text: str) -> int:
    """Length in UTF-16 code units, the measure of entity offsets."""
    return len(text.encode("utf-16-le")) // 2


def broken(text: str) -> ApiError:
    """The refusal for markup that cannot be read."""
    return bad_request(f"can't parse entities: {text}")


@dataclass
class Open:
    """A tag that waits for its end."""

    tag: str
    start: int
    attributes: dict[str, str]


@dataclass
class Formatted:
    """Plain text and its entities, growing while markup is read."""

    text: str = ""
    length: int = 0
    entities: list[Json] = field(default_factory=list)

    def put(self, piece: str) -> None:
        """Append plain characters."""
        self.text += piece
        self.length += units(piece)

    def close(self, kind: str, start: int, **extra: Any) -> None:
        """Append an entity that ends here; an empty one vanishes, as on the real server."""
        if self.length > start:
            self.entities.append({"type": kind, "offset": start, "length": self.length - start, **extra})

    def finished(self) -> Formatted:
        """Whitespace at both ends cut off, entities sorted and clipped to what is left."""
        lead = units(self.text) - units(self.text.lstrip())
        text = self.text.strip()
        size = units(text)
        kept = [entity for entity in (_clip(one, lead, size) for one in self.entities) if entity]
        kept.sort(key=lambda one: (one["offset"], -one["length"]))
        return Formatted(text, size, kept)


def _clip(entity: Json, lead: int, size: int) -> Json | None:
    start = max(entity["offset"] - lead, 0)
    end = min(entity["offset"] + entity["length"] - lead, size)
    return {**entity, "offset": start, "length": end - start} if end > start else None


def unescape(text: str) -> str:
    """Character references that Telegram knows; others stay as they are."""
    return _CHARREF.sub(_reference, text)


def _reference(match: re.Match[str]) -> str:
    if match[3]:
        return NAMED[match[3]]
    code = int(match[1], 16) if match[1] else int(match[2])
    return chr(code) if 0 < code < 0x10FFFF else match[0]


class HtmlReader:
    """Reads one HTML text."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._out = Formatted()
        self._open: list[Open] = []

    def read(self) -> Formatted:
        """The plain text and entities, or ApiError."""
        at = 0
        while at < len(self._source):
            bracket = self._source.find("<", at)
            if bracket < 0:
                bracket = len(self._source)
            self._out.put(unescape(self._source[at:bracket]))
            at = self._tag(bracket) if bracket < len(self._source) else bracket
        if self._open:
            raise broken(f'Can\'t find end tag corresponding to start tag "{self._open[-1].tag}"')
        return self._out

    def _tag(self, at: int) -> int:
        return self._end_tag(at) if self._source.startswith("</", at) else self._start_tag(at)

    def _start_tag(self, at: int) -> int:
        match = _START.match(self._source, at)
        if match is None:
            raise broken(f"Unclosed start tag at byte offset {self._byte(at)}")
        tag = match[1].lower()
        if tag not in TAGS:
            raise broken(f'Unsupported start tag "{tag}" at byte offset {self._byte(at)}')
        attributes = {
            one[1]: unescape(one[2] or one[3] or one[4] or "") for one in _ATTRIBUTE.finditer(match[2])
        }
        if tag == "span" and attributes.get("class") != "tg-spoiler":
            raise broken(f'Tag "span" must have class "tg-spoiler" at byte offset {self._byte(at)}')
        self._open.append(Open(tag, self._out.length, attributes))
        return match.end()

    def _end_tag(self, at: int) -> int:
        if not self._open:
            raise broken(f"Unexpected end tag at byte offset {self._byte(at)}")
        match = _END.match(self._source, at)
        if match is None:
            raise broken(f"Unclosed end tag at byte offset {self._byte(at)}")
        tag, expected = match[1].lower(), self._open[-1].tag
        if tag not in ("", expected):
            raise broken(
                f"Unmatched end tag at byte offset {self._byte(at)}, "
                f'expected "</{expected}>", found "</{tag}>"'
            )
        self._close(self._open.pop())
        return match.end()

    def _close(self, opened: Open) -> None:
        kind, attributes = TAGS[opened.tag], opened.attributes
        if opened.tag == "a":
            self._link(opened)
        elif opened.tag == "tg-emoji":
            self._out.close(kind, opened.start, custom_emoji_id=attributes.get("emoji-id", ""))
        elif opened.tag == "blockquote" and "expandable" in attributes:
            self._out.close("expandable_blockquote", opened.start)
        elif opened.tag == "pre" and self._nested_code(opened):
            language = self._out.entities.pop().get("language")
            self._out.close("pre", opened.start, **({"language": language} if language else {}))
        elif attributes.get("class", "").startswith("language-"):
            self._out.close(kind, opened.start, language=attributes["class"][9:])
        else:
            self._out.close(kind, opened.start)

    def _nested_code(self, opened: Open) -> bool:
        last = self._out.entities[-1] if self._out.entities else {}
        return last.get("type") == "code" and last["offset"] == opened.start and "language" in last

    def _link(self, opened: Open) -> None:
        url = opened.attributes.get("href", "")
        if not url:
            return
        if re.match(r"tg://user\?id=\d+$", url):
            user = {"id": int(url.split("=")[1]), "is_bot": False, "first_name": "?"}
            self._out.close("text_mention", opened.start, user=user)
        elif re.match(r"(?i)(https?|tg|ton|tonsite)://.|[\w.-]+\.\w{2,}", url):
            self._out.close("text_link", opened.start, url=url)

    def _byte(self, at: int) -> int:
        return len(self._source[:at].encode())
