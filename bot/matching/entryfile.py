"""One entry file checked and turned into a domain Entry, or the problems that keep it from being one."""

from __future__ import annotations

import hashlib
import re
from datetime import date

from bot.domain.faq import Citation, Entry, EntryId, TopicId, Urgency
from bot.matching.frontmatter import HeadError, Mapping, Scalar, Sequence, Value, fields, split
from bot.matching.problems import Problem, error, warning

REQUIRED = ("id", "question", "effective_from", "reviewed", "review_by")
KNOWN = (
    "id", "question", "also", "not", "keywords", "basis", "regions", "effective_from", "effective_to",
    "reviewed", "review_by", "urgency", "next", "prepare", "signed_by",
)  # fmt: skip
MAX_PHRASING = 300
MAX_ALSO = 40
_ID = re.compile(r"[a-z0-9][a-z0-9-]{1,39}\Z")
_ARTICLE = re.compile(r"第[一二三四五六七八九十百千零〇]{1,12}条(之[一二三四五六七八九十])?\Z")


class EntryReader:
    """Reads one file's fields; gathers problems instead of stopping at the first."""

    def __init__(self, file: str, text: str) -> None:
        self.file = file
        self.problems: list[Problem] = []
        self.body_line = 1
        self._fields: dict[str, tuple[int, Value]] = {}
        self.body = ""
        try:
            head, body, self.body_line = split(text)
            self._fields = fields(head)
            self.body = body.strip()
        except HeadError as e:
            self._error(e.line, "", e.what, e.fix)

    def entry(self, topic: TopicId) -> Entry | None:
        """The entry, or None when `problems` holds an error."""
        if self.problems:
            return None
        self._names()
        entry = self._build(topic)
        self._sanity(entry)
        return None if any(p.severity == "error" for p in self.problems) else entry

    def line(self, field: str) -> int:
        """The field's line in the file; 1 when it is not there."""
        return self._fields[field][0] if field in self._fields else 1

    def _error(self, line: int, field: str, what: str, fix: str = "") -> None:
        self.problems.append(error(self.file, line, field, what, fix))

    def _names(self) -> None:
        for name in REQUIRED:
            if name not in self._fields:
                self._error(1, name, "缺少这一项", f"加一行“{name}: …”")
        for name, (line, _) in self._fields.items():
            if name not in KNOWN:
                self._error(line, name, "不认识的项目", f"可用的项目：{'、'.join(KNOWN)}")

    def _build(self, topic: TopicId) -> Entry:
        question = self._text("question", required=True)
        basis = self._basis()
        dates = {n: self._date(n) for n in ("effective_from", "effective_to", "reviewed", "review_by")}
        return Entry(
            id=EntryId(self._id()),
            topic=topic,
            question=question,
            also=self._list("also"),
            not_=self._list("not"),
            keywords=self._list("keywords"),
            answer=self.body,
            basis=basis,
            regions=self._list("regions"),
            effective_from=dates["effective_from"] or date.min,
            effective_to=dates["effective_to"],
            reviewed=dates["reviewed"] or date.min,
            review_by=dates["review_by"] or date.min,
            urgency=self._urgency(),
            next=self._list("next"),
            prepare=self._list("prepare"),
            signed_by=self._text("signed_by"),
            path=self.file,
            version=digest(question, self.body, basis, tuple(dates.values())),
        )

    def _text(self, name: str, *, required: bool = False) -> str:
        line, value = self._fields.get(name, (1, Scalar("", 1)))
        if not isinstance(value, Scalar):
            self._error(line, name, "应是一句话，不是列表")
            return ""
        if required and not value.text and name in self._fields:
            self._error(line, name, "不能为空")
        return value.text

    def _id(self) -> str:
        text = self._text("id")
        if "id" in self._fields and not _ID.match(text):
            fix = "只用小写字母、数字、连字符，2–40 个字符"
            self._error(self.line("id"), "id", f"“{text[:60]}”不合规", fix)
        return text

    def _list(self, name: str) -> tuple[str, ...]:
        line, value = self._fields.get(name, (1, Scalar("", 1)))
        if isinstance(value, Mapping):
            self._error(line, name, "应是列表", "每行一条，以 - 开头；句中有冒号时用英文双引号括起来")
            return ()
        items = value.items if isinstance(value, Sequence) else ((value,) if value.text else ())
        return tuple(t for item in items if (t := self._item(name, item)))

    def _item(self, name: str, item: Value) -> str:
        if not isinstance(item, Scalar):
            self._error(item.line, name, "这一条不是一句话", "句中有冒号、方括号时用英文双引号括起来")
            return ""
        if not item.text:
            self._error(item.line, name, "有一条是空的", "删去或补上内容")
        elif len(item.text) > MAX_PHRASING:
            self._error(item.line, name, f"这一条超过 {MAX_PHRASING} 字", "写短一些")
        return item.text

    def _date(self, name: str) -> date | None:
        line, value = self._fields.get(name, (1, Scalar("", 1)))
        text = value.text if isinstance(value, Scalar) else "?"
        if not text:
            if name in REQUIRED and name in self._fields:
                self._error(line, name, "日期不能为空", "写成 2026-11-21 这样")
            return None
        day = parse_date(text)
        if day is None:
            self._error(line, name, f"“{text[:30]}”不是日期", "写成 2026-11-21 这样")
        return day

    def _urgency(self) -> Urgency:
        text = self._text("urgency") or "normal"
        if text in tuple(Urgency):
            return Urgency(text)
        self._error(self.line("urgency"), "urgency", f"“{text[:30]}”不认识", "可写 normal、deadline、danger")
        return Urgency.NORMAL

    def _basis(self) -> tuple[Citation, ...]:
        line, value = self._fields.get("basis", (1, Sequence((), 1)))
        if isinstance(value, Scalar) and not value.text:
            return ()
        if not isinstance(value, Sequence):
            self._error(line, "basis", "应是列表", "每行一条，如 - [劳动法, 第五十条]")
            return ()
        return tuple(c for item in value.items if (c := self._citation(item)))

    def _citation(self, item: Value) -> Citation | None:
        parts = item.items if isinstance(item, Sequence) else ()
        if len(parts) != 2 or not all(isinstance(p, Scalar) and p.text for p in parts):
            self._error(item.line, "basis", "依据写法有误", "写成 [法律简称, 第…条]，每条单独一行")
            return None
        law, article = (p.text for p in parts if isinstance(p, Scalar))
        if not _ARTICLE.match(article):
            fix = "用汉字写，如 第五十条、第一千零七十九条"
            self._error(item.line, "basis", f"“{article[:30]}”不是条文序号", fix)
            return None
        return Citation(law.strip("《》"), article)

    def _sanity(self, e: Entry) -> None:
        if not e.answer:
            self._error(self.body_line, "answer", "没有答案", "在第二个 --- 之后写答案")
        if len(e.also) > MAX_ALSO:
            self._error(self.line("also"), "also", f"问法超过 {MAX_ALSO} 个", "留下真正不同的")
        if e.effective_to and e.effective_to <= e.effective_from:
            self._error(self.line("effective_to"), "effective_to", "失效日不晚于施行日", "核对两个日期")
        if e.review_by < e.reviewed:
            self._error(self.line("review_by"), "review_by", "复核日早于核对日", "核对两个日期")
        twice = [p for i, p in enumerate(e.phrasings) if p in e.phrasings[:i]]
        if twice:
            what = f"问法重复：{twice[0]}"
            self.problems.append(warning(self.file, self.line("also"), "also", what, "删去一个"))


def parse_date(text: str) -> date | None:
    """A date written as 2026-11-21, or None."""
    try:
        return date.fromisoformat(text) if re.fullmatch(r"\d{4}-\d\d-\d\d", text) else None
    except ValueError:
        return None


def digest(question: str, answer: str, basis: tuple[Citation, ...], dates: tuple[date | None, ...]) -> str:
    """What a lawyer signs, as 12 hex digits: any change of question, answer, basis or dates changes it."""
    parts = [question, answer, *map(str, basis), *(d.isoformat() if d else "" for d in dates)]
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:12]
