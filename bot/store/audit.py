"""The audit trail: who did what to a case and who saw a phone, as an HMAC chain whose end is sealed too."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, insert, select, update

from bot.domain.errors import StoreError
from bot.domain.ids import CallbackId, ContactId
from bot.store import tables as t
from bot.store.plain import plain
from bot.store.sealing import KeyRing

if TYPE_CHECKING:
    from bot.store.tx import Tx

_PAGE = 1000
_COLUMNS = ("at", "actor_id", "action", "callback_id", "detail")
Line = tuple[datetime, Any, str, Any, str]
"""What stands in them."""
UNFINISHED = "换密钥没有做完：请再运行一次 python -m bot db rotate-key。在此之前什么也没有写入。"


@dataclass(frozen=True, slots=True)
class AuditQueries:
    """Append and verify."""

    tx: Tx
    _added: list[Line] = field(default_factory=list)

    async def add(
        self, action: str, actor: ContactId | None, callback: CallbackId | None, detail: str = ""
    ) -> None:
        """Append one line. `detail` holds codes, never words of a person."""
        self._added.append((self.tx.now, actor, action, callback, plain(detail, 200)))

    async def write(self) -> None:
        """Write what was added: the last thing in a transaction.

        One writer at a time, from here to its commit, else two lines would hang on the same one; and any
        earlier, those who claim at the same moment would wait for each other's whole turns.
        """
        if not self._added:
            return
        await self.tx.lock_name("audit")
        if await self.moved():
            raise StoreError(UNFINISHED)
        mac, lines = await self._last(), await self._lines() + len(self._added)
        for line in self._added:
            mac = self._mac(mac, line)
            values = dict(zip(_COLUMNS, line, strict=True))
            await self.tx.execute(insert(t.audit).values(**values, mac=mac))
        self._added.clear()
        head = {"id": 1, "lines": lines, "mac": self._head_mac(lines, mac)}
        await self.tx.upsert(t.audit_head, ("id",), head)

    async def _last(self) -> str:
        query = select(t.audit.c.mac).order_by(t.audit.c.id.desc()).limit(1)
        return (await self.tx.execute(query)).scalar() or ""

    async def _lines(self) -> int:
        return int((await self.tx.execute(select(func.max(t.audit_head.c.lines)))).scalar() or 0)

    def _mac(self, before: str, row: Line, keys: KeyRing | None = None) -> str:
        at, actor, action, callback, detail = row
        return self._hmac((before, at.isoformat(), str(actor), action, str(callback), detail), keys)

    def _head_mac(self, lines: int, last: str, keys: KeyRing | None = None) -> str:
        return self._hmac(("head", str(lines), last), keys)

    def _hmac(self, parts: tuple[str, ...], keys: KeyRing | None) -> str:
        line = "\0".join(parts)
        return hmac.new((keys or self.tx.keys).derive("audit"), line.encode(), hashlib.sha256).hexdigest()

    async def ends_under(self, keys: KeyRing) -> bool:
        """Whether the sealed end of the trail is of these keys; an empty trail is of all."""
        head = (await self.tx.execute(select(t.audit_head.c.mac))).scalar() or ""
        wanted = self._head_mac(await self._lines(), await self._last(), keys)
        return not head or hmac.compare_digest(head, wanted)

    async def moved(self) -> bool:
        """Whether the trail hangs on the newest key already, while the ring's root is an older one still.

        Only a rotation that was killed at its very end leaves this; nothing may be written on it.
        """
        newest = self.tx.keys.newest()
        return (
            newest is not None and not await self.ends_under(self.tx.keys) and await self.ends_under(newest)
        )

    async def sign_anew(self, keys: KeyRing) -> None:
        """The same lines as a chain of these keys. Whoever calls has verified it under the present ones."""
        await self.write()
        before, after, lines = "", 0, await self._lines()
        while rows := await self._page(after):
            for row in rows:
                line = (row.at, row.actor_id, row.action, row.callback_id, row.detail)
                before = self._mac(before, line, keys)
                await self.tx.execute(update(t.audit).where(t.audit.c.id == row.id).values(mac=before))
            after = rows[-1].id
        if lines:
            mac = self._head_mac(lines, before, keys)
            await self.tx.execute(update(t.audit_head).values(mac=mac))

    async def _page(self, after: int) -> list[Any]:
        query = select(t.audit).where(t.audit.c.id > after).order_by(t.audit.c.id).limit(_PAGE)
        return list(await self.tx.execute(query))

    async def count(self) -> int:
        """How many lines there are."""
        return int((await self.tx.execute(select(func.count()).select_from(t.audit))).scalar_one())

    async def verify(self) -> int | None:
        """The id of the first line that does not fit the chain, or None when all do.

        Lines that were cut off at the end are found by the sealed head: then it is the id after the last.
        """
        await self.write()
        before, last, lines = "", 0, 0
        for row in await self.tx.execute(select(t.audit).order_by(t.audit.c.id)):
            expected = self._mac(before, (row.at, row.actor_id, row.action, row.callback_id, row.detail))
            if not hmac.compare_digest(expected, row.mac):
                return int(row.id)
            before, last, lines = row.mac, int(row.id), lines + 1
        head = (await self.tx.execute(select(t.audit_head.c.mac))).scalar()
        whole = hmac.compare_digest(head, self._head_mac(lines, before)) if head else lines == 0
        return None if whole else last + 1
