"""The web store in memory, with a switch that makes it fail."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime

from bot.channels.web.ports import Event, EventKind, History, LoginRefusal, Session, StoredFile
from bot.domain.errors import StoreError


class MemoryWebStore:
    """Keeps everything in dictionaries; `down` makes every call raise StoreError."""

    def __init__(self) -> None:
        self.down = False
        self.sessions: dict[str, Session] = {}
        self.links: dict[str, tuple[str, datetime]] = {}
        self.used: set[str] = set()
        self.logs: dict[str, list[Event]] = {}
        self.files: dict[str, StoredFile] = {}

    def _up(self) -> None:
        if self.down:
            raise StoreError("The database is gone.")

    async def create_session(self, session: Session, now: datetime) -> None:
        self._up()
        self.sessions[session.id_hash] = session

    async def session(self, id_hash: str, now: datetime) -> Session | None:
        self._up()
        session = self.sessions.get(id_hash)
        return session if session and session.expires_at > now else None

    async def touch_session(self, id_hash: str, expires_at: datetime) -> None:
        self._up()
        if id_hash in self.sessions:
            self.sessions[id_hash] = replace(self.sessions[id_hash], expires_at=expires_at)

    async def end_session(self, id_hash: str) -> None:
        self._up()
        self.sessions.pop(id_hash, None)

    async def consume_login(self, token_hash: str, now: datetime) -> str | LoginRefusal:
        self._up()
        if token_hash not in self.links:
            return LoginRefusal.UNKNOWN
        user, expires_at = self.links[token_hash]
        if token_hash in self.used:
            return LoginRefusal.USED
        if expires_at <= now:
            return LoginRefusal.EXPIRED
        self.used.add(token_hash)
        return user

    async def append(self, user: str, key: str, kind: EventKind, body: str, at: datetime) -> Event:
        self._up()
        log = self.logs.setdefault(user, [])
        for event in log:
            if event.key == key:
                return event
        log.append(Event(len(log) + 1, key, kind, body, at))
        return log[-1]

    async def edit(self, user: str, target: int, key: str, body: str, at: datetime) -> Event | None:
        self._up()
        log = self.logs.setdefault(user, [])
        for event in log:
            if event.key == key:
                return event
        if not 0 < target <= len(log) or log[target - 1].kind is not EventKind.OUT:
            return None
        log[target - 1] = replace(log[target - 1], body=body, edited=len(log) + 1)
        return await self.append(user, key, EventKind.EDIT, json.dumps({"target": target}), at)

    async def event(self, user: str, seq: int) -> Event | None:
        self._up()
        log = self.logs.get(user, [])
        return log[seq - 1] if 0 < seq <= len(log) else None

    async def after(self, user: str, seq: int, limit: int) -> tuple[Event, ...]:
        self._up()
        return tuple(self.logs.get(user, [])[seq : seq + limit])

    async def history(self, user: str, before: int, limit: int) -> History:
        self._up()
        log = self.logs.get(user, [])
        shown = [e for e in log if e.kind is not EventKind.EDIT and (not before or e.seq < before)]
        return History(tuple(shown[-limit:]), len(log))

    async def heads(self, users: Collection[str]) -> Mapping[str, int]:
        self._up()
        return {user: len(self.logs[user]) for user in users if user in self.logs}

    async def put_file(self, file: StoredFile) -> None:
        self._up()
        self.files.setdefault(file.id, file)

    async def file(self, file_id: str) -> StoredFile | None:
        self._up()
        return self.files.get(file_id)
