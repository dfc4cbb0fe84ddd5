"""The audit trail: who did what to a case and who saw a phone, as an HMAC chain."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, select

from bot.domain.ids import CallbackId, ContactId
from bot.store import tables as t

if TYPE_CHECKING:
    from bot.store.tx import Tx


@dataclass(frozen=True, slots=True)
class AuditQueries:
    """Append and verify."""

    tx: Tx

    async def add(
        self, action: str, actor: ContactId | None, callback: CallbackId | None, detail: str = ""
    ) -> None:
        """Append one line. `detail` holds codes, never words of a person."""
        query = select(t.audit.c.mac).order_by(t.audit.c.id.desc()).limit(1)
        before = (await self.tx.execute(query)).scalar() or ""
        row = (self.tx.now, actor, action, callback, detail[:200])
        values = {
            "at": self.tx.now,
            "actor_id": actor,
            "action": action,
            "callback_id": callback,
            "detail": detail[:200],
            "mac": self._mac(before, row),
        }
        await self.tx.execute(insert(t.audit).values(**values))

    def _mac(self, before: str, row: tuple[datetime, Any, str, Any, str]) -> str:
        at, actor, action, callback, detail = row
        line = "\0".join((before, at.isoformat(), str(actor), action, str(callback), detail))
        return hmac.new(self.tx.keys.derive("audit"), line.encode(), hashlib.sha256).hexdigest()

    async def verify(self) -> int | None:
        """The id of the first line that does not fit the chain, or None when all do."""
        before = ""
        for row in await self.tx.execute(select(t.audit).order_by(t.audit.c.id)):
            expected = self._mac(before, (row.at, row.actor_id, row.action, row.callback_id, row.detail))
            if not hmac.compare_digest(expected, row.mac):
                return int(row.id)
            before = row.mac
        return None
