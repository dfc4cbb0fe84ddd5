"""POST /api/messages and /api/files: from the page to the desk, once for each id of the browser.

The person's own words go to her log first and to the desk second. When the desk could not write, the
answer is 503, and the browser sends the same id again: the log has it already, the desk gets it again.
"""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import replace

from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from bot.channels.web.clean import clean_name, language
from bot.channels.web.context import Web, spend
from bot.channels.web.guard import Refused, capped, read_json
from bot.channels.web.ports import EventKind, Session, StoredFile
from bot.channels.web.post import WEB, Post, client_id, parse, words
from bot.channels.web.sniff import named, sniff
from bot.channels.web.views import label_of
from bot.domain.messages import FileRef, InboundKind

FORM_OVERHEAD = 16 * 1024
"""Bytes of a multipart body besides the file and the caption."""
UPLOADS_AT_ONCE = 4
"""Uploads held in memory at a time; with 10 MiB each this bounds it at some 100 MiB."""


class InMemoryParser(MultiPartParser):
    """Never spools to disk: an uploaded document must not lie in a temporary file."""

    spool_max_size = 0


class Inbound:
    """What a person sends."""

    def __init__(self, web: Web) -> None:
        self._web = web
        self._uploading = asyncio.Semaphore(UPLOADS_AT_ONCE)

    async def post_message(self, request: Request) -> Response:
        """Words or a tap."""
        session = await self._web.sessions.writing(request)
        spend(self._web.limits.messages, session.id_hash)
        data = await read_json(request, 4 * self._web.settings.max_text + 4096)
        post = parse(data, self._web.settings)
        if post.kind is InboundKind.BUTTON:
            card = await self._web.store.event(session.user, int(post.card))
            post = replace(post, text=label_of(card, post.token) or post.text or "…")
        return await self._deliver(request, session, post)

    async def post_file(self, request: Request) -> Response:
        """A photo, a recording or a document, with a caption."""
        session = await self._web.sessions.writing(request)
        spend(self._web.limits.uploads, session.id_hash)
        async with self._uploading:
            post_id, caption, name, data = await self._read_form(request)
            post = await self._keep(session.user, client_id(post_id), caption, name, data)
        return await self._deliver(request, session, post)

    async def _deliver(self, request: Request, session: Session, post: Post) -> Response:
        """Log, then desk. The first body under an id stays, whatever a later one says."""
        at, user = self._web.now(), session.user
        event = await self._web.store.append(user, post.key, EventKind.IN, post.to_json(), at)
        self._web.feed.wake(user)
        kept = Post.from_json(event.body)
        tongue = language(request.headers.get("accept-language", ""))
        result = await self._web.receive(kept.message(user, event.at, tongue))
        limited = result.value == "limited"
        return JSONResponse({"seq": event.seq, "limited": limited}, 202)

    async def _read_form(self, request: Request) -> tuple[str, str, str, bytes]:
        limit = self._web.settings.max_upload_bytes
        if not request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
            raise Refused(415, "bad_request")
        stream = capped(request, limit + FORM_OVERHEAD + 4 * self._web.settings.max_text)
        try:
            form = await InMemoryParser(request.headers, stream, max_files=1, max_fields=4).parse()
        except MultiPartException:
            raise Refused(400, "bad_request") from None
        file = form.get("file")
        if file is None or isinstance(file, str):
            raise Refused(400, "bad_request")
        data = await file.read()
        await form.close()
        if len(data) > limit:
            raise Refused(413, "too_large")
        return str(form.get("id", "")), str(form.get("text", "")), file.filename or "", data

    async def _keep(self, user: str, post_id: str, caption: str, name: str, data: bytes) -> Post:
        """Store the bytes under an id that the same upload has again when it is repeated."""
        if not data:
            raise Refused(400, "empty_file")
        text, name = words(caption, self._web.settings), clean_name(name)
        found = sniff(data, name)
        if found is None:
            raise Refused(415, "unsupported_file")
        name = named(name, found)
        file_id = hashlib.sha256(f"{user}:{post_id}".encode()).hexdigest()[:40]
        stored = StoredFile(file_id, user, name, found.mime, found.kind.value, data, self._web.now())
        await self._web.store.put_file(stored)
        ref = FileRef(WEB, file_id, found.kind.value, name, found.mime, len(data))
        return Post(post_id, found.kind, text, file=ref)
