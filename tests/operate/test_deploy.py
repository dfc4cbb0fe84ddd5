"""What we ship for systemd and containers names things that exist, and gives no more rights than needed."""

from __future__ import annotations

import configparser
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from bot.cli import main
from bot.config import Config
from bot.parts.systemd import PATIENCE
from tests.support.library import REPO

DEPLOY = REPO / "deploy"


@pytest.fixture(scope="module")
def unit() -> configparser.ConfigParser:
    """The unit, every key once."""
    parsed = configparser.ConfigParser(interpolation=None, delimiters=("=",))
    parsed.optionxform = str  # type: ignore[assignment, method-assign]
    parsed.read_string((DEPLOY / "legal-desk.service").read_text("utf-8"))
    return parsed


def test_systemd_is_told_by_the_desk_and_waits_longer_than_the_desk_does(
    unit: configparser.ConfigParser,
) -> None:
    service = unit["Service"]
    assert service["Type"] == "notify"
    assert float(service["WatchdogSec"]) > PATIENCE
    assert (service["Restart"], service["KillSignal"]) == ("always", "SIGTERM")
    assert service["User"] not in ("", "root")


def test_systemd_runs_a_command_that_there_is(unit: configparser.ConfigParser) -> None:
    words = shlex.split(unit["Service"]["ExecStart"])
    assert words[1:3] == ["-m", "bot"]
    done = CliRunner().invoke(main, [*words[3:-2], "--help"])
    assert (done.exit_code, "--config" in done.output) == (0, True)


@pytest.fixture(scope="module")
def dockerfile() -> list[list[str]]:
    """The instructions of the last stage and of those before it, as words."""
    text = re.sub(r"\\\n", " ", (DEPLOY / "Dockerfile").read_text("utf-8"))
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return [line.split() for line in lines]


def test_the_image_copies_only_what_is_there_and_not_ignored(dockerfile: list[list[str]]) -> None:
    copied = [
        one for words in dockerfile if words[0] == "COPY" and "--from" not in words[1] for one in words[1:-1]
    ]
    assert set(copied) == {"requirements.lock", "bot", "faq", "config.example.toml"}
    assert all((REPO / one).exists() for one in copied)
    kept = (DEPLOY / "Dockerfile.dockerignore").read_text("utf-8").split()
    assert {one.removeprefix("!") for one in kept if one.startswith("!")} == set(copied)


def test_the_image_runs_as_nobody_special_and_holds_no_secret(dockerfile: list[list[str]]) -> None:
    last = max(n for n, words in enumerate(dockerfile) if words[0] == "FROM")
    users = [words[1] for words in dockerfile[last:] if words[0] == "USER"]
    assert len(users) == 1
    assert users[0].split(":")[0] not in ("0", "root")
    assert dockerfile.index(["USER", users[0]]) < next(n for n, w in enumerate(dockerfile) if w[0] == "CMD")
    text = " ".join(" ".join(words) for words in dockerfile if words[0] in ("ENV", "ARG"))
    assert not re.search("token|secret|password", text, re.IGNORECASE)


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    """The compose file."""
    parsed: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))
    return parsed


def test_the_containers_can_write_only_where_data_lie(compose: dict[str, Any]) -> None:
    desk = compose["services"]["desk"]
    assert desk["read_only"] is True
    assert desk["cap_drop"] == ["ALL"]
    writable = [v for v in desk["volumes"] if not v.endswith(":ro")]
    assert writable == ["desk:/app/var"]
    assert set(compose["volumes"]) == {"desk", "postgres"}
    assert (DEPLOY / desk["build"]["context"] / desk["build"]["dockerfile"]).resolve().is_file()


def test_the_containers_publish_nothing_beyond_this_machine_and_keep_secrets_in_files(
    compose: dict[str, Any],
) -> None:
    services = compose["services"]
    assert all(p.startswith("127.0.0.1:") for one in services.values() for p in one.get("ports", []))
    assert "ports" not in services["postgres"]
    assert services["desk"]["env_file"].startswith("secrets/")
    assert "POSTGRES_PASSWORD" not in services["postgres"]["environment"]
    assert compose["secrets"]["postgres"]["file"].startswith("secrets/")
    assert "secrets/" in (DEPLOY / ".gitignore").read_text("utf-8").split()


def test_every_variable_that_is_set_is_a_setting(compose: dict[str, Any]) -> None:
    texts = [p.read_text("utf-8") for p in (*DEPLOY.iterdir(), REPO / "docs" / "operate.md") if p.is_file()]
    named = set(re.findall(r"DESK_([A-Z_]+)", "\n".join(texts)))
    assert named >= {"WEB__HOST", "DATABASE_URL", "TELEGRAM__TOKEN"}
    for name in named:
        section, _, key = name.lower().partition("__")
        field = Config.model_fields[section]
        assert not key or key in field.annotation.model_fields  # type: ignore[union-attr]


def test_the_figures_that_the_manual_names_are_there() -> None:
    manual = (REPO / "docs" / "operate.md").read_text("utf-8")
    made = (REPO / "bot" / "parts" / "metrics.py").read_text("utf-8")
    table = manual[manual.index("| 报警") : manual.index("计数从进程")]
    named = {name.removesuffix("_total") for name in re.findall(r"`([a-z_]+)", table)} - {"legal_desk_"}
    assert len(named) > 12
    assert [name for name in sorted(named) if f'"{name}"' not in made] == []


def test_the_readme_names_commands_that_there_are() -> None:
    for file in (REPO / "README.md", Path(REPO / "docs" / "operate.md")):
        for words in re.findall(r"python -m bot ([a-z]+(?: [a-z][a-z-]*)?)", file.read_text("utf-8")):
            done = CliRunner().invoke(main, [*words.split(), "--help"])
            assert done.exit_code == 0, words
