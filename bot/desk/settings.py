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
    """How much one contact, and all of them together, may put in."""

    burst: timedelta
    burst_patience: timedelta
    waiting_messages: int
    waiting_in_all: int
    messages_at_once: int
    messages_per_minute: int
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
