"""Case numbers, phones, names and texts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.callback import new_case_number, parse_case_number
from bot.domain.clean import clean_name, clean_text, mask_phone, parse_phone, split_text


@given(st.integers(0, 8), st.integers(1, 9))
def test_one_misheard_digit_of_a_case_number_is_noticed(place: int, shift: int) -> None:
    number = new_case_number()
    digits = number.replace("-", "")
    wrong = digits[:place] + str((int(digits[place]) + shift) % 10) + digits[place + 1 :]
    assert parse_case_number(digits) == number
    assert parse_case_number(wrong) is None


@pytest.mark.parametrize("typed", ["482-719-350", "482 719 350", "编号482719350。"])
def test_a_case_number_is_read_as_people_type_it(typed: str) -> None:
    assert parse_case_number(typed) in (None, "482-719-350")
    assert parse_case_number(new_case_number().replace("-", " ")) is not None


@pytest.mark.parametrize(
    ("typed", "phone"),
    [
        ("13812345678", "13812345678"),
        ("138 1234 5678", "13812345678"),
        ("+86-138-1234-5678", "13812345678"),
        ("１３８１２３４５６７８", "13812345678"),
        ("0086 13812345678", "13812345678"),
        ("010-12345678", "01012345678"),
        ("1381234567", None),
        ("12812345678", None),
        ("12345", None),
        ("我的电话", None),
    ],
)
def test_phones_are_read_as_people_type_them(typed: str, phone: str | None) -> None:
    assert parse_phone(typed) == phone


def test_a_masked_phone_shows_its_ends() -> None:
    assert mask_phone("13812345678") == "138****5678"


@given(st.text(max_size=60))
def test_names_lose_what_hides_or_reorders_text(name: str) -> None:
    clean = clean_name("\u202e" + name + "\u200b\u2066")
    assert not set(clean) & set("\u202e\u200b\u2066\n\r\t")
    assert len(clean) <= 32


@given(st.text(), st.integers(10, 50))
def test_splitting_loses_no_visible_character_and_keeps_the_limit(text: str, limit: int) -> None:
    pieces = split_text(text, limit)
    assert all(len(p) <= limit for p in pieces)
    assert "".join("".join(p.split()) for p in pieces) == "".join(text.split())


def test_splitting_prefers_the_end_of_a_sentence() -> None:
    assert split_text("甲乙丙丁。戊己庚辛壬癸", 8) == ["甲乙丙丁。", "戊己庚辛壬癸"]


def test_emoji_families_survive_cleaning() -> None:
    family = "👨\u200d👩\u200d👧"
    assert clean_text(f"  {family}  ") == family
