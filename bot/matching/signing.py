"""A lawyer's signature on an entry: who, when, and the version she signed; any later change voids it."""

from __future__ import annotations

import os
import re
import tempfile
from datetime import date
from pathlib import Path

from bot.domain.faq import Entry, TopicId
from bot.matching.entryfile import EntryReader
from bot.matching.problems import Problem, error

_FORM = re.compile(r"(?P<who>[^\s\"\\]{2,30}) (?P<day>\d{4}-\d\d-\d\d) (?P<version>[0-9a-f]{12})\Z")
_LINE = re.compile(r"^signed_by:.*$", re.M)


def signature_valid(entry: Entry) -> bool:
    """Whether somebody signed exactly this version."""
    m = _FORM.match(entry.signed_by)
    return bool(m) and m is not None and m["version"] == entry.version


def signer(entry: Entry) -> str:
    """Who signed, or empty."""
    m = _FORM.match(entry.signed_by)
    return m["who"] if m else ""


def sign(folder: Path, entry: Entry, who: str, today: date) -> Problem | None:
    """Write the signature into the entry's file (atomically), or say why not."""
    path = folder / entry.path
    text = path.read_text("utf-8-sig")
    now = EntryReader(entry.path, text).entry(TopicId(path.parent.name))
    if now is None or now.version != entry.version:
        return error(entry.path, 0, "signed_by", "文件与所核对的版本不同", "重新读取后再签署")
    mark = f"{who} {today.isoformat()} {entry.version}"
    if not _FORM.match(mark):
        return error(entry.path, 0, "signed_by", f"“{who}”不能作署名", "写姓名，中间不留空格，2–30 个字")
    _replace(path, _with_signature(text, mark))
    return None


def _with_signature(text: str, mark: str) -> str:
    head, dashes, body = text.partition("\n---\n")
    line = f'signed_by: "{mark}"'
    if _LINE.search(head):
        return _LINE.sub(lambda _: line, head, count=1) + dashes + body
    return f"{head}\n{line}{dashes}{body}"


def _replace(path: Path, text: str) -> None:
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".sign-")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as f:
            f.write(text)
        Path(name).chmod(path.stat().st_mode & 0o777)
        Path(name).replace(path)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise
