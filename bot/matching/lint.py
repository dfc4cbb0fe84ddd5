"""Everything a machine can say about the FAQ folder before it goes live."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from bot.domain.faq import Entry
from bot.matching.laws import check_laws
from bot.matching.library import Library, Loaded, load_library
from bot.matching.normalize import clean, core, letters
from bot.matching.problems import Problem, Severity, error, has_errors, warning
from bot.matching.statutes import check_statutes

ANSWER_CHARS = (120, 420)
ALSO = (6, 15)
MAX_NOT = 6
STATION = "station"
_HAN = re.compile(r"[\u4e00-\u9fff0-9]")
_MARKUP = re.compile(r"^#{1,6} |^\|.*\||https?://|</?[a-z]+[^>]*>|!\[", re.M)


def check(folder: Path, today: date, *, grace_days: int = 30, statutes: Path | None = None) -> Loaded:
    """Load and lint. Stricter than loading: what is overdue or cites no law in force is an error here."""
    loaded = load_library(folder, today, grace_days=grace_days)
    if loaded.library is None:
        return loaded
    problems = [p for p in loaded.problems if "不在 laws.toml" not in p.what]
    problems += check_laws(loaded.library, today)
    problems += phrasing_clashes(loaded.library)
    for entry in loaded.library.entries.values():
        problems += check_entry(entry, today)
    if statutes is not None:
        problems += check_statutes(loaded.library.entries.values(), statutes)
    ordered = tuple(sorted(problems, key=lambda p: (p.severity, p.file, p.line)))
    return Loaded(None if has_errors(ordered) else loaded.library, ordered)


def check_entry(entry: Entry, today: date) -> Iterator[Problem]:
    """Form and dates of one entry."""
    size = len(_HAN.findall(entry.answer))
    if not ANSWER_CHARS[0] <= size <= ANSWER_CHARS[1]:
        yield warning(
            entry.path, 0, "answer", f"答案 {size} 字", f"写 {ANSWER_CHARS[0]}–{ANSWER_CHARS[1]} 字"
        )
    if not ALSO[0] <= len(entry.also) <= ALSO[1]:
        yield warning(entry.path, 0, "also", f"有 {len(entry.also)} 个别的问法", f"写 {ALSO[0]}–{ALSO[1]} 个")
    if len(entry.not_) > MAX_NOT:
        yield warning(entry.path, 0, "not", f"有 {len(entry.not_)} 个", f"最多 {MAX_NOT} 个")
    if markup := _MARKUP.search(entry.answer):
        yield warning(
            entry.path, 0, "answer", f"有标题、表格、链接或 HTML：{markup[0][:20]}", "只用段落和 - 列表"
        )
    if not entry.basis and entry.topic != STATION:
        yield error(entry.path, 0, "basis", "没有法律依据", "写明所依据的条文")
    yield from _check_dates(entry, today)


def _check_dates(entry: Entry, today: date) -> Iterator[Problem]:
    if entry.review_by < today:
        yield error(
            entry.path, 0, "review_by", f"已过复核日 {entry.review_by}", "核对后改 reviewed 和 review_by"
        )
    if entry.reviewed > today:
        yield error(entry.path, 0, "reviewed", f"核对日 {entry.reviewed} 在将来", "写实际核对的日期")
    if entry.effective_to is not None and entry.effective_to <= today:
        yield error(entry.path, 0, "effective_to", f"{entry.effective_to} 已失效", "改写答案或移走条目")


def phrasing_clashes(library: Library) -> list[Problem]:
    """One wording in two entries, or an entry's own wording among what it must not answer."""
    owner: dict[str, Entry] = {}
    out: list[Problem] = []
    for entry in library.entries.values():
        own = {bare(p) for p in entry.phrasings}
        out.extend(
            error(entry.path, 0, "not", f"“{p}”同时是本条的问法", "两处留一处")
            for p in entry.not_
            if bare(p) in own
        )
        for phrasing in entry.phrasings:
            other = owner.setdefault(bare(phrasing), entry)
            if other.id != entry.id:
                out.append(error(entry.path, 0, "also", f"“{phrasing}”也在 {other.path}", "归到一个条目"))
    return out


def bare(text: str) -> str:
    """A phrasing without politeness, punctuation and final particles."""
    return letters(core(clean(text)))


def counts(problems: tuple[Problem, ...]) -> tuple[int, int]:
    """How many errors and how many warnings."""
    errors = sum(p.severity is Severity.ERROR for p in problems)
    return errors, len(problems) - errors
