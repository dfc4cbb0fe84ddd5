"""The built matcher is kept for the next start, and believed only if it is ours and fits."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bot.desk.knowledge import Shelf
from bot.matching.library import Library
from bot.matching.matcher import Matcher
from bot.shelfcache import ShelfCache
from bot.store.sealing import KeyRing, new_key_line
from tests.support.library import small_shelf

QUESTION = "公司拖欠工资不发怎么办？"


@pytest.fixture
def keys(tmp_path: Path) -> KeyRing:
    """Keys of a desk."""
    return KeyRing.load(tmp_path / "key", new_key_line())


@pytest.fixture
def built(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """How often a matcher was built."""
    small_shelf()  # made once for all tests, not counted
    builds: list[object] = []
    make = Matcher.of

    def counted(library: Library) -> Matcher:
        builds.append(library)
        return make(library)

    monkeypatch.setattr(Matcher, "of", counted)
    return builds


def start(library: Library, file: Path, keys: KeyRing) -> Shelf:
    """A start with this library."""
    cache = ShelfCache(file, keys)
    return cache.shelf(library, cache.load())


def test_a_second_start_builds_nothing_and_answers_the_same(
    tmp_path: Path, keys: KeyRing, built: list[object]
) -> None:
    library, file = small_shelf().library, tmp_path / "shelf.cache"
    first = start(library, file, keys)
    second = start(library, file, keys)
    assert len(built) == 1
    assert second.match(QUESTION) == first.match(QUESTION)
    assert file.stat().st_mode & 0o777 == 0o600


def test_another_library_is_built_anew(tmp_path: Path, keys: KeyRing, built: list[object]) -> None:
    library, file = small_shelf().library, tmp_path / "shelf.cache"
    start(library, file, keys)
    fewer = replace(library, served=library.served[:2])
    start(fewer, file, keys)
    assert len(built) == 2


@pytest.mark.parametrize("place", [0, 40, -1])
def test_a_file_that_somebody_changed_is_not_believed(
    tmp_path: Path, keys: KeyRing, built: list[object], place: int
) -> None:
    library, file = small_shelf().library, tmp_path / "shelf.cache"
    start(library, file, keys)
    blob = bytearray(file.read_bytes())
    blob[place] ^= 1
    file.write_bytes(blob)
    start(library, file, keys)
    assert len(built) == 2


def test_another_desks_file_is_not_believed(tmp_path: Path, keys: KeyRing, built: list[object]) -> None:
    library, file = small_shelf().library, tmp_path / "shelf.cache"
    start(library, file, KeyRing.load(tmp_path / "other", new_key_line()))
    start(library, file, keys)
    assert len(built) == 2


def test_what_was_read_is_kept_with_the_matcher(tmp_path: Path, keys: KeyRing) -> None:
    library, cache = small_shelf().library, ShelfCache(tmp_path / "shelf.cache", keys)
    cache.shelf(library, cache.load())
    assert cache.load().read == library.read
