"""The YAML head of an entry file as raw fields with line numbers; refuses what could blow up."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import yaml

MAX_FILE_BYTES = 64 * 1024
MAX_HEAD_CHARS = 24 * 1024
MAX_OPEN_BRACKETS = 400
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_NULLS = ("", "~", "null", "Null", "NULL")


class HeadError(Exception):
    """The head cannot be read; carries the line (from 1) and what to do."""

    def __init__(self, line: int, what: str, fix: str = "") -> None:
        super().__init__(what)
        self.line, self.what, self.fix = line, what, fix


@dataclass(frozen=True, slots=True)
class Scalar:
    """A single value as the admin wrote it; empty for null."""

    text: str
    line: int


@dataclass(frozen=True, slots=True)
class Sequence:
    """A list of values."""

    items: tuple[Value, ...]
    line: int


@dataclass(frozen=True, slots=True)
class Mapping:
    """A nested table; no field of an entry wants one."""

    line: int


Value = Scalar | Sequence | Mapping


def split(text: str) -> tuple[str, str, int]:
    """Head, body and the body's first line. Raises HeadError when the two `---` lines are missing."""
    text = text.replace("\r\n", "\n").lstrip("\ufeff")
    if not text.startswith("---\n"):
        raise HeadError(1, "文件应以一行 --- 开头", "第一行只写 ---")
    end = text.find("\n---\n", 3)
    if end < 0 and text.endswith("\n---"):
        end = len(text) - 4
    if end < 0:
        raise HeadError(1, "找不到信息部分的结尾", "在答案之前加一行 ---")
    head = text[4 : end + 1]
    return head, text[end + 5 :], head.count("\n") + 3


def fields(head: str) -> dict[str, tuple[int, Value]]:
    """The top-level fields by name, each with its line in the file. Raises HeadError."""
    _refuse_bombs(head)
    try:
        node = yaml.compose(head, Loader=_LOADER)
    except yaml.MarkedYAMLError as e:
        mark = e.problem_mark or e.context_mark
        line = (mark.line if mark else 0) + 2
        raise HeadError(line, f"YAML 写法有误：{e.problem}", _yaml_hint(head, mark)) from e
    except yaml.YAMLError as e:
        raise HeadError(2, "YAML 含有不能识别的字符", "删去看不见的特殊字符") from e
    if not isinstance(node, yaml.MappingNode):
        raise HeadError(2, "信息部分应是“项目: 内容”的形式")
    return _top(node)


def _refuse_bombs(head: str) -> None:
    if len(head) > MAX_HEAD_CHARS:
        raise HeadError(2, f"信息部分超过 {MAX_HEAD_CHARS} 字符", "删减问法，或拆成两个条目")
    if head.count("[") + head.count("{") > MAX_OPEN_BRACKETS or "- - - -" in head:
        raise HeadError(2, "括号或列表层数太多", "每项只用一层列表")


def _yaml_hint(head: str, mark: yaml.Mark | None) -> str:
    lines = head.split("\n")
    line = lines[mark.line] if mark and mark.line < len(lines) else ""
    if ": " in line.partition(":")[2] or "#" in line:
        return "内容里有冒号或井号时，用英文双引号括起来"
    return "检查缩进、冒号后的空格、引号和方括号是否成对"


def _top(node: yaml.MappingNode) -> dict[str, tuple[int, Value]]:
    out: dict[str, tuple[int, Value]] = {}
    seen: set[int] = set()
    for key, value in node.value:
        line = key.start_mark.line + 2
        name = str(key.value) if isinstance(key, yaml.ScalarNode) else "?"
        if name in out:
            raise HeadError(line, f"“{name}”写了两次", "只留一处")
        out[name] = (line, _value(value, seen, 0))
    return out


def _value(node: yaml.Node, seen: set[int], depth: int) -> Value:
    line = node.start_mark.line + 2
    if id(node) in seen:
        raise HeadError(line, "不能使用 YAML 引用（& 和 *）", "原样写出来；以 * 或 & 开头的句子加英文双引号")
    seen.add(id(node))
    if depth > 4:
        raise HeadError(line, "列表层数太多", "每项只用一层列表")
    if isinstance(node, yaml.ScalarNode):
        null = node.style is None and node.value in _NULLS
        return Scalar("" if null else str(node.value).strip(), line)
    if isinstance(node, yaml.SequenceNode):
        return Sequence(tuple(_value(n, seen, depth + 1) for n in node.value), line)
    return Mapping(line)


def scalars(value: Value) -> Iterator[Scalar]:
    """The plain values in a list (or the single one)."""
    for item in value.items if isinstance(value, Sequence) else (value,):
        if isinstance(item, Scalar):
            yield item
