"""The other side of the chat: people who write, tap, forward and block, and groups of them."""
# ruff: noqa: ASYNC109

from __future__ import annotations

import re
from typing import ClassVar

from .api_send import forwarded, media, without_reply
from .call import CAPTION_LIMIT, TEXT_LIMIT
from .errors import Json
from .updates import CALLBACK_KEPT
from .view import ChatMessage, Toast, typed, view, visible
from .world import Callback, Chat, Heard, Stored, World

START_PAYLOAD = re.compile(r"[A-Za-z0-9_-]{1,64}")
PATIENCE = 5.0


class Room:
    """A chat as one looks at it."""

    def __init__(self, world: World, room: Chat) -> None:
        self.world = world
        self.room = room
        self._heard: dict[int, int] = {}

    @property
    def id(self) -> int:
        """The chat's id; for a person also hers."""
        return self.room.id

    @property
    def chat(self) -> list[ChatMessage]:
        """All messages as they stand now, oldest first; edits are applied, deleted ones are gone."""
        return [self._view(stored.raw) for stored in self.room.messages.values()]

    def _view(self, raw: Json) -> ChatMessage:
        return view(raw, self.world.bot["id"])

    async def hears(
        self, words: str = "", *, timeout: float = PATIENCE, in_: Room | None = None
    ) -> ChatMessage:
        """The next message of the bot (new or edited) with `words` in it; those before it are passed over.

        A later call goes on after this message. AssertionError after `timeout` seconds.
        """
        found = await self._next(in_ or self, ("sent", "edited"), words, timeout)
        return self._view(found.raw)

    async def sees_toast(
        self, words: str = "", *, timeout: float = PATIENCE, in_: Room | None = None
    ) -> Toast:
        """The next answer to a tap of hers that contains `words`; messages before it are passed over."""
        found = await self._next(in_ or self, ("toast",), words, timeout)
        return _toast(found)

    async def _next(self, where: Room, kinds: tuple[str, ...], words: str, patience: float) -> Heard:
        chat = where.room

        def look() -> tuple[int, Heard] | None:
            for index in range(self._heard.get(chat.id, 0), len(chat.heard)):
                heard = chat.heard[index]
                said = str(heard.raw.get("text") or heard.raw.get("caption") or "")
                if heard.kind in kinds and words in said and heard.to in (None, self.id):
                    return index, heard
            return None

        found = await self.world.changed.until(look, patience)
        if found is None:
            tail = "\n  ".join(str(message) for message in where.chat[-6:])
            raise AssertionError(f"nobody said {words!r} in {patience} s; the chat ends with\n  {tail}")
        self._heard[chat.id] = found[0] + 1
        return found[1]


def _toast(heard: Heard) -> Toast:
    return Toast(heard.raw["text"], heard.raw["show_alert"], heard.raw["query_id"])


