"""The commands in a person's menu: everybody's by language, and for staff their own by role.

A menu is no message: it says nothing, so it does not go through the outbox, and setting it again is free.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from bot.desk.desk import Desk
from bot.domain.messages import ChannelName
from bot.domain.people import Role
from bot.texts import DEFAULT, Texts

Commands = Sequence[tuple[str, str]]
"""Pairs of a command without its slash and what the menu says about it."""

CITIZEN = ("start", "my", "human", "privacy", "language", "help")
_OWN = {
    Role.EXPERT: ("queue", "mine", "case", "duty", "remind", "cancel"),
    Role.SUPERVISOR: ("queue", "case"),
    Role.ADMIN: ("queue", "case", "invite", "revoke"),
}
_ALSO = ("my", "language", "help")
STAFF = frozenset(name for names in (*_OWN.values(), _ALSO) for name in names)
_TRY_AGAIN = timedelta(minutes=1)
_EVERYBODY = ""


class MenuBar(Protocol):
    """A channel with menus; both are False when the channel refused or could not be reached."""

    async def set_menu(self, chat: str, commands: Commands) -> bool: ...
    async def set_default_menus(self, menus: Mapping[str, Commands]) -> bool: ...


def staff_commands(roles: frozenset[Role]) -> tuple[str, ...]:
    """The commands of somebody with these roles, each once."""
    own = (name for role, names in _OWN.items() if role in roles for name in names)
    return tuple(dict.fromkeys((*own, *_ALSO)))


@dataclass(slots=True)
class Menus:
    """Keeps the menus of one channel as roles and languages are; what was set is known until a restart."""

    desk: Desk
    channel: ChannelName
    bar: MenuBar
    shown: dict[str, Commands] = field(default_factory=dict)
    not_before: dict[str, datetime] = field(default_factory=dict)

    async def run_due(self) -> None:
        """Set what is not as it should be; what was refused is tried again a minute later."""
        async with self.desk.store.read() as tx:
            now, wanted = tx.now, {}
            for staff in await tx.contacts.all_staff():
                contact = await tx.contacts.get(staff.contact)
                if contact.address.channel == self.channel and contact.reachable:
                    names = staff_commands(staff.roles)
                    wanted[contact.address.chat] = _said(self.desk.texts, contact.language, names)
        await self._set(_EVERYBODY, _said(self.desk.texts, DEFAULT, CITIZEN), now)
        former = [chat for chat in self.shown if chat != _EVERYBODY and chat not in wanted]
        for chat, commands in (wanted | dict.fromkeys(former, ())).items():
            await self._set(chat, commands, now)

    async def _set(self, chat: str, commands: Commands, now: datetime) -> None:
        if self.shown.get(chat) == commands or self.not_before.get(chat, now) > now:
            return
        if await self._show(chat, commands):
            self.shown[chat] = commands
        else:
            self.not_before[chat] = now + _TRY_AGAIN

    async def _show(self, chat: str, commands: Commands) -> bool:
        if chat != _EVERYBODY:
            return await self.bar.set_menu(chat, commands)
        english = _said(self.desk.texts, "en", CITIZEN)
        return await self.bar.set_default_menus({"": commands, "en": english})


def _said(texts: Texts, language: str, names: tuple[str, ...]) -> Commands:
    return tuple((name, texts.get(language, f"command-{name}")) for name in names)
