"""One transaction: the queries of every table, on one held connection."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import Executable, Table, UpdateBase, func, select
from sqlalchemy.dialects import sqlite
from sqlalchemy.engine import CursorResult
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.desk.ports import Clock
from bot.domain.ids import ContactId
from bot.domain.people import Contact
from bot.store import quick
from bot.store import tables as t
from bot.store.audit import AuditQueries
from bot.store.cases import CaseQueries
from bot.store.contacts import ContactQueries
from bot.store.inbox import InboxQueries
from bot.store.outbox import OutboxQueries
from bot.store.quick import QuickResult
from bot.store.reminders import ReminderQueries
from bot.store.sealing import KeyRing
from bot.store.web import forget

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql


class Tx:
    """What the desk may do inside one transaction."""

    def __init__(
        self, connection: AsyncConnection, keys: KeyRing, clock: Clock, is_sqlite: bool, read_only: bool,
        database: sqlite3.Connection | None = None,
    ) -> None:  # fmt: skip
        self._connection = connection
        self._database = database
        self._is_sqlite = is_sqlite
        self._read_only = read_only
        self.erased = False
        self.told: set[ContactId] = set()
        self.met: dict[ContactId, Contact] = {}
        self.now = clock()
        self.keys = keys
        self.contacts = ContactQueries(self)
        self.inbox = InboxQueries(self)
        self.cases = CaseQueries(self)
        self.outbox = OutboxQueries(self)
        self.reminders = ReminderQueries(self)
        self.audit = AuditQueries(self)

    async def execute(
        self, statement: Executable, values: Mapping[str, Any] | None = None
    ) -> CursorResult[*tuple[Any, ...]] | QuickResult:
        """Run one statement on the held connection; RuntimeError for a write in a reading transaction.

        What every turn runs is made once, with `bindparam`s that `values` fill: making a statement anew costs
        three times what running it does. On SQLite such a one goes straight to the database.
        """
        if self._read_only and isinstance(statement, UpdateBase):
            raise RuntimeError("a reading transaction may not write")
        if self._database is not None and values is not None:
            return quick.run(self._database, statement, values)
        return await self._connection.execute(statement, values)

    async def lock_contact(self, contact: ContactId) -> bool:
        """Hold this contact's turn until the transaction ends; False if another instance holds it.

        SQLite has one writer, so a writing transaction holds everything already. On PostgreSQL the lock lets
        others refer to her meanwhile (messages received from her, rows sent to her): a plain FOR UPDATE
        would make two people's turns that write to each other wait for each other for ever.
        """
        if self._is_sqlite:
            return True
        mine = select(t.contacts.c.id).where(t.contacts.c.id == contact)
        locked = mine.with_for_update(skip_locked=True, key_share=True)
        return (await self.execute(locked)).first() is not None

    async def lock_name(self, name: str) -> None:
        """Hold a named lock until the transaction ends (PostgreSQL; SQLite's writer has it already)."""
        if not self._is_sqlite:
            await self.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(name, 0))))

    async def forget_web(self, user: str) -> None:
        """Erasure: the web chat's transcript and files of this user."""
        await forget(self, user)

    async def insert(self, table: Any, values: dict[str, Any], unique: tuple[str, ...] = ()) -> int | None:
        """Insert and return the id; with `unique` columns a row that is there already gives None."""
        row = (await self.execute(_insert(self._is_sqlite, table, unique), values)).first()
        return None if row is None else row[0]

    async def upsert(
        self, table: Any, unique: tuple[str, ...], values: dict[str, Any], keep: tuple[str, ...] = ()
    ) -> None:
        """Insert, or update the row with the same `unique` columns; `keep` columns stay as they were."""
        changed = tuple(name for name in values if name not in unique + keep)
        await self.execute(_upsert(self._is_sqlite, table, unique, changed), values)


def _insert_into(is_sqlite: bool, table: Table) -> sqlite.Insert | postgresql.Insert:
    if is_sqlite:
        return sqlite.insert(table)
    from sqlalchemy.dialects import postgresql  # a fiftieth of the start: only where it is used

    return postgresql.insert(table)


@cache
def _insert(is_sqlite: bool, table: Table, unique: tuple[str, ...]) -> Executable:
    statement = _insert_into(is_sqlite, table)
    if unique:
        statement = statement.on_conflict_do_nothing(index_elements=list(unique))
    return statement.returning(*table.primary_key.columns)


@cache
def _upsert(is_sqlite: bool, table: Table, unique: tuple[str, ...], changed: tuple[str, ...]) -> Executable:
    statement = _insert_into(is_sqlite, table)
    given = {name: statement.excluded[name] for name in changed}
    return statement.on_conflict_do_update(index_elements=list(unique), set_=given)
