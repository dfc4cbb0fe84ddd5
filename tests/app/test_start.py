"""What is in the way of a start is said in one line that names it, with exit code 1; files are private."""

from __future__ import annotations

import os
import socket
import sqlite3
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from bot.cli import main
from bot.matching.matcher import Matcher
from tests.app.folder import write_config


def desk(config: Path, *words: str) -> Result:
    """Run a command; no traceback may reach anybody."""
    done = CliRunner().invoke(main, [*words, "--config", str(config)])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    assert "Traceback" not in done.output
    return done


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield other.getsockname()[1]


def test_a_port_in_use_is_named_with_the_way_out(tmp_path: Path, taken_port: int) -> None:
    done = desk(write_config(tmp_path, web=f"port = {taken_port}"), "run")
    assert done.exit_code == 1
    assert f"web.port：127.0.0.1:{taken_port} 已被占用" in done.output
    assert "换一个 web.port" in done.output


def test_an_address_that_is_not_ours_is_named(tmp_path: Path) -> None:
    done = desk(write_config(tmp_path, web='host = "203.0.113.7"\nport = 0'), "run")
    assert (done.exit_code, "web.host：203.0.113.7" in done.output) == (1, True)


def test_a_missing_config_is_named_with_the_example(tmp_path: Path) -> None:
    done = desk(tmp_path / "config.toml", "run")
    assert done.exit_code == 1
    assert f"没有找到配置文件 {tmp_path}/config.toml" in done.output
    assert "cp config.example.toml" in done.output


def test_a_broken_entry_keeps_it_from_starting_and_is_named_with_its_line(tmp_path: Path) -> None:
    config = write_config(tmp_path)
    entry = tmp_path / "faq" / "labor" / "unpaid-wages.md"
    lines = entry.read_text("utf-8").splitlines()
    at = next(n for n, line in enumerate(lines) if line.startswith("review_by:"))
    lines[at] = "review_by: 明年"
    entry.write_text("\n".join(lines), "utf-8")
    done = desk(config, "run")
    assert done.exit_code == 1
    assert f"labor/unpaid-wages.md:{at + 1}" in done.output
    assert "review_by" in done.output
    assert "明年" in done.output


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('database_url = "sqlite', 'database_url = "mysql', "只支持 sqlite 和 postgresql"),
        ('database_url = "sqlite:///', 'database_url = "nonsense', "database_url"),
        ("/var/desk.sqlite3", "/faq", "faq"),
        ("/var/secret.key", "/faq", "密钥文件"),
        ("/var/secret.key", "/config.toml/x", "config.toml"),
        ('/faq"', '/nowhere"', "nowhere"),
    ],
)
def test_places_that_cannot_be_used_are_named(tmp_path: Path, old: str, new: str, words: str) -> None:
    config = write_config(tmp_path)
    config.write_text(config.read_text("utf-8").replace(old, new, 1), "utf-8")
    done = desk(config, "run")
    assert (done.exit_code, words in done.output) == (1, True), done.output


def test_a_token_of_the_wrong_shape_is_named_but_not_shown(tmp_path: Path) -> None:
    done = desk(write_config(tmp_path, '[telegram]\ntoken = "SeCrEt"'), "run")
    assert (done.exit_code, "telegram.token" in done.output, "SeCrEt" in done.output) == (1, True, False)


def test_the_key_the_database_and_their_folder_are_private_whatever_the_umask(tmp_path: Path) -> None:
    config = write_config(tmp_path)
    before = os.umask(0)
    try:
        assert desk(config, "db", "migrate").exit_code == 0
    finally:
        os.umask(before)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "var").iterdir()}
    assert modes["secret.key"] == modes["desk.sqlite3"] == 0o600
    assert set(modes.values()) == {0o600}
    assert stat.S_IMODE((tmp_path / "var").stat().st_mode) == 0o700


def test_a_database_of_a_newer_version_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    config = write_config(tmp_path)
    desk(config, "db", "migrate")
    with sqlite3.connect(tmp_path / "var" / "desk.sqlite3") as database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
    for words in (("run",), ("queue",), ("db", "migrate")):
        done = desk(config, *words)
        assert (done.exit_code, "9999" in done.output, "新版程序" in done.output) == (1, True, True)
    with sqlite3.connect(tmp_path / "var" / "desk.sqlite3") as database:
        assert database.execute("SELECT version_num FROM alembic_version").fetchall() == [("9999",)]


def test_a_lost_key_stops_everything_instead_of_being_made_anew(tmp_path: Path) -> None:
    config = write_config(tmp_path)
    desk(config, "db", "migrate")
    (tmp_path / "var" / "secret.key").unlink()
    done = desk(config, "run")
    assert (done.exit_code, "从备份恢复密钥" in done.output) == (1, True)
    assert not (tmp_path / "var" / "secret.key").exists()


def test_a_spoilt_key_is_named_and_not_shown(tmp_path: Path) -> None:
    config = write_config(tmp_path)
    desk(config, "db", "migrate")
    key = tmp_path / "var" / "secret.key"
    spoilt = key.read_text("ascii").replace(" ", " !")
    key.write_text(spoilt, "ascii")
    done = desk(config, "run")
    assert (done.exit_code, "密钥文件" in done.output, spoilt.split()[1] in done.output) == (1, True, False)


def test_what_can_be_made_ready_before_the_start_is_made_ready_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = write_config(tmp_path)
    done = desk(config, "prepare")
    assert (done.exit_code, "已准备好，4 条常见问题" in done.output) == (0, True), done.output
    names = {path.name for path in (tmp_path / "var").iterdir()}
    assert {"secret.key", "desk.sqlite3", "shelf.cache"} <= names

    def built_again(_library: object) -> None:
        raise AssertionError("the matcher was there")

    monkeypatch.setattr(Matcher, "of", built_again)
    again = desk(config, "prepare")
    assert again.exit_code == 0, again.output


def test_a_broken_entry_is_named_before_the_start_too(tmp_path: Path) -> None:
    config = write_config(tmp_path)
    (tmp_path / "faq" / "labor" / "unpaid-wages.md").write_text("---\n", "utf-8")
    done = desk(config, "prepare")
    assert (done.exit_code, "unpaid-wages.md" in done.output) == (1, True)
