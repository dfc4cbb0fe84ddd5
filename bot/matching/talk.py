"""Danger to life and small talk, told from the admins' phrases before any entry is looked at."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

from bot.domain.match import Danger, SmallTalk
from bot.matching.normalize import clean, letters
from bot.matching.phrases import PhraseError, any_of
from bot.matching.tables import Table

MAX_SMALL_TALK = 24
_GAP = re.compile(r"(?<=[\u4e00-\u9fff]) (?=[\u4e00-\u9fff])")
K = TypeVar("K", Danger, SmallTalk)


@dataclass(frozen=True, slots=True)
class DangerRule:
    """`say` speaks of danger; `mild` does so too unless `unless` stands in the message as well."""

    danger: Danger
    say: re.Pattern[str] | None
    mild: re.Pattern[str] | None
    unless: re.Pattern[str] | None
    harmless: re.Pattern[str] | None

    def speaks(self, text: str) -> bool:
        """Whether the cleaned text speaks of this danger."""
        if self.harmless:
            text = self.harmless.sub(" ", text)
        if self.say and self.say.search(text):
            return True
        return bool(self.mild and self.mild.search(text) and not (self.unless and self.unless.search(text)))


@dataclass(frozen=True, slots=True)
class SmallTalkRule:
    """`whole` must be the whole message; `within` may stand anywhere unless `unless` does too."""

    kind: SmallTalk
    whole: re.Pattern[str] | None
    within: re.Pattern[str] | None
    unless: re.Pattern[str] | None

    def speaks(self, text: str, bare: str) -> bool:
        """Whether the cleaned text (and its bare letters) is this kind of talk."""
        if len(bare) <= MAX_SMALL_TALK and self.whole and self.whole.fullmatch(bare):
            return True
        return bool(
            self.within and self.within.search(text) and not (self.unless and self.unless.search(text))
        )


@dataclass(frozen=True, slots=True)
class Talk:
    """Both rule sets; the first rule that speaks wins, in the order of the files."""

    dangers: tuple[DangerRule, ...] = ()
    small: tuple[SmallTalkRule, ...] = ()

    def danger(self, text: str) -> Danger | None:
        """The danger the raw text speaks of."""
        cleaned = _GAP.sub("", clean(text))
        return next((r.danger for r in self.dangers if r.speaks(cleaned)), None)

    def small_talk(self, text: str) -> SmallTalk | None:
        """The small talk that the raw text is, and nothing else."""
        cleaned = clean(text)
        bare = letters(cleaned)
        if not bare:
            return SmallTalk.OK
        return next((r.kind for r in self.small if r.speaks(cleaned, bare)), None)


def read_talk(emergency: Table, smalltalk: Table) -> Talk:
    """Both files; what cannot be compiled becomes a problem of its table."""
    return Talk(_read_dangers(emergency), _read_small(smalltalk))


def _read_dangers(table: Table) -> tuple[DangerRule, ...]:
    words = _word_lists(table)
    return tuple(
        DangerRule(
            kind, *(_compiled(table, kind, row, key, words) for key in ("say", "mild", "unless", "harmless"))
        )
        for name, row in table.sections().items()
        if name != "words" and (kind := _kind(table, name, Danger)) is not None
    )


def _read_small(table: Table) -> tuple[SmallTalkRule, ...]:
    words = _word_lists(table)
    return tuple(
        SmallTalkRule(
            kind, *(_compiled(table, kind, row, key, words) for key in ("whole", "within", "unless"))
        )
        for name, row in table.sections().items()
        if name != "words" and (kind := _kind(table, name, SmallTalk)) is not None
    )


def _kind(table: Table, name: str, kinds: type[K]) -> K | None:
    if name in tuple(kinds):
        return kinds(name)
    table.error(f"[{name}]", name, f"不认识的一类“{name}”", f"可写 {'、'.join(kinds)}")
    return None


def _word_lists(table: Table) -> Mapping[str, tuple[str, ...]]:
    rows = table.sections().get("words", {})
    return {name: table.strings(rows, name) for name in rows}


def _compiled(
    table: Table, kind: str, row: dict[str, object], key: str, words: Mapping[str, tuple[str, ...]]
) -> re.Pattern[str] | None:
    try:
        return any_of(table.strings(row, key), words)
    except PhraseError as e:
        table.error(f"[{kind}]", key, str(e), "只用文字、…（短间隔）和 {词表}")
        return None
