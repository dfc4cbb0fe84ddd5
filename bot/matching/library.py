"""The FAQ folder as one checked value: what a running desk answers from, or what keeps it from loading."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from types import MappingProxyType

from bot.domain.faq import Entry, EntryId, NextStep, Topic, TopicId
from bot.matching.entryfile import EntryReader
from bot.matching.frontmatter import MAX_FILE_BYTES
from bot.matching.lexicon import Lexicon, read_lexicon
from bot.matching.problems import Problem, error, has_errors, warning
from bot.matching.signing import signature_valid
from bot.matching.tables import Law, Table, read_laws, read_next_steps, read_topics
from bot.matching.talk import Talk, read_talk

TABLES = ("topics.toml", "next.toml", "laws.toml", "lexicon.toml", "smalltalk.toml", "emergency.toml")


@dataclass(frozen=True, slots=True)
class Read:
    """What an entry file came to; a file with the same bytes is not parsed again."""

    digest: bytes
    entry: Entry | None
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class Library:
    """Everything in the folder. `served` are the entries that may be shown on the day it was loaded for."""

    folder: Path
    entries: Mapping[EntryId, Entry]
    served: tuple[Entry, ...]
    topics: Mapping[TopicId, Topic]
    hints: Mapping[TopicId, tuple[str, ...]]
    next_steps: Mapping[str, NextStep]
    laws: Mapping[str, Law]
    lexicon: Lexicon
    talk: Talk
    version: str = ""
    read: Mapping[str, Read] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Loaded:
    """The library, or None when one of the problems is an error."""

    library: Library | None
    problems: tuple[Problem, ...]


@dataclass(slots=True)
class _Reading:
    folder: Path
    before: Mapping[str, Read]
    problems: list[Problem] = field(default_factory=list)
    digest: list[str] = field(default_factory=list)
    read: dict[str, Read] = field(default_factory=dict)

    def table(self, file: str, *, required: bool = False) -> Table:
        table = Table(self.folder, file, self.problems, required=required)
        self.digest.append(f"{file}\x1f{table.text}")
        return table

    def entry(self, file: str, text: str) -> Entry | None:
        """The file's entry, parsed only if it was not read with these bytes before."""
        digest = hashlib.sha256(text.encode()).digest()
        found = self.before.get(file)
        if found is None or found.digest != digest:
            reader = EntryReader(file, text)
            entry = reader.entry(TopicId(file.partition("/")[0]))
            found = Read(digest, entry, tuple(reader.problems))
        self.read[file] = found
        self.problems.extend(found.problems)
        return found.entry


def load_library(
    folder: Path,
    today: date,
    *,
    grace_days: int = 30,
    signed_only: bool = False,
    before: Mapping[str, Read] = MappingProxyType({}),
) -> Loaded:
    """Read and check the whole folder. Expected mistakes are problems; nothing is raised for them.

    `before` is what an earlier library had `read`: only files that changed since are parsed.
    """
    reading = _Reading(folder, before)
    if not folder.is_dir():
        return Loaded(None, (error(str(folder), 0, "", "没有这个文件夹", "检查配置里的 FAQ 路径"),))
    topics, hints = read_topics(reading.table("topics.toml", required=True))
    steps = read_next_steps(reading.table("next.toml", required=True))
    laws = read_laws(reading.table("laws.toml"))
    lexicon = read_lexicon(reading.table("lexicon.toml"))
    talk = read_talk(reading.table("emergency.toml"), reading.table("smalltalk.toml"))
    entries = _read_entries(reading, topics)
    _check_references(entries, steps, laws, reading.problems)
    rule = (today, grace_days, signed_only)
    served = tuple(e for e in entries.values() if _served(e, rule, reading.problems))
    problems = tuple(sorted(reading.problems, key=lambda p: (p.severity, p.file, p.line)))
    if has_errors(problems):
        return Loaded(None, problems)
    version = hashlib.sha256("\x1e".join(reading.digest).encode()).hexdigest()[:12]
    library = Library(
        folder, entries, served, topics, hints, steps, laws, lexicon, talk, version, reading.read
    )
    return Loaded(library, problems)


