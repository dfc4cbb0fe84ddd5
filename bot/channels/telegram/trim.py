"""Cuts an update down to what the desk reads before it is parsed.

The parser refuses a whole update when one object in it lacks a field that a newer Bot API requires; a
question must not be lost because it is a reply to a poll.
"""

from __future__ import annotations

from typing import Any

_READ = frozenset(
    (
        "message_id",
        "date",
        "edit_date",
        "chat",
        "from",
        "sender_chat",
        "is_automatic_forward",
        "text",
        "caption",
        "photo",
        "voice",
        "video",
        "video_note",
        "animation",
        "audio",
        "document",
        "sticker",
        "location",
        "venue",
        "contact",
    )
)
_OF_A_CARD = frozenset(("message_id", "date", "chat"))
_SERVICE = (
    "new_chat_members",
    "left_chat_member",
    "new_chat_title",
    "new_chat_photo",
    "delete_chat_photo",
    "group_chat_created",
    "supergroup_chat_created",
    "channel_chat_created",
    "migrate_to_chat_id",
    "migrate_from_chat_id",
    "message_auto_delete_timer_changed",
    "pinned_message",
    "boost_added",
    "chat_background_set",
    "chat_owner_changed",
    "chat_owner_left",
    "forum_topic_created",
    "forum_topic_edited",
    "forum_topic_closed",
    "forum_topic_reopened",
    "general_forum_topic_hidden",
    "general_forum_topic_unhidden",
    "video_chat_scheduled",
    "video_chat_started",
    "video_chat_ended",
    "video_chat_participants_invited",
    "proximity_alert_triggered",
    "write_access_allowed",
    "connected_website",
)
"""Messages that the messenger writes about a chat; nobody said anything."""


def is_service(update: dict[str, Any]) -> bool:
    """Whether the update is a message that nobody said."""
    message = update.get("message")
    return isinstance(message, dict) and any(message.get(name) for name in _SERVICE)


def trim(update: dict[str, Any]) -> dict[str, Any]:
    """A copy with only those fields of messages that are read."""
    kinds = {"message": _READ, "edited_message": _READ}
    trimmed = {key: _only(value, kinds.get(key)) for key, value in update.items()}
    query = update.get("callback_query")
    if isinstance(query, dict) and "message" in query:
        trimmed["callback_query"] = {**query, "message": _only(query["message"], _OF_A_CARD)}
    return trimmed


def _only(value: Any, names: frozenset[str] | None) -> Any:
    if names is None or not isinstance(value, dict):
        return value
    return {key: item for key, item in value.items() if key in names}
