"""A browser without a window: keeps cookies, sends what the page's scripts would send."""

from __future__ import annotations

from typing import Any

import httpx

from .server import Site


class Client:
    """One session over the application itself, no network."""

    def __init__(self, site: Site) -> None:
        transport = httpx.ASGITransport(app=site.app)
        self.http = httpx.AsyncClient(transport=transport, base_url=site.url)
        self.origin = {"Origin": site.url, "Sec-Fetch-Site": "same-origin"}
        self.csrf = ""

    async def open(self) -> dict[str, Any]:
        """Begin or resume."""
        response = await self.http.post("/api/session", headers={"X-Desk": "1", **self.origin})
        assert response.status_code == 200, response.text
        data: dict[str, Any] = response.json()
        self.csrf = data["csrf"]
        return data

    @property
    def headers(self) -> dict[str, str]:
        """What a request that changes something carries."""
        return {"X-CSRF-Token": self.csrf, **self.origin}

    async def say(self, text: str, post_id: str, **more: object) -> httpx.Response:
        """Post a message."""
        body = {"id": post_id, "kind": "text", "text": text} | more
        return await self.http.post("/api/messages", json=body, headers=self.headers)

    async def upload(self, name: str, data: bytes, post_id: str, text: str = "") -> httpx.Response:
        """Post a file."""
        fields = {"id": post_id, "text": text}
        files = {"file": (name, data, "application/x-whatever")}
        return await self.http.post("/api/files", data=fields, files=files, headers=self.headers)

    async def events(self) -> list[dict[str, Any]]:
        """The log as a reload shows it."""
        events: list[dict[str, Any]] = (await self.open())["events"]
        return events
