"""What Telegram knows: people, chats, messages, callback queries. Plain state, no HTTP."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from .errors import ApiError, Json, bad_request, forbidden
from .files import FileStore
from .judge import Judge, required_flags
from .quick import aiogram
from .updates import UpdateQueue
from .waiting import Signal

FIRST_UPDATE_ID = 731_000_001
# Not documented; people report 10 s and more. The shortest is the strictest.
CALLBACK_ANSWER = timedelta(seconds=15)


@dataclass
class Stored:
    """A message as the bot would see it, and what decides whether it may be edited."""

    raw: Json
    at: datetime
    outgoing: bool
    fixed: bool = False  # carried a reply keyboard, or was forwarded: can't be edited
    album: str | None = None


@dataclass(frozen=True, slots=True)
class Heard:
    """Something the bot did that people in the chat notice: `sent`, `edited` or `toast`."""

    kind: str
    raw: Json
    to: int | None = None


@dataclass
class Chat:
    """A private chat with the bot, or a group."""

    raw: Json
    messages: dict[int, Stored] = field(default_factory=dict)
    heard: list[Heard] = field(default_factory=list)
    keyboard: Json | None = None
    members: dict[int, Json] = field(default_factory=dict)
    status: str = "member"  # the bot's place here: member, administrator, kicked, left, unstarted
    deactivated: bool = False
    migrated_to: int | None = None
    last_id: int = 0

    @property
    def id(self) -> int:
        """The chat's id."""
        return int(self.raw["id"])

    @property
    def private(self) -> bool:
        """Whether this is a chat with one person."""
        return bool(self.raw["type"] == "private")


@dataclass
class Callback:
    """A tap that wants an answer."""

    id: str
    user_id: int
    chat: Chat
    at: datetime
    answer: Json | None = None


class World:
    """All chats of one bot."""

    def __init__(self, bot: Json, clock: Callable[[], datetime], seed: int) -> None:
        self.bot = bot
        self.clock = clock
        self.judge = Judge()
        self.changed = Signal()
        self.updates = UpdateQueue(clock, self.judge, self.changed, FIRST_UPDATE_ID)
        self.files = FileStore()
        self.chats: dict[int, Chat] = {}
        self.callbacks: dict[str, Callback] = {}
        self.commands: dict[str, list[Json]] = {}
        self.callback_answer = CALLBACK_ANSWER
        self.random = random.Random(seed)
        self._last_message = 100

    def now(self) -> int:
        """Unix time by the injected clock."""
        return int(self.clock().timestamp())

    def add_chat(self, raw: Json, status: str, members: dict[int, Json]) -> Chat:
        """A new chat; ids do not repeat."""
        assert raw["id"] not in self.chats, f"chat {raw['id']} exists"
        chat = Chat(raw, status=status, members=members)
        self.chats[chat.id] = chat
        return chat

    def new_message_id(self, chat: Chat) -> int:
        """Supergroups count for themselves; all private chats and basic groups share one counter."""
        if chat.raw["type"] == "supergroup":
            chat.last_id += 1
            return chat.last_id
        self._last_message += 1
        return self._last_message

    def store(self, chat: Chat, sender: Json, content: Json, *, fixed: bool = False) -> Stored:
        """Put a message into a chat."""
        raw = {
            "message_id": self.new_message_id(chat),
            "from": sender,
            "chat": chat.raw,
            "date": self.now(),
            **content,
        }
        stored = Stored(raw, self.clock(), sender["id"] == self.bot["id"], fixed)
        chat.messages[raw["message_id"]] = stored
        return stored

    def hear(self, chat: Chat, kind: str, raw: Json, to: int | None = None) -> None:
        """Let the people in the chat notice something."""
        chat.heard.append(Heard(kind, dict(raw), to))
        self.changed.notify()

    def reach(self, chat_id: object, *, write: bool = True) -> Chat:
        """The chat, if the bot may act there; else the refusal that Telegram gives."""
        chat = self.chats.get(_as_id(chat_id))
        if chat is None:
            raise bad_request("chat not found")
        if write and (refusal := _refusal(chat)):
            raise refusal
        return chat

    def find(self, chat: Chat, message_id: object, what: str) -> Stored:
        """A message by id, or `message to … not found`."""
        stored = chat.messages.get(_as_id(message_id))
        if stored is None:
            raise bad_request(f"{what} not found")
        return stored

    def set_status(self, chat: Chat, status: str, by: Json) -> None:
        """Change the bot's place in a chat and tell the bot (my_chat_member)."""
        old, chat.status = chat.status, status
        change = {
            "chat": chat.raw,
            "from": by,
            "date": self.now(),
            "old_chat_member": self._member("left" if old == "unstarted" else old),
            "new_chat_member": self._member(status),
        }
        self.updates.emit("my_chat_member", change, ("membership", chat.id))

    def _member(self, status: str) -> Json:
        extra: Json = {"until_date": 0} if status == "kicked" else {}
        if status == "administrator":
            extra = dict.fromkeys(required_flags(aiogram.types.ChatMemberAdministrator), False)
        return {"status": status, "user": self.bot_as_user(), **extra}

    def bot_as_user(self) -> Json:
        """The bot as it stands in messages: without the flags that only getMe tells."""
        return {key: self.bot[key] for key in ("id", "is_bot", "first_name", "username")}

    def callback(self, callback_id: object) -> Callback:
        """A tap that may still be answered, or the refusal."""
        found = self.callbacks.get(str(callback_id))
        if found is None or found.answer is not None or self.clock() - found.at > self.callback_answer:
            raise bad_request("query is too old and response timeout expired or query ID is invalid")
        return found


def _refusal(chat: Chat) -> ApiError | None:
    if chat.migrated_to is not None:
        text = "group chat was upgraded to a supergroup chat"
        return bad_request(text, migrate_to_chat_id=chat.migrated_to)
    if chat.deactivated:
        return forbidden("user is deactivated")
    if chat.private:
        words = {
            "kicked": "bot was blocked by the user",
            "unstarted": "bot can't initiate conversation with a user",
        }
    else:
        kind = chat.raw["type"]
        words = {
            "kicked": f"bot was kicked from the {kind} chat",
            "left": f"bot is not a member of the {kind} chat",
        }
    return forbidden(words[chat.status]) if chat.status in words else None


def _as_id(value: object) -> int:
    try:
        return int(str(value))
    except ValueError:
        return 0
