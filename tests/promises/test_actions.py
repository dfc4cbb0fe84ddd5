"""Every action × everybody × every state × every way of trying: only what is allowed changes anything."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from itertools import product
from zlib import crc32

import pytest

from bot.desk.hand_over import REASONS
from bot.domain.actions import RULES, Action, Scope
from bot.domain.callback import CaseState, Outcome, PhoneResult
from bot.domain.conversation import LANGUAGES
from bot.domain.dialog import Choice, Conversation, Stage
from bot.domain.ids import CaseNumber
from bot.domain.messages import Address, ChatKind, InboundKind, InboundMessage
from bot.domain.people import Role
from tests.promises.cast import GROUP, PEOPLE, PHONE, Scene, draft, scene
from tests.promises.rehearsal import Attempt, Rehearsal, Rows, Seen, Touched, rows
from tests.promises.scale import SOAK
from tests.support.room import FAKE, Room

CHANGES = {
    Action.CASE_CANCEL, Action.CASE_RATE, Action.CASE_REOPEN, Action.CASE_SOLVED, Action.CLAIM,
    Action.PHONE_LOG, Action.RELEASE, Action.TRANSFER, Action.CLOSE, Action.REMIND, Action.REVOKE,
}  # fmt: skip
"""What must change something when it is allowed, so that the test cannot pass on a desk that does nothing."""
STAGES = {
    Action.REFUSE: Stage.CONSENT, Action.TOPIC: Stage.TOPIC,
    Action.MORE_TOPICS: Stage.TOPIC, Action.PLACE: Stage.PLACE, Action.REACH: Stage.REACH,
    Action.WINDOW: Stage.WINDOW, Action.SUBMIT: Stage.MORE, Action.CANCEL_FORM: Stage.MORE,
    Action.ERASE_CONFIRM: Stage.ERASING,
}  # fmt: skip
HOW = ("tapped", "stale", "typed as a number", "in a group", "forwarded")


@dataclass(frozen=True)
class Try:
    """One attempt: who does what, and how."""

    who: str
    action: Action
    how: str

    def __str__(self) -> str:
        return f"{self.who} {self.action.name} {self.how}"


def _arg(action: Action, where: Scene) -> str:
    """An argument with which the action does something."""
    args = {
        Action.PICK: "labor-unpaid-wages", Action.SOLVED: "labor-unpaid-wages",
        Action.NOT_MINE: "labor-unpaid-wages", Action.TOPIC: "labor", Action.PLACE: "城关区",
        Action.REACH: "chat", Action.LANGUAGE: next(iter(LANGUAGES)), Action.CASE_RATE: "5",
        Action.PHONE_LOG: PhoneResult.REACHED, Action.RELEASE: REASONS[0], Action.CLOSE: Outcome.MEDIATION,
        Action.TRANSFER: str(where.ids["li"]), Action.DUTY: "off", Action.TOPICS: "labor",
        Action.REGIONS: "0", Action.INVITE: Role.ADMIN, Action.REVOKE: f"{where.ids['li']}.yes",
    }  # fmt: skip
    return str(args.get(action, ""))


def _choice(action: Action, where: Scene, how: str) -> Choice:
    stale = how == "stale" and RULES[action].scope is Scope.CASE
    of_case = RULES[action].scope is Scope.CASE or action is Action.TO_CASE
    number = where.case.number if of_case else CaseNumber("")
    return Choice(action, _arg(action, where), case=number, fence=where.case.fence - stale)


async def _attempt(attempt: Attempt, where: Scene, one: Try) -> InboundMessage:
    """Give her the conversation in which the choice was offered; the message with which she takes it."""
    choice, room = _choice(one.action, where, one.how), attempt.room
    stage = STAGES.get(one.action, Stage.OFFERED if RULES[one.action].scope is Scope.STEP else Stage.IDLE)
    conversation = Conversation(
        step=7, greeted=True, consented=True, stage=stage, choices=(choice,), draft=draft()
    )
    await attempt.tx.contacts.save_conversation(where.ids[one.who], conversation)
    if one.how == "typed as a number":
        return room.message(one.who, text="1")
    step = 6 if one.how == "stale" else 7
    holder = "li" if one.who != "li" else "wang"
    owner = where.ids[holder if one.how == "forwarded" else one.who]
    token = room.desk.tokens.make(owner, choice, step, 0)
    message = room.message(one.who, kind=InboundKind.BUTTON, token=token)
    if one.how == "in a group":
        message = replace(message, sender=Address(FAKE, GROUP, GROUP), chat=ChatKind.GROUP, name="群")
    return message


def allowed(one: Try, where: Scene) -> bool:
    """What the registry says, read without the desk's own judge."""
    rule = RULES[one.action]
    if one.how == "typed as a number" and rule.scope is Scope.CASE and one.who == "mei" and where.case.held:
        return True  # while a person holds the talk, a number is a word for that person
    if one.how in ("in a group", "forwarded") or not rule.anyone_of & where.roles(one.who):
        return False
    if one.how == "stale" and (rule.fenced or rule.scope is Scope.STEP):
        return False
    if rule.scope is not Scope.CASE:
        return True
    mine = where.case.contact == where.ids[one.who]
    lead = Role.SUPERVISOR in rule.anyone_of & where.roles(one.who)
    holds = not rule.owner or where.owns(one.who) or lead
    return where.state in rule.states and holds and (mine or not rule.citizen)


