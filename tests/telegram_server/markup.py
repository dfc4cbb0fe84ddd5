"""Keyboards under messages: what Telegram takes and what it refuses."""

from __future__ import annotations

from typing import Any

from .call import Call
from .errors import ApiError, Json, bad_request

DATA_LIMIT = 64
ACTIONS: tuple[str, ...] = (
    "url",
    "callback_data",
    "web_app",
    "login_url",
    "switch_inline_query",
    "copy_text",
    "pay",
    "callback_game",
)
ACTIONS += ("switch_inline_query_current_chat", "switch_inline_query_chosen_chat")
KEYBOARDS = ("keyboard", "remove_keyboard", "force_reply")
BUTTON_LIMIT = 100


def _markup(call: Call) -> Json:
    value = call.params.get("reply_markup")
    if value in (None, ""):
        return {}
    if not isinstance(value, dict):
        raise bad_request("object expected as reply markup")
    return value


def inline_keyboard(call: Call) -> Json | None:
    """The inline keyboard of a request, checked; None when there is none or it has no button."""
    markup = _markup(call)
    if "inline_keyboard" not in markup:
        return None
    rows = [_row(row) for row in _rows(markup["inline_keyboard"], "inline_keyboard")]
    rows = [row for row in rows if row]
    if sum(len(row) for row in rows) > BUTTON_LIMIT:
        raise bad_request("reply markup is too long")
    return {"inline_keyboard": rows} if rows else None


def reply_keyboard(call: Call) -> Json | None:
    """The reply keyboard (or its removal, or a forced reply) of a request, checked."""
    markup = _markup(call)
    if not any(key in markup for key in KEYBOARDS):
        return None
    for row in _rows(markup.get("keyboard", []), "keyboard"):
        for button in row:
            if not (button if isinstance(button, str) else button.get("text")):
                raise bad_request("keyboard button text must be non-empty")
            if isinstance(button, dict) and button.get("request_contact") and call.number("chat_id") < 0:
                raise bad_request("phone number can be requested in private chats only")
    return markup


def _rows(value: Any, name: str) -> list[list[Any]]:
    if not isinstance(value, list) or not all(isinstance(row, list) for row in value):
        raise bad_request(f'field "{name}" must be an Array of Arrays')
    return value


def _row(row: list[Any]) -> list[Json]:
    return [_button(button) for button in row]


def _button(button: Any) -> Json:
    if not isinstance(button, dict):
        raise _unreadable("InlineKeyboardButton must be an Object")
    if not button.get("text"):
        raise bad_request("inline keyboard button text must be non-empty")
    if not any(button.get(key) not in (None, "") for key in ACTIONS):
        raise _unreadable("Text buttons are unallowed in the inline keyboard")
    data = button.get("callback_data") or ""
    if len(data.encode()) > DATA_LIMIT:
        raise bad_request("BUTTON_DATA_INVALID")
    url = button.get("url") or ""
    if url and ("." not in url and not url.startswith("tg://")):
        raise bad_request(f"inline keyboard button URL '{url}' is invalid: Wrong HTTP URL")
    return button


def _unreadable(text: str) -> ApiError:
    return bad_request(f"can't parse inline keyboard button: {text}")
