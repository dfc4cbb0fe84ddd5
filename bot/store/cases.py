"""Callback requests: every change of owner or state is one conditional UPDATE that moves the fence."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter
from sqlalchemy import bindparam, case, func, literal, select, tuple_, update

from bot.desk.ports import Change
from bot.domain.callback import (
    Callback,
    CaseState,
    Draft,
    Note,
    NoteKind,
    Outcome,
    new_case_number,
)
from bot.domain.faq import EntryId, TopicId
from bot.domain.ids import CallbackId, CaseNumber, ContactId, StationId
from bot.store import tables as t
from bot.store.sealing import KeyRing

if TYPE_CHECKING:
    from bot.store.tx import Tx

_draft = TypeAdapter(Draft)
_note = TypeAdapter(Note)
_LIVE = (CaseState.OPEN, CaseState.CLAIMED, CaseState.ANSWERED)
_PAGE = 1000
_LIVE_OF = (
    select(t.callbacks)
    .where(t.callbacks.c.contact_id == bindparam("contact"), t.callbacks.c.state.in_(_LIVE))
    .order_by(t.callbacks.c.id.desc())
    .limit(20)
)


@dataclass(frozen=True, slots=True)
class CaseQueries:
    """The queue and what happens to it."""

    tx: Tx

    async def open(
        self, contact: ContactId, station: StationId, draft: Draft, promise_at: datetime
    ) -> Callback:
        """A new request in the queue, under a number that nobody can guess."""
        values = {
            "contact_id": contact,
            "station": station,
            "state": CaseState.OPEN,
            "topic": draft.topic,
            "region": draft.region,
            "urgent": draft.urgent,
            "draft_sealed": self._seal(draft),
            "phone_index": self._phone_index(draft),
            "promise_at": promise_at,
            "opened_at": self.tx.now,
            "fence": 1,
        }
        while True:
            new_id = await self.tx.insert(t.callbacks, values | {"number": new_case_number()}, ("number",))
            if new_id is not None:
                found = await self.by_id(CallbackId(new_id))
                assert found is not None
                return found

    def _seal(self, draft: Draft) -> bytes:
        return self.tx.keys.seal(_draft.dump_json(draft).decode(), "callbacks.draft")

    def _phone_index(self, draft: Draft) -> str:
        return self.tx.keys.index(draft.phone, "phone") if draft.phone else ""

    async def by_id(self, callback: CallbackId) -> Callback | None:
        """The case with this id."""
        return await self._one(t.callbacks.c.id == callback)

    async def by_number(self, number: CaseNumber) -> Callback | None:
        """The case with this number."""
        return await self._one(t.callbacks.c.number == number)

    async def index_anew(self, keys: KeyRing) -> None:
        """The blind indexes of all phones by these keys."""
        after = 0
        while rows := await self._with_phone(after):
            for row in rows:
                index = keys.index(self._draft(row).phone, "phone")
                here = t.callbacks.c.id == row.id
                await self.tx.execute(update(t.callbacks).where(here).values(phone_index=index))
            after = rows[-1].id

    async def _with_phone(self, after: int) -> list[Any]:
        c = t.callbacks.c
        query = select(t.callbacks).where(c.phone_index != "", c.id > after).order_by(c.id).limit(_PAGE)
        return list(await self.tx.execute(query))

    async def _one(self, condition: Any) -> Callback | None:
        row = (await self.tx.execute(select(t.callbacks).where(condition))).first()
        return None if row is None else self._row(row)

    def _row(self, row: Any) -> Callback:
        return Callback(
            CallbackId(row.id),
            CaseNumber(row.number),
            ContactId(row.contact_id),
            StationId(row.station),
            CaseState(row.state),
            self._draft(row),
            row.promise_at,
            row.opened_at,
            row.owner_id,
            row.fence,
            row.lease_until,
            row.claimed_at,
            row.answered_at,
            row.closed_at,
            Outcome(row.outcome) if row.outcome else None,
            row.rating,
        )

    def _draft(self, row: Any) -> Draft:
        if row.draft_sealed is None:  # erased: what the figures count is left
            return Draft("", TopicId(row.topic), row.region, urgent=row.urgent)
        return _draft.validate_json(self.tx.keys.unseal(row.draft_sealed, "callbacks.draft"))

    async def _list(self, *conditions: Any, limit: int, newest: bool = False) -> tuple[Callback, ...]:
        order = (
            (t.callbacks.c.id.desc(),)
            if newest
            else (t.callbacks.c.urgent.desc(), t.callbacks.c.opened_at, t.callbacks.c.id)
        )
        query = select(t.callbacks).where(*conditions).order_by(*order).limit(limit)
        return tuple(self._row(row) for row in await self.tx.execute(query))

    async def live_of(self, contact: ContactId) -> tuple[Callback, ...]:
        """A citizen's open, claimed and answered cases, newest first."""
        return tuple(self._row(row) for row in await self.tx.execute(_LIVE_OF, {"contact": contact}))

    async def all_of(self, contact: ContactId, limit: int) -> tuple[Callback, ...]:
        """A citizen's cases, newest first."""
        return await self._list(t.callbacks.c.contact_id == contact, limit=limit, newest=True)

    async def by_phone(self, phone: str) -> tuple[Callback, ...]:
        """Cases with this phone (digits, as parse_phone gives them), newest first."""
        same = t.callbacks.c.phone_index == self.tx.keys.index(phone, "phone")
        return await self._list(same, limit=50, newest=True)

    async def owned_by(self, expert: ContactId) -> tuple[Callback, ...]:
        """What an expert holds now, urgent and oldest first."""
        held = t.callbacks.c.state.in_((CaseState.CLAIMED, CaseState.ANSWERED))
        return await self._list(t.callbacks.c.owner_id == expert, held, limit=50)

    async def queue(self, limit: int) -> tuple[Callback, ...]:
        """What nobody holds, urgent and oldest first."""
        return await self._list(t.callbacks.c.state == CaseState.OPEN, limit=limit)

    async def live(self, limit: int) -> tuple[Callback, ...]:
        """Everything that is not closed, urgent and oldest first."""
        return await self._list(t.callbacks.c.state.in_(_LIVE), limit=limit)

    async def place_in_queue(self, callback: Callback) -> int:
        """1 for the next to be claimed."""
        c = t.callbacks.c
        older = tuple_(c.opened_at, c.id) < tuple_(literal(callback.opened_at, t.Utc), callback.id)
        before = c.urgent.is_(callback.draft.urgent) & older
        if not callback.draft.urgent:
            before |= c.urgent.is_(True)
        query = select(func.count()).where(c.state == CaseState.OPEN, before)
        return int((await self.tx.execute(query)).scalar_one()) + 1

    async def counts(self) -> dict[CaseState, int]:
        """How many live cases are in each state."""
        c = t.callbacks.c
        query = select(c.state, func.count()).where(c.state.in_(_LIVE)).group_by(c.state)
        return {CaseState(row[0]): row[1] for row in await self.tx.execute(query)}

    async def change(self, callback: Callback, change: Change) -> Callback | None:
        """Apply a change if the case is still as the caller saw it; None if it is not.

        The fence moves with every change of owner, so a stale owner always loses. State and lease count too:
        of two who close, answer or let lapse the same claim at once, one wins.
        """
        values: dict[str, Any] = change.values()
        if "owner_id" in values:
            values["fence"] = t.callbacks.c.fence + 1
        statement = (
            update(t.callbacks)
            .where(
                t.callbacks.c.id == callback.id,
                t.callbacks.c.fence == callback.fence,
                t.callbacks.c.state == callback.state,
                t.callbacks.c.lease_until.is_not_distinct_from(callback.lease_until),
            )
            .values(**values)
        )
        changed = await self.tx.execute(statement)
        return await self.by_id(callback.id) if changed.rowcount == 1 else None

    async def save_draft(self, callback: CallbackId, draft: Draft) -> None:
        """The citizen's own facts, changed by her."""
        values = {
            "draft_sealed": self._seal(draft),
            "urgent": draft.urgent,
            "phone_index": self._phone_index(draft),
        }
        await self.tx.execute(update(t.callbacks).where(t.callbacks.c.id == callback).values(**values))

    async def erase(self, contact: ContactId) -> None:
        """Erasure: facts, phone and story go; state, topic and times stay for the yearly figures."""
        mine = select(t.callbacks.c.id).where(t.callbacks.c.contact_id == contact)
        await self.tx.execute(update(t.notes).where(t.notes.c.callback_id.in_(mine)).values(body_sealed=None))
        await self.tx.execute(
            update(t.callbacks)
            .where(t.callbacks.c.contact_id == contact)
            .values(draft_sealed=None, phone_index="")
        )

    # the story of a case

    async def add_note(self, callback: CallbackId, note: Note) -> None:
        """One more line."""
        values = {
            "callback_id": callback,
            "at": note.at,
            "kind": note.kind,
            "author_id": note.author,
            "body_sealed": self.tx.keys.seal(_note.dump_json(note).decode(), "notes.body"),
        }
        await self.tx.insert(t.notes, values)

    async def notes(self, callback: CallbackId, limit: int) -> tuple[Note, ...]:
        """The last lines of the story, oldest first."""
        query = (
            select(t.notes)
            .where(t.notes.c.callback_id == callback)
            .order_by(t.notes.c.id.desc())
            .limit(limit)
        )
        rows = list(await self.tx.execute(query))
        return tuple(self._note(row) for row in reversed(rows))

    def _note(self, row: Any) -> Note:
        if row.body_sealed is None:
            return Note(row.at, NoteKind(row.kind), row.author_id, "")
        return _note.validate_json(self.tx.keys.unseal(row.body_sealed, "notes.body"))

    # how answers do

    async def add_feedback(self, entry: EntryId, helped: bool) -> None:
        """Counted per entry, without the person."""
        await self.tx.insert(t.feedback, {"entry": entry, "helped": helped, "at": self.tx.now})

    async def feedback(self) -> dict[EntryId, tuple[int, int]]:
        """Per entry: how often it helped, and how often not."""
        helped = func.sum(case((t.feedback.c.helped.is_(True), 1), else_=0))
        query = select(t.feedback.c.entry, helped, func.count()).group_by(t.feedback.c.entry)
        return {EntryId(e): (yes, n - yes) for e, yes, n in await self.tx.execute(query)}
