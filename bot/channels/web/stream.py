"""GET /api/events: a person's log as server-sent events, resumed by the last seq that she has."""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncGenerator

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from bot.channels.web.context import Web
from bot.channels.web.feed import Bye, Subscription
from bot.channels.web.guard import Refused
from bot.channels.web.views import View, view
from bot.domain.errors import StoreError

log = logging.getLogger(__name__)

BATCH = 50
PING = "event: ping\ndata: \n\n"


class Events:
    """The endpoint of the streams."""

    def __init__(self, web: Web) -> None:
        self._web = web

    async def get(self, request: Request) -> Response:
        """Open a stream after the seq in Last-Event-ID, or in ?after= when a page opens its first."""
        session = await self._web.sessions.required(request)
        seen = seq_of(request.headers.get("last-event-id") or request.query_params.get("after", "0"))
        subscription = self._web.feed.subscribe(session, seen)
        return StreamingResponse(
            self._frames(subscription),
            media_type="text/event-stream",
            headers={"X-Accel-Buffering": "no", "Cache-Control": "no-store, no-transform"},
        )

    async def _frames(self, subscription: Subscription) -> AsyncGenerator[str, None]:
        try:
            yield "retry: 2000\n\n" + PING
            async for frame in self._follow(subscription):
                yield frame
        except StoreError as failure:
            log.warning("web stream ends, store failed error=%s", failure)
        finally:
            self._web.feed.drop(subscription)

    async def _follow(self, subscription: Subscription) -> AsyncGenerator[str, None]:
        if await self._ahead(subscription):
            subscription.close(Bye.RESET)
        while subscription.bye is None:
            subscription.rest()
            count = 0
            async for frame in self._new(subscription):
                count += 1
                yield frame
            if count == BATCH or await subscription.wait(self._web.settings.heartbeat_seconds):
                continue
            yield PING
            if not await self._web.sessions.alive(subscription.session):
                subscription.close(Bye.SIGNED_OUT)
        yield f"event: bye\ndata: {subscription.bye.value}\n\n"

    async def _new(self, subscription: Subscription) -> AsyncGenerator[str, None]:
        user = subscription.session.user
        for event in await self._web.store.after(user, subscription.seen, BATCH):
            yield _frame(event.seq, await view(self._web.store, user, event))
            subscription.seen = event.seq

    async def _ahead(self, subscription: Subscription) -> bool:
        """Whether the page claims to know more than the log holds: another person's, or an older copy."""
        user = subscription.session.user
        return subscription.seen > (await self._web.store.heads({user})).get(user, 0)


def _frame(seq: int, data: View) -> str:
    return f"id: {seq}\nevent: item\ndata: {json.dumps(data, ensure_ascii=False)}\n\n"


def seq_of(value: str) -> int:
    """A seq as a browser names it."""
    if not (value.isascii() and value.isdecimal() and len(value) <= 18):
        raise Refused(400, "bad_request")
    return int(value)
