"""The FAQ folder: what loads, and what is said of what does not."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest

from bot.domain.faq import EntryId
from bot.matching.entryfile import EntryReader
from bot.matching.library import Library, folder_signature, load_library
from bot.matching.problems import Severity
from bot.matching.signing import sign, signature_valid
from tests.matching.conftest import ENTRY, TODAY

Change = Callable[[str, str], Path]


def test_a_good_folder_loads_without_problems(folder: Path) -> None:
    loaded = load_library(folder, TODAY)
    assert loaded.problems == ()
    assert loaded.library is not None
    entry = loaded.library.entries[EntryId("wages")]
    assert entry.phrasings == ("公司拖欠工资怎么办", "老板两个月没给钱", "干了活不给工钱")
    assert str(entry.basis[0]) == "《劳动法》第五十条"
    assert entry.next == ("12333",)
    assert entry.effective_to is None


def test_only_a_file_that_changed_is_parsed_again(change: Change, monkeypatch: pytest.MonkeyPatch) -> None:
    first = load_library(change("干了活不给工钱", "干了活没有工钱"), TODAY).library
    parsed: list[str] = []
    monkeypatch.setattr(EntryReader, "__init__", lambda _self, file, _text: parsed.append(file))
    assert first is not None
    again = load_library(first.folder, TODAY, before=first.read)
    assert again.library is not None
    assert again.library.entries == first.entries
    assert parsed == []


def test_a_file_that_changed_is_not_taken_from_before(change: Change) -> None:
    first = load_library(change("干了活不给工钱", "干了活没有工钱"), TODAY).library
    assert first is not None
    second = load_library(change("干了活没有工钱", "干了活拿不到钱"), TODAY, before=first.read)
    assert second == load_library(first.folder, TODAY)
    assert second.library is not None
    assert "干了活拿不到钱" in second.library.entries[EntryId("wages")].also


def test_what_a_file_warns_of_is_said_on_every_reading(change: Change) -> None:
    first = load_library(change("  - 干了活不给工钱", "  - 公司拖欠工资怎么办"), TODAY)
    assert first.library is not None
    assert load_library(first.library.folder, TODAY, before=first.library.read).problems == first.problems


@pytest.mark.parametrize(
    ("old", "new", "line", "field"),
    [
        ("reviewed: 2026-11-01", "reviewed: 2026-13-01", 15, "reviewed"),
        ("review_by: 2027-11-01", "review_by: 明年", 16, "review_by"),
        ("id: wages", "id: Wages Unpaid", 2, "id"),
        ("第五十条]", "第50条]", 11, "basis"),
        ("[劳动法, 第五十条]", "劳动法第五十条", 11, "basis"),
        ("urgency: normal", "urgency: soon", 17, "urgency"),
        ("regions: []", "regoins: []", 12, "regoins"),
        ("  - 干了活不给工钱", "  - 问: 干了活", 6, "also"),
        ("question: 公司拖欠工资怎么办", "question:", 3, "question"),
    ],
)
def test_a_mistake_names_its_file_line_and_field(
    change: Change, old: str, new: str, line: int, field: str
) -> None:
    loaded = load_library(change(old, new), TODAY)
    assert loaded.library is None
    found = [(p.file, p.line, p.field) for p in loaded.problems if p.severity is Severity.ERROR]
    assert ("labor/wages.md", line, field) in found


def test_a_missing_field_is_named(change: Change) -> None:
    loaded = load_library(change("review_by: 2027-11-01\n", ""), TODAY)
    assert any(p.field == "review_by" and "缺少" in p.what for p in loaded.problems)


def test_broken_yaml_names_the_line(change: Change) -> None:
    loaded = load_library(change("keywords: [拖欠, 工资]", "keywords: [拖欠, 工资"), TODAY)
    assert loaded.library is None
    assert any("YAML" in p.what and p.line in range(8, 13) for p in loaded.problems)


def test_an_endless_number_in_a_table_names_its_line(folder: Path) -> None:
    path = folder / "topics.toml"
    path.write_text(path.read_text("utf-8") + "\nx = " + "9" * 5000 + "\n", "utf-8")
    last = path.read_text("utf-8").count("\n")
    loaded = load_library(folder, TODAY)
    assert loaded.library is None
    assert ("topics.toml", last) in [(p.file, p.line) for p in loaded.problems]


def test_an_alias_bomb_is_refused_quickly(change: Change) -> None:
    bomb = "a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\nd: [*c, *c]\n"
    began = time.perf_counter()
    loaded = load_library(change("id: wages\n", bomb + "id: wages\n"), TODAY)
    assert loaded.library is None
    assert time.perf_counter() - began < 1


@pytest.mark.parametrize("hostile", ["a: " + "[" * 3000, "a: " + "- " * 4000, "x" * 70_000, "\x00"])
def test_hostile_heads_are_problems_not_crashes(change: Change, hostile: str) -> None:
    loaded = load_library(change("id: wages\n", f"{hostile}\nid: wages\n"), TODAY)
    assert loaded.library is None


def test_two_entries_cannot_share_an_id(folder: Path) -> None:
    (folder / "labor" / "other.md").write_text(ENTRY.format(id="wages", question="别的问题"), "utf-8")
    loaded = load_library(folder, TODAY)
    assert any("已被" in p.what for p in loaded.problems)
    assert loaded.library is None


def test_an_unknown_office_or_topic_is_an_error(change: Change, folder: Path) -> None:
    change("next: [12333]", "next: [12399]")
    (folder / "nowhere").mkdir()
    (folder / "nowhere" / "x.md").write_text(ENTRY.format(id="x", question="别的"), "utf-8")
    what = " ".join(p.what for p in load_library(folder, TODAY).problems)
    assert "12399" in what
    assert "nowhere" in what


def test_an_overdue_entry_is_kept_but_not_served_beyond_the_grace(folder: Path) -> None:
    late = date(2027, 11, 1) + timedelta(days=31)
    loaded = load_library(folder, late, grace_days=30)
    assert loaded.library is not None
    assert loaded.library.served == ()
    assert len(loaded.library.entries) == 1
    within = load_library(folder, late - timedelta(days=1), grace_days=30)
    assert within.library is not None
    assert len(within.library.served) == 1


def test_an_entry_is_served_from_its_first_day_in_force(change: Change) -> None:
    folder = change("effective_from: 2018-12-29", "effective_from: 2026-11-22")
    for day, served in ((TODAY, 0), (TODAY + timedelta(days=1), 1)):
        library = load_library(folder, day).library
        assert library is not None
        assert len(library.served) == served


def test_a_signature_holds_until_the_answer_changes(folder: Path) -> None:
    def entry_of() -> Library:
        library = load_library(folder, TODAY).library
        assert library is not None
        return library

    before = entry_of()
    assert sign(folder, before.entries[EntryId("wages")], "张律师", TODAY) is None
    signed = entry_of().entries[EntryId("wages")]
    assert signature_valid(signed)
    path = folder / "labor" / "wages.md"
    path.write_text(path.read_text("utf-8").replace("补发", "补发工资"), "utf-8")
    assert not signature_valid(entry_of().entries[EntryId("wages")])
    only = load_library(folder, TODAY, signed_only=True).library
    assert only is not None
    assert only.served == ()


def test_a_stale_signature_is_refused(folder: Path, change: Change) -> None:
    library = load_library(folder, TODAY).library
    assert library is not None
    change("补发", "马上补发")
    assert sign(folder, library.entries[EntryId("wages")], "张律师", TODAY) is not None


def test_the_signature_of_the_folder_changes_with_any_file(folder: Path) -> None:
    before = folder_signature(folder)
    assert folder_signature(folder) == before
    (folder / "labor" / "new.md").write_text("x", "utf-8")
    after = folder_signature(folder)
    assert after != before
    (folder / "labor" / "new.md").unlink()
    (folder / "labor" / ".swap.md").write_text("x", "utf-8")
    assert folder_signature(folder) == before


def test_the_version_follows_the_text(folder: Path, change: Change) -> None:
    first = load_library(folder, TODAY).library
    change("补发", "马上补发")
    second = load_library(folder, TODAY).library
    assert first is not None
    assert second is not None
    assert first.version != second.version


def test_lexicon_clashes_and_cycles_are_errors(folder: Path) -> None:
    (folder / "lexicon.toml").write_text('[concepts]\n"甲" = ["词", "乙"]\n"乙" = ["词"]\n', "utf-8")
    what = " ".join(p.what for p in load_library(folder, TODAY).problems)
    assert "既是概念" in what
    assert "已归入" in what


def test_phrases_that_cannot_be_compiled_are_errors(folder: Path) -> None:
    (folder / "emergency.toml").write_text(
        '[life]\nsay = ["…救命", "{nobody}打我"]\n[war]\nsay = []\n', "utf-8"
    )
    problems = load_library(folder, TODAY).problems
    assert {p.field for p in problems} == {"say", "war"}


def test_the_shipped_library_loads_within_a_second(library: Library) -> None:
    began = time.process_time()
    load_library(library.folder, TODAY)
    assert time.process_time() - began < 1.0
    assert library.lexicon.forms >= 600
