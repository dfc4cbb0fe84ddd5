"""What the desk was told by its config, as plain frozen values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from bot.domain.hours import OfficeHours
from bot.domain.ids import StationId
from bot.domain.match import Thresholds
from bot.domain.reminders import Delays


@dataclass(frozen=True, slots=True)
class Station:
    """A legal service station."""

    id: StationId
    name: str
    region: str = ""
    phone: str = ""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one contact may put in at once."""

    burst: timedelta
    burst_patience: timedelta
    waiting_messages: int
    live_cases: int


@dataclass(frozen=True, slots=True)
class DeskSettings:
    """Everything that the desk's rules depend on."""

    name: str
    station: Station
    regions: tuple[str, ...]
    hours: OfficeHours
    delays: Delays
    limits: Limits
    thresholds: Thresholds
    invite_lifetime: timedelta
    public_url: str = ""