def _read_entries(reading: _Reading, topics: Mapping[TopicId, Topic]) -> dict[EntryId, Entry]:
    entries: dict[EntryId, Entry] = {}
    for path in entry_files(reading.folder):
        file = path.relative_to(reading.folder).as_posix()
        topic = TopicId(path.parent.name)
        text = _read_text(path, file, reading.problems)
        if text is None:
            continue
        reading.digest.append(f"{file}\x1f{text}")
        if topic not in topics:
            what = f"文件夹“{topic}”不是专题"
            reading.problems.append(error(file, 0, "", what, "在 topics.toml 加一行，或移到别的专题"))
            continue
        entry = reading.entry(file, text)
        if entry is None:
            continue
        if entry.id in entries:
            what = f"编号“{entry.id}”已被 {entries[entry.id].path} 使用"
            reading.problems.append(error(file, EntryReader(file, text).line("id"), "id", what, "换一个编号"))
            continue
        entries[entry.id] = entry
    return entries


def entry_files(folder: Path) -> list[Path]:
    """All entry files, sorted; hidden files and folders are left out."""
    hidden = (p for p in folder.glob("*/*.md") if not p.name.startswith("."))
    return sorted(p for p in hidden if not p.parent.name.startswith("."))


def _read_text(path: Path, file: str, problems: list[Problem]) -> str | None:
    try:
        raw = path.read_bytes()
        if len(raw) > MAX_FILE_BYTES:
            problems.append(error(file, 0, "", f"文件超过 {MAX_FILE_BYTES // 1024} KB", "拆成几个条目"))
            return None
        return raw.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError:
        problems.append(error(file, 0, "", "不是 UTF-8 编码", "另存为 UTF-8"))
    except OSError as e:
        problems.append(error(file, 0, "", f"读不了：{e.strerror}", "检查文件权限"))
    return None


def _check_references(
    entries: Mapping[EntryId, Entry],
    steps: Mapping[str, NextStep],
    laws: Mapping[str, Law],
    problems: list[Problem],
) -> None:
    for entry in entries.values():
        for code in entry.next:
            if code not in steps:
                what = f"“{code}”不在 next.toml"
                problems.append(error(entry.path, 0, "next", what, "改成已有代号，或在 next.toml 加上"))
        for law in {c.law for c in entry.basis}:
            if law not in laws:
                what = f"《{law}》不在 laws.toml"
                fix = "用 laws.toml 里的简称，或重新生成 laws.toml"
                problems.append(warning(entry.path, 0, "basis", what, fix))


def _served(entry: Entry, rule: tuple[date, int, bool], problems: list[Problem]) -> bool:
    today, grace_days, signed_only = rule

    def warn(field: str, what: str, fix: str) -> None:
        problems.append(warning(entry.path, 0, field, what, fix))

    if entry.signed_by and not signature_valid(entry):
        warn("signed_by", "签署之后内容有改动", "请律师重新核对并签署")
    if not entry.servable(today, grace_days):
        warn("review_by", _why_not(entry, today), "核对后改日期；在此之前不提供给市民")
        return False
    if entry.review_by < today:
        warn("review_by", f"已过复核日 {entry.review_by}", "请尽快复核")
    return signature_valid(entry) if signed_only else True


def _why_not(entry: Entry, today: date) -> str:
    if today < entry.effective_from:
        return f"{entry.effective_from} 才施行"
    if entry.effective_to is not None and today >= entry.effective_to:
        return f"{entry.effective_to} 已失效"
    return f"已过复核日 {entry.review_by} 且超过宽限期"


def folder_signature(folder: Path) -> int:
    """A number for names, sizes and change times; stat only, cheap enough for every second."""
    rows: list[tuple[object, ...]] = []
    for root in (str(folder), *_subfolders(folder)):
        try:
            with os.scandir(root) as it:
                names = (e for e in it if e.name.endswith((".md", ".toml")) and not e.name.startswith("."))
                rows.extend(map(_stat_row, names))
        except OSError:
            rows.append((root,))
    return hash(frozenset(rows))


def _subfolders(folder: Path) -> list[str]:
    try:
        with os.scandir(folder) as it:
            return [e.path for e in it if e.is_dir() and not e.name.startswith(".")]
    except OSError:
        return []


def _stat_row(entry: os.DirEntry[str]) -> tuple[object, ...]:
    try:
        s = entry.stat()
    except OSError:
        return (entry.path,)
    return entry.path, s.st_size, s.st_mtime_ns, s.st_ino
