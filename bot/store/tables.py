"""The tables. They are the truth: whatever is not here did not happen.

Times are integer microseconds since 1970 UTC. Columns named `*_sealed` hold AES-GCM bytes.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
)
from sqlalchemy.engine import Dialect

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    }
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICRO = timedelta(microseconds=1)
Key = BigInteger().with_variant(Integer, "sqlite")


class Utc(TypeDecorator[datetime]):
    """An aware UTC datetime as integer microseconds; naive ones are refused."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:  # noqa: ARG002
        if value is None:
            return None
        if value.tzinfo is None:
            raise TypeError("a datetime without a time zone")
        return (value - _EPOCH) // _MICRO

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        return None if value is None else _EPOCH + int(value) * _MICRO


def _key() -> Column[Any]:
    return Column("id", Key, primary_key=True, autoincrement=True)


def _contact(name: str = "contact_id", nullable: bool = False) -> Column[Any]:
    return Column(name, Key, ForeignKey("contacts.id"), nullable=nullable)


contacts = Table(
    "contacts",
    metadata,
    _key(),
    Column("channel", String(32), nullable=False),
    Column("user", String(128), nullable=False),
    Column("chat", String(128), nullable=False),
    Column("name_sealed", LargeBinary),
    Column("language", String(16), nullable=False, server_default=""),
    Column("consented_at", Utc),
    Column("reachable", Boolean, nullable=False, server_default="1"),
    Column("created_at", Utc, nullable=False),
    UniqueConstraint("channel", "user"),
)

staff = Table(
    "staff",
    metadata,
    Column("contact_id", Key, ForeignKey("contacts.id"), primary_key=True, autoincrement=False),
    Column("name", String(64), nullable=False),
    Column("station", String(64), nullable=False),
    Column("roles", Text, nullable=False),
    Column("topics", Text, nullable=False),
    Column("regions", Text, nullable=False),
    Column("on_duty", Boolean, nullable=False),
    Column("created_at", Utc, nullable=False),
)

links = Table(
    "links",
    metadata,
    _key(),
    Column("token_hash", String(64), nullable=False, unique=True),
    Column("kind", String(16), nullable=False),
    _contact(nullable=True),
    Column("roles", Text, nullable=False),
    Column("station", String(64), nullable=False),
    Column("name", String(64), nullable=False),
    Column("expires_at", Utc, nullable=False),
    Column("used_at", Utc),
)

conversations = Table(
    "conversations",
    metadata,
    Column("contact_id", Key, ForeignKey("contacts.id"), primary_key=True, autoincrement=False),
    Column("state_sealed", LargeBinary, nullable=False),
    Column("updated_at", Utc, nullable=False),
)

