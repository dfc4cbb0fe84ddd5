"""The desk's tools in one hand, and the one way in which anything is said to anybody."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from bot.desk.knowledge import Knowledge
from bot.desk.ports import Store, Tx
from bot.desk.render import Renderer
from bot.desk.settings import DeskSettings
from bot.desk.tokens import Tokens
from bot.domain.dialog import Conversation, Say, Stage, with_choices
from bot.domain.ids import CallbackId, ContactId
from bot.texts import Texts


async def _no_link(_token: str) -> str:
    return ""


@dataclass(frozen=True, slots=True)
class Desk:
    """Built once by the app. `wake_turns` and `wake_outbox` tell the loops that there is work; `start_link`
    gives a link with which an invite opens the bot, or nothing."""

    settings: DeskSettings
    store: Store
    texts: Texts
    tokens: Tokens
    knowledge: Knowledge
    renderer: Renderer
    wake_turns: Callable[[], None]
    wake_outbox: Callable[[], None]
    start_link: Callable[[str], Awaitable[str]] = _no_link

    async def say(
        self,
        tx: Tx,
        to: ContactId,
        say: Say,
        *,
        conversation: Conversation | None = None,
        not_before: datetime | None = None,
        callback: CallbackId | None = None,
        origin: ContactId | None = None,
    ) -> None:
        """Put a message into the outbox, in the reader's language.

        `conversation` is the reader's, when these are words of her own turn: then its choices have numbers.
        """
        contact = await tx.contacts.get(to)
        step = conversation.step if conversation is not None else 0
        numbered = conversation is not None and bool(say.rows) and say.choices == conversation.choices
        message = self.renderer.message(say, contact, step, numbered=numbered)
        await tx.outbox.add(to, message, not_before=not_before, callback=callback, origin=origin)

    async def ask(
        self, tx: Tx, to: ContactId, say: Say, *, callback: CallbackId, not_before: datetime | None = None
    ) -> None:
        """Choices for somebody whose turn this is not: typed numbers mean them from now on, unless she is in
        the midst of something else, or of a turn on another instance."""
        conversation = None
        if await tx.lock_contact(to):
            conversation = await tx.contacts.conversation(await tx.contacts.get(to))
            if conversation.stage is Stage.IDLE:
                conversation = with_choices(conversation, (say,))
                await tx.contacts.save_conversation(to, conversation)
        await self.say(tx, to, say, conversation=conversation, callback=callback, not_before=not_before)

    async def say_quietly(self, tx: Tx, to: ContactId, say: Say, *, callback: CallbackId) -> None:
        """The same, but not within a citizen's quiet hours."""
        await self.say(tx, to, say, callback=callback, not_before=self.settings.hours.after_quiet(tx.now))