class User(Room):
    """A person with a private chat with the bot. `in_` names a group where she does it instead."""

    ACTIONS: ClassVar[tuple[str, ...]] = (
        "says", "starts", "taps", "taps_data", "edits", "sends_location", "sends_contact", "sends_photo",
        "sends_document", "sends_voice", "sends_video", "sends_sticker", "blocks", "unblocks", "deactivates",
        "hears", "sees_toast",
    )  # fmt: skip

    def __init__(self, world: World, room: Chat, raw: Json) -> None:
        super().__init__(world, room)
        self.raw = raw
        self._inbox: list[ChatMessage] = []

    @property
    def toasts(self) -> list[Toast]:
        """All answers to her taps in the private chat."""
        return [_toast(heard) for heard in self.room.heard if heard.kind == "toast"]

    @property
    def keyboard(self) -> list[str]:
        """The words on the reply keyboard that she has now."""
        return [button["text"] for button in self._reply_buttons()]

    def says(self, text: str, *, in_: Room | None = None, reply_to: ChatMessage | None = None) -> ChatMessage:
        """She writes."""
        assert len(text) <= TEXT_LIMIT, "her app would split this"
        return self._send(typed(text.strip()), in_, reply_to)

    def starts(self, payload: str = "") -> ChatMessage:
        """She presses Start, perhaps after a t.me link with a payload."""
        assert not payload or START_PAYLOAD.fullmatch(payload), "1-64 of A-Z a-z 0-9 _ -"
        return self.says(f"/start {payload}".strip())

    def edits(self, message: ChatMessage, text: str) -> ChatMessage:
        """She rewrites an own message."""
        chat = self.world.chats[message.chat_id]
        stored = chat.messages[message.id]
        assert stored.raw["from"]["id"] == self.id, "not hers"
        name = "text" if "text" in stored.raw else "caption"
        kept = {
            key: value for key, value in stored.raw.items() if key not in ("entities", "caption_entities")
        }
        stored.raw = {**kept, **typed(text, name), "edit_date": self.world.now()}
        self._deliver("edited_message", chat, stored)
        return self._view(stored.raw)

    def sends_photo(
        self,
        data: bytes = b"\xff\xd8\xff",
        caption: str = "",
        *,
        size: int | None = None,
        album: str | None = None,
    ) -> ChatMessage:
        """A photo; `size` declares more bytes than there are, `album` groups several."""
        return self._file("photo", data, "photo.jpg", "image/jpeg", caption, size=size, album=album)

    def sends_document(
        self,
        data: bytes = b"%PDF-1.7",
        name: str = "合同.pdf",
        mime: str = "application/pdf",
        caption: str = "",
        *,
        size: int | None = None,
        album: str | None = None,
    ) -> ChatMessage:
        """A document."""
        return self._file("document", data, name, mime, caption, size=size, album=album)

    def sends_voice(self, data: bytes = b"OggS", seconds: int = 3, *, size: int | None = None) -> ChatMessage:
        """A voice message."""
        return self._file("voice", data, "voice.ogg", "audio/ogg", "", size=size, seconds=seconds)

    def sends_video(self, data: bytes = b"mp4", caption: str = "", *, size: int | None = None) -> ChatMessage:
        """A video."""
        return self._file("video", data, "video.mp4", "video/mp4", caption, size=size)

    def sends_sticker(self) -> ChatMessage:
        """A sticker."""
        return self._file("sticker", b"RIFF", "sticker.webp", "image/webp", "")

    def sends_location(
        self, latitude: float = 39.9042, longitude: float = 116.4074, *, in_: Room | None = None
    ) -> ChatMessage:
        """Where she is."""
        return self._send({"location": {"latitude": latitude, "longitude": longitude}}, in_)

    def sends_contact(self, phone: str = "+8613800138000", *, own: bool = True) -> ChatMessage:
        """A phone number: her own (as the request_contact button sends it), or somebody else's."""
        contact = {"phone_number": phone, "first_name": self.raw["first_name"] if own else "王强"}
        return self._send({"contact": contact | ({"user_id": self.id} if own else {})})

    def taps(self, label: str, *, on: ChatMessage | None = None, in_: Room | None = None) -> str:
        """She taps the newest button with these words; the id of the callback query.

        Looks at inline buttons, then at what was forwarded to her; a button of the reply keyboard writes
        its words (and "" is returned). `on`: a message as she saw it once, perhaps changed or deleted since.
        """
        messages = [on] if on else [*self._inbox, *(in_ or self).chat]
        for message in reversed(messages):
            button = message.button(label)
            if button is not None and button.data is not None:
                return self._callback(button.data, message)
        if on is None and (match := [one for one in self._reply_buttons() if label in one["text"]]):
            self._press(match[0])
            return ""
        tail = "\n  ".join(str(message) for message in messages[-6:])
        raise AssertionError(f"no button {label!r}; the chat ends with\n  {tail}")

    def taps_data(self, data: str, *, on: ChatMessage | None = None, in_: Room | None = None) -> str:
        """A changed app sends any callback data, for the newest message with buttons (or any of the bot)."""
        ours = [message for message in (in_ or self).chat if message.by_bot]
        target = on or next((one for one in reversed(ours) if one.buttons), ours[-1] if ours else None)
        assert target is not None, "the bot has said nothing yet: there is no message to forge a tap for"
        return self._callback(data, target)

    def forwards(self, message: ChatMessage, to: Room | None = None) -> ChatMessage:
        """Forward to a person (who may then tap its buttons), to a group, or (None) to the bot itself."""
        if isinstance(to, User):
            to._inbox.append(message)
            return message
        content = forwarded(message.raw)
        if to is not None and "reply_markup" in message.raw:
            content["reply_markup"] = message.raw["reply_markup"]
        return self._send(content, to)

    def blocks(self) -> None:
        """She blocks the bot."""
        self.world.set_status(self.room, "kicked", self.raw)

    def unblocks(self) -> None:
        """She lets the bot write again."""
        self.world.set_status(self.room, "member", self.raw)

    def deactivates(self) -> None:
        """Her account is deleted."""
        self.room.deactivated = True

    def _send(
        self, content: Json, in_: Room | None = None, reply_to: ChatMessage | None = None
    ) -> ChatMessage:
        chat = (in_ or self).room
        assert chat.private or self.id in chat.members, f"{self.raw['first_name']} is not in the group"
        if chat.private:
            assert chat.status != "kicked", "she blocked the bot: unblock first"
            chat.status = "member"
        if reply_to is not None:
            content = {**content, "reply_to_message": without_reply(reply_to.raw)}
        stored = self.world.store(chat, self.raw, content)
        self._deliver("message", chat, stored)
        return self._view(stored.raw)

    def _deliver(self, kind: str, chat: Chat, stored: Stored) -> None:
        gone = chat.status in ("left", "kicked")
        if not gone and (chat.private or visible(stored.raw, self.world.bot, chat.status)):
            self.world.updates.emit(kind, stored.raw, ("message", chat.id))
        self.world.changed.notify()

    def _file(
        self,
        kind: str,
        data: bytes,
        name: str,
        mime: str,
        caption: str,
        *,
        size: int | None = None,
        album: str | None = None,
        seconds: int = 3,
    ) -> ChatMessage:
        assert len(caption) <= CAPTION_LIMIT, "her app would refuse this"
        stored = self.world.files.add(kind, data, name, mime, size)
        content: Json = {kind: media(stored, {"duration": seconds})}
        content |= typed(caption, "caption") if caption else {}
        content |= {"media_group_id": album} if album else {}
        return self._send(content)

    def _callback(self, data: str, message: ChatMessage) -> str:
        world, chat = self.world, self.world.chats[message.chat_id]
        stored = chat.messages.get(message.id)
        gone = {"chat": chat.raw, "message_id": message.id, "date": 0}
        number = str(world.random.randrange(10**17, 10**18))
        world.callbacks[number] = Callback(
            number, self.id, self.room if chat.private else chat, world.clock()
        )
        query = {
            "id": number,
            "from": self.raw,
            "message": stored.raw if stored else gone,
            "chat_instance": str(abs(chat.id) * 7919),
            "data": data,
        }
        world.updates.emit("callback_query", query, ("callback", self.id), CALLBACK_KEPT)
        return number

    def _reply_buttons(self) -> list[Json]:
        rows = (self.room.keyboard or {}).get("keyboard", [])
        return [{"text": one} if isinstance(one, str) else one for row in rows for one in row]

    def _press(self, button: Json) -> None:
        if (self.room.keyboard or {}).get("one_time_keyboard"):
            self.room.keyboard = None
        if button.get("request_contact"):
            self.sends_contact()
        elif button.get("request_location"):
            self.sends_location()
        else:
            self.says(button["text"])


class Group(Room):
    """A group or supergroup with the bot in it."""

    def migrates(self) -> Group:
        """The basic group becomes a supergroup with another id; writing to the old id is refused."""
        old, by = self.room, next(iter(self.room.members.values()))
        raw = {**old.raw, "id": -1_000_000_000_000 + old.id, "type": "supergroup"}
        new = self.world.add_chat(raw, old.status, old.members)
        old.migrated_to = new.id
        for chat, note in ((old, {"migrate_to_chat_id": new.id}), (new, {"migrate_from_chat_id": old.id})):
            stored = self.world.store(chat, by, note)
            self.world.updates.emit("message", stored.raw, ("message", chat.id))
        return Group(self.world, new)

    def adds(self, user: User) -> None:
        """One more member."""
        self.room.members[user.id] = user.raw

    def sets_bot(self, status: str, by: User) -> None:
        """The bot becomes member, administrator, kicked or left, and is told so."""
        self.world.set_status(self.room, status, by.raw)
