"""The desk's door: a message is durable when receive() returns (steps 1 and 2 of a message's way)."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from bot.desk.desk import Desk
from bot.desk.door import Door
from bot.desk.ports import Received, Tx
from bot.desk.tokens import MAX_BYTES
from bot.domain.clean import clean_name, clean_text
from bot.domain.dialog import Say
from bot.domain.messages import Address, ChatKind, InboundKind, InboundMessage
from bot.domain.people import Contact
from bot.texts import language_of

_BURST_KINDS = frozenset(
    {InboundKind.TEXT, InboundKind.PHOTO, InboundKind.VOICE, InboundKind.DOCUMENT, InboundKind.VIDEO,
     InboundKind.LOCATION}
)  # fmt: skip
_MAX_TEXT = 16_000


@dataclass(frozen=True, slots=True)
class Intake:
    """Implements ports.Receive."""

    desk: Desk
    door: Door = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "door", Door(self.desk.settings.limits))

    async def __call__(self, message: InboundMessage) -> Received:
        """Keep the message, once. Raises StoreError when nothing could be written."""
        message = _cleaned(message)
        address, when = _address(message), message.received_at
        may = self.door.open_to(address, when)
        if not may and not self.door.first_refusal(address, when):
            return Received.LIMITED
        async with self.desk.store.begin() as tx:
            contact = await tx.contacts.ensure(address, message.name, language_of(message.language))
            received = await self._keep(tx, contact, message) if may else Received.LIMITED
            if received is Received.LIMITED and (not may or self.door.first_refusal(address, when)):
                await self._slow_down(tx, contact)
        if received is not Received.DUPLICATE:
            self.desk.wake_turns()
        return received

    async def _keep(self, tx: Tx, contact: Contact, message: InboundMessage) -> Received:
        waiting = await tx.inbox.count_open(contact.id)
        if not await self.door.room_for(tx, waiting):
            return Received.LIMITED
        burst = self.desk.settings.limits.burst
        ready_at = tx.now + burst if _may_go_on(message) else tx.now
        if not waiting and message.kind is InboundKind.TEXT and message.chat is ChatKind.PRIVATE:
            # while this is written; what is one of several will be matched with the others
            self.desk.knowledge.begin(message.text)
        if not await tx.inbox.add(contact.id, message, ready_at):
            return Received.DUPLICATE
        self.door.kept()
        return Received.ACCEPTED

    async def _slow_down(self, tx: Tx, contact: Contact) -> None:
        """Said once, when the first is not kept."""
        await self.desk.say(tx, contact.id, Say("slow-down"))
        self.desk.wake_outbox()


def _address(message: InboundMessage) -> Address:
    """A group is a contact of its own without any role, so that nothing private is ever sent there."""
    sender = message.sender
    if message.chat is ChatKind.GROUP:
        return Address(sender.channel, f"group:{sender.chat}", sender.chat)
    return sender


def _may_go_on(message: InboundMessage) -> bool:
    """Whether more of the same may follow within the burst window; commands and taps are complete."""
    return message.kind in _BURST_KINDS and not message.text.lstrip().startswith("/")


def _cleaned(message: InboundMessage) -> InboundMessage:
    name, text = clean_name(message.name), clean_text(message.text, _MAX_TEXT)
    return replace(message, name=name, text=text, token=message.token[:MAX_BYTES])
