"""Promises that the desk makes to itself: each is a row that is due at a time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from bot.domain.ids import CallbackId, ContactId, ReminderId

LATE_AFTER = timedelta(minutes=10)
"""A reminder that fires later than this says so."""


class ReminderKind(StrEnum):
    """Why somebody is reminded; a case has at most one waiting reminder of a kind and person."""

    PROMISE_NEAR = "promise_near"
    PROMISE_OVER = "promise_over"
    LEASE_NUDGE = "lease_nudge"
    LEASE_OVER = "lease_over"
    WINDOW_NEAR = "window_near"
    NO_REACTION = "no_reaction"
    AUTO_CLOSE = "auto_close"
    CITIZEN_WAITS = "citizen_waits"
    """She wrote again after an answer; said until her expert acts."""
    ASK_SOLVED = "ask_solved"
    FORM_WAITING = "form_waiting"
    OWN = "own"


@dataclass(frozen=True, slots=True)
class Reminder:
    """A row that is due at `due_at`. `fence` is the case's when it was made: some kinds lapse with it."""

    id: ReminderId
    kind: ReminderKind
    callback: CallbackId | None
    contact: ContactId | None
    due_at: datetime
    fence: int
    text: str = ""

    def late(self, now: datetime) -> bool:
        """Whether the person must be told that this comes late."""
        return now - self.due_at > LATE_AFTER


@dataclass(frozen=True, slots=True)
class Delays:
    """How long the desk waits, all from config."""

    promise: timedelta
    promise_urgent: timedelta
    promise_warning: timedelta
    lease: timedelta
    lease_nudge: timedelta
    window_warning: timedelta
    no_reaction: timedelta
    auto_close: timedelta
    ask_solved: timedelta
    form_waiting: timedelta
