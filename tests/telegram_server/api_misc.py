"""Methods about the bot itself, chats, files, commands and taps."""

from __future__ import annotations

import json
import re
from typing import Any

from .call import Call, handles
from .errors import Json, bad_request
from .files import DOWNLOAD_LIMIT

ANSWER_LIMIT = 200
COMMAND = re.compile(r"[a-z0-9_]{1,32}")


@handles("getMe")
def get_me(call: Call) -> Json:
    """The bot with its abilities."""
    return call.world.bot


@handles("getChat")
def get_chat(call: Call) -> Json:
    """All about a chat (ChatFullInfo)."""
    chat = call.chat(write=False)
    gifts = (
        "unlimited_gifts",
        "limited_gifts",
        "unique_gifts",
        "premium_subscription",
        "gifts_from_channels",
    )
    return {
        **chat.raw,
        "accent_color_id": 0,
        "max_reaction_count": 11,
        "accepted_gift_types": dict.fromkeys(gifts, False),
    }


@handles("leaveChat")
def leave_chat(call: Call) -> bool:
    """The bot leaves a group and hears of it."""
    chat = call.chat()
    if chat.private:
        raise bad_request("chat member status can't be changed in private chats")
    call.world.set_status(chat, "left", call.world.bot_as_user())
    return True


@handles("getFile")
def get_file(call: Call) -> Json:
    """Where to download a file, up to 20 MB."""
    if not call.text("file_id"):
        raise bad_request("file_id not specified")
    stored = call.world.files.get(call.text("file_id"))
    if stored.size > DOWNLOAD_LIMIT:
        raise bad_request("file is too big")
    return {
        "file_id": stored.id,
        "file_unique_id": stored.unique_id,
        "file_size": stored.size,
        "file_path": stored.path,
    }


@handles("answerCallbackQuery")
def answer_callback(call: Call) -> bool:
    """Ends the spinning on a button, once and in time."""
    query = call.world.callback(call.text("callback_query_id"))
    if len(call.text("text")) > ANSWER_LIMIT:
        raise bad_request("MESSAGE_TOO_LONG")
    query.answer = {"text": call.text("text"), "show_alert": call.flag("show_alert"), "query_id": query.id}
    call.world.hear(query.chat, "toast", query.answer, query.user_id)
    return True


@handles("setMyCommands")
def set_commands(call: Call) -> bool:
    """The command menu, for a scope and a language."""
    commands: list[Json] = call.params.get("commands") or []
    if len(commands) > 100:
        raise bad_request("BOT_COMMANDS_TOO_MUCH")
    for command in commands:
        if not COMMAND.fullmatch(command.get("command", "")):
            raise bad_request("BOT_COMMAND_INVALID")
        if not 1 <= len(command.get("description", "")) <= 256:
            raise bad_request("BOT_COMMAND_DESCRIPTION_INVALID")
    call.world.commands[_menu(call)] = [dict(command) for command in commands]
    return True


@handles("deleteMyCommands")
def delete_commands(call: Call) -> bool:
    """No command menu any more."""
    call.world.commands.pop(_menu(call), None)
    return True


@handles("getMyCommands")
def get_commands(call: Call) -> Any:
    """The command menu that was set."""
    return call.world.commands.get(_menu(call), [])


def _menu(call: Call) -> str:
    scope = call.params.get("scope") or {"type": "default"}
    return json.dumps([scope, call.text("language_code")], sort_keys=True)
