"""Contacts, staff, one-time links and conversations."""

from __future__ import annotations

import hashlib
import json
import secrets
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter, ValidationError
from sqlalchemy import Executable, bindparam, delete, select, update

from bot.desk.ports import Link, LinkKind
from bot.domain.dialog import Conversation
from bot.domain.faq import TopicId
from bot.domain.ids import ContactId, StationId
from bot.domain.messages import Address, ChannelName
from bot.domain.people import Contact, Role, Staff
from bot.store import tables as t

if TYPE_CHECKING:
    from bot.store.tx import Tx

_conversation = TypeAdapter(Conversation)
_BY_ID = select(t.contacts).where(t.contacts.c.id == bindparam("contact"))
_BY_ADDRESS = select(t.contacts).where(
    t.contacts.c.channel == bindparam("channel"), t.contacts.c.user == bindparam("user")
)
_STAFF = select(t.staff).where(t.staff.c.contact_id == bindparam("contact"))
_STATE = select(t.conversations.c.state_sealed).where(t.conversations.c.contact_id == bindparam("contact"))


def hash_token(token: str) -> str:
    """One-time tokens are stored as their digest only."""
    return hashlib.sha256(token.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class ContactQueries:
    """Who is who."""

    tx: Tx

    async def ensure(self, address: Address, name: str, language: str) -> Contact:
        """The contact at this address, made if new; name and chat are kept fresh."""
        found = await self.find(address)
        if found is None:
            await self._create(address, name, language)
            found = await self.find(address)
            assert found is not None
        elif found.address != address or found.name != name or not found.reachable:
            await self._freshen(found, address, name)
            found = replace(found, address=address, name=name, reachable=True)
        return found

    async def _create(self, address: Address, name: str, language: str) -> None:
        values = {
            "channel": address.channel,
            "user": address.user,
            "chat": address.chat,
            "name_sealed": self.tx.keys.seal(name, "contacts.name"),
            "language": language,
            "reachable": True,
            "created_at": self.tx.now,
        }
        await self.tx.insert(t.contacts, values, ("channel", "user"))

    async def _freshen(self, contact: Contact, address: Address, name: str) -> None:
        values = {
            "chat": address.chat,
            "name_sealed": self.tx.keys.seal(name, "contacts.name"),
            "reachable": True,
        }
        await self._update(contact.id, values)

    async def get(self, contact: ContactId) -> Contact:
        """The contact; KeyError if there is none. In one transaction she is read once."""
        found = self.tx.met.get(contact) or await self._one(_BY_ID, {"contact": contact})
        if found is None:
            raise KeyError(contact)
        self.tx.met[contact] = found
        return found

    async def find(self, address: Address) -> Contact | None:
        """The contact at this address, if she ever wrote."""
        return await self._one(_BY_ADDRESS, {"channel": address.channel, "user": address.user})

    async def _one(self, query: Executable, values: dict[str, Any]) -> Contact | None:
        row = (await self.tx.execute(query, values)).first()
        if row is None:
            return None
        name = self.tx.keys.unseal(row.name_sealed, "contacts.name") if row.name_sealed else ""
        return Contact(
            ContactId(row.id),
            Address(ChannelName(row.channel), row.user, row.chat),
            name,
            row.language,
            row.consented_at,
            row.reachable,
        )

    async def _update(self, contact: ContactId, values: dict[str, Any]) -> None:
        self.tx.met.pop(contact, None)
        await self.tx.execute(update(t.contacts).where(t.contacts.c.id == contact).values(**values))

    async def set_consent(self, contact: ContactId, given: bool) -> None:
        """She agreed to be stored, now; or took it back."""
        await self._update(contact, {"consented_at": self.tx.now if given else None})

    async def set_language(self, contact: ContactId, language: str) -> None:
        """The language she chose."""
        await self._update(contact, {"language": language})

    async def set_reachable(self, contact: ContactId, reachable: bool) -> None:
        """Whether anything can be sent to her."""
        await self._update(contact, {"reachable": reachable})

    async def move(self, contact: ContactId, chat: str) -> None:
        """Her chat has a new id."""
        await self._update(contact, {"chat": chat})

    async def forget_name(self, contact: ContactId) -> None:
        """Erasure: the name goes, the row stays for the counts."""
        await self._update(contact, {"name_sealed": None, "consented_at": None})
        self.tx.erased = True

    # staff

    async def staff(self, contact: ContactId) -> Staff | None:
        """Her staff row, as it is now."""
        row = (await self.tx.execute(_STAFF, {"contact": contact})).first()
        return None if row is None else _staff(row)

    async def all_staff(self) -> tuple[Staff, ...]:
        """Everybody who works here, oldest first."""
        rows = await self.tx.execute(select(t.staff).order_by(t.staff.c.created_at, t.staff.c.contact_id))
        return tuple(_staff(row) for row in rows)

    async def save_staff(self, staff: Staff) -> None:
        """Insert or replace a staff row; since when she works here stays."""
        values = {
            "contact_id": staff.contact,
            "name": staff.name,
            "station": staff.station,
            "roles": json.dumps(sorted(staff.roles)),
            "topics": json.dumps(staff.topics),
            "regions": json.dumps(staff.regions, ensure_ascii=False),
            "on_duty": staff.on_duty,
            "created_at": self.tx.now,
        }
        await self.tx.upsert(t.staff, ("contact_id",), values, keep=("created_at",))

    async def drop_staff(self, contact: ContactId) -> None:
        """She works here no more."""
        await self.tx.execute(delete(t.staff).where(t.staff.c.contact_id == contact))

    # one-time links

    async def make_link(self, link: Link, lifetime: timedelta) -> str:
        """A single-use token that expires; only its digest is stored."""
        token = secrets.token_urlsafe(18)
        values = {
            "token_hash": hash_token(token),
            "kind": link.kind,
            "contact_id": link.contact,
            "roles": json.dumps(sorted(link.roles)),
            "station": link.station,
            "name": link.name,
            "expires_at": self.tx.now + lifetime,
        }
        await self.tx.insert(t.links, values)
        return token

    async def use_link(self, token: str, kind: LinkKind) -> Link | None:
        """Consume a link: one conditional UPDATE, so that two users of it cannot both win."""
        won = await self.tx.execute(
            update(t.links)
            .where(
                t.links.c.token_hash == hash_token(token),
                t.links.c.kind == kind,
                t.links.c.used_at.is_(None),
                t.links.c.expires_at > self.tx.now,
            )
            .values(used_at=self.tx.now)
            .returning(t.links.c.contact_id, t.links.c.roles, t.links.c.station, t.links.c.name)
        )
        row = won.first()
        if row is None:
            return None
        roles = frozenset(Role(r) for r in json.loads(row.roles))
        return Link(kind, row.contact_id, roles, StationId(row.station), row.name)

    async def drop_links(self, contact: ContactId) -> None:
        """What she made, or was made for her, and nobody has used yet ends now."""
        unused = (t.links.c.contact_id == contact) & t.links.c.used_at.is_(None)
        await self.tx.execute(update(t.links).where(unused).values(expires_at=self.tx.now))

    # conversations

    async def conversation(self, contact: Contact) -> Conversation:
        """What the desk remembers of her; a fresh one if nothing that this version can read."""
        fresh = Conversation(consented=contact.consented_at is not None)
        row = (await self.tx.execute(_STATE, {"contact": contact.id})).first()
        if row is None:
            return fresh
        text = self.tx.keys.unseal(row.state_sealed, "conversations.state")
        try:
            return _conversation.validate_json(text)
        except ValidationError:
            return fresh

    async def save_conversation(self, contact: ContactId, conversation: Conversation) -> None:
        """Remember it."""
        text = _conversation.dump_json(conversation).decode()
        values = {
            "contact_id": contact,
            "state_sealed": self.tx.keys.seal(text, "conversations.state"),
            "updated_at": self.tx.now,
        }
        await self.tx.upsert(t.conversations, ("contact_id",), values)

    async def drop_conversation(self, contact: ContactId) -> None:
        """Erasure."""
        await self.tx.execute(delete(t.conversations).where(t.conversations.c.contact_id == contact))


def _staff(row: Any) -> Staff:
    return Staff(
        ContactId(row.contact_id),
        row.name,
        StationId(row.station),
        frozenset(Role(r) for r in json.loads(row.roles)),
        tuple(TopicId(x) for x in json.loads(row.topics)),
        tuple(json.loads(row.regions)),
        row.on_duty,
    )
