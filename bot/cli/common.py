"""What all commands share: reading the config, saying what is wrong, exit codes.

Exit codes: 0 done, 1 something to mend, 2 used wrongly.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Coroutine
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
from rich.console import Console

from bot.config import Config, load_config
from bot.domain.errors import BotError

out = Console()
err = Console(stderr=True)
_T = TypeVar("_T")
ConfigOption = Annotated[Path, typer.Option("--config", "-c", help="配置文件")]
JsonOption = Annotated[bool, typer.Option("--json", help="输出 JSON，给脚本用")]
DEFAULT = Path("config.toml")


def load(path: Path) -> Config:
    """The config, or exit 1 with what is wrong in it."""
    try:
        return load_config(path)
    except BotError as error:
        raise stop(error) from None


def stop(error: Exception) -> typer.Exit:
    """Say it in red; the caller raises what is returned."""
    err.print(str(error), style="red", markup=False, highlight=False, soft_wrap=True)
    return typer.Exit(1)


def run_async(work: Coroutine[Any, Any, _T]) -> _T:
    """Run to the end; a BotError becomes exit 1."""
    try:
        return asyncio.run(work)
    except BotError as error:
        raise stop(error) from None


def print_json(value: object) -> None:
    """For scripts: plain, unwrapped."""
    typer.echo(json.dumps(value, ensure_ascii=False))
