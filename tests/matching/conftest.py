"""A small folder to break, and the real library, read once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from bot.matching.library import Library, load_library
from bot.matching.matcher import Matcher

TODAY = date(2026, 11, 21)
ROOT = Path(__file__).resolve().parents[2]
ENTRY = """---
id: {id}
question: {question}
also:
  - 老板两个月没给钱
  - 干了活不给工钱
not:
  - 公司拖欠工程款怎么办
keywords: [拖欠, 工资]
basis:
  - [劳动法, 第五十条]
regions: []
effective_from: 2018-12-29
effective_to:
reviewed: 2026-11-01
review_by: 2027-11-01
urgency: normal
next: [12333]
prepare: [合同]
signed_by: ""
---
可以要求单位补发，也可以向劳动保障监察机构投诉。
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A library of one entry."""
    (tmp_path / "topics.toml").write_text('[labor]\nname = "劳动"\nshort = "劳动"\n', "utf-8")
    (tmp_path / "next.toml").write_text('[12333]\nname = "人社热线"\nphone = "12333"\n', "utf-8")
    (tmp_path / "laws.toml").write_text(
        '["劳动法"]\nname = "中华人民共和国劳动法"\nin_force = 2018-12-29\narticles = 107\n', "utf-8"
    )
    (tmp_path / "labor").mkdir()
    (tmp_path / "labor" / "wages.md").write_text(
        ENTRY.format(id="wages", question="公司拖欠工资怎么办"), "utf-8"
    )
    return tmp_path


@pytest.fixture
def change(folder: Path) -> Callable[[str, str], Path]:
    """Replace a piece of the entry's file."""

    def apply(old: str, new: str) -> Path:
        path = folder / "labor" / "wages.md"
        text = path.read_text("utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), "utf-8")
        return folder

    return apply


@pytest.fixture(scope="session")
def library() -> Library:
    """The library that ships."""
    loaded = load_library(ROOT / "faq", TODAY)
    assert loaded.library is not None, "\n".join(map(str, loaded.problems))
    return loaded.library


@pytest.fixture(scope="session")
def matcher(library: Library) -> Matcher:
    """The matcher over the library that ships."""
    return Matcher.of(library)
