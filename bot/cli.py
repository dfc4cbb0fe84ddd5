"""Commands for operators and admins. Exit codes: 0 done, 1 something to mend, 2 used wrongly."""

from __future__ import annotations

import asyncio
import json
import logging
import signal
import sys
import time
from collections.abc import Coroutine
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, TypeVar

import structlog
import typer
from rich.console import Console
from rich.panel import Panel
from rich.table import Table

from bot.config import Config, load_config
from bot.domain.errors import BotError

main = typer.Typer(
    no_args_is_help=True, add_completion=False, rich_markup_mode="rich", pretty_exceptions_enable=False,
    help="法律问答台：常见问题自动答，拿不准的转专家，答应的事不会忘。",
)  # fmt: skip
faq = typer.Typer(no_args_is_help=True, help="常见问题：检查、试问。")
expert = typer.Typer(no_args_is_help=True, help="专家：邀请。")
db = typer.Typer(no_args_is_help=True, help="数据库。")
main.add_typer(faq, name="faq")
main.add_typer(expert, name="expert")
main.add_typer(db, name="db")

out = Console()
err = Console(stderr=True)
_T = TypeVar("_T")
ConfigOption = Annotated[Path, typer.Option("--config", "-c", help="配置文件")]
JsonOption = Annotated[bool, typer.Option("--json", help="输出 JSON，给脚本用")]
DEFAULT = Path("config.toml")


def _load(path: Path) -> Config:
    try:
        return load_config(path)
    except BotError as error:
        raise _stop(error) from None


def _stop(error: BotError) -> typer.Exit:
    err.print(str(error), style="red", markup=False, highlight=False, soft_wrap=True)
    return typer.Exit(1)


def _run(work: Coroutine[Any, Any, _T]) -> _T:
    try:
        return asyncio.run(work)
    except BotError as error:
        raise _stop(error) from None


def _logs(config: Config) -> None:
    level = getattr(logging, config.log.level.upper())
    renderer: Any = structlog.processors.JSONRenderer(ensure_ascii=False)
    if config.log.format == "text":
        renderer = structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(utc=False, fmt="iso"),
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    logging.basicConfig(
        level=max(level, logging.WARNING), stream=sys.stderr, format="%(levelname)s %(name)s %(message)s"
    )


# run


@main.command()
def run(config: ConfigOption = DEFAULT) -> None:
    """启动：网页聊天；有 token 就同时接 Telegram。Ctrl-C 停止。"""
    started = time.perf_counter()
    settings = _load(config)
    _logs(settings)
    _run(_serve(settings, started))


async def _serve(config: Config, started: float) -> None:
    from bot.app import App

    app = App(config)
    stop = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    try:
        await app.start()
        await _greet(app, time.perf_counter() - started)
        await app.run(stop)
    finally:
        await app.stop()


async def _greet(app: Any, seconds: float) -> None:
    lines = [
        f"{app.config.name} 已启动（{seconds:.1f} 秒），{len(app.desk.knowledge.shelf.served)} 条常见问题生效。"
    ]
    if app.web is not None:
        lines += [
            f"市民提问：{app.settings.public_url}/",
            f"专家登录：{await app.expert_link()}（只能用一次）",
        ]
    if app.telegram is not None:
        lines.append("Telegram 已连接。邀请专家：python -m bot expert invite 姓名")
    lines.append("Ctrl-C 停止。")
    out.print(Panel("\n".join(lines), expand=False), soft_wrap=True, highlight=False)


# faq


@faq.command("check")
def faq_check(config: ConfigOption = DEFAULT, as_json: JsonOption = False) -> None:
    """检查全部条目：哪个文件、哪一行、哪一项、怎么改。"""
    from bot.parts import load_faq, utc_now

    settings = _load(config)
    loaded = load_faq(settings, utc_now().date())
    problems = loaded.problems
    if as_json:
        rows = [
            {
                "severity": p.severity,
                "file": p.file,
                "line": p.line,
                "field": p.field,
                "what": p.what,
                "fix": p.fix,
            }
            for p in problems
        ]
        out.print_json(json.dumps(rows, ensure_ascii=False))
    else:
        for problem in problems:
            style = "red" if problem.severity == "error" else "yellow"
            out.print(str(problem), style=style, markup=False, highlight=False, soft_wrap=True)
        count = len(loaded.library.entries) if loaded.library else 0
        out.print(f"{count} 条可用，{len(problems)} 处提示。" if loaded.library else "有错误，不能上线。")
    if loaded.library is None:
        raise typer.Exit(1)