inbox = Table(
    "inbox",
    metadata,
    _key(),
    Column("channel", String(32), nullable=False),
    Column("external_id", String(160), nullable=False),
    _contact(),
    Column("body_sealed", LargeBinary),
    Column("received_at", Utc, nullable=False),
    Column("ready_at", Utc, nullable=False),
    Column("state", String(8), nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    UniqueConstraint("channel", "external_id"),
)
Index("ix_inbox_state", inbox.c.state, inbox.c.contact_id, inbox.c.id)

quarantine = Table(
    "quarantine",
    metadata,
    _key(),
    Column("channel", String(32), nullable=False),
    Column("external_id", String(160), nullable=False),
    Column("raw_sealed", LargeBinary, nullable=False),
    Column("reason", String(200), nullable=False),
    Column("at", Utc, nullable=False),
    UniqueConstraint("channel", "external_id"),
)

callbacks = Table(
    "callbacks",
    metadata,
    _key(),
    Column("number", String(16), nullable=False, unique=True),
    _contact(),
    Column("station", String(64), nullable=False),
    Column("state", String(12), nullable=False),
    Column("topic", String(40), nullable=False),
    Column("region", String(64), nullable=False),
    Column("urgent", Boolean, nullable=False),
    Column("draft_sealed", LargeBinary),
    Column("phone_index", String(64), nullable=False, server_default=""),
    Column("promise_at", Utc, nullable=False),
    Column("opened_at", Utc, nullable=False),
    _contact("owner_id", nullable=True),
    Column("fence", Integer, nullable=False),
    Column("lease_until", Utc),
    Column("claimed_at", Utc),
    Column("answered_at", Utc),
    Column("closed_at", Utc),
    Column("outcome", String(16)),
    Column("rating", Integer),
)
Index("ix_callbacks_state", callbacks.c.state, callbacks.c.urgent, callbacks.c.opened_at)
Index("ix_callbacks_contact", callbacks.c.contact_id, callbacks.c.state)
Index("ix_callbacks_owner", callbacks.c.owner_id, callbacks.c.state)

notes = Table(
    "notes",
    metadata,
    _key(),
    Column("callback_id", Key, ForeignKey("callbacks.id"), nullable=False, index=True),
    Column("at", Utc, nullable=False),
    Column("kind", String(12), nullable=False),
    _contact("author_id", nullable=True),
    Column("body_sealed", LargeBinary),
)

reminders = Table(
    "reminders",
    metadata,
    _key(),
    Column("slot", String(80), nullable=False, unique=True),
    Column("kind", String(16), nullable=False),
    Column("callback_id", Key, ForeignKey("callbacks.id")),
    _contact(nullable=True),
    Column("due_at", Utc, nullable=False, index=True),
    Column("fence", Integer, nullable=False),
    Column("text_sealed", LargeBinary),
)

outbox = Table(
    "outbox",
    metadata,
    _key(),
    _contact(),
    Column("body_sealed", LargeBinary),
    Column("state", String(8), nullable=False),
    Column("callback_id", Key, ForeignKey("callbacks.id")),
    Column("card", String(64), nullable=False, server_default=""),
    _contact("origin_id", nullable=True),
    Column("created_at", Utc, nullable=False),
    Column("not_before", Utc, nullable=False),
    Column("leased_until", Utc),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("sent_at", Utc),
    Column("reason", String(200), nullable=False, server_default=""),
)
Index("ix_outbox_state", outbox.c.state, outbox.c.contact_id, outbox.c.id)

cards = Table(
    "cards",
    metadata,
    Column("contact_id", Key, ForeignKey("contacts.id"), primary_key=True, autoincrement=False),
    Column("card", String(64), primary_key=True),
    Column("ref", String(128), nullable=False),
)

audit = Table(
    "audit",
    metadata,
    _key(),
    Column("at", Utc, nullable=False),
    Column("actor_id", Key),
    Column("action", String(24), nullable=False),
    Column("callback_id", Key),
    Column("detail", String(200), nullable=False),
    Column("mac", String(64), nullable=False),
)

audit_head = Table(
    "audit_head",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("lines", BigInteger, nullable=False),
    Column("mac", String(64), nullable=False),
)

feedback = Table(
    "feedback",
    metadata,
    _key(),
    Column("entry", String(40), nullable=False),
    Column("helped", Boolean, nullable=False),
    Column("at", Utc, nullable=False),
)

web_sessions = Table(
    "web_sessions",
    metadata,
    Column("id_hash", String(64), primary_key=True),
    Column("user", String(128), nullable=False),
    Column("csrf", String(64), nullable=False),
    Column("expires_at", Utc, nullable=False),
)

web_events = Table(
    "web_events",
    metadata,
    _key(),
    Column("user", String(128), nullable=False),
    Column("seq", Integer, nullable=False),
    Column("key", String(160), nullable=False),
    Column("kind", String(8), nullable=False),
    Column("body_sealed", LargeBinary, nullable=False),
    Column("at", Utc, nullable=False),
    Column("edited", Integer, nullable=False, server_default="0"),
    UniqueConstraint("user", "key"),
    UniqueConstraint("user", "seq"),
)

web_files = Table(
    "web_files",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("user", String(128), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("mime", String(120), nullable=False),
    Column("name_sealed", LargeBinary, nullable=False),
    Column("data_sealed", LargeBinary, nullable=False),
    Column("at", Utc, nullable=False),
)
