"""What a staff use case has in hand during one turn, and the one check that each of them makes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from bot.desk.desk import Desk
from bot.desk.heard import Heard
from bot.desk.ports import Tx
from bot.domain.actions import Action, Refusal, refuse
from bot.domain.callback import Callback
from bot.domain.dialog import Choice, Conversation, Say, Stage
from bot.domain.ids import CallbackId, CaseNumber, ContactId
from bot.domain.messages import ChatKind
from bot.domain.people import Actor, Contact, Staff


@dataclass(slots=True)
class Work:
    """What a staff use case has in hand during one turn; `conversation` is saved at its end."""

    desk: Desk
    tx: Tx
    actor: Actor
    staff: Staff
    contact: Contact
    conversation: Conversation
    heard: Heard

    @property
    def me(self) -> ContactId:
        """Who acts."""
        return self.contact.id

    async def say(self, say: Say, *, to: ContactId | None = None, callback: CallbackId | None = None) -> None:
        """Say something to the actor, or to another person. What is said to her sets what numbers mean."""
        if to is not None and to != self.me:
            await self.desk.say(self.tx, to, say, callback=callback)
            return
        step = self.conversation.step + 1
        self.conversation = replace(self.conversation, step=step, choices=say.choices)
        await self.desk.say(self.tx, self.me, say, callback=callback, conversation=self.conversation)

    async def case(
        self, action: Action, number: CaseNumber, fence: int | None = None, seen: Callback | None = None
    ) -> Callback | None:
        """The case, if the actor may do this to it now; else she is told why not. `seen`: just read."""
        case = seen or await self.tx.cases.by_number(number)
        refusal = refuse(action, self.actor, ChatKind.PRIVATE, case, fence)
        if refusal is None and case is not None:
            return case
        await self.say(Say((refusal or Refusal.UNKNOWN_CASE).value))
        return None

    async def lost(self) -> None:
        """The case changed hands while we looked: nothing was written."""
        await self.say(Say(Refusal.STALE.value))

    def at(self, number: CaseNumber, stage: Stage = Stage.IDLE) -> None:
        """From now on her typing is about this case."""
        self.conversation = replace(self.conversation, case=number, stage=stage)

    def leave(self) -> None:
        """Her typing is about no case any more."""
        self.conversation = replace(self.conversation, case=CaseNumber(""), stage=Stage.IDLE)


OnTap = Callable[[Work, Choice], Awaitable[None]]
OnCommand = Callable[[Work, str], Awaitable[None]]
