"""Methods by which the bot gets its updates: long polling that blocks, and the webhook's settings."""

from __future__ import annotations

import re
from typing import Any

from .call import Call, handles
from .errors import ApiError, Json, bad_request
from .updates import Pending, Webhook

LONG_POLL_MAX = 50
SECRET = re.compile(r"[A-Za-z0-9_-]{0,256}")
LOOPBACK = re.compile(r"http://(127\.0\.0\.1|localhost)[:/]")
ACTIVE = "can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
OTHER = "terminated by other getUpdates request; make sure that only one bot instance is running"
REPLACED = "terminated by setWebhook request"


def conflict(text: str) -> ApiError:
    """409, with Telegram's prefix."""
    return ApiError(409, f"Conflict: {text}")


async def get_updates(call: Call) -> list[Pending]:
    """Confirm by offset, then return what waits, or block until something comes or the timeout is over."""
    queue = call.world.updates
    if queue.webhook.url:
        raise conflict(ACTIVE)
    offset, limit = call.number("offset"), min(max(call.number("limit", 100), 1), 100)
    timeout = min(max(call.number("timeout"), 0), LONG_POLL_MAX)
    queue.allow(call.params.get("allowed_updates"))
    items = queue.fetch(offset, limit)
    if items or not timeout:
        return items
    turn = queue.take_turn(OTHER)

    def look() -> bool | None:
        return True if queue.pending or queue.long_poll.turn != turn else None

    await queue.changed.until(look, timeout)
    if queue.long_poll.turn != turn:
        raise conflict(queue.long_poll.why)
    return queue.fetch(max(offset, 0), limit)


@handles("setWebhook")
def set_webhook(call: Call) -> bool:
    """Post updates to a URL from now on; http is taken on this machine only."""
    url, secret = call.text("url"), call.text("secret_token")
    if not url:
        return _stop(call)
    if not url.startswith("https://") and not LOOPBACK.match(url):
        raise bad_request("bad webhook: An HTTPS URL must be provided for webhook")
    if not SECRET.fullmatch(secret):
        raise bad_request("secret token contains unallowed characters")
    queue = call.world.updates
    _drop(call)
    queue.allow(call.params.get("allowed_updates"))
    generation = queue.webhook.generation + 1
    queue.webhook = Webhook(url, secret, call.number("max_connections", 40), generation)
    queue.take_turn(REPLACED)
    return True


@handles("deleteWebhook")
def delete_webhook(call: Call) -> bool:
    """Back to polling."""
    return _stop(call)


def _stop(call: Call) -> bool:
    _drop(call)
    queue = call.world.updates
    queue.webhook = Webhook(generation=queue.webhook.generation + 1)
    queue.changed.notify()
    return True


def _drop(call: Call) -> None:
    if call.flag("drop_pending_updates"):
        call.world.updates.clear()


@handles("getWebhookInfo")
def get_webhook_info(call: Call) -> Json:
    """Settings, number of waiting updates, last error."""
    queue = call.world.updates
    hook = queue.webhook
    info: dict[str, Any] = {
        "url": hook.url,
        "has_custom_certificate": False,
        "pending_update_count": len(queue.pending),
    }
    if hook.url:
        info["max_connections"] = hook.max_connections
    if hook.error_date is not None:
        info |= {"last_error_date": hook.error_date, "last_error_message": hook.error}
    if queue.allowed:
        info["allowed_updates"] = sorted(queue.allowed)
    return info
