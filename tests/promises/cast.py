"""Everybody who may have to do with one case, and the case in each of its states."""

from __future__ import annotations

from dataclasses import dataclass

from bot.domain.callback import Callback, CaseState, Draft
from bot.domain.ids import CaseNumber, ContactId
from bot.domain.messages import Address, ChatKind, InboundKind
from bot.domain.people import Role, Staff
from tests.support.room import FAKE, Room

STRANGE = "隔壁天天半夜练唢呐我该怎么维权"
PHONE = "13812345678"
PEOPLE = {
    "mei": "the citizen of the case",
    "eve": "another citizen",
    "wang": "the owner (while it is held)",
    "li": "another expert",
    "zhou": "the expert who had it before",
    "chen": "an admin",
    "zhao": "a supervisor",
    "tang": "a former expert, who had it first",
}
GROUP = "-100500"


@dataclass(frozen=True)
class Scene:
    """One case in one state, and who is who."""

    state: CaseState
    case: Callback
    ids: dict[str, ContactId]
    staff: dict[str, Staff | None]

    def roles(self, who: str) -> frozenset[Role]:
        """What she is at the desk."""
        staff = self.staff[who]
        return (staff.roles if staff else frozenset()) | {Role.CITIZEN}

    def owns(self, who: str) -> bool:
        """Whether the case is hers to work on."""
        return self.case.owner == self.ids[who]


async def scene(room: Room, state: CaseState) -> Scene:
    """Play until the case stands there: one who had it is not on the staff any more, one gave it back."""
    await room.hires("wang")
    await room.hires("li")
    await room.hires("zhou")
    await room.hires("chen", Role.ADMIN)
    await room.hires("zhao", Role.SUPERVISOR)
    await room.hires("tang")
    await room.says("eve", "/start")
    group = Address(FAKE, GROUP, GROUP)
    await room.receive(room.message("eve", sender=group, chat=ChatKind.GROUP, name="群", text="大家好"))
    number = CaseNumber(await room.asks_for_callback("mei", STRANGE, phone=PHONE))
    await room.taps("tang", "接单")
    await room.says("chen", "/revoke tang")
    await room.taps("chen", "撤销身份")
    await room.taps("zhou", "接单")
    await room.taps("zhou", "退回")
    await room.taps("zhou", "没有时间")
    if state is not CaseState.OPEN:
        await room.taps("wang", "接单")
    if state in (CaseState.ANSWERED, CaseState.CLOSED):
        await room.says("wang", "您先录音。")
    if state is CaseState.CLOSED:
        await room.taps("wang", "办结")
        await room.taps("wang", "转调解")
    await room.sends_file("mei", InboundKind.STICKER)
    async with room.store.begin() as tx:
        case = await tx.cases.by_number(number)
        assert case is not None
        assert case.state is state
        found = {who: await tx.contacts.find(Address(FAKE, who, who)) for who in PEOPLE}
        ids = {who: contact.id for who, contact in found.items() if contact is not None}
        for who in PEOPLE:
            await tx.contacts.set_consent(ids[who], given=True)
        return Scene(state, case, ids, {who: await tx.contacts.staff(ids[who]) for who in PEOPLE})


def draft() -> Draft:
    """Something that she was about to ask."""
    return Draft(question="押金不退怎么办", place="城关区")
