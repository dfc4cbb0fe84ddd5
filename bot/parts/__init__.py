"""What the app and the operators' commands make from the config: settings, store, library."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from zoneinfo import ZoneInfo

import chinese_calendar

from bot.config import Config
from bot.desk.knowledge import Shelf
from bot.desk.ports import Clock
from bot.desk.settings import DeskSettings, Limits, Station
from bot.domain.errors import BotError
from bot.domain.hours import IsWorkday, OfficeHours
from bot.domain.ids import StationId
from bot.domain.reminders import Delays
from bot.matching.library import Loaded, Read, load_library
from bot.matching.problems import error
from bot.matching.weights import thresholds
from bot.shelfcache import Kept, ShelfCache
from bot.store.engine import Store
from bot.store.sealing import KeyRing


def utc_now() -> datetime:
    """The real clock."""
    return datetime.now(UTC)


def local_date(config: Config, clock: Clock) -> date:
    """The date where the desk is."""
    return clock().astimezone(ZoneInfo(config.hours.timezone)).date()


def workdays(config: Config) -> IsWorkday:
    """The State Council's calendar; for years that it does not know, Monday to Friday; then corrections."""
    holidays, working = set(config.hours.extra_holidays), set(config.hours.extra_workdays)

    @lru_cache(maxsize=100)
    def is_workday(day: date) -> bool:
        if day in working or day in holidays:
            return day in working
        try:
            return bool(chinese_calendar.is_workday(day))
        except NotImplementedError:
            return day.weekday() < 5

    return is_workday


def _span(text: str) -> tuple[time, time]:
    start, end = (time.fromisoformat(part.strip()) for part in text.split("-"))
    return start, end


def desk_settings(config: Config) -> DeskSettings:
    """The desk's part of the config as its own values."""
    hours, promise, limits = config.hours, config.promise, config.limits
    quiet_from, quiet_to = _span(hours.quiet)
    spans = tuple(_span(span) for span in hours.spans)
    station = config.station
    return DeskSettings(
        name=config.name,
        station=Station(StationId(station.id), station.name, station.region, station.phone),
        regions=config.regions,
        hours=OfficeHours(ZoneInfo(hours.timezone), spans, quiet_from, quiet_to, workdays(config)),
        delays=Delays(
            promise=timedelta(hours=promise.answer_hours),
            promise_urgent=timedelta(hours=promise.urgent_hours),
            promise_warning=timedelta(hours=promise.warning_hours),
            lease=timedelta(minutes=promise.lease_minutes),
            lease_nudge=timedelta(minutes=promise.lease_nudge_minutes),
            window_warning=timedelta(minutes=promise.window_warning_minutes),
            no_reaction=timedelta(days=promise.no_reaction_days),
            auto_close=timedelta(days=promise.auto_close_days),
            ask_solved=timedelta(hours=promise.ask_solved_hours),
            form_waiting=timedelta(minutes=promise.form_waiting_minutes),
        ),
        limits=Limits(
            timedelta(seconds=limits.burst_seconds),
            timedelta(seconds=limits.burst_patience_seconds),
            limits.waiting_messages,
            limits.waiting_in_all,
            limits.messages_at_once,
            limits.messages_per_minute,
            limits.live_cases,
        ),
        thresholds=thresholds(config.faq.answer_precision, config.faq.suggest_precision),
        invite_lifetime=timedelta(hours=config.invite_hours),
        public_url=web_url(config),
    )


def web_url(config: Config) -> str:
    """Where the web chat is reached."""
    return config.web.public_url.rstrip("/") or f"http://{config.web.host}:{config.web.port}"


def open_store(config: Config, clock: Clock = utc_now) -> Store:
    """The database and its keys, not migrated yet. BotError when one of them is lost or out of reach.

    With the real clock, PostgreSQL's own time is the desk's.
    """
    _check_key(config)
    return Store(config.database_url, _keys(config), clock, server_time=clock is utc_now)


def _check_key(config: Config) -> None:
    """A new key for an old database would make all that is in it unreadable, at a time nobody notices."""
    if config.key.get_secret_value():
        return
    key, database = config.key_file, Path(config.database_url.partition("sqlite:///")[2] or "/dev/null")
    if not key.exists() and database.is_file() and database.stat().st_size:
        raise BotError(
            f"有数据库 {database}，却没有密钥文件 {key}。请从备份恢复密钥；没有它，已存的个案读不出来。"
            "要重新开始，先把数据库移走。"
        )
    try:
        key.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise BotError(f"key_file：文件夹 {key.parent} 建不了（{error.strerror}）。") from error


def sqlite_file(config: Config) -> Path | None:
    """Where the database is, when it is a file."""
    scheme, _, path = config.database_url.partition(":///")
    return Path(path) if scheme == "sqlite" else None


def existing_keys(config: Config) -> KeyRing:
    """The keys, which must be there: BotError rather than new ones."""
    if not config.key.get_secret_value() and not config.key_file.exists():
        raise BotError(f"没有密钥文件 {config.key_file}；请从备份放回来，或改 key_file 一项。")
    return _keys(config)


def _keys(config: Config) -> KeyRing:
    return KeyRing.load(config.key_file, config.key.get_secret_value())


def load_faq(config: Config, today: date, before: Mapping[str, Read] = MappingProxyType({})) -> Loaded:
    """The FAQ folder, checked. Whatever happens while it is read, it is a problem and no exception.

    Of the files that were `read` `before`, only those that changed are parsed.
    """
    faq = config.faq
    try:
        return load_library(
            faq.folder, today, grace_days=faq.grace_days, signed_only=faq.signed_only, before=before
        )
    except Exception as fault:  # noqa: BLE001 - the desk goes on with the library that it has
        what = f"读取时出错（{type(fault).__name__}）"
        return Loaded(None, (error(str(faq.folder), 0, "", what, "撤回最近的改动，并告诉维护者"),))


def first_shelf(config: Config, today: date, keys: KeyRing | None = None) -> Shelf:
    """The library to start with; BotError with every mistake when it is broken.

    With the desk's keys what was read and built is kept beside them for the next start.
    """
    cache = ShelfCache(config.key_file.parent / "shelf.cache", keys) if keys is not None else None
    kept = cache.load() if cache is not None else Kept()
    loaded = load_faq(config, today, kept.read)
    if loaded.library is None:
        errors = [str(p) for p in loaded.problems if p.severity == "error"]
        raise BotError("常见问题有错误，不能启动：\n" + "\n".join(errors[:20]))
    return cache.shelf(loaded.library, kept) if cache is not None else Shelf.of(loaded.library)
