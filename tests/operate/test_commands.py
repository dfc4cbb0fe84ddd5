"""`db backup`, `db check` and `config show` as an operator types them."""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from bot.cli import main
from bot.config import load_config
from bot.parts import open_store
from tests.app.folder import write_config

SECRETS = {
    "DESK_TELEGRAM__TOKEN": "123456:hidden-token",
    "DESK_TELEGRAM__WEBHOOK_SECRET": "hidden-webhook-secret",
    "DESK_WEB__METRICS_TOKEN": "hidden-metrics-token",
}


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.upper().startswith("DESK_")]:
        monkeypatch.delenv(name)


def desk(config: Path, *words: str) -> Result:
    """Run a command; no traceback may reach anybody."""
    done = CliRunner().invoke(main, [*words, "--config", str(config)])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done


@pytest.fixture
def config(tmp_path: Path) -> Path:
    made = write_config(tmp_path)
    assert desk(made, "db", "migrate").exit_code == 0
    return made


def test_a_backup_is_made_checked_and_says_what_else_to_keep(config: Path, tmp_path: Path) -> None:
    done = desk(config, "db", "backup", str(tmp_path / "b"))
    assert done.exit_code == 0
    assert f"{tmp_path}/var/secret.key" in done.output
    checked = desk(config, "db", "check", str(tmp_path / "b"))
    assert (checked.exit_code, "可以恢复" in checked.output) == (0, True)
    again = desk(config, "db", "backup", str(tmp_path / "b"))
    assert (again.exit_code, "已经存在" in again.output) == (1, True)


def test_scripts_get_json(config: Path, tmp_path: Path) -> None:
    made = json.loads(desk(config, "db", "backup", str(tmp_path / "b"), "--json").stdout)
    assert made["rows"]["callbacks"] == 0
    checked = json.loads(desk(config, "db", "check", str(tmp_path / "b"), "--json").stdout)
    assert (checked["problems"], checked["rows"]) == ([], made["rows"])


def test_a_bad_backup_is_exit_code_1_with_the_reason(config: Path, tmp_path: Path) -> None:
    (tmp_path / "b").write_bytes(b"nonsense" * 1000)
    done = desk(config, "db", "check", str(tmp_path / "b"))
    assert (done.exit_code, "不是完好的 SQLite 数据库" in done.output) == (1, True)


def test_checking_without_the_key_file_asks_for_it_and_makes_none(config: Path, tmp_path: Path) -> None:
    desk(config, "db", "backup", str(tmp_path / "b"))
    (tmp_path / "var" / "secret.key").unlink()
    done = desk(config, "db", "check", str(tmp_path / "b"))
    assert (done.exit_code, "没有密钥文件" in done.output) == (1, True)
    assert not (tmp_path / "var" / "secret.key").exists()


def test_backing_up_a_desk_that_never_ran_is_refused_and_makes_nothing(tmp_path: Path) -> None:
    done = desk(write_config(tmp_path), "db", "backup", str(tmp_path / "b"))
    assert (done.exit_code, "没有数据库" in done.output) == (1, True)
    assert not (tmp_path / "b").exists()
    assert not (tmp_path / "var").exists()


def test_postgresql_is_told_of_pg_dump(config: Path, tmp_path: Path) -> None:
    text = config.read_text("utf-8").replace(f"sqlite:///{tmp_path}/var/desk.sqlite3", "postgresql://u:p@h/d")
    config.write_text(text, "utf-8")
    done = desk(config, "db", "backup", str(tmp_path / "b"))
    assert (done.exit_code, "pg_dump" in done.output) == (1, True)


def test_the_config_is_shown_whole_and_no_secret_with_it(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("DESK_DATABASE_URL", "postgresql://me:hidden-password@db/desk?password=hidden-too")
    shown = desk(config, "config", "show").output
    assert "hidden" not in shown
    assert 'token = "******"' in shown
    assert 'database_url = "postgresql://******@db/desk?******"' in shown
    assert 'regions = ["城关区", "东城街道"]' in shown
    as_json = json.loads(desk(config, "config", "show", "--json").stdout)
    assert set(as_json) == set(load_config(config).model_dump())
    assert "hidden" not in json.dumps(as_json)


def test_what_is_not_set_is_shown_as_not_set(config: Path) -> None:
    shown = desk(config, "config", "show").output
    assert 'token = ""' in shown
    assert 'metrics_token = ""' in shown


def test_a_short_metrics_token_is_refused(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DESK_WEB__METRICS_TOKEN", "hidden")
    done = desk(config, "config", "show")
    assert (done.exit_code, "web.metrics_token" in done.output) == (1, True)
    assert "hidden" not in done.output


def test_a_running_desk_can_be_backed_up_from_outside(config: Path, tmp_path: Path) -> None:
    """Another process has the database open, with what it wrote still in its WAL."""

    async def write() -> None:
        store = open_store(load_config(config))
        async with store.begin() as tx:
            await tx.audit.add("x", None, None)
        done = await asyncio.to_thread(back_up)
        assert done.exit_code == 0
        await store.close()

    def back_up() -> Result:
        return desk(config, "db", "backup", str(tmp_path / "b"))

    asyncio.run(write())
    assert json.loads(desk(config, "db", "check", str(tmp_path / "b"), "--json").stdout)["rows"]["audit"] == 1
