"""The operators' commands: exit codes 0, 1 and 2, and JSON that a script can read."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot.cli import main
from tests.app.folder import write_config
from tests.app.test_start import desk
from tests.support.library import REPO

COMMANDS = [
    ("run",), ("queue",), ("db", "migrate"), ("expert", "invite"), ("faq", "check"), ("faq", "try"),
]  # fmt: skip


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_every_command_explains_itself_in_chinese(words: tuple[str, ...]) -> None:
    done = CliRunner().invoke(main, [*words, "--help"])
    assert done.exit_code == 0
    assert any("一" <= char <= "鿿" for char in done.output)


@pytest.mark.parametrize(
    "words",
    [
        ("nonsense",), ("run", "--nonsense"), ("faq", "try"), ("db",), ("faq",),
        ("expert", "invite", "王", "--role", "boss"),
    ],
    ids=" ".join,
)  # fmt: skip
def test_a_command_that_is_used_wrongly_ends_with_2(words: tuple[str, ...]) -> None:
    assert CliRunner().invoke(main, list(words)).exit_code == 2


def test_invite_gives_a_token_of_its_own_each_time(tmp_path: Path) -> None:
    config = write_config(tmp_path)
    tokens = []
    for _ in range(2):
        done = desk(config, "expert", "invite", "王律师", "--role", "admin", "--json")
        assert done.exit_code == 0
        said = json.loads(done.stdout)
        assert said["hours"] == 72
        tokens.append(said["token"])
    assert len(set(tokens)) == 2
    assert all(len(token) <= 64 for token in tokens), "it must fit into a start link"


def test_invite_shows_a_person_what_to_send(tmp_path: Path) -> None:
    done = desk(write_config(tmp_path), "expert", "invite", "王律师")
    assert (done.exit_code, "/join " in done.output, "72 小时" in done.output) == (0, True, True)


def test_migrate_says_from_where_to_where_and_may_be_repeated(tmp_path: Path) -> None:
    config = write_config(tmp_path)
    first, second = desk(config, "db", "migrate"), desk(config, "db", "migrate")
    assert (first.exit_code, second.exit_code) == (0, 0)
    assert "空 →" in first.output
    assert "空" not in second.output


def test_an_empty_queue_is_an_empty_list(tmp_path: Path) -> None:
    config = write_config(tmp_path)
    assert json.loads(desk(config, "queue", "--json").stdout) == []
    assert "没有未办结" in desk(config, "queue").output


def test_check_passes_what_is_right_and_lists_what_is_wrong(tmp_path: Path) -> None:
    config = write_config(tmp_path)
    assert desk(config, "faq", "check").exit_code == 0
    (tmp_path / "faq" / "labor" / "broken.md").write_text("---\nid: labor-broken\n---\n答案", "utf-8")
    done = desk(config, "faq", "check", "--json")
    assert done.exit_code == 1
    problems = [p for p in json.loads(done.stdout) if p["severity"] == "error"]
    assert {p["file"] for p in problems} == {"labor/broken.md"}
    assert "question" in {p["field"] for p in problems}
    assert all(p["what"] and p["line"] >= 0 for p in problems)


def test_try_shows_the_decision_and_its_reasons(tmp_path: Path) -> None:
    config = write_config(tmp_path)
    done = desk(config, "faq", "try", "公司拖欠工资不发怎么办？", "--json")
    assert done.exit_code == 0
    said = json.loads(done.stdout)
    assert (said["decision"], said["items"][0]["entry"]) == ("answer", "labor-unpaid-wages")
    assert "直接回答" in desk(config, "faq", "try", "公司拖欠工资不发怎么办？").output


def test_the_module_runs_as_a_program_and_gives_its_exit_code(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bot", "queue", "-c", str(tmp_path / "no.toml")],
        cwd=REPO, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout, "no.toml" in done.stderr) == (1, "", True)
