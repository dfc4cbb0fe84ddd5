"""A shelf whose matcher was built for an earlier library shows only what may be shown now."""

from __future__ import annotations

from dataclasses import replace

from bot.desk.knowledge import Shelf
from tests.support.library import small_shelf

QUESTION = "公司拖欠工资不发怎么办？"


def test_an_entry_that_is_gone_is_not_found_before_the_matcher_is_built_anew() -> None:
    old = small_shelf()
    found = old.match(QUESTION).items[0].entry
    left = tuple(e for e in old.library.served if e.id != found)
    now = Shelf.of(replace(old.library, served=left), old.matcher)
    assert found not in {m.entry for m in now.match(QUESTION).items}


def test_a_changed_answer_is_there_before_the_matcher_is_built_anew() -> None:
    old = small_shelf()
    found = old.match(QUESTION).items[0].entry
    changed = tuple(replace(e, answer="新的答案") if e.id == found else e for e in old.library.served)
    now = Shelf.of(replace(old.library, served=changed), old.matcher)
    assert now.served[now.match(QUESTION).items[0].entry].answer == "新的答案"
