"""Promises, phone windows and quiet hours, as tables."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.config import Config
from bot.domain.hours import OfficeHours
from bot.parts import desk_settings, workdays

SHANGHAI = ZoneInfo("Asia/Shanghai")
HOURS = desk_settings(Config()).hours


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("asked", "hours", "promised"),
    [
        ("2026-11-23 09:10", 24, "2026-11-24 12:00"),
        ("2026-11-23 13:00", 24, "2026-11-24 18:00"),
        ("2026-11-23 20:00", 24, "2026-11-25 12:00"),
        ("2026-11-20 17:00", 24, "2026-11-23 12:00"),
        ("2026-09-30 17:00", 24, "2026-10-08 12:00"),
        ("2026-02-13 10:00", 24, "2026-02-14 12:00"),
    ],
    ids=[
        "same span next day",
        "lunch",
        "evening",
        "over a weekend",
        "National Day",
        "调休 Saturday",
    ],
)
def test_a_promise_ends_with_a_working_span(asked: str, hours: int, promised: str) -> None:
    assert HOURS.promise(_at(asked), timedelta(hours=hours)) == _at(promised)


@pytest.mark.parametrize(
    ("asked", "minutes", "promised"),
    [
        ("2026-11-23 09:00", 60, "2026-11-23 10:00"),
        ("2026-11-23 11:00", 60, "2026-11-23 12:00"),
        ("2026-11-23 11:30", 60, "2026-11-23 14:30"),
        ("2026-11-23 13:00", 60, "2026-11-23 15:00"),
        ("2026-11-23 17:50", 60, "2026-11-24 09:50"),
        ("2026-11-22 03:00", 60, "2026-11-23 10:00"),
        ("2026-11-20 17:30", 600, "2026-11-24 11:30"),
        ("2026-11-23 12:30", 0, "2026-11-23 14:00"),
        ("2026-11-23 10:07", 0, "2026-11-23 10:07"),
    ],
)
def test_working_time_goes_on_after_the_break_the_night_and_the_weekend(
    asked: str, minutes: int, promised: str
) -> None:
    assert HOURS.after_work(_at(asked), timedelta(minutes=minutes)) == _at(promised)


def test_a_wait_of_months_ends_by_the_calendar() -> None:
    assert HOURS.after_work(_at("2026-11-23 09:00"), timedelta(days=300)) == _at("2027-09-20 12:00")


def test_windows_start_half_an_hour_from_now_at_the_soonest() -> None:
    starts = [w.start for w in HOURS.windows(_at("2026-11-23 13:45"), 3)]
    assert starts == [_at("2026-11-24 09:00"), _at("2026-11-24 14:00"), _at("2026-11-25 09:00")]


@pytest.mark.parametrize(
    ("at", "then"),
    [
        ("2026-11-23 21:29", "2026-11-23 21:29"),
        ("2026-11-23 21:30", "2026-11-24 08:00"),
        ("2026-11-24 03:00", "2026-11-24 08:00"),
        ("2026-11-24 08:00", "2026-11-24 08:00"),
    ],
)
def test_quiet_hours_push_to_their_end(at: str, then: str) -> None:
    assert HOURS.after_quiet(_at(at)) == _at(then)


def test_quiet_hours_within_one_day_work_too() -> None:
    noon = OfficeHours(
        SHANGHAI,
        HOURS.spans,
        _at("2026-01-01 12:00").time(),
        _at("2026-01-01 14:00").time(),
        HOURS.is_workday,
    )
    assert noon.after_quiet(_at("2026-11-23 13:00")) == _at("2026-11-23 14:00")
    assert noon.after_quiet(_at("2026-11-23 23:00")) == _at("2026-11-23 23:00")


def test_the_calendar_can_be_corrected_and_unknown_years_are_monday_to_friday() -> None:
    config = Config.model_validate(
        {"hours": {"extra_holidays": [date(2031, 1, 1)], "extra_workdays": [date(2031, 1, 4)]}}
    )
    works = workdays(config)
    assert not works(date(2031, 1, 1))
    assert works(date(2031, 1, 4))
    assert works(date(2031, 1, 6))
    assert not works(date(2031, 1, 5))


def test_windows_and_promises_are_in_utc() -> None:
    window = HOURS.windows(_at("2026-11-23 08:00"), 1)[0]
    assert window.start == datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
