"""Broken FAQ and config files: a problem that names the place or a ConfigError, never anything else."""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path

import pytest

from bot.app import App
from bot.config import Config, FaqConfig, TelegramConfig, WebConfig, load_config
from bot.domain.errors import ConfigError
from bot.matching.library import Loaded
from bot.matching.problems import has_errors
from bot.parts import desk_settings, load_faq
from tests.promises.mutants import Mutator
from tests.promises.scale import scale
from tests.support.library import REPO
from tests.support.room import Clock

TODAY = date(2026, 11, 23)
TOPICS = ("labor", "debt")
FILES = scale(80, 2_000)
CONFIGS = scale(250, 2_000)
RELOADS = scale(10, 300)
LINES = (
    "id: [a, b]", "id: &x y", "also: *x", "effective_from: 2026-13-45", "review_by: 99999-01-01", "basis: 7",
    "not: {a: b}", "? [complex, key]\n: 1", "!!python/object/apply:os.system [ls]", "- - - - - x",
    "question:",
    "question: |\n  ", "%YAML 9.9", "---", "...", "\tquestion: x", "reviewed: 0000-00-00", "<<: {a: b}",
    "next: [no-such-office]", "signed_by: " + "x" * 3000, "x = " + "9" * 5000, "x = 2026-02-30", "x = nan",
    "x = " + "[" * 3000, "[a.b.c.d]", "[[labor]]", "[labor]", 'name = "\\uD800"', "a.b = 1\na = 2",
    "x = 07:99:00", 'say = ["…", "{nobody}", ""]', 'mild = ["((((a+)+)+)+$"]', "words = 7", "# 注释",
)  # fmt: skip
VALUES = (
    '""', '"09:00"', '"18:00-09:00"', '"09:00+08:00-12:00"', '"a-b-c"', "nan", "inf", "-1", "0", "1e400",
    "true",     "[]", "[[]]", '["", " x "]', "{}", '"Asia"', '"../../etc/passwd"', '"Mars/Olympus"',
    '"\\u0000"',
    "2026-02-30",     "1979-05-27T07:32:00Z", "07:32:00", "9" * 5000, '"' + "x" * 100_000 + '"', "10001",
    '"21:30+01:00-08:00"',
    '"24:00-25:00"', "[" * 500, '"mysql://x"', "[2026-01-01, 2026-01-01]", '"09:00-12:00", "x"',
)  # fmt: skip


def _spoiled(data: bytes, mutator: Mutator) -> bytes:
    """Bytes garbled, or lines of a text put in, doubled, swapped, taken out."""
    if mutator.random.random() < 0.4:
        return mutator.garbled(data)
    lines = data.decode().split("\n")
    at = mutator.random.randrange(len(lines))
    match mutator.random.randrange(4):
        case 0:
            lines.insert(at, mutator.random.choice(LINES))
        case 1:
            lines[at] = mutator.random.choice(LINES)
        case 2:
            lines[at:at] = lines[at : at + 3]
        case _:
            del lines[at : at + mutator.random.choice((1, 1, 5))]
    return "\n".join(lines).encode()


@pytest.fixture
def faq(tmp_path: Path) -> Path:
    """Two topics of the shipped folder with all tables."""
    folder = tmp_path / "faq"
    folder.mkdir()
    for table in (REPO / "faq").glob("*.toml"):
        shutil.copy(table, folder)
    for topic in TOPICS:
        (folder / topic).mkdir()
        for entry in sorted((REPO / "faq" / topic).glob("*.md"))[:3]:
            shutil.copy(entry, folder / topic)
    return folder


def _load(folder: Path) -> Loaded:
    return load_faq(Config(faq=FaqConfig(folder=folder)), TODAY)


def test_broken_faq_files_are_problems_that_name_the_file(faq: Path) -> None:
    mutator = Mutator(11, [])
    files = sorted([*faq.rglob("*.md"), *faq.rglob("*.toml")])
    broken = 0
    for _ in range(FILES):
        file = mutator.random.choice(files)
        whole = file.read_bytes()
        file.write_bytes(_spoiled(whole, mutator))
        loaded = _load(faq)
        assert (loaded.library is None) == has_errors(loaded.problems)
        broken += loaded.library is None
        assert all(problem.file and problem.what for problem in loaded.problems)
        file.write_bytes(whole)
    assert FILES / 5 < broken < FILES
    assert _load(faq).library is not None


