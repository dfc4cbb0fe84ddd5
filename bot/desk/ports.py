"""What the desk asks of the layers above it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from bot.domain.callback import Callback, CaseState, Draft, Note, Outcome
from bot.domain.dialog import Conversation
from bot.domain.faq import EntryId, TopicId
from bot.domain.ids import (
    CallbackId,
    CaseNumber,
    ContactId,
    InboxId,
    OutboxId,
    ReminderId,
    StationId,
)
from bot.domain.messages import Address, ChannelName, FileRef, InboundMessage, OutboundMessage, SendOutcome
from bot.domain.people import Contact, Role, Staff
from bot.domain.reminders import Reminder, ReminderKind

Clock = Callable[[], datetime]
"""Now, as an aware UTC datetime."""


class Received(StrEnum):
    """What became of an inbound message."""

    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    LIMITED = "limited"


class Receive(Protocol):
    """The desk's one door: durable when it returns, so the channel may acknowledge upstream.

    Raises StoreError when nothing could be written: then the channel must not acknowledge.
    """

    async def __call__(self, message: InboundMessage) -> Received: ...


class Channel(Protocol):
    """A messenger as the outbox sees it. Expected failures are returned, never raised."""

    @property
    def name(self) -> ChannelName: ...

    async def send(self, to: Address, message: OutboundMessage, *, key: str, edit: str) -> SendOutcome:
        """Send, or with `edit` (the ref of an earlier Sent, else empty) replace that message in place.

        `key` names this delivery: a channel that can, delivers the same key once. A message that can no
        longer be edited is sent anew.
        """
        ...

    async def fetch(self, file: FileRef) -> bytes:
        """The bytes of a file of this channel (at most 20 MB); BotError when it is gone."""
        ...


FetchFile = Callable[[FileRef], Awaitable[bytes]]
"""The bytes of a file of any channel; BotError when it cannot be had."""


class LinkKind(StrEnum):
    """What a one-time link does."""

    INVITE = "invite"
    LOGIN = "login"


@dataclass(frozen=True, slots=True)
class Link:
    """A one-time link: an invite by `contact` makes whoever uses it staff; a login opens the web as her."""

    kind: LinkKind
    contact: ContactId | None = None
    roles: frozenset[Role] = frozenset()
    station: StationId = StationId("")
    name: str = ""


@dataclass(frozen=True, slots=True)
class InboxRow:
    """A received message that waits for its turn."""

    id: InboxId
    message: InboundMessage
    attempts: int


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """A message on its way out."""

    id: OutboxId
    contact: ContactId
    message: OutboundMessage
    callback: CallbackId | None
    origin: ContactId | None
    attempts: int


class _Keep:
    """Stands for a column that a Change leaves as it is."""


KEEP = _Keep()


@dataclass(frozen=True, slots=True)
class Change:
    """What changes in a case; everything else stays."""

    state: CaseState | _Keep = KEEP
    owner_id: ContactId | _Keep | None = KEEP
    lease_until: datetime | _Keep | None = KEEP
    claimed_at: datetime | _Keep | None = KEEP
    answered_at: datetime | _Keep | None = KEEP
    closed_at: datetime | _Keep | None = KEEP
    outcome: Outcome | _Keep | None = KEEP
    rating: int | _Keep | None = KEEP
    promise_at: datetime | _Keep = KEEP
    topic: TopicId | _Keep = KEEP

    def values(self) -> dict[str, object]:
        """The columns that change."""
        pairs = ((f.name, getattr(self, f.name)) for f in fields(self))
        return {name: value for name, value in pairs if not isinstance(value, _Keep)}


class ContactStore(Protocol):
    """Contacts, staff, one-time links, conversations; see bot/store/contacts.py."""

    async def ensure(self, address: Address, name: str, language: str) -> Contact: ...
    async def get(self, contact: ContactId) -> Contact: ...
    async def find(self, address: Address) -> Contact | None: ...
    async def set_consent(self, contact: ContactId, given: bool) -> None: ...
    async def set_language(self, contact: ContactId, language: str) -> None: ...
    async def set_reachable(self, contact: ContactId, reachable: bool) -> None: ...
    async def move(self, contact: ContactId, chat: str) -> None: ...
    async def forget_name(self, contact: ContactId) -> None: ...
    async def staff(self, contact: ContactId) -> Staff | None: ...
    async def all_staff(self) -> tuple[Staff, ...]: ...
    async def save_staff(self, staff: Staff) -> None: ...
    async def drop_staff(self, contact: ContactId) -> None: ...
    async def make_link(self, link: Link, lifetime: timedelta) -> str: ...
    async def use_link(self, token: str, kind: LinkKind) -> Link | None: ...
    async def drop_links(self, contact: ContactId) -> None: ...
    async def conversation(self, contact: Contact) -> Conversation: ...
    async def save_conversation(self, contact: ContactId, conversation: Conversation) -> None: ...
    async def drop_conversation(self, contact: ContactId) -> None: ...


class InboxStore(Protocol):
    """What was received; see bot/store/inbox.py."""

    async def add(self, contact: ContactId, message: InboundMessage, ready_at: datetime) -> bool: ...
    async def due(self, patience: timedelta, limit: int) -> tuple[ContactId, ...]: ...
    async def next_ready(self) -> datetime | None: ...
    async def open_of(self, contact: ContactId) -> tuple[InboxRow, ...]: ...
    async def done(self, rows: tuple[InboxId, ...]) -> None: ...
    async def failed(self, rows: tuple[InboxId, ...], give_up: bool) -> None: ...
    async def count_open(self, contact: ContactId) -> int: ...
    async def count_waiting(self) -> int: ...
    async def quarantine(self, channel: str, external_id: str, raw: str, reason: str) -> None: ...
    async def count_quarantined(self) -> int: ...
    async def erase(self, contact: ContactId) -> None: ...


class CaseStore(Protocol):
    """Callback requests; see bot/store/cases.py."""

    async def open(
        self, contact: ContactId, station: StationId, draft: Draft, promise_at: datetime
    ) -> Callback: ...
    async def by_id(self, callback: CallbackId) -> Callback | None: ...
    async def by_number(self, number: CaseNumber) -> Callback | None: ...
    async def live_of(self, contact: ContactId) -> tuple[Callback, ...]: ...
    async def all_of(self, contact: ContactId, limit: int) -> tuple[Callback, ...]: ...
    async def by_phone(self, phone: str) -> tuple[Callback, ...]: ...
    async def owned_by(self, expert: ContactId) -> tuple[Callback, ...]: ...
    async def queue(self, limit: int) -> tuple[Callback, ...]: ...
    async def live(self, limit: int) -> tuple[Callback, ...]: ...
    async def place_in_queue(self, callback: Callback) -> int: ...
    async def counts(self) -> dict[CaseState, int]: ...
    async def change(self, callback: Callback, change: Change) -> Callback | None: ...
    async def save_draft(self, callback: CallbackId, draft: Draft) -> None: ...
    async def erase(self, contact: ContactId) -> None: ...
    async def add_note(self, callback: CallbackId, note: Note) -> None: ...
    async def notes(self, callback: CallbackId, limit: int) -> tuple[Note, ...]: ...
    async def add_feedback(self, entry: EntryId, helped: bool) -> None: ...
    async def feedback(self) -> dict[EntryId, tuple[int, int]]: ...


class OutboxStore(Protocol):
    """The only way out; see bot/store/outbox.py."""

    async def add(
        self,
        contact: ContactId,
        message: OutboundMessage,
        *,
        not_before: datetime | None = None,
        callback: CallbackId | None = None,
        origin: ContactId | None = None,
    ) -> OutboxId: ...
    async def contacts_due(self, limit: int) -> tuple[ContactId, ...]: ...
    async def next_due(self) -> datetime | None: ...
    async def take(self, contact: ContactId, lease: timedelta) -> OutboxRow | None: ...
    async def renew(self, rows: Sequence[OutboxRow], lease: timedelta) -> None: ...
    async def sent(self, row: OutboxRow, ref: str) -> None: ...
    async def later(self, row: OutboxRow, at: datetime, reason: str) -> None: ...
    async def undeliverable(self, row: OutboxRow, reason: str) -> None: ...
    async def card_ref(self, contact: ContactId, card: str) -> str: ...
    async def card_holders(self, card: str) -> tuple[ContactId, ...]: ...
    async def drop_cards(self, card: str) -> None: ...
    async def counts(self) -> dict[str, int]: ...
    async def drop_about_others(self, contact: ContactId) -> None: ...
    async def erase(self, contact: ContactId) -> None: ...
    async def erase_about(self, callback: CallbackId) -> None: ...


class ReminderStore(Protocol):
    """What is due when; see bot/store/reminders.py."""

    async def set(
        self,
        kind: ReminderKind,
        due_at: datetime,
        *,
        callback: CallbackId | None = None,
        contact: ContactId | None = None,
        fence: int = 0,
        text: str = "",
    ) -> None: ...
    async def drop(
        self, kind: ReminderKind, callback: CallbackId | None = None, contact: ContactId | None = None
    ) -> None: ...
    async def drop_all(self, callback: CallbackId, keep: tuple[ReminderKind, ...] = ()) -> None: ...
    async def due(self, limit: int) -> tuple[ReminderId, ...]: ...
    async def take(self, reminder: ReminderId) -> Reminder | None: ...
    async def planned(self, callback: CallbackId) -> dict[ReminderKind, datetime]: ...
    async def erase(self, contact: ContactId) -> None: ...


class AuditStore(Protocol):
    """Who did what; see bot/store/audit.py."""

    async def add(
        self, action: str, actor: ContactId | None, callback: CallbackId | None, detail: str = ""
    ) -> None: ...


class Tx(Protocol):
    """One transaction; `now` is its time, `told` are those for whom it put something into the outbox."""

    @property
    def now(self) -> datetime: ...
    @property
    def told(self) -> set[ContactId]: ...
    @property
    def contacts(self) -> ContactStore: ...
    @property
    def inbox(self) -> InboxStore: ...
    @property
    def cases(self) -> CaseStore: ...
    @property
    def outbox(self) -> OutboxStore: ...
    @property
    def reminders(self) -> ReminderStore: ...
    @property
    def audit(self) -> AuditStore: ...
    async def lock_contact(self, contact: ContactId) -> bool: ...
    async def forget_web(self, user: str) -> None: ...


class Store(Protocol):
    """The desk's memory. Both raise StoreError when the database refuses; then nothing was written."""

    def begin(self) -> AbstractAsyncContextManager[Tx]: ...
    def read(self) -> AbstractAsyncContextManager[Tx]: ...
    async def checkpoint(self) -> None: ...
