"""The tables behind the web chat: sessions, one event log per person, files.

Implements what the web channel declares as its WebStore; nothing here imports that channel's code
beyond its plain values.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import String, cast, delete, func, literal, select, update

from bot.desk.ports import LinkKind
from bot.domain.ids import CallbackId
from bot.domain.messages import Block, BlockKind, OutboundMessage
from bot.domain.webchat import Event, EventKind, History, LoginRefusal, Session, StoredFile
from bot.store import tables as t

if TYPE_CHECKING:
    from bot.store.engine import Store
    from bot.store.tx import Tx

_SHOWN = (EventKind.IN, EventKind.OUT)
_BLANK = OutboundMessage((Block(BlockKind.NOTE, "…"),)).to_json()


class SqlWebStore:
    """WebStore over SQL; each call is one transaction."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def create_session(self, session: Session, now: datetime) -> None:
        """Add a session; those that have expired go."""
        values = {
            "id_hash": session.id_hash,
            "user": session.user,
            "csrf": session.csrf,
            "expires_at": session.expires_at,
        }
        async with self._store.begin() as tx:
            await tx.execute(delete(t.web_sessions).where(t.web_sessions.c.expires_at <= now))
            await tx.insert(t.web_sessions, values)

    async def session(self, id_hash: str, now: datetime) -> Session | None:
        """The session with this hash unless it was ended or has expired."""
        s = t.web_sessions.c
        async with self._store.read() as tx:
            query = select(t.web_sessions).where(s.id_hash == id_hash, s.expires_at > now)
            row = (await tx.execute(query)).first()
        return None if row is None else Session(row.id_hash, row.user, row.csrf, row.expires_at)

    async def touch_session(self, id_hash: str, expires_at: datetime) -> None:
        """Prolong a session."""
        s = t.web_sessions
        async with self._store.begin() as tx:
            await tx.execute(update(s).where(s.c.id_hash == id_hash).values(expires_at=expires_at))

    async def end_session(self, id_hash: str) -> None:
        """Forget a session."""
        async with self._store.begin() as tx:
            await tx.execute(delete(t.web_sessions).where(t.web_sessions.c.id_hash == id_hash))

    async def consume_login(self, token_hash: str, now: datetime) -> str | LoginRefusal:
        """The user whom this one-time link signs in: one conditional UPDATE, so of two callers one wins."""
        link = t.links.c
        mine = (link.token_hash == token_hash) & (link.kind == LinkKind.LOGIN)
        async with self._store.begin() as tx:
            won = await tx.execute(
                update(t.links)
                .where(mine, link.used_at.is_(None), link.expires_at > now)
                .values(used_at=now)
                .returning(link.contact_id)
            )
            row = won.first()
            if row is not None:
                query = select(t.contacts.c.user).where(t.contacts.c.id == row.contact_id)
                return str((await tx.execute(query)).scalar_one())
            seen = (await tx.execute(select(link.used_at).where(mine))).first()
        if seen is None:
            return LoginRefusal.UNKNOWN
        return LoginRefusal.USED if seen.used_at is not None else LoginRefusal.EXPIRED

    async def append(self, user: str, key: str, kind: EventKind, body: str, at: datetime) -> Event:
        """Add to a person's log, or return the event that already has this (user, key)."""
        async with self._store.begin() as tx:
            return await _Log(tx, user).append(key, kind, body, at)

    async def edit(self, user: str, target: int, key: str, body: str, at: datetime) -> Event | None:
        """Replace the body of an OUT event and append the EDIT event that says so."""
        async with self._store.begin() as tx:
            return await _Log(tx, user).edit(target, key, body, at)

    async def event(self, user: str, seq: int) -> Event | None:
        """One event of this user's own log."""
        async with self._store.read() as tx:
            return await _Log(tx, user).one(t.web_events.c.seq == seq)

    async def after(self, user: str, seq: int, limit: int) -> tuple[Event, ...]:
        """Events of all kinds with a greater seq, ascending."""
        e = t.web_events.c
        query = select(t.web_events).where(e.user == user, e.seq > seq).order_by(e.seq).limit(limit)
        async with self._store.read() as tx:
            return tuple(_event(tx, row) for row in await tx.execute(query))

    async def history(self, user: str, before: int, limit: int) -> History:
        """The last IN and OUT events before a seq, and the log's head, of one moment."""
        e = t.web_events.c
        query = select(t.web_events).where(e.user == user, e.kind.in_(_SHOWN))
        if before:
            query = query.where(e.seq < before)
        async with self._store.read() as tx:
            rows = list(await tx.execute(query.order_by(e.seq.desc()).limit(limit)))
            head = await _Log(tx, user).head()
            return History(tuple(_event(tx, row) for row in reversed(rows)), head)

    async def heads(self, users: Collection[str]) -> Mapping[str, int]:
        """The greatest seq per user, in one query."""
        e = t.web_events.c
        query = select(e.user, func.max(e.seq)).where(e.user.in_(list(users))).group_by(e.user)
        async with self._store.read() as tx:
            return {row[0]: row[1] for row in await tx.execute(query)}

    async def put_file(self, file: StoredFile) -> None:
        """Keep a file, sealed."""
        async with self._store.begin() as tx:
            values = {
                "id": file.id,
                "user": file.user,
                "kind": file.kind,
                "mime": file.mime,
                "name_sealed": tx.keys.seal(file.name, "web_files.name"),
                "data_sealed": tx.keys.seal_bytes(file.data, "web_files.data"),
                "at": file.at,
            }
            await tx.insert(t.web_files, values, ("id",))

    async def file(self, file_id: str) -> StoredFile | None:
        """A file by id."""
        async with self._store.read() as tx:
            row = (await tx.execute(select(t.web_files).where(t.web_files.c.id == file_id))).first()
            if row is None:
                return None
            name = tx.keys.unseal(row.name_sealed, "web_files.name")
            data = tx.keys.open_bytes(row.data_sealed, "web_files.data")
        return StoredFile(row.id, row.user, name, row.mime, row.kind, data, row.at)


