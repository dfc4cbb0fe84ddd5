"""Office hours, promises and phone windows on the working-day calendar.

Local time lives here and in texts only; everything that is stored is UTC.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from bot.domain.callback import Window

IsWorkday = Callable[[date], bool]
"""Whether the station works on a day, by the State Council's calendar (调休 included)."""

_HORIZON_DAYS = 40
"""No holiday is longer than this many days; a calendar that says otherwise is broken."""


@dataclass(frozen=True, slots=True)
class OfficeHours:
    """When the station works, in its own time zone, and when citizens are not to be disturbed."""

    zone: ZoneInfo
    spans: tuple[tuple[time, time], ...]
    quiet_from: time
    quiet_to: time
    is_workday: IsWorkday

    def slots(self, now: datetime) -> Iterator[Window]:
        """The working spans that have not ended, from now on, soonest first."""
        today = now.astimezone(self.zone).date()
        for ahead in range(_HORIZON_DAYS):
            day = today + timedelta(days=ahead)
            if self.is_workday(day):
                yield from (w for w in _of_day(day, self.spans, self.zone) if w.end > now)

    def promise(self, now: datetime, hours: timedelta) -> datetime:
        """The time by which a citizen hears from us: `hours` of calendar time, then the end of the
        working span that is running or comes next."""
        return next(w.end for w in self.slots(now + hours))

    def after_work(self, now: datetime, wait: timedelta) -> datetime:
        """The end of `wait` of working time from now: an hour from 11:30 ends at 14:30 when the noon break
        is two hours. With nothing to wait for, now or the start of the next span."""
        left = wait
        for slot in self.slots(now):
            start = max(slot.start, now)
            if slot.end - start >= left:
                return start + left
            left -= slot.end - start
        return self.promise(now, wait)  # longer than the horizon: by the calendar

    def windows(self, now: datetime, count: int) -> tuple[Window, ...]:
        """The next phone windows that start at least half an hour from now."""
        fitting = (w for w in self.slots(now) if w.start >= now + timedelta(minutes=30))
        return tuple(w for w, _ in zip(fitting, range(count), strict=False))

    def after_quiet(self, at: datetime) -> datetime:
        """The same time, or the end of the quiet hours that it falls into."""
        local = at.astimezone(self.zone)
        clock = local.timetz().replace(tzinfo=None)
        overnight = self.quiet_from > self.quiet_to
        late = clock >= self.quiet_from
        quiet = (late or clock < self.quiet_to) if overnight else (late and clock < self.quiet_to)
        if not quiet:
            return at
        day = local.date() + timedelta(days=1 if overnight and late else 0)
        return datetime.combine(day, self.quiet_to, self.zone).astimezone(ZoneInfo("UTC"))


@lru_cache(maxsize=2 * _HORIZON_DAYS)
def _of_day(day: date, spans: tuple[tuple[time, time], ...], zone: ZoneInfo) -> tuple[Window, ...]:
    """Kept for the next turn: every one looks at the same days."""
    return tuple(
        Window(
            datetime.combine(day, start, zone).astimezone(ZoneInfo("UTC")),
            datetime.combine(day, end, zone).astimezone(ZoneInfo("UTC")),
        )
        for start, end in spans
    )