@pytest.mark.parametrize("trouble", ["a folder", "nothing", "a loop", "no permission", "huge"])
def test_a_file_that_is_no_file_is_a_problem(faq: Path, trouble: str) -> None:
    file = faq / "topics.toml"
    file.unlink()
    if trouble == "a folder":
        file.mkdir()
    elif trouble == "a loop":
        file.symlink_to(file)
    elif trouble == "no permission":
        file.write_text("x")
        file.chmod(0)
    elif trouble == "huge":
        file.write_bytes(b"#" * 2_000_000)
    if trouble == "no permission" and os.geteuid() == 0:
        pytest.skip("root reads everything")
    assert _load(faq).library is None


# reloading


@pytest.fixture
async def app(faq: Path, tmp_path: Path) -> AsyncIterator[App]:
    """A desk that answers from the folder, not started."""
    config = Config(
        database_url=f"sqlite:///{tmp_path}/desk.sqlite3",
        key_file=tmp_path / "key",
        faq=FaqConfig(folder=faq),
        web=WebConfig(enabled=False),
        telegram=TelegramConfig(),
    )
    from bot.store.migrate import migrate

    made = App(config, Clock())
    await migrate(made.store)
    yield made
    await made.store.close()


def _entries(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.md"))


async def test_a_broken_change_leaves_the_last_good_library_and_a_good_one_goes_live(
    app: App, faq: Path
) -> None:
    mutator = Mutator(13, [])
    files = _entries(faq)
    swapped = kept = 0
    for _ in range(RELOADS):
        file = mutator.random.choice(files)
        whole, before = file.read_bytes(), app.desk.knowledge.shelf
        file.write_bytes(_spoiled(whole, mutator))
        good = _load(faq).library is not None
        await app.faq_loop.work()
        assert (app.desk.knowledge.shelf is before) != good or file.read_bytes() == whole
        swapped += good
        kept += not good
        file.write_bytes(whole)
    assert swapped
    assert kept
    await app.faq_loop.work()
    assert len(app.desk.knowledge.shelf.served) == 6


# config


def _config_text(mutator: Mutator, whole: str) -> bytes:
    dice = mutator.random
    if dice.random() < 0.3:
        return _spoiled(whole.encode(), mutator)
    lines = whole.split("\n")
    for _ in range(dice.choice((1, 1, 2))):
        keys = [i for i, line in enumerate(lines) if "=" in line and not line.startswith("#")]
        at = dice.choice(keys)
        key, _, value = lines[at].partition("=")
        match dice.randrange(5):
            case 0:
                lines[at] = f"{key.strip()}x = {value}"
            case 1:
                lines[at] = lines[dice.choice(keys)]
            case _:
                lines[at] = f"{key}= {dice.choice(VALUES)}"
    return "\n".join(lines).encode("utf-8", "surrogatepass")


def _refusal(file: Path) -> str:
    """What is said about a config that is refused; empty for one that is taken."""
    try:
        desk_settings(load_config(file))
    except ConfigError as error:
        return str(error)
    return ""


def test_a_broken_config_is_a_config_error_that_names_the_key(tmp_path: Path) -> None:
    whole, file = (REPO / "config.example.toml").read_text("utf-8"), tmp_path / "config.toml"
    mutator = Mutator(17, [])
    refused = 0
    for _ in range(CONFIGS):
        file.write_bytes(_config_text(mutator, whole))
        said = _refusal(file)
        refused += bool(said)
        assert not said or (str(file) in said and len(said) < 5_000)
    assert CONFIGS / 3 < refused < CONFIGS


@pytest.mark.parametrize("trouble", ["missing", "a folder", "binary", "empty"])
def test_a_config_that_is_no_text_is_a_config_error_too(tmp_path: Path, trouble: str) -> None:
    file = tmp_path / "config.toml"
    if trouble == "a folder":
        file.mkdir()
    elif trouble == "binary":
        file.write_bytes(os.urandom(2000))
    elif trouble == "empty":
        file.write_bytes(b"")
        assert load_config(file).name
        return
    with pytest.raises(ConfigError):
        load_config(file)


def test_a_broken_setting_is_quoted_but_a_secret_never(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    for line in (
        'telegram = "123:canary"',
        '[telegram]\ntoken = ["123:canary"]',
        '[telegram]\ntokn = "123:canary"',
    ):
        file.write_text(line + "\n")
        with pytest.raises(ConfigError) as caught:
            load_config(file)
        assert "canary" not in str(caught.value)
        assert caught.value.__cause__ is None
