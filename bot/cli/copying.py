"""`db copy`: a SQLite desk moves to PostgreSQL, or back, with counts and checksums shown."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import Progress
from rich.table import Table

from bot.cli.common import DEFAULT, ConfigOption, JsonOption, err, load, out, print_json, run_async
from bot.cli.operate import db
from bot.config import Config
from bot.domain.errors import ConfigError, StoreError

if TYPE_CHECKING:
    from bot.store.copying import Copied
    from bot.store.engine import Store

_SHOWN = 12


@db.command("copy")
def copy(
    to: Annotated[Path, typer.Option("--to", help="新的配置文件：取它的 database_url，密码不必写在命令行上")],
    config: ConfigOption = DEFAULT,
    as_json: JsonOption = False,
) -> None:
    """把停着的问答台搬到另一个空数据库（SQLite ↔ PostgreSQL），逐表核对；不一致就什么也不写，退出码 1。"""
    copied = run_async(_copy(load(config), _target(to)))
    if as_json:
        print_json([_plain(one) for one in copied])
    else:
        _show(copied)
    if not all(one.same for one in copied):
        err.print("两边不一样，目标数据库没有写入。", style="red")
        raise typer.Exit(1)
    if not as_json:
        out.print(f"搬完了，逐表一致。现在用 {to} 启动；密钥文件照旧。", soft_wrap=True, highlight=False)


def _target(file: Path) -> str:
    """The address that stands in the file; the environment means the source."""
    try:
        url = tomllib.loads(file.read_text("utf-8")).get("database_url")
    except (OSError, ValueError, RecursionError):
        url = None
    if not isinstance(url, str):
        err.print(f"--to {file}：读不到 database_url。", style="red", markup=False, soft_wrap=True)
        raise typer.Exit(2)
    return url


async def _copy(config: Config, target_url: str) -> tuple[Copied, ...]:
    from bot.parts import existing_keys, sqlite_file, utc_now
    from bot.store import copying
    from bot.store.engine import Store

    path = sqlite_file(config)
    if path is not None and not path.is_file():
        raise StoreError(f"没有数据库 {path}，没有什么可搬。")
    if target_url == config.database_url:
        raise ConfigError("两边是同一个 database_url。")
    keys = existing_keys(config)
    source, target = Store(config.database_url, keys, utc_now), Store(target_url, keys, utc_now)
    try:
        await _prepare(source, target)
        with Progress(console=err, transient=True) as bar:
            task = bar.add_task("搬运", total=await copying.count(source))
            return await copying.copy(source, target, lambda rows: bar.advance(task, rows))
    finally:
        await source.close()
        await target.close()


async def _prepare(source: Store, target: Store) -> None:
    """Nobody writes on either side, and both have this version's tables."""
    from bot.store.alone import alone
    from bot.store.migrate import migrate

    for store in (source, target):
        await alone(store)
        await migrate(store)


def _plain(one: Copied) -> dict[str, object]:
    sides = {"source": one.source, "target": one.target}
    return {"table": one.table, "same": one.same} | {
        name: {"rows": side.rows, "checksum": side.checksum} for name, side in sides.items()
    }


def _show(copied: tuple[Copied, ...]) -> None:
    table = Table("表", "行数", "目标行数", "校验和", "目标校验和", "")
    for one in copied:
        table.add_row(
            one.table, str(one.source.rows), str(one.target.rows), one.source.checksum[:_SHOWN],
            one.target.checksum[:_SHOWN], "一致" if one.same else "不一致",
        )  # fmt: skip
    out.print(table)
