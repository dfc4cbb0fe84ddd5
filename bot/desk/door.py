"""How much each person may put in, and how much everybody together: a flood costs its own people only.

What is refused is not kept. Whoever is refused is told once; if she then is quiet for a while and floods
again, she is told again. All of this is in memory: each of several instances allows so much.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.desk.ports import Tx
from bot.desk.rates import MAX_KEYS, Rates
from bot.desk.settings import Limits
from bot.domain.messages import Address

_QUIET = timedelta(minutes=10)
_LOOK = timedelta(seconds=1)
"""How old the count of what waits may be; what came since is added to it."""


@dataclass(slots=True)
class Door:
    """Asked before a message is kept."""

    limits: Limits
    rates: Rates = field(init=False)
    _refused: OrderedDict[Address, datetime] = field(default_factory=OrderedDict)
    _waiting: int = 0
    _looked: datetime | None = None

    def __post_init__(self) -> None:
        self.rates = Rates(self.limits.messages_per_minute, self.limits.messages_at_once)

    def open_to(self, sender: Address, now: datetime) -> bool:
        """Whether she may send one more now; asks no database, so that refusing costs next to nothing."""
        return self.rates.take(f"{sender.channel} {sender.user}", now) == 0

    async def room_for(self, tx: Tx, waiting: int) -> bool:
        """Whether one more may wait, of somebody of whom so many wait already.

        When the desk is full, each may have one message wait, so that whoever is new still comes in; when it
        is twice as full, nobody's is kept.
        """
        total = await self._total(tx)
        full = self.limits.waiting_in_all
        most = self.limits.waiting_messages if total < full else int(total < 2 * full)
        return waiting < most

    async def _total(self, tx: Tx) -> int:
        if self._looked is None or tx.now - self._looked >= _LOOK or tx.now < self._looked:
            self._waiting, self._looked = await tx.inbox.count_waiting(), tx.now
        return self._waiting

    def kept(self) -> None:
        """One more waits."""
        self._waiting += 1

    def first_refusal(self, sender: Address, now: datetime) -> bool:
        """Whether she has to be told: not again while she goes on."""
        before = self._refused.pop(sender, None)
        self._refused[sender] = now
        if len(self._refused) > MAX_KEYS:
            self._refused.popitem(last=False)
        return before is None or now - before > _QUIET
