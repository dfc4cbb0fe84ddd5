"""Cards that experts see: a request to be claimed, the whole case for its owner."""

from __future__ import annotations

from bot.desk.desk import Desk
from bot.desk.ports import Tx
from bot.domain.actions import Action
from bot.domain.callback import Callback, CaseState, Note, NoteKind, Offered, Reach, Window
from bot.domain.clean import one_line, preview
from bot.domain.dialog import Arg, Choice, Rows, Say
from bot.domain.ids import ContactId
from bot.domain.people import Role, Staff

_STORY = 40
_WORTH_SHOWING = 0.1
_STEPS = 4
"""So much of the past of a case that comes into the queue again stands on its card."""
_REOPENED = "story-reopened"


def card_name(case: Callback) -> str:
    """The request card of an open case; a new one for each time that it comes into the queue."""
    return f"case-{case.id}-{case.fence}"


async def announce(desk: Desk, tx: Tx, case: Callback, also: tuple[ContactId, ...] = ()) -> None:
    """Show an open request to the on-duty experts who fit; to all on duty if none fits; else to the
    supervisors, so that somebody knows. Nobody gets her own question."""
    staff = [s for s in await tx.contacts.all_staff() if s.contact != case.contact]
    experts = {s.contact for s in staff if Role.EXPERT in s.roles}
    for contact in dict.fromkeys((*_audience(staff, case), *(a for a in also if a in experts))):
        await desk.say(tx, contact, await request(desk, tx, case, contact), callback=case.id)


def _audience(staff: list[Staff], case: Callback) -> tuple[ContactId, ...]:
    on_duty = [s for s in staff if Role.EXPERT in s.roles and s.on_duty]
    fitting = [s for s in on_duty if s.fits(case.draft.topic, case.draft.region)]
    leads = [s for s in staff if Role.SUPERVISOR in s.roles]
    return tuple(s.contact for s in (fitting or on_duty or leads))


async def request(desk: Desk, tx: Tx, case: Callback, reader: ContactId) -> Say:
    """The card of an open request: no phone, no name."""
    language = (await tx.contacts.get(reader)).language
    draft, steps = case.draft, await _steps(tx, case)
    args: dict[str, Arg] = {
        "case": case.number,
        "kind": _kind(case, steps),
        "before": await _before(desk, tx, case, steps, language),
        "topic": desk.knowledge.shelf.topic_name(draft.topic),
        "place": one_line(draft.place) or "—",
        "opened": case.opened_at,
        "promise": case.promise_at,
        "urgent": int(draft.urgent),
        "reach": draft.reach.value,
        "offered": _offered(desk, language, draft.offered),
    }
    rows: Rows = ((Choice(Action.CLAIM, key="button-claim", case=case.number, fence=case.fence),),)
    return Say("card-request", args, rows, quote=preview(draft.question), card=card_name(case))


async def _steps(tx: Tx, case: Callback) -> list[Note]:
    """What happened to a case before it came into the queue again; nobody's words are in it."""
    return [n for n in await tx.cases.notes(case.id, _STORY) if n.kind is NoteKind.SYSTEM and n.text]


def _kind(case: Callback, steps: list[Note]) -> str:
    """How the card calls it: new, opened again by the citizen, given back by an expert, or held."""
    if case.state is not CaseState.OPEN:
        return "held"
    if not steps:
        return "new"
    return "again" if steps[-1].text == _REOPENED else "back"


async def _before(desk: Desk, tx: Tx, case: Callback, steps: list[Note], language: str) -> str:
    lines = []
    for note in steps[-_STEPS:]:
        who = await tx.contacts.staff(note.author) if note.author not in (None, case.contact) else None
        words = (
            desk.texts.when(note.at, language),
            who.name if who else "",
            desk.texts.get(language, note.text),
        )
        lines.append(" ".join(word for word in words if word))
    if not lines:
        return ""
    return desk.texts.get(language, "card-before", {"steps": "；".join(lines), "rating": case.rating or 0})