def _hers(touched: Touched, one: Try, where: Scene) -> bool:
    """Whether a row is one that this action of hers may touch."""
    me, row = where.ids[one.who], touched.row
    of_case = RULES[one.action].scope is Scope.CASE or where.case.contact == me
    match touched.table:
        case "contacts":
            return bool(row["id"] == me)
        case "staff":
            return bool(row["contact_id"] == (where.ids["li"] if one.action is Action.REVOKE else me))
        case "callbacks":
            return bool(row["contact_id"] == me or (of_case and row["id"] == where.case.id))
        case "notes":
            return of_case or row["author_id"] == me
        case "reminders":
            return of_case or row["contact_id"] == me or row["callback_id"] != where.case.id
        case "links":
            return one.action is Action.INVITE
        case "audit":
            return bool(row["actor_id"] == me)
        case name:
            return name in ("feedback", "audit_head")


def _trail(seen: Seen, one: Try) -> bool:
    """Whether a change of a case is in the audit trail under her name."""
    changed = {
        touched.row["id" if touched.table == "callbacks" else "callback_id"]
        for touched in seen.touched
        if touched.table in ("callbacks", "notes", "reminders")
    }
    lines = {touched.row["callback_id"] for touched in seen.touched if touched.table == "audit"}
    return changed - {None} <= lines or (one.action is Action.ERASE_CONFIRM and None in lines)


def _shows_phone(seen: Seen, one: Try, where: Scene) -> bool:
    """Whether the phone was said to anybody but the owner, or to her without a line in the trail."""
    shown = {contact for contact, text in seen.said if PHONE in text}
    may = allowed(one, where) and one.action in (Action.CLAIM, Action.OPEN_CASE)
    noted = any(t.row.get("action") == "phone_seen" for t in seen.touched if t.table == "audit")
    return bool(shown) and (shown != {where.ids[one.who]} or not may or not noted)


def _wrong(seen: Seen, one: Try, where: Scene) -> str:
    """What is wrong with what an attempt did; empty if nothing is."""
    if seen.failed:
        return "the turn failed"
    if _shows_phone(seen, one, where):
        return "showed the phone"
    if not allowed(one, where):
        return f"changed {[t.table for t in seen.touched]}" if seen.touched else ""
    strange = [t.table for t in seen.touched if not _hers(t, one, where)]
    if strange:
        return f"touched {strange} of others"
    if not _trail(seen, one):
        return "left no line in the audit trail"
    if one.action in CHANGES and one.how == "tapped" and not seen.touched:
        return "was allowed and did nothing"
    return ""


def tries(state: CaseState, *, whole: bool) -> list[Try]:
    """All attempts; in `make test` every tap on a case's button, and a fixed share of everything else."""
    every = [Try(who, action, how) for action in Action for who in PEOPLE for how in HOW]
    return every if SOAK else [one for one in every if _chosen(one, state, whole)]


def _chosen(one: Try, state: CaseState, whole: bool) -> bool:
    if whole and one.how == "tapped" and RULES[one.action].scope is Scope.CASE:
        return True
    return crc32(f"{one} {state}".encode()) % (16 if whole else 24) == 0


@pytest.fixture
async def before(room: Room, request: pytest.FixtureRequest) -> AsyncIterator[tuple[Scene, Rows]]:
    """The case in one of its states."""
    where = await scene(room, request.param)
    async with room.store.read() as tx:
        yield where, await rows(tx)


