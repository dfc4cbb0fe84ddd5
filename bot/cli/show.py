"""`config show`: what the desk would run with, secrets hidden."""

from __future__ import annotations

import json
from typing import Any

import typer
from pydantic import SecretStr

from bot.cli.common import DEFAULT, ConfigOption, JsonOption, load, out, print_json
from bot.config import Config

config_commands = typer.Typer(no_args_is_help=True, help="配置。")
HIDDEN = "******"


@config_commands.callback()
def _group() -> None:
    """A group, although it has one command."""


@config_commands.command("show")
def show(config: ConfigOption = DEFAULT, as_json: JsonOption = False) -> None:
    """现在生效的全部配置（文件加环境变量）；密码和 token 不显示。"""
    shown = redacted(load(config))
    if as_json:
        print_json(shown)
        return
    for line in _lines(shown):
        out.print(line, markup=False, highlight=False, soft_wrap=True)


def redacted(config: Config) -> dict[str, Any]:
    """All settings as plain values; a secret that is set is a row of stars, one that is not is empty."""
    made: dict[str, Any] = _plain(config.model_dump())
    made["database_url"] = _without_password(config.database_url)
    return made


def _plain(value: Any) -> Any:
    if isinstance(value, SecretStr):
        return HIDDEN if value.get_secret_value() else ""
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(one) for one in value]
    return value if isinstance(value, bool | int | float | None) else str(value)


def _without_password(url: str) -> str:
    """The same address; what stands before the @ and what follows the ? may both hold a password."""
    scheme, _, rest = url.partition("://")
    if scheme == "sqlite":
        return url
    place, _, query = rest.partition("?")
    who, at, where = place.rpartition("@")
    return f"{scheme}://{HIDDEN if who else ''}{at}{where}{'?' + HIDDEN if query else ''}"


def _lines(shown: dict[str, Any]) -> list[str]:
    sections = {name: value for name, value in shown.items() if isinstance(value, dict)}
    lines = [f"{n} = {json.dumps(v, ensure_ascii=False)}" for n, v in shown.items() if n not in sections]
    for name, values in sections.items():
        lines += ["", f"[{name}]"]
        lines += [f"{n} = {json.dumps(v, ensure_ascii=False)}" for n, v in values.items() if v is not None]
    return lines
