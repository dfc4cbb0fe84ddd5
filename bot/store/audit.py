"""The audit trail: who did what to a case and who saw a phone, as an HMAC chain whose end is sealed too."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, insert, select

from bot.domain.ids import CallbackId, ContactId
from bot.store import tables as t
from bot.store.plain import plain

if TYPE_CHECKING:
    from bot.store.tx import Tx


@dataclass(frozen=True, slots=True)
class AuditQueries:
    """Append and verify."""

    tx: Tx

    async def add(
        self, action: str, actor: ContactId | None, callback: CallbackId | None, detail: str = ""
    ) -> None:
        """Append one line. `detail` holds codes, never words of a person.

        One writer at a time, to the end of its transaction: else two lines would hang on the same one.
        """
        await self.tx.lock_name("audit")
        detail = plain(detail, 200)
        query = select(t.audit.c.mac).order_by(t.audit.c.id.desc()).limit(1)
        before = (await self.tx.execute(query)).scalar() or ""
        mac = self._mac(before, (self.tx.now, actor, action, callback, detail))
        values = {
            "at": self.tx.now,
            "actor_id": actor,
            "action": action,
            "callback_id": callback,
            "detail": detail,
            "mac": mac,
        }
        await self.tx.execute(insert(t.audit).values(**values))
        lines = (await self._lines()) + 1
        head = {"id": 1, "lines": lines, "mac": self._head_mac(lines, mac)}
        await self.tx.upsert(t.audit_head, ("id",), head)

    async def _lines(self) -> int:
        return int((await self.tx.execute(select(func.max(t.audit_head.c.lines)))).scalar() or 0)

    def _mac(self, before: str, row: tuple[datetime, Any, str, Any, str]) -> str:
        at, actor, action, callback, detail = row
        return self._hmac((before, at.isoformat(), str(actor), action, str(callback), detail))

    def _head_mac(self, lines: int, last: str) -> str:
        return self._hmac(("head", str(lines), last))

    def _hmac(self, parts: tuple[str, ...]) -> str:
        line = "\0".join(parts)
        return hmac.new(self.tx.keys.derive("audit"), line.encode(), hashlib.sha256).hexdigest()

    async def count(self) -> int:
        """How many lines there are."""
        return int((await self.tx.execute(select(func.count()).select_from(t.audit))).scalar_one())

    async def verify(self) -> int | None:
        """The id of the first line that does not fit the chain, or None when all do.

        Lines that were cut off at the end are found by the sealed head: then it is the id after the last.
        """
        before, last, lines = "", 0, 0
        for row in await self.tx.execute(select(t.audit).order_by(t.audit.c.id)):
            expected = self._mac(before, (row.at, row.actor_id, row.action, row.callback_id, row.detail))
            if not hmac.compare_digest(expected, row.mac):
                return int(row.id)
            before, last, lines = row.mac, int(row.id), lines + 1
        head = (await self.tx.execute(select(t.audit_head.c.mac))).scalar()
        whole = hmac.compare_digest(head, self._head_mac(lines, before)) if head else lines == 0
        return None if whole else last + 1