@pytest.mark.databases("sqlite", *(["postgresql"] if SOAK else []))
@pytest.mark.parametrize("before", list(CaseState), indirect=True, ids=str)
async def test_only_what_the_registry_allows_changes_anything(room: Room, before: tuple[Scene, Rows]) -> None:
    where, rows_before = before
    rehearsal, wrong, ran = Rehearsal(room), {}, 0
    for one in tries(where.state, whole=room.store.is_sqlite):
        async with rehearsal.once() as attempt:
            message = await _attempt(attempt, where, one)
            found = _wrong(await attempt.sees(message, rows_before), one, where)
        ran += 1
        if found:
            wrong[str(one)] = found
    assert wrong == {}
    assert ran > (40 if room.store.is_sqlite else 10)


# what is typed

MayType = Callable[[str, Scene], bool]


def _nobody(_who: str, _where: Scene) -> bool:
    return False


def _expert(who: str, where: Scene) -> bool:
    return Role.EXPERT in where.roles(who)


def _admin(who: str, where: Scene) -> bool:
    return Role.ADMIN in where.roles(who)


def _owner(who: str, where: Scene) -> bool:
    return where.owns(who)


def _holder(who: str, where: Scene) -> bool:
    return where.owns(who) and where.case.held


def _talker(who: str, where: Scene) -> bool:
    return where.case.held and (where.owns(who) or who == "mei")


_TRAIL = {"audit", "audit_head"}
TYPED: dict[str, tuple[MayType, set[str]]] = {
    "/queue": (_nobody, set()),
    "/mine": (_nobody, set()),
    "/profile": (_nobody, set()),
    "/duty": (_nobody, set()),
    "/duty off": (_expert, {"staff", *_TRAIL}),
    "/invite admin x": (_admin, {"links", *_TRAIL}),
    "/revoke li": (_nobody, set()),
    "/revoke": (_nobody, set()),
    "/join made-up": (_nobody, set()),
    "/start made-up": (_nobody, set()),
    "/case {case}": (_owner, _TRAIL),
    "/reply {case}": (_nobody, set()),
    "/remind 2h x": (_holder, {"reminders", *_TRAIL}),
    "/cancel": (_nobody, set()),
    "您好": (_talker, {"callbacks", "notes", "reminders", *_TRAIL}),
}
"""What can be typed by somebody whose typing is bound to the case: who may thereby change which tables."""


@pytest.mark.parametrize("before", list(CaseState), indirect=True, ids=str)
async def test_only_who_may_changes_anything_by_typing(room: Room, before: tuple[Scene, Rows]) -> None:
    where, rows_before = before
    wrong = {}
    for stage, words, who in product((Stage.IDLE, Stage.RELEASING), TYPED, PEOPLE):
        may, tables = TYPED[words]
        if stage is Stage.RELEASING and not words.startswith("/"):
            continue  # that is a reason, and the next test's
        at = Conversation(step=7, greeted=True, consented=True, stage=stage, case=where.case.number)
        async with Rehearsal(room).once() as attempt:
            await attempt.tx.contacts.save_conversation(where.ids[who], at)
            message = room.message(who, text=words.format(case=where.case.number))
            seen = await attempt.sees(message, rows_before)
        touched = {one.table for one in seen.touched}
        phone_to = {contact for contact, text in seen.said if PHONE in text} - {where.case.owner}
        if seen.failed or phone_to or touched - (tables if may(who, where) else set()):
            wrong[f"{who} {words}"] = f"{seen.failed} {phone_to} {sorted(touched)}"
    assert wrong == {}


@pytest.mark.parametrize("before", list(CaseState), indirect=True, ids=str)
async def test_words_of_anybody_but_the_owner_never_reach_the_citizen(
    room: Room, before: tuple[Scene, Rows]
) -> None:
    where, rows_before = before
    for stage, who in product((Stage.IDLE, Stage.RELEASING), sorted(set(PEOPLE) - {"mei"})):
        at = Conversation(step=7, greeted=True, consented=True, stage=stage, case=where.case.number)
        async with Rehearsal(room).once() as attempt:
            await attempt.tx.contacts.save_conversation(where.ids[who], at)
            seen = await attempt.sees(room.message(who, text="请先录音，再找物业。"), rows_before)
        heard = [text for contact, text in seen.said if contact == where.ids["mei"]]
        may = _holder(who, where) and stage is Stage.IDLE
        assert any("请先录音" in text for text in heard) == may, (who, stage)
        strange = _holder(who, where) or (stage is Stage.RELEASING and Role.SUPERVISOR in where.roles(who))
        assert strange or not seen.touched or who in ("eve", "tang"), (who, stage)
