"""Mistakes in config.toml or the environment: the message names the key and the way out, never a secret."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.config import load_config
from bot.domain.errors import ConfigError
from tests.support.library import REPO

SECRET = "777:sEcReTsEcReTsEcReTsEcReTsEcReT"
SHORT = [
    ("nam = 'x'", ("nam", "是不是 name？")),
    ("[web]\nprot = 1", ("web.prot", "是不是 web.port？")),
    ("[wbe]\nport = 1", ("wbe", "是不是 web？")),
    ("[station]\ncolour = 1", ("station.colour", "可用的有", "station.phone")),
    ("[web]\nport = 'abc'", ("web.port", "'abc'", "整数")),
    ("[web]\nport = 70000", ("web.port", "70000", "不大于 65535")),
    ("[web]\nhost = 5", ("web.host", "文字（加引号）")),
    ("[promise]\nanswer_hours = 0", ("promise.answer_hours", "大于 0")),
    (
        "[promise]\nlease_minutes = 10\nlease_nudge_minutes = 15",
        ("lease_nudge_minutes", "小于 lease_minutes"),
    ),
    ("[promise]\nauto_close_days = 2", ("no_reaction_days", "小于 auto_close_days")),
    ("[hours]\ntimezone = '北京'", ("hours.timezone", "Asia/Shanghai")),
    ("[hours]\nspans = ['9-12']", ("hours.spans", "'9-12'", "09:00-12:00")),
    ("[hours]\nspans = ['12:00-09:00']", ("hours.spans", "结束要晚于开始")),
    ("[hours]\nspans = []", ("hours.spans", "至少 1")),
    ("[hours]\nquiet = '21'", ("hours.quiet", "21:30-08:00")),
    ("[hours]\nextra_holidays = ['2027-13-01']", ("hours.extra_holidays", "2027-01-01")),
    ("[faq]\nanswer_precision = 97", ("faq.answer_precision", "97", "小于 1")),
    ("[faq]\nanswer_precision = 0.4\nsuggest_precision = 0.6", ("faq", "suggest_precision 不能大于")),
    ("[faq]\nsigned_only = 'maybe'", ("faq.signed_only", "true 或 false")),
    ("[log]\nlevel = 'loud'", ("log.level", "'loud'", "'debug'")),
    ("regions = '城关区'", ("regions", '["甲", "乙"]')),
    ("name = ''", ("name", "不能为空")),
    ("[limits]\nburst_seconds = -1", ("limits.burst_seconds", "-1", "不小于 0")),
    ("name = 'x", ("读不懂",)),
    (f"telegram = '{SECRET}'", ("telegram", "一节 [名称]")),
    (f"[[telegram]]\ntoken = '{SECRET}'", ("telegram", "一节 [名称]")),
    (f"[telegram]\ntoken = ['{SECRET}']", ("telegram.token", "文字（加引号）")),
    (f"[telegram]\ntokn = '{SECRET}'", ("telegram.tokn", "是不是 telegram.token？")),
    (f"[telegram]\ntoken = '{SECRET}", ("读不懂",)),
    (f"[telegram]\nwebhook_secret = ['{SECRET}']", ("telegram.webhook_secret", "文字")),
    (f"database_url = ['postgresql://u:{SECRET}@host/desk']", ("database_url", "文字")),
]


@pytest.mark.parametrize(("text", "words"), SHORT, ids=[text.replace("\n", " ")[:40] for text, _ in SHORT])
def test_a_mistake_in_the_file_is_explained(tmp_path: Path, text: str, words: tuple[str, ...]) -> None:
    file = tmp_path / "config.toml"
    file.write_text(text, "utf-8")
    with pytest.raises(ConfigError) as error:
        load_config(file)
    said = str(error.value)
    assert str(file) in said
    assert [word for word in words if word not in said] == []
    assert SECRET not in said


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("DESK_WEB__PORT", "abc", ("环境变量", "web.port", "整数")),
        ("DESK_REGIONS", "城关区", ("DESK_REGIONS", '["甲", "乙"]')),
        ("DESK_TELEGRAM", f'{{"token": "{SECRET}"', ("DESK_TELEGRAM", "JSON")),
        ("DESK_TELEGRAM", f'{{"token": ["{SECRET}"]}}', ("telegram.token", "文字")),
        ("DESK_TELEGRAM__TOKN", SECRET, ("telegram.tokn", "是不是 telegram.token？")),
        ("DESK_TELEGRM__TOKEN", SECRET, ("DESK_TELEGRM__TOKEN", "是不是 telegram？")),
    ],
)
def test_a_mistake_in_the_environment_is_explained(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str, words: tuple[str, ...]
) -> None:
    file = tmp_path / "config.toml"
    file.write_text("", "utf-8")
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigError) as error:
        load_config(file)
    assert [word for word in words if word not in str(error.value)] == []
    assert SECRET not in str(error.value)


def test_several_mistakes_are_told_at_once(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text("nam = 'x'\n[web]\nport = 'abc'\n[faq]\ngrace_days = -1", "utf-8")
    with pytest.raises(ConfigError) as error:
        load_config(file)
    assert len(str(error.value).splitlines()) == 3


def test_a_file_that_is_missing_names_the_example(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"没有找到.*config\.toml.*cp config\.example\.toml"):
        load_config(tmp_path / "config.toml")


@pytest.mark.parametrize("make", ["folder", "latin1"])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, make: str) -> None:
    file = tmp_path / "config.toml"
    if make == "folder":
        file.mkdir()
    else:
        file.write_bytes("name = 'é'".encode("latin-1"))
    with pytest.raises(ConfigError, match=r"config\.toml 读不"):
        load_config(file)


def test_the_example_is_valid_and_names_every_default(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "empty.toml").write_text("", "utf-8")
    shown = load_config(REPO / "config.example.toml").model_dump()
    default = load_config(tmp_path / "empty.toml").model_dump()
    examples = {"station", "regions"}  # there it shows a made-up station
    assert {k: v for k, v in shown.items() if k not in examples} == {
        k: v for k, v in default.items() if k not in examples
    }


def test_the_environment_wins_over_the_file_and_a_file_may_hold_the_token(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = tmp_path / "token"
    secret.write_text(f"{SECRET}\n", "utf-8")
    file = tmp_path / "config.toml"
    file.write_text(f"[telegram]\ntoken_file = '{secret}'\n[web]\nport = 1", "utf-8")
    assert load_config(file).telegram.secret_token() == SECRET
    monkeypatch.setenv("DESK_TELEGRAM__TOKEN", "1:env")
    monkeypatch.setenv("DESK_WEB__PORT", "2")
    config = load_config(file)
    assert (config.telegram.secret_token(), config.web.port) == ("1:env", 2)


def test_the_token_is_in_no_representation(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text(f"[telegram]\ntoken = '{SECRET}'\nwebhook_secret = '{SECRET}'", "utf-8")
    config = load_config(file)
    assert SECRET not in f"{config!r} {config} {config.telegram!r}"


def test_a_token_file_that_is_missing_is_named(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text("[telegram]\ntoken_file = 'nowhere'", "utf-8")
    with pytest.raises(ConfigError, match=r"telegram\.token_file.*nowhere"):
        load_config(file).telegram.secret_token()
