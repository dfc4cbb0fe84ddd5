"""`db rotate-key` and `db new-key`: a new key for everything that is sealed, and the old one can go."""

from __future__ import annotations

import typer
from rich.progress import Progress

from bot.cli.common import DEFAULT, ConfigOption, err, load, out, run_async
from bot.cli.operate import db
from bot.config import Config
from bot.domain.errors import BotError

_IN_ENVIRONMENT = (
    "密钥在环境变量 DESK_KEY 里，程序改不了它。请把 python -m bot db new-key 给的一行放在最前面，"
    "用分号和原来的隔开，再运行一次。"
)


@db.command("new-key")
def new_key() -> None:
    """写出一把新密钥（一行），给放在环境变量 DESK_KEY 里的用；用密钥文件的不需要。"""
    from bot.store.sealing import new_key_line

    typer.echo(new_key_line(), nl=False)


@db.command("rotate-key")
def rotate_key(config: ConfigOption = DEFAULT) -> None:
    """换一把密钥：全部资料用新密钥重新加密，索引和操作记录跟着换。先停机；中断了，再运行一次就接着做。"""
    settings = load(config)
    rows = run_async(_rotate(settings))
    out.print(f"全部资料已用新密钥加密（这次 {rows} 行），已检查。", highlight=False)
    if settings.key.get_secret_value():
        out.print("现在可以把 DESK_KEY 里旧的那几段删掉，只留第一段；旧备份还要用旧的。", soft_wrap=True)
        return
    out.print(f"{settings.key_file} 里只剩新密钥：请马上另外保存一份。", soft_wrap=True, highlight=False)
    out.print(
        f"旧密钥在 {settings.key_file}.old，只有换之前的备份还要用它；那些备份销毁了，它也可以删。",
        soft_wrap=True, highlight=False,
    )  # fmt: skip


async def _rotate(config: Config) -> int:
    from bot.parts import existing_keys, sqlite_file, utc_now
    from bot.store import keyfile, rotate
    from bot.store.alone import alone
    from bot.store.engine import Store
    from bot.store.migrate import migrate

    path = sqlite_file(config)
    if path is not None and not path.is_file():
        raise BotError(f"没有数据库 {path}，没有什么可换。")
    store = Store(config.database_url, existing_keys(config), utc_now)
    try:
        await alone(store)
        await migrate(store)
        await rotate.check(store)
        if store.keys.newest() is None:
            if config.key.get_secret_value():
                raise BotError(_IN_ENVIRONMENT)
            keyfile.add_key(config.key_file)
            store.keys = existing_keys(config)
        rows = await rotate.waiting(store)
        with Progress(console=err, transient=True) as bar:
            task = bar.add_task("重新加密", total=rows)
            await rotate.rotate(store, lambda done: bar.advance(task, done))
    finally:
        await store.close()
    if not config.key.get_secret_value():
        keyfile.retire(config.key_file)
    return rows
