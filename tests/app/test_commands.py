"""The operators' commands: exit codes 0, 1 and 2, and JSON that a script can read."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot.cli import main
from bot.config import load_config
from bot.domain.ids import StationId
from bot.domain.messages import Address, ChannelName
from bot.domain.people import Role, Staff
from bot.parts import open_store
from bot.store.migrate import migrate
from tests.app.folder import write_config
from tests.app.test_start import desk
from tests.support.library import REPO

COMMANDS = [
    ("run",), ("queue",), ("db", "migrate"), ("expert", "invite"), ("expert", "list"),
    ("expert", "revoke"), ("faq", "check"), ("faq", "try"),
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
        ("expert", "invite", "王", "--role", "boss"), ("expert", "revoke"),
        ("expert", "revoke", "王", "--role", "boss"),
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


def test_a_role_is_taken_by_name_and_only_from_one_person(tmp_path: Path) -> None:
    config = write_config(tmp_path)
    ids = asyncio.run(_hire(config, "王律师", "李律师", "李律师"))
    people = json.loads(desk(config, "expert", "list", "--json").stdout)
    assert [(p["name"], p["roles"], p["held"]) for p in people[:1]] == [("王律师", ["expert"], 0)]
    assert "王律师" in desk(config, "expert", "list").output
    done = desk(config, "expert", "revoke", "王律师", "--json")
    assert (done.exit_code, json.loads(done.stdout)) == (0, {"name": "王律师", "back": 0})
    again, two = desk(config, "expert", "revoke", "王律师"), desk(config, "expert", "revoke", "李律师")
    assert (again.exit_code, "没有同事叫 王律师" in again.output) == (1, True)
    assert (two.exit_code, f"{ids[1]}、{ids[2]}" in two.output) == (1, True)
    assert desk(config, "expert", "revoke", str(ids[2]), "--role", "expert").exit_code == 0
    assert [p["id"] for p in json.loads(desk(config, "expert", "list", "--json").stdout)] == [ids[1]]


async def _hire(config: Path, *names: str) -> list[int]:
    store = open_store(load_config(config))
    await migrate(store)
    ids: list[int] = []
    async with store.begin() as tx:
        for n, name in enumerate(names):
            contact = await tx.contacts.ensure(Address(ChannelName("web"), f"w{n}", f"w{n}"), name, "zh-Hans")
            roles = frozenset({Role.EXPERT})
            await tx.contacts.save_staff(Staff(contact.id, name, StationId("station"), roles, on_duty=True))
            ids.append(contact.id)
    await store.close()
    return ids


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


def test_the_self_test_names_who_takes_whose_phrasings(tmp_path: Path) -> None:
    config = write_config(tmp_path)
    thieves = json.loads(desk(config, "faq", "test", "--json").stdout)["thieves"]
    assert thieves
    shown = desk(config, "faq", "test").output
    assert all(f"{thief} 抢走 {count} 个：" in shown for thief, count in thieves.items())


def test_the_module_runs_as_a_program_and_gives_its_exit_code(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bot", "queue", "-c", str(tmp_path / "no.toml")],
        cwd=REPO, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout, "no.toml" in done.stderr) == (1, "", True)
