"""The TOML tables beside the entries: topics, next steps, laws; read with line numbers for what is wrong."""

from __future__ import annotations

import re
import sys
import tomllib
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TypeVar

from bot.domain.faq import NextStep, Topic, TopicId
from bot.matching.problems import Problem, error

MAX_TABLE_BYTES = 1024 * 1024
T = TypeVar("T", str, date, int)


@dataclass(frozen=True, slots=True)
class Law:
    """One law that entries cite. `articles` is the number of its last article; url is official."""

    name: str
    short: str
    issued: date | None
    in_force: date | None
    articles: int
    url: str


class Table:
    """One TOML file; reading a field of the wrong kind is a problem, not an exception."""

    def __init__(self, folder: Path, file: str, problems: list[Problem], *, required: bool = False) -> None:
        self.file, self.problems = file, problems
        self.text = ""
        self.data: dict[str, object] = {}
        path = folder / file
        if path.is_file():
            self._read(path)
        elif required:
            problems.append(error(file, 0, "", "缺少这个文件", "从最近一次备份恢复"))

    def _read(self, path: Path) -> None:
        try:
            raw = path.read_bytes()
            if len(raw) > MAX_TABLE_BYTES:
                self.problems.append(error(self.file, 0, "", "文件超过 1 MB"))
                return
            self.text = raw.decode("utf-8-sig")
            self.data = tomllib.loads(self.text)
        except UnicodeDecodeError:
            self.problems.append(error(self.file, 0, "", "不是 UTF-8 编码", "另存为 UTF-8"))
        except OSError as e:
            self.problems.append(error(self.file, 0, "", f"读不了：{e.strerror}"))
        except (tomllib.TOMLDecodeError, RecursionError) as e:
            line = _toml_line(str(e))
            self.problems.append(error(self.file, line, "", f"TOML 写法有误：{e}", "检查引号、等号和方括号"))
        except ValueError:  # tomllib leaves what int() refuses to whoever reads
            line = _long_number(self.text)
            self.problems.append(error(self.file, line, "", "有一个长得离谱的数", "改短，或加上引号"))

    def line(self, needle: str) -> int:
        """The first line that holds the needle; 0 when none does."""
        at = self.text.find(needle)
        return self.text.count("\n", 0, at) + 1 if at >= 0 else 0

    def error(self, needle: str, field: str, what: str, fix: str = "") -> None:
        """Note a problem at the first line that holds the needle."""
        self.problems.append(error(self.file, self.line(needle), field, what, fix))

    def sections(self) -> dict[str, dict[str, object]]:
        """The file's [sections] by name."""
        return {k: v for k, v in self.data.items() if isinstance(v, dict)}

    def get(self, section: str, row: dict[str, object], key: str, default: T) -> T:
        """The row's field when it is of the default's kind, else the default and a problem."""
        value = row.get(key, default)
        if isinstance(value, type(default)):
            return value
        self.error(f"[{section}]", key, f"“{section}”的 {key} 写法不对")
        return default

    def strings(self, row: dict[str, object], key: str) -> tuple[str, ...]:
        """The row's list of strings; empty when missing."""
        value = row.get(key, [])
        if isinstance(value, list) and all(isinstance(v, str) for v in value):
            return tuple(value)
        self.error(key, key, f"“{key}”应是一列带引号的词")
        return ()


def _long_number(text: str) -> int:
    """The first line with a number of more digits than Python reads; 0 when none has."""
    digits = re.compile(rf"(?<![\d_])[\d_]{{{sys.get_int_max_str_digits()},}}")
    found = digits.search(text)
    return text.count("\n", 0, found.start()) + 1 if found else 0


def _toml_line(message: str) -> int:
    tail = message.rpartition("(at line ")[2].partition(",")[0]
    return int(tail) if tail.isdigit() else 0


def read_topics(table: Table) -> tuple[dict[TopicId, Topic], dict[TopicId, tuple[str, ...]]]:
    """Topics by id, in the file's order, and the hint words that speak for each."""
    topics: dict[TopicId, Topic] = {}
    hints: dict[TopicId, tuple[str, ...]] = {}
    for key, row in table.sections().items():
        topic = TopicId(key)
        name = table.get(key, row, "name", "")
        topics[topic] = Topic(topic, name or key, table.get(key, row, "short", name)[:6])
        hints[topic] = table.strings(row, "hints")
    return topics, hints


def read_next_steps(table: Table) -> dict[str, NextStep]:
    """Offices and hotlines by code."""
    out = {}
    for code, row in table.sections().items():
        name, phone, hours = (table.get(code, row, k, "") for k in ("name", "phone", "hours"))
        out[code] = NextStep(code, name or code, phone, hours)
    return out


def read_laws(table: Table) -> dict[str, Law]:
    """Cited laws by short name; the section name is the short name."""
    out = {}
    for short, row in table.sections().items():
        dates = [row.get(k) for k in ("issued", "in_force")]
        issued, in_force = (d if isinstance(d, date) else None for d in dates)
        name, url = table.get(short, row, "name", short), table.get(short, row, "url", "")
        out[short] = Law(name, short, issued, in_force, table.get(short, row, "articles", 0), url)
    return out
