"""`db backup` and `db check`: a copy of the running desk, and whether a copy can be relied on."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import Progress
from rich.table import Table

from bot.cli.common import DEFAULT, ConfigOption, JsonOption, err, load, out, print_json, run_async
from bot.cli.operate import db
from bot.config import Config
from bot.domain.errors import StoreError

if TYPE_CHECKING:
    from bot.store.backup import Checked, Rows


@db.command("backup")
def backup(
    file: Annotated[Path, typer.Argument(help="写到哪里，例如 备份/desk-2026-11-21.sqlite3")],
    config: ConfigOption = DEFAULT,
    as_json: JsonOption = False,
) -> None:
    """不停机备份 SQLite 数据库：写完、落盘、查过才用这个名字，不覆盖旧文件。"""
    settings = load(config)
    rows = run_async(_back_up(settings, file))
    if as_json:
        print_json({"file": str(file), "rows": rows})
        return
    size = file.stat().st_size / 1e6
    out.print(
        f"已备份到 {file}（{size:.1f} MB，{rows.get('callbacks', 0)} 件请求），已检查。", soft_wrap=True
    )
    out.print(
        f"还要另外保存密钥文件 {settings.key_file}：没有它，备份读不出来。不要和备份放在一起。",
        soft_wrap=True,
    )


async def _back_up(config: Config, file: Path) -> Rows:
    from bot.parts import open_store, sqlite_file
    from bot.store.backup import back_up

    path = sqlite_file(config)
    if path is not None and not path.is_file():
        raise StoreError(f"没有数据库 {path}，没有什么可备份。")
    store = open_store(config)
    try:
        with Progress(console=err, transient=True) as bar:
            task = bar.add_task("备份", total=None)
            return await back_up(
                store, file, lambda left, total: bar.update(task, completed=total - left, total=total)
            )
    finally:
        await store.close()


@db.command("check")
def check(
    file: Annotated[Path, typer.Argument(help="备份文件，或停着的数据库文件")],
    config: ConfigOption = DEFAULT,
    as_json: JsonOption = False,
) -> None:
    """检查备份能不能用来恢复：文件、版本、密钥、各表之间、操作记录。不行时退出码是 1。"""
    settings = load(config)
    checked = run_async(_check(settings, file))
    if as_json:
        print_json({"version": checked.version, "rows": checked.rows, "problems": checked.problems})
    else:
        _say(checked)
    if checked.problems:
        raise typer.Exit(1)


async def _check(config: Config, file: Path) -> Checked:
    from bot.parts import existing_keys, utc_now
    from bot.store.backup import check as look

    return await look(file, existing_keys(config), utc_now)


def _say(checked: Checked) -> None:
    for problem in checked.problems:
        err.print(problem, style="red", markup=False, highlight=False, soft_wrap=True)
    if checked.problems:
        return
    table = Table("表", "行数")
    for name, rows in checked.rows.items():
        table.add_row(name, str(rows))
    out.print(table)
    if checked.newest:
        out.print(f"可以恢复（版本 {checked.version}）。", highlight=False)
    else:
        said = f"文件完好，是旧版本（{checked.version}）写的：密钥和内容要用新版启动、自动升级之后再查。"
        out.print(said, highlight=False, soft_wrap=True)
