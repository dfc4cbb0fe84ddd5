"""The texts fit the code, fit each other, and read as they should."""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import chain, product

import pytest

from bot.desk.render import MAX_LABEL
from bot.domain.dialog import Command
from bot.matching.normalize import clean
from bot.texts import MissingTextError, Value, language_of
from tests.texts import files, usage
from tests.texts.files import FILES, LANGUAGES, MONDAY, OTHER, SAMPLES, texts, whole

KEYS = files.keys("zh-Hans")
SHAPES = files.shapes("zh-Hans")
WORDS = [key for key in KEYS if key.startswith("words-")]
SENTENCES = [key for key in KEYS if not key.startswith("words-")]
BUTTONS = [key for key in KEYS if key.startswith("button-")]
LABELS = [
    *(key for key in KEYS if key.startswith(("button-", "menu-"))),
    *chain.from_iterable(usage.FAMILIES[prefix] for prefix in ("phone-", "outcome-", "release-")),
]
_NAMES: dict[str, Value] = dict.fromkeys(SAMPLES, "x")
BARE: dict[str, Value] = {**_NAMES, "late": 1, "over": 1, "urgent": 1, "reach": "phone"}
"""Values without digits, slashes or Chinese, so that only what the texts themselves say counts."""
BARE_OTHER: dict[str, Value] = {**BARE, "late": 0, "over": 0, "urgent": 0, "reach": "chat"}
MAX_MESSAGE = 600
_CHINESE = re.compile(r"[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]+")
_ENDINGS = "。.!！?？"
"""What the desk takes off the end of a typed word."""


# the code and the files


def test_every_key_that_code_uses_has_a_text() -> None:
    missing = {key: where for key, where in usage.used().items() if key not in KEYS}
    assert not missing


def test_no_text_is_left_that_code_does_not_use() -> None:
    assert set(KEYS) - set(usage.used()) == set()


def test_every_way_of_building_a_key_is_known_here() -> None:
    assert usage.built_prefixes() <= set(usage.FAMILIES)


def test_code_gives_every_value_that_a_text_shows() -> None:
    lacking = [
        (file, key, sorted(lacks))
        for file, key, given in usage.passed()
        if key in SHAPES
        and (lacks := SHAPES[key].variables - given - {"desk", "station"} - _of_reminders(file))
    ]
    assert not lacking


def _of_reminders(file: str) -> set[str]:
    return {"late"} if file == "reminders.py" else set()


# the files and each other


@pytest.mark.parametrize("language", FILES)
def test_fluent_understands_the_whole_file(language: str) -> None:
    assert files.foreign(language) == []


@pytest.mark.parametrize("language", FILES)
def test_no_key_stands_twice(language: str) -> None:
    found = files.keys(language)
    assert sorted(found) == sorted(set(found))


def test_english_has_the_same_keys() -> None:
    assert set(files.keys("en")) ^ set(KEYS) == set()


def test_english_has_the_same_titles_notes_and_values() -> None:
    english = files.shapes("en")
    assert {k: (SHAPES[k], english[k]) for k in SHAPES if k in english and SHAPES[k] != english[k]} == {}


def test_only_title_and_note_are_used_as_parts() -> None:
    assert {part for shape in SHAPES.values() for part in shape.attributes} <= set(files.PARTS)


def test_numbers_and_slash_commands_are_the_same_in_english() -> None:
    def found(language: str, key: str) -> list[str]:
        return sorted(re.findall(r"/[a-z]+|\d+", whole(language, key, BARE)))

    assert {key: found("en", key) for key in SENTENCES if found("en", key) != found("zh-Hans", key)} == {}


# how they read


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("args", [SAMPLES, OTHER], ids=["one branch", "the other"])
def test_every_text_fits_into_one_message(language: str, args: Mapping[str, Value]) -> None:
    lengths = {key: len(whole(language, key, args)) for key in SENTENCES}
    assert {key: n for key, n in lengths.items() if not 0 < n <= MAX_MESSAGE} == {}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_label_fits_on_its_button(language: str) -> None:
    assert [key for key in LABELS if len(whole(language, key)) > MAX_LABEL] == []


@pytest.mark.parametrize("args", [SAMPLES, OTHER], ids=["one branch", "the other"])
def test_chinese_is_polite(args: Mapping[str, Value]) -> None:
    assert [key for key in SENTENCES if "你" in whole("zh-Hans", key, args)] == []


@pytest.mark.parametrize("args", [BARE, BARE_OTHER], ids=["one branch", "the other"])
def test_english_is_english(args: Mapping[str, Value]) -> None:
    """But for the two places where a reader of Chinese has to find the way."""
    mixed = {key for key in SENTENCES if _CHINESE.search(whole("en", key, args))}
    assert mixed == {"language", "command-language"}


def test_a_list_stays_a_list_in_english() -> None:
    def items(language: str, key: str) -> list[bool]:
        return [line.startswith("- ") for line in whole(language, key, BARE).splitlines() if line]

    assert [key for key in SENTENCES if items("en", key) != items("zh-Hans", key)] == []


