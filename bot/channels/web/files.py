"""GET /files/{seq}: the file that came with an event of the reader's own log, and nobody else's."""

from __future__ import annotations

from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response

from bot.channels.web.clean import clean_name
from bot.channels.web.context import Web, spend
from bot.channels.web.guard import Refused
from bot.channels.web.post import WEB
from bot.channels.web.sniff import SHOWN, sniff
from bot.channels.web.stream import seq_of
from bot.channels.web.views import file_of
from bot.domain.errors import BotError, StoreError
from bot.domain.messages import FileRef

FILE_CSP = "default-src 'none'; sandbox; frame-ancestors 'none'"


class Files:
    """Downloads."""

    def __init__(self, web: Web) -> None:
        self._web = web

    async def get(self, request: Request) -> Response:
        """The bytes; shown in the page only when they are an image for certain."""
        session = await self._web.sessions.required(request)
        spend(self._web.limits.downloads, session.id_hash)
        event = await self._web.store.event(session.user, seq_of(request.path_params["seq"]))
        ref = file_of(event) if event else None
        if ref is None:
            raise Refused(404, "not_found")
        return _safe(await self._bytes(ref), ref)

    async def fetch(self, ref: FileRef) -> bytes:
        """The bytes of a file uploaded here; BotError when it is gone."""
        stored = await self._web.store.file(ref.id)
        if stored is None:
            raise BotError("The uploaded file is no longer kept; ask the person to send it again.")
        return stored.data

    async def _bytes(self, ref: FileRef) -> bytes:
        try:
            return await (self.fetch(ref) if ref.channel == WEB else self._web.fetch_file(ref))
        except StoreError:
            raise
        except BotError:
            raise Refused(404, "gone") from None


def _safe(data: bytes, ref: FileRef) -> Response:
    found = sniff(data, ref.name)
    shown = found in SHOWN
    name = quote(clean_name(ref.name) or "file", safe="")
    return Response(
        data,
        media_type=found.mime if found and shown else "application/octet-stream",
        headers={
            "Content-Disposition": f"{'inline' if shown else 'attachment'}; filename*=UTF-8''{name}",
            "Content-Security-Policy": FILE_CSP,
        },
    )
