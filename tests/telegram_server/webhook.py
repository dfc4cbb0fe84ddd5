"""Posts updates to the bot's webhook: in order per chat, again and again until it is taken or too old.

Callback queries travel on another lane than messages, as in Client.cpp. A failed update is tried again
at once, then after 2, 4, 8 … seconds times `scale`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import httpx

from .errors import Json
from .updates import Pending, Webhook
from .world import World

MAX_DELAY = 1800.0
TIMEOUT = 10.0
SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"


class WebhookSender:
    """Delivers as long as `run` runs; `execute` does what a webhook answers with."""

    def __init__(self, world: World, execute: Callable[[Json], Awaitable[None]], scale: float = 0.01) -> None:
        self.scale = scale
        self._world = world
        self._queue = world.updates
        self._execute = execute
        self._busy: dict[tuple[str, int], asyncio.Task[None]] = {}

    async def run(self) -> None:
        """Until cancelled."""
        async with httpx.AsyncClient(timeout=TIMEOUT, trust_env=False, verify=False) as client:
            try:
                while True:
                    item = await self._queue.changed.until(self._next, 3600)
                    if item is not None:
                        self._busy[item.lane] = asyncio.create_task(self._deliver(client, item))
            finally:
                for task in self._busy.values():
                    task.cancel()
                await asyncio.gather(*self._busy.values(), return_exceptions=True)

    def _next(self) -> Pending | None:
        hook = self._queue.webhook
        if not hook.url or len(self._busy) >= hook.max_connections:
            return None
        return next((item for item in self._queue.pending if item.lane not in self._busy), None)

    async def _deliver(self, client: httpx.AsyncClient, item: Pending) -> None:
        hook, failures = self._queue.webhook, 0
        try:
            while self._queue.webhook is hook and item in self._queue.pending:
                error, wait = await self._post(client, hook, item)
                if not error:
                    return
                hook.error_date, hook.error = self._world.now(), error
                self._world.changed.notify()
                wait = wait or (0.0 if failures == 0 else min(2.0**failures, MAX_DELAY))
                failures += 1
                await asyncio.sleep(wait * self.scale)
        finally:
            del self._busy[item.lane]
            self._queue.changed.notify()

    async def _post(self, client: httpx.AsyncClient, hook: Webhook, item: Pending) -> tuple[str, float]:
        headers = {"Content-Type": "application/json"} | ({SECRET_HEADER: hook.secret} if hook.secret else {})
        try:
            response = await client.post(hook.url, content=item.body, headers=headers)
        except httpx.TimeoutException:
            return "Read timeout expired", 0.0
        except httpx.HTTPError:
            return "Connection refused", 0.0
        if not response.is_success:
            wait = response.headers.get("Retry-After", "0")
            text = f"Wrong response from the webhook: {response.status_code} {response.reason_phrase}"
            return text, float(wait) if wait.isdigit() else 0.0
        self._queue.confirm(item)
        await self._answer(response)
        return "", 0.0

    async def _answer(self, response: httpx.Response) -> None:
        if "json" not in response.headers.get("Content-Type", ""):
            return
        try:
            body = response.json()
        except ValueError:
            return
        method = str(body.get("method", "")).lower() if isinstance(body, dict) else ""
        if method and method not in ("setwebhook", "deletewebhook") and not method.startswith("get"):
            await self._execute(body)