def _offered(desk: Desk, language: str, offered: tuple[Offered, ...]) -> str:
    """What the FAQ had, the words that fitted and those that did not: why the machine was not sure."""
    questions = desk.knowledge.shelf.questions
    lines = []
    for item in [o for o in offered if o.probability >= _WORTH_SHOWING][:3]:
        fits, lacks = (("、".join(words[:4]) or "—") for words in (item.matched, item.unmatched))
        why = desk.texts.get(language, "offered-why", {"matched": fits, "missing": lacks})
        lines.append(f"- {questions.get(item.entry, item.entry)}（{round(item.probability * 100)}%）{why}")
    return "\n".join(lines) or "—"


async def update(desk: Desk, tx: Tx, was_open: Callback, say: Say) -> None:
    """Replace the request card wherever it was shown: the case is claimed or withdrawn."""
    name = card_name(was_open)
    for holder in await tx.outbox.card_holders(name):
        await desk.say(tx, holder, Say(say.key, say.args, card=name), callback=was_open.id)


async def whole_case(desk: Desk, tx: Tx, case: Callback, owner: ContactId) -> Say:
    """Everything, for the owner in private; that a phone was seen goes into the audit trail."""
    language = (await tx.contacts.get(owner)).language
    draft = case.draft
    if draft.phone:
        await tx.audit.add("phone_seen", owner, case.id)
    args: dict[str, Arg] = {
        "case": case.number,
        "topic": desk.knowledge.shelf.topic_name(draft.topic),
        "place": one_line(draft.place) or "—",
        "promise": case.promise_at,
        "urgent": int(draft.urgent),
        "reach": draft.reach.value,
        "phone": draft.phone if draft.reach is Reach.PHONE else "—",
        "window": _window(desk, language, draft.window),
        "details": one_line(draft.details) or "—",
        "offered": _offered(desk, language, draft.offered),
        "story": await _story(desk, tx, case, language),
    }
    return Say("case-whole", args, owner_rows(case), quote=draft.question)


def _window(desk: Desk, language: str, window: Window | None) -> str:
    if window is None:
        return desk.texts.get(language, "button-window-any")
    return f"{desk.texts.when(window.start, language)}–{desk.texts.hour(window.end)}"


async def _story(desk: Desk, tx: Tx, case: Callback, language: str) -> str:
    notes = await tx.cases.notes(case.id, _STORY)
    return "\n".join(_story_line(desk, language, note) for note in notes) or "—"


def _story_line(desk: Desk, language: str, note: Note) -> str:
    who = desk.texts.get(language, f"story-{note.kind}")
    when = desk.texts.when(note.at, language)
    files = "📎" * len(note.files)
    text = one_line(note.text)
    if note.kind in (NoteKind.PHONE, NoteKind.SYSTEM):
        text = desk.texts.get(language, note.text) if note.text else ""
    return f"- {when} {who}：{text}{files}"


async def send_files(desk: Desk, tx: Tx, case: Callback, owner: ContactId) -> None:
    """The files of the case, each as a message of its own."""
    for note in await tx.cases.notes(case.id, _STORY):
        for file in note.files if note.kind is NoteKind.CITIZEN else ():
            say = Say("citizen-file", {"case": case.number}, file=file)
            await desk.say(tx, owner, say, callback=case.id)


def owner_rows(case: Callback) -> Rows:
    """What an owner can do with a case that she holds."""
    if case.state not in (CaseState.CLAIMED, CaseState.ANSWERED):
        return ()

    def button(action: Action, key: str, arg: str = "") -> Choice:
        return Choice(action, arg, key, case=case.number, fence=case.fence)

    return (
        (button(Action.REPLY, "button-reply"), button(Action.PHONE_LOG, "button-phone")),
        (button(Action.CLOSE, "button-close"), button(Action.TRANSFER, "button-transfer")),
        (button(Action.RELEASE, "button-release"),),
    )


def lead_rows(case: Callback) -> Rows:
    """What a supervisor can do with a case that somebody else holds."""
    if not case.held:
        return ()
    choices = ((Action.TRANSFER, "button-transfer"), (Action.RELEASE, "button-release"))
    return (tuple(Choice(a, key=key, case=case.number, fence=case.fence) for a, key in choices),)
