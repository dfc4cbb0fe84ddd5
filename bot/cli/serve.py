"""`run`: one instance of the desk until it is told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import signal
import sys
import time
from collections.abc import Coroutine
from typing import Any

import structlog

from bot.cli.common import DEFAULT, ConfigOption, load, out, run_async
from bot.config import Config


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


def run(config: ConfigOption = DEFAULT) -> None:
    """启动：网页聊天；有 token 就同时接 Telegram。Ctrl-C 停止。"""
    started = time.perf_counter()
    gc.disable()  # nothing of what the start makes is garbage: a third of its time otherwise
    settings = load(config)
    _logs(settings)
    run_async(_serve(settings, started))


def prepare(config: ConfigOption = DEFAULT) -> None:
    """为启动做好准备：密钥、数据库、常见问题的索引。make run 会自动做。"""
    run_async(_prepare(load(config)))


async def _prepare(config: Config) -> None:
    from bot.parts import first_shelf, local_date, open_store, utc_now
    from bot.store.migrate import migrate

    store = open_store(config)
    try:
        await migrate(store)
        shelf = await asyncio.to_thread(first_shelf, config, local_date(config, utc_now), store.keys)
    finally:
        await store.close()
    out.print(f"已准备好，{len(shelf.served)} 条常见问题。")


async def _serve(config: Config, started: float) -> None:
    stop = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    from bot.app import App

    app = App(config)
    try:
        if await _unless(stop, app.start()):
            gc.freeze()
            gc.enable()
            await _greet(app, time.perf_counter() - started)
            await app.run(stop)
    finally:
        await app.stop()


async def _unless(stop: asyncio.Event, work: Coroutine[Any, Any, None]) -> bool:
    """Do it, but drop it when somebody asks to stop: a start may wait long for a messenger out of reach."""
    task, stopped = asyncio.create_task(work), asyncio.create_task(stop.wait())
    done, _ = await asyncio.wait({task, stopped}, return_when=asyncio.FIRST_COMPLETED)
    stopped.cancel()
    if task in done:
        task.result()
        return True
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    return False


async def _greet(app: Any, seconds: float) -> None:
    lines = [
        f"{app.config.name} 已启动（{seconds:.1f} 秒），"
        f"{len(app.desk.knowledge.shelf.served)} 条常见问题生效。"
    ]
    if app.web is not None:
        lines += [
            f"市民提问：{app.url}/",
            f"专家登录：{await app.expert_link()}（只能用一次）",
        ]
    if app.telegram is not None:
        reached = "Telegram 已连接。" if app.telegram.connected else "Telegram 现在连不上，会一直重试。"
        lines.append(f"{reached}邀请专家：python -m bot expert invite 姓名")
    lines.append("Ctrl-C 停止。")
    # no frame: a narrow terminal would cut the links
    out.print("\n".join(lines), soft_wrap=True, highlight=False, markup=False)
