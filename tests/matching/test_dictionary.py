"""Words are cut as jieba cuts them: its own extension is the judge."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest
import rjieba

from bot.matching.dictionary import words_of
from bot.matching.library import load_library
from bot.matching.normalize import clean

FAQ = Path(__file__).resolve().parents[2] / "faq"
LETTERS = re.compile(r"[^\W\d_a-z]+")


@pytest.mark.parametrize("unknown", [True, False])
def test_the_whole_faq_is_cut_as_jieba_cuts_it(unknown: bool) -> None:
    library = load_library(FAQ, date.today()).library
    assert library is not None
    texts = {t for e in library.served for t in (*e.phrasings, *e.not_, e.answer)}
    runs = {run for text in texts for run in LETTERS.findall(clean(text))}
    assert len(runs) > 20_000
    other = [(words_of(run, unknown=unknown), rjieba.cut(run, unknown)) for run in runs]
    differ = [pair for pair in other if pair[0] != pair[1]]
    assert len(differ) <= 2  # equal chances, summed in another order


def test_words_that_the_dictionary_lacks_are_guessed() -> None:
    assert words_of("欧阳鹏翀欠我钱") == ["欧阳", "鹏翀", "欠", "我", "钱"]
    assert words_of("欧阳鹏翀欠我钱", unknown=False) == ["欧阳", "鹏", "翀", "欠", "我", "钱"]


@pytest.mark.parametrize("text", ["", "〇", "ヘミ", "𠮷野家", "нет", "々" * 500, "一" * 2000])
def test_nothing_is_lost_of_any_text(text: str) -> None:
    assert "".join(words_of(text)) == text
