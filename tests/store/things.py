"""What tests of the store put into it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import TypeVar

import pytest

from bot.domain.callback import Callback, Draft
from bot.domain.faq import TopicId
from bot.domain.ids import ContactId, StationId
from bot.domain.messages import (
    Address,
    Block,
    BlockKind,
    Button,
    ChannelName,
    InboundKind,
    InboundMessage,
    OutboundMessage,
)
from bot.store.engine import Store
from bot.store.tx import Tx
from tests.support.room import MONDAY

ON_SERVERS = pytest.mark.databases("postgresql")
EVERYWHERE = pytest.mark.databases("sqlite", "postgresql")
FAKE = ChannelName("fake")
STATION = StationId("station")
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
SECOND = timedelta(seconds=1)
_T = TypeVar("_T")


def at(user: str) -> Address:
    """Where somebody is."""
    return Address(FAKE, user, user)


async def person(tx: Tx, user: str = "mei") -> ContactId:
    """Somebody who wrote."""
    return (await tx.contacts.ensure(at(user), user, "zh-Hans")).id


async def people(store: Store, *users: str) -> tuple[ContactId, ...]:
    """Several of them."""
    async with store.begin() as tx:
        return tuple([await person(tx, user) for user in users])


async def a_case(store: Store, user: str = "mei", draft: Draft | None = None) -> Callback:
    """A request of hers in the queue."""
    async with store.begin() as tx:
        contact = await person(tx, user)
        made = draft or Draft("工资被拖欠", TopicId("labor"), "城关区")
        return await tx.cases.open(contact, STATION, made, tx.now + DAY)


async def now_of(store: Store, case: Callback) -> Callback:
    """The case as it is in the database."""
    async with store.read() as tx:
        found = await tx.cases.by_id(case.id)
    assert found is not None
    return found


def inbound(user: str = "mei", external_id: str = "m1", text: str = "你好") -> InboundMessage:
    """A text."""
    return InboundMessage(FAKE, external_id, at(user), MONDAY, InboundKind.TEXT, name=user, text=text)


def outbound(text: str = "您好", card: str = "") -> OutboundMessage:
    """A message with a button."""
    return OutboundMessage((Block(BlockKind.TEXT, text),), ((Button("好", "t"),),), card=card)


class Died(Exception):
    """The instance dies in the middle of a transaction."""


async def and_dies(store: Store, act: Callable[[Tx], Awaitable[object]]) -> None:
    """A transaction that does something and does not come to its end."""
    with contextlib.suppress(Died):
        async with store.begin() as tx:
            await act(tx)
            raise Died


async def all_at_once(count: int, act: Callable[[int], Awaitable[_T]]) -> list[_T]:
    """Run it `count` times side by side."""
    return list(await asyncio.gather(*(act(n) for n in range(count))))