@faq.command("try")
def faq_try(question: str, config: ConfigOption = DEFAULT, as_json: JsonOption = False) -> None:
    """试问一句：哪些条目、多大把握、为什么（对上和没对上的词）。"""
    from bot.parts import desk_settings, first_shelf, utc_now

    settings = _load(config)
    try:
        shelf = first_shelf(settings, utc_now().date())
    except BotError as error:
        raise _stop(error) from None
    matches = shelf.match(question)
    decision = desk_settings(settings).thresholds.decide(matches)
    if as_json:
        items = [
            {
                "entry": m.entry,
                "probability": round(m.probability, 4),
                "matched": m.matched,
                "unmatched": m.unmatched,
            }
            for m in matches.items
        ]
        topics = [{"topic": g.topic, "probability": round(g.probability, 4)} for g in matches.topics[:3]]
        out.print_json(
            json.dumps({"decision": decision, "items": items, "topics": topics}, ensure_ascii=False)
        )
        return
    table = Table("条目", "问题", "把握", "对上的词", "没对上的词")
    for m in matches.items:
        question_of = shelf.questions.get(m.entry, "")
        table.add_row(
            m.entry, question_of, f"{m.probability:.0%}", "、".join(m.matched), "、".join(m.unmatched)
        )
    out.print(table)
    topics_said = "，".join(f"{shelf.topic_name(g.topic)} {g.probability:.0%}" for g in matches.topics[:3])
    said = {"answer": "直接回答", "suggest": "问“您是不是想问”", "queue": "转专家"}[decision]
    extra = "".join(
        f"；{x}" for x in (matches.danger and "危险：先给紧急电话", matches.small_talk and "寒暄") if x
    )
    out.print(f"决定：{said}{extra}。专题：{topics_said or '—'}")


# experts


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
    settings = _load(config)
    token = _run(_invite(settings, name, Role(role)))
    if as_json:
        out.print_json(json.dumps({"token": token, "hours": settings.invite_hours}))
        return
    text = f"请对方私聊机器人，或在网页聊天里发送：\n\n/join {token}\n\n{settings.invite_hours:g} 小时内有效，只能用一次。"
    out.print(Panel(text, expand=False), soft_wrap=True, highlight=False)


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
            return await tx.contacts.make_link(link, timedelta(hours=config.invite_hours))
    finally:
        await store.close()


# database and queue


@db.command("migrate")
def db_migrate(config: ConfigOption = DEFAULT) -> None:
    """把数据库升级到这一版（启动时也会自动做）。"""
    before, after = _run(_migrate(_load(config)))
    out.print(f"数据库：{before or '空'} → {after}")


async def _migrate(config: Config) -> tuple[str, str]:
    from bot.parts import open_store
    from bot.store.migrate import migrate

    store = open_store(config)
    try:
        return await migrate(store)
    finally:
        await store.close()


@main.command()
def queue(config: ConfigOption = DEFAULT, as_json: JsonOption = False) -> None:
    """没有办结的请求（不显示电话和案情）。"""
    settings = _load(config)
    rows = _run(_queue(settings))
    if as_json:
        out.print_json(json.dumps(rows, ensure_ascii=False))
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


async def _queue(config: Config) -> list[dict[str, Any]]:
    from zoneinfo import ZoneInfo

    from bot.parts import open_store
    from bot.store.migrate import migrate

    store = open_store(config)
    zone = ZoneInfo(config.hours.timezone)
    try:
        await migrate(store)
        async with store.read() as tx:
            names = {s.contact: s.name for s in await tx.contacts.all_staff()}
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
                for c in await tx.cases.live(1000)
            ]
    finally:
        await store.close()
