"""What people read: Fluent texts by language. Traditional Chinese is made from the Simplified texts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

import opencc
from fluent.runtime import FluentBundle, FluentResource

DEFAULT = "zh-Hans"
_FOLDER = Path(__file__).parent
_LONG = 1000
_WEEKDAYS = "一二三四五六日"
Value = str | int | datetime


def language_of(code: str) -> str:
    """A client's language code (zh-TW, en-GB …) as one of ours."""
    low = code.lower()
    if low.startswith("zh"):
        traditional = any(part in low for part in ("hant", "tw", "hk", "mo"))
        return "zh-Hant" if traditional else "zh-Hans"
    return "en" if low.startswith("en") else DEFAULT


@cache
def _bundle(language: str) -> FluentBundle:
    bundle = FluentBundle([language], use_isolating=False)
    bundle.add_resource(FluentResource((_FOLDER / f"{language}.ftl").read_text("utf-8")))
    return bundle


@cache
def _to_hant() -> opencc.OpenCC:
    return opencc.OpenCC("s2t")  # 26 MB and 0.08 s: only where somebody reads Traditional characters


def _set_aside(args: Mapping[str, str | int]) -> tuple[dict[str, str | int], dict[str, str]]:
    """Fluent refuses values above 2,500 characters: longer ones wait behind a mark of private characters,
    which no text and no cleaned words hold."""
    short, long = dict(args), dict[str, str]()
    for number, (name, value) in enumerate(args.items()):
        if isinstance(value, str) and len(value) > _LONG:
            mark = f"\ue000{number}\ue001"
            short[name], long[mark] = mark, value
    return short, long


class MissingTextError(KeyError):
    """A text is used in code but stands in no language's file."""


class Texts:
    """Looks texts up; times are shown in `zone`."""

    def __init__(self, zone: ZoneInfo) -> None:
        self._zone = zone

    def get(self, language: str, key: str, args: Mapping[str, Value] | None = None, part: str = "") -> str:
        """The text of a key (or its `.part`), empty if it has no such part.

        Raises MissingTextError for an unknown key; a text that English lacks is taken from Chinese.
        """
        if language == "zh-Hant":
            return self.hant(self.get("zh-Hans", key, args, part))
        bundle = _bundle(language)
        if not bundle.has_message(key):
            if language == DEFAULT:
                raise MissingTextError(key)
            return self.get(DEFAULT, key, args, part)
        message = bundle.get_message(key)
        pattern = message.attributes.get(part) if part else message.value
        if pattern is None:
            return ""
        short, long = _set_aside(self._shown(args or {}, language))
        made, errors = bundle.format_pattern(pattern, short)
        if errors:
            raise MissingTextError(f"{key}: {errors}")
        text = str(made)
        for mark, words in long.items():
            text = text.replace(mark, words)
        return text

    def _shown(self, args: Mapping[str, Value], language: str) -> dict[str, str | int]:
        return {k: self.when(v, language) if isinstance(v, datetime) else v for k, v in args.items()}

    def when(self, at: datetime, language: str) -> str:
        """11月23日（周一）18:00, or Mon 23 Nov 18:00."""
        local = at.astimezone(self._zone)
        if language == "en":
            return f"{local:%a} {local.day} {local:%b %H:%M}"
        return f"{local.month}月{local.day}日（周{_WEEKDAYS[local.weekday()]}）{local:%H:%M}"

    def hour(self, at: datetime) -> str:
        """18:00."""
        return f"{at.astimezone(self._zone):%H:%M}"

    def hant(self, text: str) -> str:
        """Simplified to Traditional characters; the words stay those of mainland law."""
        return str(_to_hant().convert(text))

    def words(self, key: str) -> set[str]:
        """Typed words for a command, in English and in Simplified characters."""
        listed = "|".join(self.get(language, key) for language in ("en", DEFAULT))
        return {word for part in listed.lower().split("|") if (word := part.strip())}
