"""`expert list` and `expert revoke`: who works here, and who does no more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from bot.cli.common import DEFAULT, ConfigOption, JsonOption, err, load, out, print_json, run_async
from bot.cli.operate import expert
from bot.config import Config
from bot.domain.errors import BotError

if TYPE_CHECKING:
    from bot.app import App
    from bot.domain.people import Staff

_ROLES = ("expert", "admin", "supervisor")
_TRIES = 5


@expert.command("list")
def expert_list(config: ConfigOption = DEFAULT, as_json: JsonOption = False) -> None:
    """一览：同事、身份、是否值班、手上几件。"""
    rows = run_async(_list(load(config)))
    if as_json:
        print_json(rows)
        return
    table = Table("编号", "姓名", "身份", "渠道", "值班", "手上")
    for row in rows:
        duty = "是" if row["on_duty"] else ""
        table.add_row(
            str(row["id"]), row["name"], "、".join(row["roles"]), row["channel"], duty, str(row["held"])
        )
    out.print(table if rows else "还没有同事。邀请：python -m bot expert invite 姓名", highlight=False)


async def _list(config: Config) -> list[dict[str, Any]]:
    from bot.parts import open_store
    from bot.store.migrate import migrate

    store = open_store(config)
    try:
        await migrate(store)
        async with store.read() as tx:
            return [
                {
                    "id": staff.contact,
                    "name": staff.name,
                    "roles": sorted(staff.roles),
                    "channel": (await tx.contacts.get(staff.contact)).address.channel,
                    "on_duty": staff.on_duty,
                    "held": len(await tx.cases.owned_by(staff.contact)),
                }
                for staff in await tx.contacts.all_staff()
            ]
    finally:
        await store.close()


@expert.command("revoke")
def expert_revoke(
    who: Annotated[str, typer.Argument(help="姓名，或 expert list 里的编号")],
    role: Annotated[str, typer.Option(help="只撤销一种：expert、admin 或 supervisor")] = "",
    config: ConfigOption = DEFAULT,
    as_json: JsonOption = False,
) -> None:
    """撤销身份：手上的个案退回队列，旧按钮、没用掉的邀请作废。问答台开着也可以用。"""
    if role and role not in _ROLES:
        err.print(f"--role 只能是 {'、'.join(_ROLES)}，而不是 {role}", markup=False)
        raise typer.Exit(2)
    name, back = run_async(_revoke(load(config), who, role))
    if as_json:
        print_json({"name": name, "back": back})
    else:
        out.print(f"已撤销 {name} 的身份，{back} 件个案退回了队列。", highlight=False, markup=False)


async def _revoke(config: Config, who: str, role: str) -> tuple[str, int]:
    from bot.app import App
    from bot.store.migrate import migrate

    app = App(config)
    try:
        await migrate(app.store)
        for _ in range(_TRIES):
            staff = await _find(app, who)
            back = await _dismiss(app, staff, role)
            if back is not None:
                return staff.name, back
        raise BotError(f"{staff.name} 正在办事，请过一会儿再试。")
    finally:
        await app.stop()


async def _find(app: App, who: str) -> Staff:
    async with app.store.read() as tx:
        people = await tx.contacts.all_staff()
    found = [s for s in people if s.name == who] or [s for s in people if str(s.contact) == who]
    if not found:
        raise BotError(f"没有同事叫 {who}。python -m bot expert list 列出所有人。")
    if len(found) > 1:
        ids = "、".join(str(s.contact) for s in found)
        raise BotError(f"有 {len(found)} 位同事叫 {who}，请用编号：{ids}")
    return found[0]


async def _dismiss(app: App, staff: Staff, role: str) -> int | None:
    from bot.desk.dismiss import EVERYTHING, dismiss
    from bot.domain.people import Role

    roles = frozenset({Role(role)}) if role else EVERYTHING
    async with app.store.begin() as tx:
        return await dismiss(app.desk, tx, staff.contact, None, roles)
