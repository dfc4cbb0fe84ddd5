"""People on channels: contacts, staff, and the actor of one turn."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.domain.faq import TopicId
from bot.domain.ids import ContactId, StationId
from bot.domain.messages import Address


class Role(StrEnum):
    """What a contact may be at the desk; everybody is a citizen."""

    CITIZEN = "citizen"
    EXPERT = "expert"
    ADMIN = "admin"
    SUPERVISOR = "supervisor"


@dataclass(frozen=True, slots=True)
class Contact:
    """A person on one channel. `reachable` is false once she blocked the bot."""

    id: ContactId
    address: Address
    name: str
    language: str
    consented_at: datetime | None
    reachable: bool = True


@dataclass(frozen=True, slots=True)
class Staff:
    """A contact who works at a station. Empty `topics` or `regions` mean: all of them."""

    contact: ContactId
    name: str
    station: StationId
    roles: frozenset[Role]
    topics: tuple[TopicId, ...] = ()
    regions: tuple[str, ...] = ()
    on_duty: bool = False

    def fits(self, topic: TopicId, region: str) -> bool:
        """Whether a request of this topic and region should reach her."""
        topic_fits = not self.topics or not topic or topic in self.topics
        return topic_fits and (not self.regions or not region or region in self.regions)


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts in this turn, as the store says now."""

    contact: ContactId
    roles: frozenset[Role] = frozenset({Role.CITIZEN})
    station: StationId = StationId("")

    @classmethod
    def of(cls, contact: ContactId, staff: Staff | None) -> Actor:
        """The actor that a contact and her staff row make."""
        if staff is None:
            return cls(contact)
        return cls(contact, staff.roles | {Role.CITIZEN}, staff.station)
