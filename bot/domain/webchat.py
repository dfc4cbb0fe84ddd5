"""What the web chat remembers: sessions, one event log per person, files."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class EventKind(StrEnum):
    """What an event in a person's log is."""

    IN = "in"
    """She said or tapped something; the body is a Post."""
    OUT = "out"
    """The desk said something; the body is an OutboundMessage."""
    EDIT = "edit"
    """An earlier OUT event has a new body; the body here only names it: {"target": seq}."""


class LoginRefusal(StrEnum):
    """Why a login link does not open."""

    UNKNOWN = "unknown"
    USED = "used"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Session:
    """One browser that is signed in as `user`; `id_hash` is the SHA-256 (hex) of the cookie."""

    id_hash: str
    user: str
    csrf: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Event:
    """One entry of a person's log. `edited` is the seq of the last EDIT that changed it, else 0."""

    seq: int
    key: str
    kind: EventKind
    body: str
    at: datetime
    edited: int = 0


@dataclass(frozen=True, slots=True)
class History:
    """Events for a page (oldest first, no EDIT among them) and the log's greatest seq of any kind.

    Both are of one moment, so that following the log from `head` misses nothing.
    """

    events: tuple[Event, ...]
    head: int


@dataclass(frozen=True, slots=True)
class StoredFile:
    """An uploaded file; `kind` is photo, voice or document."""

    id: str
    user: str
    name: str
    mime: str
    kind: str
    data: bytes
    at: datetime
