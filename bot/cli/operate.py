"""`expert …`, `db …`, `queue`: the operators' commands."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any

import typer
from rich.table import Table

from bot.cli.common import DEFAULT, ConfigOption, JsonOption, err, load, out, print_json, run_async
from bot.config import Config

expert = typer.Typer(no_args_is_help=True, help="专家：邀请、一览、撤销。")
db = typer.Typer(no_args_is_help=True, help="数据库。")


@expert.command("invite")
def expert_invite(
    name: Annotated[str, typer.Argument(help="姓名，市民看不到")] = "",
    role: Annotated[str, typer.Option(help="expert、admin 或 supervisor")] = "expert",
    config: ConfigOption = DEFAULT,
    as_json: JsonOption = False,
) -> None:
    """邀请一位专家（或管理员、负责人）：单次有效，会过期。"""
    from bot.domain.people import Role

    if role not in (Role.EXPERT, Role.ADMIN, Role.SUPERVISOR):
        err.print(f"--role 只能是 expert、admin、supervisor，而不是 {role}", markup=False)
        raise typer.Exit(2)
    settings = load(config)
    token = run_async(_invite(settings, name, Role(role)))
    if as_json:
        print_json({"token": token, "hours": settings.invite_hours})
        return
    until = f"{settings.invite_hours:g} 小时内有效，只能用一次。"
    text = f"请对方私聊机器人，或在网页聊天里发送：\n\n/join {token}\n\n{until}"
    out.print(text, soft_wrap=True, highlight=False, markup=False)


async def _invite(config: Config, name: str, role: Any) -> str:
    from bot.desk.ports import Link, LinkKind
    from bot.domain.ids import StationId
    from bot.parts import open_store
    from bot.store.migrate import migrate

    store = open_store(config)
    try:
        await migrate(store)
        async with store.begin() as tx:
            link = Link(LinkKind.INVITE, None, frozenset({role}), StationId(config.station.id), name[:32])
            await tx.audit.add("invite", None, None, role)
            return await tx.contacts.make_link(link, timedelta(hours=config.invite_hours))
    finally:
        await store.close()


@db.command("migrate")
def db_migrate(config: ConfigOption = DEFAULT) -> None:
    """把数据库升级到这一版（启动时也会自动做）。"""
    before, after = run_async(_migrate(load(config)))
    out.print(f"数据库：{before or '空'} → {after}")


async def _migrate(config: Config) -> tuple[str, str]:
    from bot.parts import open_store
    from bot.store.migrate import migrate

    store = open_store(config)
    try:
        return await migrate(store)
    finally:
        await store.close()


def queue(
    config: ConfigOption = DEFAULT,
    as_json: JsonOption = False,
    by_phone: Annotated[bool, typer.Option("--phone", help="按电话找（号码另外输入，不进命令记录）")] = False,
) -> None:
    """没有办结的请求；加 --phone 按电话找，已办结的也在内（不显示电话和案情）。"""
    settings = load(config)
    rows = run_async(_queue(settings, _ask_phone() if by_phone else ""))
    if as_json:
        print_json(rows)
        return
    table = Table("编号", "状态", "专题", "地区", "紧急", "提交", "最晚", "接单人")
    for row in rows:
        table.add_row(
            *(
                str(row[k])
                for k in ("number", "state", "topic", "region", "urgent", "opened", "promise", "owner")
            )
        )
    out.print(table if rows else "没有未办结的请求。")


def _ask_phone() -> str:
    """Asked for, so that it stands in no shell history and no process list."""
    from bot.domain.clean import parse_phone

    phone = parse_phone(typer.prompt("电话", hide_input=True, err=True))
    if phone is None:
        err.print("手机号是 11 位，座机要带区号。", style="red")
        raise typer.Exit(2)
    return phone


async def _queue(config: Config, phone: str = "") -> list[dict[str, Any]]:
    from zoneinfo import ZoneInfo

    from bot.parts import open_store
    from bot.store.migrate import migrate

    store = open_store(config)
    zone = ZoneInfo(config.hours.timezone)
    try:
        await migrate(store)
        async with store.begin() if phone else store.read() as tx:
            names = {s.contact: s.name for s in await tx.contacts.all_staff()}
            cases = await tx.cases.by_phone(phone) if phone else await tx.cases.live(1000)
            for found in cases if phone else ():
                await tx.audit.add("phone_search", None, found.id)
            return [
                {
                    "number": c.number,
                    "state": c.state,
                    "topic": c.draft.topic,
                    "region": c.draft.region,
                    "urgent": c.draft.urgent,
                    "opened": f"{c.opened_at.astimezone(zone):%Y-%m-%d %H:%M}",
                    "promise": f"{c.promise_at.astimezone(zone):%Y-%m-%d %H:%M}",
                    "owner": names.get(c.owner, "") if c.owner is not None else "",
                }
                for c in cases
            ]
    finally:
        await store.close()