@dataclass(frozen=True, slots=True)
class _Log:
    """One person's event log inside a transaction."""

    tx: Tx
    user: str

    async def one(self, condition: Any) -> Event | None:
        row = (
            await self.tx.execute(select(t.web_events).where(t.web_events.c.user == self.user, condition))
        ).first()
        return None if row is None else _event(self.tx, row)

    async def head(self) -> int:
        query = select(func.max(t.web_events.c.seq)).where(t.web_events.c.user == self.user)
        return int((await self.tx.execute(query)).scalar() or 0)

    async def append(self, key: str, kind: EventKind, body: str, at: datetime) -> Event:
        await self.tx.lock_name(f"web:{self.user}")
        there = await self.one(t.web_events.c.key == key)
        if there is not None:
            return there
        seq = await self.head() + 1
        sealed = self.tx.keys.seal(body, "web_events.body")
        values = {"user": self.user, "seq": seq, "key": key, "kind": kind, "body_sealed": sealed, "at": at}
        await self.tx.insert(t.web_events, values)
        return Event(seq, key, kind, body, at)

    async def edit(self, target: int, key: str, body: str, at: datetime) -> Event | None:
        await self.tx.lock_name(f"web:{self.user}")
        there = await self.one(t.web_events.c.key == key)
        if there is not None:
            return there
        e = t.web_events.c
        changed = await self.tx.execute(
            update(t.web_events)
            .where(e.user == self.user, e.seq == target, e.kind == EventKind.OUT)
            .values(body_sealed=self.tx.keys.seal(body, "web_events.body"), edited=await self.head() + 1)
        )
        if changed.rowcount == 0:
            return None
        return await self.append(key, EventKind.EDIT, f'{{"target":{target}}}', at)

    async def blank(self, target: int) -> None:
        """Take the words out of one event."""
        await self.tx.lock_name(f"web:{self.user}")
        there = await self.one(t.web_events.c.seq == target)
        if there is not None and there.body != _BLANK:
            await self.edit(target, f"erased:{target}:{there.edited}", _BLANK, self.tx.now)


async def forget(tx: Tx, user: str) -> None:
    """Erasure: a person's transcript and files. An empty event keeps the log's head, so that a page that
    is open sees what comes after it."""
    log = _Log(tx, user)
    await tx.lock_name(f"web:{user}")
    head = await log.head()
    mine = t.web_events.c.user == user
    await tx.execute(delete(t.web_events).where(mine, t.web_events.c.seq < head))
    empty = {
        "key": f"erased:{head}",
        "kind": EventKind.EDIT,
        "body_sealed": tx.keys.seal('{"target":0}', "web_events.body"),
        "edited": 0,
    }
    await tx.execute(update(t.web_events).where(mine).values(**empty))
    await tx.execute(delete(t.web_files).where(t.web_files.c.user == user))
    tx.erased = True


async def blank(tx: Tx, callback: CallbackId) -> None:
    """Erasure: what was written about a case on anybody's page is replaced by nothing, on open pages too."""
    o, c, e = t.outbox.c, t.contacts.c, t.web_events.c
    key = literal("out:o").concat(cast(o.id, String))  # as the outbox names a delivery to the web chat
    delivered = select(t.web_events).join(t.contacts, (c.user == e.user) & (c.channel == "web"))
    query = delivered.join(t.outbox, (o.contact_id == c.id) & (key == e.key)).where(o.callback_id == callback)
    shown = {(row.user, _target(_event(tx, row))) for row in await tx.execute(query)}
    for user, target in sorted(shown):
        await _Log(tx, user).blank(target)
    tx.erased = True


def _target(event: Event) -> int:
    return int(json.loads(event.body)["target"]) if event.kind is EventKind.EDIT else event.seq


def _event(tx: Tx, row: Any) -> Event:
    body = tx.keys.unseal(row.body_sealed, "web_events.body")
    return Event(row.seq, row.key, EventKind(row.kind), body, row.at, row.edited)