@pytest.mark.parametrize("key", ["welcome", "welcome-short", "answer-note", "answer-note-unsigned"])
def test_what_is_automatic_says_that_it_is_no_legal_advice(key: str) -> None:
    assert "不是律师意见，也不构成代理" in whole("zh-Hans", key)
    assert "not legal advice or representation" in whole("en", key)


@pytest.mark.parametrize("key", ["answer-note", "answer-note-unsigned"])
def test_english_readers_learn_that_answers_are_in_chinese(key: str) -> None:
    shown = whole("en", key)
    assert "in Chinese" in shown
    assert "ask an expert" in shown


@pytest.mark.parametrize("language", LANGUAGES)
def test_emergency_cards_name_the_numbers_to_call(language: str) -> None:
    numbers = {
        "life": ("110", "120", "119", "12110"),
        "self-harm": ("12356", "120", "110"),
        "home-violence": ("110", "120", "12338"),
        "minor": ("110", "120", "12338"),
    }
    for danger, wanted in numbers.items():
        found = re.findall(r"\d+", whole(language, f"emergency-{danger}"))
        assert set(wanted) <= set(found), danger
    assert len(numbers) == len(usage.FAMILIES["emergency-"])


# typed words


def test_a_typed_word_means_one_command_in_all_languages() -> None:
    meant: dict[str, str] = {}
    for language, key in product(LANGUAGES, WORDS):
        for word in files.words(language, key):
            assert meant.setdefault(word, key) == key, word


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_typed_word_can_be_heard(language: str) -> None:
    """As the desk looks it up: lower case, no spaces around, no mark at the end; each stands once."""
    for key in WORDS:
        found = files.words(language, key)
        assert len(found) == len(set(found)), key
        for word in found:
            assert word
            assert word == word.strip().rstrip(_ENDINGS).lower()
            assert clean(word) in texts().words(key)


@pytest.mark.parametrize(
    ("language", "pattern"),
    [("zh-Hans", r"回复“(.+?)”"), ("zh-Hant", r"回覆“(.+?)”"), ("en", r"[Rr]eply “(.+?)”")],
)
def test_a_word_that_texts_tell_people_to_type_works(language: str, pattern: str) -> None:
    told = set(chain.from_iterable(re.findall(pattern, whole(language, key)) for key in SENTENCES))
    known = set(chain.from_iterable(texts().words(f"words-{c.value}") for c in Command))
    assert told
    assert set(map(clean, told)) <= known


@pytest.mark.parametrize(("language", "pattern"), [("zh-Hans", r"点“(.+?)”"), ("en", r"[Tt]ap “(.+?)”")])
def test_a_button_that_texts_tell_people_to_tap_exists(language: str, pattern: str) -> None:
    told = set(chain.from_iterable(re.findall(pattern, whole(language, key)) for key in SENTENCES))
    assert told
    assert told <= {whole(language, key) for key in BUTTONS}


# looking up


def test_times_are_shown_where_the_desk_is() -> None:
    shown = texts()
    assert shown.when(MONDAY, "zh-Hans") == "11月23日（周一）18:00"
    assert shown.when(MONDAY, "en") == "Mon 23 Nov 18:00"
    assert shown.hour(MONDAY) == "18:00"


@pytest.mark.parametrize(("language", "part"), [("zh-Hans", "周一"), ("zh-Hant", "週一"), ("en", "Mon")])
def test_a_time_inside_a_text_is_shown_where_the_desk_is(language: str, part: str) -> None:
    shown = whole(language, "reopened")
    assert part in shown
    assert "18:00" in shown
    assert "10:00" not in shown


def test_traditional_chinese_is_made_from_simplified() -> None:
    assert whole("zh-Hans", "button-reach-phone") == "打电话给我"
    assert whole("zh-Hant", "button-reach-phone") == "打電話給我"
    simplified = re.compile("[专这问说请时们对话电]")
    assert [key for key in SENTENCES if simplified.search(whole("zh-Hant", key, BARE))] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_unknown_key_is_an_error_and_an_unknown_part_is_empty(language: str) -> None:
    with pytest.raises(MissingTextError):
        texts().get(language, "no-such-text")
    assert texts().get(language, "added", SAMPLES, "title") == ""


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_value_that_was_not_given_is_an_error(language: str) -> None:
    with pytest.raises(MissingTextError):
        texts().get(language, "added")


@pytest.mark.parametrize(
    ("code", "language"),
    [
        ("zh", "zh-Hans"), ("zh-CN", "zh-Hans"), ("zh-hans", "zh-Hans"), ("zh-TW", "zh-Hant"),
        ("zh-Hant-HK", "zh-Hant"), ("en", "en"), ("en-GB", "en"), ("fr", "zh-Hans"), ("", "zh-Hans"),
    ],
)  # fmt: skip
def test_a_client_language_becomes_one_of_ours(code: str, language: str) -> None:
    assert language_of(code) == language
