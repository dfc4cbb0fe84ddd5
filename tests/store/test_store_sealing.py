"""Sealing: what was sealed opens with the key and the column it was sealed for, and with nothing else."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.callback import Draft
from bot.domain.errors import BotError
from bot.store.engine import Store
from bot.store.sealing import KeyRing, new_key_line
from tests.support.room import Clock

from .things import EVERYWHERE, a_case, now_of

OLD, NEW = new_key_line(), new_key_line()


def ring(*lines: str) -> KeyRing:
    return KeyRing.load(Path("not-a-file"), "".join(lines))


@given(st.text(), st.text(max_size=20))
def test_whatever_was_sealed_opens_again(words: str, column: str) -> None:
    keys = ring(OLD)
    assert keys.unseal(keys.seal(words, column), column) == words


@given(st.characters(categories=["Cs"]))
def test_half_a_character_can_be_sealed_too(half: str) -> None:
    keys = ring(OLD)
    assert keys.unseal(keys.seal(f"x{half}", "c"), "c") == f"x{half}"


@given(st.binary())
def test_bytes_come_back_as_they_were(data: bytes) -> None:
    keys = ring(OLD)
    assert keys.open_bytes(keys.seal_bytes(data, "c"), "c") == data


def test_the_same_words_never_look_the_same() -> None:
    keys = ring(OLD)
    assert len({keys.seal("词", "c") for _ in range(100)}) == 100


def test_the_wrong_column_does_not_open() -> None:
    keys = ring(OLD)
    with pytest.raises(BotError, match="改动过"):
        keys.unseal(keys.seal("13812345678", "callbacks.draft"), "contacts.name")


@pytest.mark.parametrize("place", [4, 15, 16, -1])
def test_changed_bytes_do_not_open(place: int) -> None:
    keys = ring(OLD)
    blob = bytearray(keys.seal("13812345678", "c"))
    blob[place] ^= 1
    with pytest.raises(BotError, match="改动过"):
        keys.unseal(bytes(blob), "c")


@pytest.mark.parametrize("length", [0, 3, 4, 15, 20])
def test_a_torn_value_does_not_open(length: int) -> None:
    keys = ring(OLD)
    with pytest.raises(BotError):
        keys.unseal(keys.seal("13812345678", "c")[:length], "c")


def test_after_a_rotation_old_values_open_and_new_ones_use_the_new_key() -> None:
    before, both, after = ring(OLD), ring(NEW, OLD), ring(NEW)
    old, new = before.seal("旧", "c"), both.seal("新", "c")
    assert both.unseal(old, "c") == "旧"
    assert after.unseal(new, "c") == "新"
    with pytest.raises(BotError, match="旧密钥放回"):
        after.unseal(old, "c")
    with pytest.raises(BotError, match="旧密钥放回"):
        before.unseal(new, "c")


def test_what_is_derived_stays_over_a_rotation_and_differs_by_purpose() -> None:
    before, both, other = ring(OLD), ring(NEW, OLD), ring(NEW)
    assert before.derive("audit") == both.derive("audit")
    assert before.derive("audit") != before.derive("buttons")
    assert before.derive("audit") != other.derive("audit")
    assert before.index("13812345678", "phone") == both.index("13812345678", "phone")
    assert before.index("13812345678", "phone") != before.index("13812345678", "name")
    assert before.index("1", "phone") != before.index("2", "phone")


@EVERYWHERE
async def test_a_desk_reads_old_rows_and_writes_new_ones_after_a_rotation(
    database_url: str, clock: Clock
) -> None:
    first = Store(database_url, ring(OLD), clock)
    old = await a_case(first, draft=Draft("旧问题", phone="13812345678"))
    async with first.begin() as tx:
        await tx.audit.add("x", None, old.id)
    await first.close()
    second = Store(database_url, ring(NEW, OLD), clock)
    assert await now_of(second, old) == old
    new = await a_case(second, draft=Draft("新问题"))
    async with second.begin() as tx:
        await tx.audit.add("y", None, new.id)
        assert await tx.audit.verify() is None
    await second.close()
    third = Store(database_url, ring(NEW), clock)
    assert await now_of(third, new) == new
    with pytest.raises(BotError, match="旧密钥放回"):
        await now_of(third, old)
    await third.close()


# the key file


def test_a_missing_key_file_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        keys = KeyRing.load(tmp_path / "key")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "key").stat().st_mode) == 0o600
    assert KeyRing.load(tmp_path / "key").unseal(keys.seal("词", "c"), "c") == "词"


def test_a_given_key_comes_before_the_file(tmp_path: Path) -> None:
    (tmp_path / "key").write_text(OLD)
    sealed = KeyRing.load(tmp_path / "key", NEW).seal("词", "c")
    assert ring(NEW).unseal(sealed, "c") == "词"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("\n \n", "备份恢复"),
        ("deadbeef", "读不懂"),
        ("deadbeef c2hvcnQ=\n", "读不懂"),
        ("nothexno " + OLD.split()[1], "读不懂"),
        ("词 词", "读不懂"),
        (OLD + OLD, "换一个编号"),
    ],
    ids=["empty", "no-key", "short", "no-id", "no-ascii", "twice"],
)
def test_a_key_file_that_cannot_be_used_says_what_to_do_and_shows_no_key(
    tmp_path: Path, text: str, says: str
) -> None:
    (tmp_path / "key").write_text(text)
    with pytest.raises(BotError, match=says) as caught:
        KeyRing.load(tmp_path / "key")
    assert OLD.split()[1] not in str(caught.value)
    assert caught.value.__cause__ is None


def test_a_key_file_that_is_not_there_to_be_read_says_which(tmp_path: Path) -> None:
    with pytest.raises(BotError, match="打不开"):
        KeyRing.load(tmp_path / "no" / "such" / "key")
    with pytest.raises(BotError, match="打不开"):
        KeyRing.load(tmp_path)
