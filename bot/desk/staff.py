"""An expert's turn: buttons, commands and typing go to one file per use case."""

from __future__ import annotations

from dataclasses import replace

from bot.desk import claim, close, dismiss, duty, hand_over, invite, phone, queue, remind, reply
from bot.desk.desk import Desk
from bot.desk.heard import Heard
from bot.desk.ports import Tx
from bot.desk.work import OnCommand, OnTap, Work
from bot.domain.actions import RULES, Action, Refusal
from bot.domain.dialog import Command, Conversation, Say, Stage, number_as_choice
from bot.domain.people import Actor, Contact, Role, Staff

BUTTONS: dict[Action, OnTap] = {
    Action.CLAIM: claim.tapped,
    Action.OPEN_CASE: queue.open_tapped,
    Action.REPLY: reply.tapped,
    Action.PHONE_LOG: phone.tapped,
    Action.RELEASE: hand_over.release_tapped,
    Action.TRANSFER: hand_over.transfer_tapped,
    Action.CLOSE: close.tapped,
    Action.REMIND: remind.tapped,
    Action.QUEUE: queue.queue_tapped,
    Action.MINE: queue.mine_tapped,
    Action.DUTY: duty.duty_tapped,
    Action.TOPICS: duty.topics_tapped,
    Action.REGIONS: duty.regions_tapped,
    Action.INVITE: invite.tapped,
    Action.REVOKE: dismiss.tapped,
}
COMMANDS: dict[Command, OnCommand] = {
    Command.START: queue.welcome,
    Command.HELP: queue.welcome,
    Command.QUEUE: queue.show_queue,
    Command.MINE: queue.show_mine,
    Command.CASE: queue.open_typed,
    Command.DUTY: duty.show,
    Command.PROFILE: duty.profile,
    Command.REMIND: remind.typed,
    Command.INVITE: invite.typed,
    Command.REVOKE: dismiss.typed,
    Command.REPLY: reply.command,
    Command.CANCEL: reply.leave,
}
TYPED: dict[Command, Action] = {
    Command.QUEUE: Action.QUEUE,
    Command.MINE: Action.MINE,
    Command.DUTY: Action.DUTY,
    Command.PROFILE: Action.DUTY,
    Command.INVITE: Action.INVITE,
    Command.REVOKE: Action.REVOKE,
    Command.REMIND: Action.REMIND,
    Command.REPLY: Action.REPLY,
}
"""Whose rule a typed command stands under; those about a case check the case as well."""


async def handle(
    desk: Desk, tx: Tx, actor: Actor, staff: Staff | None, contact: Contact,
    conversation: Conversation, heard: Heard,
) -> bool:  # fmt: skip
    """Do it if it is staff business; False leaves the turn to the citizen's dialog."""
    if _is_invite(heard):
        await invite.join(desk, tx, contact, conversation, heard.said.argument)
        return True
    heard = _typed_tap(desk, contact, conversation, heard)
    choice = heard.said.choice
    if choice is not None and RULES[choice.action].anyone_of.isdisjoint(actor.roles):
        await desk.say(tx, contact.id, Say(Refusal.ROLE.value))
        return True
    if staff is None or heard.refusal is not None:
        return False
    work = Work(desk, tx, actor, staff, contact, conversation, heard)
    handled = await _dispatch(work)
    if handled:
        await tx.contacts.save_conversation(contact.id, replace(work.conversation, greeted=True))
    return handled


def _typed_tap(desk: Desk, contact: Contact, conversation: Conversation, heard: Heard) -> Heard:
    """A typed number, or the very words of a button, is a tap on what was last offered, if that is staff
    business: “no answer” after a call is no message to the citizen."""
    said = heard.said
    if said.files or not said.text:
        return heard
    labels = {desk.renderer.label(c, contact.language): c for c in conversation.choices}
    choice = number_as_choice(conversation, said.text) or labels.get(said.text.strip())
    if choice is None or choice.action not in BUTTONS:
        return heard
    return replace(heard, said=replace(said, text="", choice=choice))


def _is_invite(heard: Heard) -> bool:
    said = heard.said
    return said.command is Command.JOIN or (said.command is Command.START and said.argument != "")


async def _dispatch(work: Work) -> bool:
    said = work.heard.said
    if said.choice is not None:
        on_tap = BUTTONS.get(said.choice.action)
        if on_tap is not None:
            await on_tap(work, said.choice)
        return on_tap is not None
    if said.command is not None:
        on_command = COMMANDS.get(said.command)
        if on_command is None:
            return False
        action = TYPED.get(said.command)
        if action is not None and RULES[action].anyone_of.isdisjoint(work.actor.roles):
            await work.say(Say(Refusal.ROLE.value))
        else:
            await on_command(work, said.argument)
        return True
    if not await _works_on_a_case(work):
        if said.text and work.conversation.stage is Stage.IDLE and Role.EXPERT in work.staff.roles:
            await work.desk.say(work.tx, work.me, Say("typed-to-nobody"))
        return False
    await reply.typed(work)
    return True


async def _works_on_a_case(work: Work) -> bool:
    """Whether her typing is about a case that she works on, and not about one that she asked herself."""
    if not work.conversation.case or work.conversation.stage not in (Stage.IDLE, Stage.RELEASING):
        return False
    case = await work.tx.cases.by_number(work.conversation.case)
    return case is not None and case.contact != work.me
