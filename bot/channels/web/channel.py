"""The web chat as a channel: takes messages from a page of our own and puts the desk's into its log."""

from __future__ import annotations

import json
import logging

from starlette.routing import Route

from bot.channels.web.api import Api, Static
from bot.channels.web.context import Web
from bot.channels.web.files import Files
from bot.channels.web.guard import Endpoint, ErrorPage, as_json, guarded
from bot.channels.web.inbound import Inbound
from bot.channels.web.pages import Pages
from bot.channels.web.ports import EventKind, WebStore
from bot.channels.web.post import WEB
from bot.channels.web.settings import WebSettings
from bot.channels.web.stream import Events
from bot.desk.ports import Clock, FetchFile, Receive
from bot.domain.errors import StoreError
from bot.domain.messages import Address, ChannelName, FileRef, OutboundMessage, Retry, SendOutcome, Sent

log = logging.getLogger(__name__)

RETRY_SECONDS = 5.0
MAX_SEQ_DIGITS = 18


class WebChannel:
    """Implements desk.ports.Channel; `routes` go into the one web application, `close` before it stops."""

    def __init__(
        self,
        settings: WebSettings,
        receive: Receive,
        store: WebStore,
        fetch_file: FetchFile,
        clock: Clock,
    ) -> None:
        self._web = Web.of(settings, store, receive, fetch_file, clock)
        self._files = Files(self._web)

    @property
    def name(self) -> ChannelName:
        """`web`."""
        return WEB

    async def send(self, to: Address, message: OutboundMessage, *, key: str, edit: str) -> SendOutcome:
        """Put a message into the person's log, once for each key; she need not be looking.

        The ref is the message's seq. It stays the same over edits.
        """
        try:
            seq = await self._edited(to.user, message, key, edit) or await self._added(to.user, message, key)
        except StoreError as failure:
            log.warning("web message not stored error=%s", failure)
            return Retry(RETRY_SECONDS, str(failure))
        self._web.feed.wake(to.user)
        return Sent(str(seq))

    async def fetch(self, file: FileRef) -> bytes:
        """The bytes of a file uploaded on the page; BotError when it is gone."""
        return await self._files.fetch(file)

    def close(self) -> None:
        """End the open event streams; else a server that stops waits for them forever."""
        self._web.feed.close()

    def routes(self) -> list[Route]:
        """All paths of the web chat."""
        static = Static()
        pages, api = Pages(self._web, static), Api(self._web)
        inbound, events = Inbound(self._web), Events(self._web)
        return [
            _route("GET", "/", pages.chat, pages.error),
            _route("GET", "/login/{token}", pages.login, pages.error),
            _route("POST", "/login", pages.log_in, pages.error),
            _route("GET", "/logout", pages.logout, pages.error),
            _route("POST", "/logout", pages.log_out, pages.error),
            _route("GET", "/files/{seq}", self._files.get, pages.error),
            _route("GET", "/static/{version}/{name}", static.get, pages.error),
            _route("POST", "/api/session", api.open),
            _route("GET", "/api/history", api.history),
            _route("GET", "/api/events", events.get),
            _route("POST", "/api/messages", inbound.post_message),
            _route("POST", "/api/files", inbound.post_file),
        ]

    async def _edited(self, user: str, message: OutboundMessage, key: str, edit: str) -> int:
        """Replace the message `edit`; 0 when it cannot be."""
        if not (edit.isascii() and edit.isdecimal() and len(edit) <= MAX_SEQ_DIGITS):
            return 0
        body = message.to_json()
        event = await self._web.store.edit(user, int(edit), f"out:{key}", body, self._web.now())
        if event is None:
            return 0
        return int(json.loads(event.body)["target"]) if event.kind is EventKind.EDIT else event.seq

    async def _added(self, user: str, message: OutboundMessage, key: str) -> int:
        body = message.to_json()
        event = await self._web.store.append(user, f"out:{key}", EventKind.OUT, body, self._web.now())
        return event.seq


def _route(method: str, path: str, endpoint: Endpoint, error: ErrorPage = as_json) -> Route:
    return Route(path, guarded(endpoint, error), methods=[method])
