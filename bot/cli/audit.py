"""`db audit`: whether the audit trail is as it was written, and if not, where it breaks."""

from __future__ import annotations

import typer

from bot.cli.common import DEFAULT, ConfigOption, JsonOption, err, load, out, print_json, run_async
from bot.cli.operate import db
from bot.config import Config
from bot.domain.errors import StoreError


@db.command("audit")
def audit(config: ConfigOption = DEFAULT, as_json: JsonOption = False) -> None:
    """核对操作记录：谁对哪件个案做了什么、谁看过电话。对不上时退出码是 1。"""
    lines, broken = run_async(_verify(load(config)))
    if as_json:
        print_json({"lines": lines, "broken": broken})
    elif broken is None:
        out.print(f"ok：操作记录 {lines} 行，没有改动。", highlight=False)
    else:
        said = f"操作记录从第 {broken} 行起对不上：有改动、删除或换序。请停用并核对备份。"
        err.print(said, style="red", markup=False, highlight=False, soft_wrap=True)
    if broken is not None:
        raise typer.Exit(1)


async def _verify(config: Config) -> tuple[int, int | None]:
    from bot.parts import existing_keys, sqlite_file, utc_now
    from bot.store.engine import Store

    path = sqlite_file(config)
    if path is not None and not path.is_file():
        raise StoreError(f"没有数据库 {path}，没有什么可核对。")
    store = Store(config.database_url, existing_keys(config), utc_now)
    try:
        async with store.read() as tx:
            return await tx.audit.count(), await tx.audit.verify()
    finally:
        await store.close()
