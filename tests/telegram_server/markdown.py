"""MarkdownV2 as the Bot API reads it; follows `parse_markdown_v2` of TDLib, without emoji and dates."""

from __future__ import annotations

from dataclasses import dataclass

from .entities import Formatted, broken

RESERVED = "_*[]()~`>#+-=|{}.!\n"
# Longest first: "__" before "_", "||" alone (a single bar is reserved).
MARKS = {"```": "pre", "__": "underline", "||": "spoiler", "_": "italic", "*": "bold", "~": "strikethrough"}
MARKS |= {"`": "code", "[": "text_link"}
NAMES = {"bold": "Bold", "italic": "Italic", "underline": "Underline", "strikethrough": "Strikethrough"}
NAMES |= {
    "spoiler": "Spoiler",
    "code": "Code",
    "pre": "Pre",
    "text_link": "TextUrl",
    "blockquote": "BlockQuote",
}


@dataclass
class Mark:
    """A mark that waits for its end."""

    kind: str
    start: int
    byte: int
    language: str = ""


class MarkdownReader:
    """Reads one MarkdownV2 text."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._at = 0
        self._out = Formatted()
        self._open: list[Mark] = []
        self._line_start = True

    def read(self) -> Formatted:
        """The plain text and entities, or ApiError."""
        while self._at < len(self._source):
            self._step()
        if self._open and self._open[-1].kind == "blockquote":
            self._out.close("blockquote", self._open.pop().start)
        if self._open:
            raise self._endless()
        return self._out

    def _step(self) -> None:
        char = self._source[self._at]
        following = self._source[self._at + 1 : self._at + 2]
        if char == "\\" and following and following <= "~":
            self._plain(following, 2)
        elif char not in self._reserved():
            self._plain(char, 1)
        elif char == "\n":
            self._newline()
        elif self._ends():
            self._end()
        else:
            self._begin(char)

    def _reserved(self) -> str:
        return "`" if self._open and self._open[-1].kind in ("code", "pre") else RESERVED

    def _plain(self, text: str, width: int) -> None:
        self._out.put(text)
        self._at += width
        self._line_start = text == "\n"

    def _newline(self) -> None:
        quoted = any(mark.kind == "blockquote" for mark in self._open)
        if quoted and self._source[self._at + 1 : self._at + 2] != ">":
            if self._open[-1].kind != "blockquote":
                raise self._endless()
            self._out.close("blockquote", self._open.pop().start)
        self._plain("\n", 1)

    def _ends(self) -> bool:
        if not self._open or self._open[-1].kind == "blockquote":
            return False
        kind = self._open[-1].kind
        return self._mark() == kind if kind != "text_link" else self._source[self._at] == "]"

    def _mark(self) -> str | None:
        return next((kind for mark, kind in MARKS.items() if self._source.startswith(mark, self._at)), None)

    def _end(self) -> None:
        mark = self._open.pop()
        if mark.kind == "text_link":
            self._link(mark)
            return
        self._out.close(mark.kind, mark.start, **({"language": mark.language} if mark.language else {}))
        self._at += len(next(text for text, kind in MARKS.items() if kind == mark.kind))

    def _link(self, mark: Mark) -> None:
        self._at += 1
        if not self._source.startswith("(", self._at):
            return
        close = self._source.find(")", self._at)
        if close < 0:
            raise broken(f"Can't find end of a URL at byte offset {self._byte() + 1}")
        url = self._source[self._at + 1 : close].replace("\\", "")
        self._at = close + 1
        if "." in url or "://" in url:
            self._out.close("text_link", mark.start, url=url)

    def _begin(self, char: str) -> None:
        kind = self._mark()
        if char == ">" and self._line_start:
            if not any(mark.kind == "blockquote" for mark in self._open):
                self._open.append(Mark("blockquote", self._out.length, self._byte()))
            self._at += 1
            return
        if kind is None:
            raise broken(f"Character '{char}' is reserved and must be escaped with the preceding '\\'")
        mark = Mark(kind, self._out.length, self._byte())
        self._open.append(mark)
        self._at += len(next(text for text, one in MARKS.items() if one == kind))
        self._line_start = False
        if kind == "pre":
            self._language(mark)

    def _language(self, mark: Mark) -> None:
        head, newline, _ = self._source[self._at :].partition("\n")
        if newline and "`" not in head and " " not in head:
            mark.language = head
            self._at += len(head) + 1

    def _endless(self) -> Exception:
        mark = self._open[-1]
        return broken(f"Can't find end of {NAMES[mark.kind]} entity at byte offset {mark.byte}")

    def _byte(self) -> int:
        return len(self._source[: self._at].encode())
