"""A desk in a room: the real desk, store and matching; only the messenger is made up, and time stands still.

Dialogues are scripts of (who, says, expected): `says` is typed, or tapped when it is `[label]`, or is a
pause like `+3d`, or nothing; `expected` must be heard by that person after it, or, when nothing is said,
since she last looked (empty: nothing may be heard).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from bot.desk.desk import Desk
from bot.desk.intake import Intake
from bot.desk.knowledge import Knowledge, Shelf
from bot.desk.outbox import OutboxRunner
from bot.desk.ports import Link, LinkKind, Received
from bot.desk.reminders import ReminderRunner
from bot.desk.render import Renderer
from bot.desk.settings import DeskSettings
from bot.desk.tokens import Tokens
from bot.desk.turns import TurnRunner
from bot.domain.faq import TopicId
from bot.domain.ids import StationId
from bot.domain.messages import (
    Address,
    ChannelName,
    ChatKind,
    FileRef,
    InboundKind,
    InboundMessage,
    OutboundMessage,
    SendOutcome,
    Sent,
)
from bot.domain.people import Role, Staff
from bot.store.engine import Store
from bot.store.migrate import migrate
from bot.store.pulse import due
from bot.texts import Texts

MONDAY = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
"""Monday 09:00 in Shanghai."""
FAKE = ChannelName("fake")
_PAUSE = re.compile(r"\+(\d+)([dhm])")
_UNITS = {"d": timedelta(days=1), "h": timedelta(hours=1), "m": timedelta(minutes=1)}


@dataclass
class Clock:
    """Time that moves when told to."""

    now: datetime = MONDAY

    def __call__(self) -> datetime:
        return self.now

    def advance(self, by: timedelta) -> None:
        self.now += by


@dataclass
class Shown:
    """One message on a person's screen."""

    ref: str
    message: OutboundMessage

    @property
    def text(self) -> str:
        return self.message.text

    @property
    def labels(self) -> list[str]:
        return [b.label for row in self.message.buttons for b in row]


@dataclass
class FakeMessenger:
    """Delivers at once and remembers what each person sees; `outcomes` may hold trouble per person."""

    name: ChannelName = FAKE
    screens: dict[str, list[Shown]] = field(default_factory=dict)
    outcomes: dict[str, list[SendOutcome]] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    sends: int = 0

    async def send(self, to: Address, message: OutboundMessage, *, key: str, edit: str) -> SendOutcome:
        trouble = self.outcomes.get(to.user)
        if trouble:
            return trouble.pop(0)
        screen = self.screens.setdefault(to.chat, [])
        self.sends += 1
        old = next((s for s in screen if edit and s.ref == edit), None)
        if old is not None:
            old.message = message
            return Sent(edit)
        screen.append(Shown(str(self.sends), message))
        return Sent(str(self.sends))

    async def fetch(self, file: FileRef) -> bytes:
        return self.files[file.id]


@dataclass
class Room:
    """The desk and everybody in it."""

    desk: Desk
    clock: Clock
    messenger: FakeMessenger
    intake: Intake
    turns: TurnRunner
    reminders: ReminderRunner
    outbox: OutboxRunner
    store: Store
    serial: int = 0
    read: dict[str, int] = field(default_factory=dict)

    async def settle(self) -> None:
        """Run everything that is due now, until nothing more follows."""
        while True:
            ran = await self.turns.run_due() + await self.reminders.run_due() + await self.outbox.run_due()
            await self.outbox.settle()
            if not ran:
                return

    def message(self, who: str, **changes: object) -> InboundMessage:
        """An inbound message of this person's, a text unless told otherwise."""
        self.serial += 1
        base = InboundMessage(
            FAKE, f"m{self.serial}", Address(FAKE, who, who), self.clock.now, InboundKind.TEXT,
            name=who, language="zh-hans",
        )  # fmt: skip
        return replace(base, **changes)  # type: ignore[arg-type]

    async def receive(self, message: InboundMessage) -> Received:
        """Hand a message to the desk and run what follows."""
        received = await self.intake(message)
        await self.settle()
        return received

    async def says(self, who: str, text: str) -> None:
        """Type a text."""
        await self.receive(self.message(who, text=text))

    async def sends_file(self, who: str, kind: InboundKind, text: str = "") -> None:
        """Send a photo, voice … with a caption."""
        file = FileRef(FAKE, f"f{self.serial}", kind.value, size=3)
        self.messenger.files[file.id] = b"abc"
        await self.receive(self.message(who, kind=kind, file=file, text=text))

    async def taps(self, who: str, label: str, chat: ChatKind = ChatKind.PRIVATE) -> None:
        """Tap the newest button whose label begins so."""
        await self.taps_token(who, self.token(who, label), chat)

    async def taps_token(self, who: str, token: str, chat: ChatKind = ChatKind.PRIVATE) -> None:
        """Tap anything."""
        await self.receive(self.message(who, kind=InboundKind.BUTTON, token=token, chat=chat))

    def token(self, who: str, label: str) -> str:
        """The token behind the newest button whose label begins so."""
        for shown in reversed(self.screen(who)):
            for row in shown.message.buttons:
                for button in row:
                    if button.label.startswith(label):
                        return button.token
        raise AssertionError(f"{who} sees no button {label!r}; last: {self.last(who)!r}")

    def screen(self, who: str) -> list[Shown]:
        """All that this person sees."""
        return self.messenger.screens.get(who, [])

    def last(self, who: str) -> str:
        """Her newest message with its buttons."""
        screen = self.screen(who)
        return f"{screen[-1].text}\n{screen[-1].labels}" if screen else ""

    def news(self, who: str) -> str:
        """What she has seen since the last look."""
        screen = self.screen(who)
        start = self.read.get(who, 0)
        self.read[who] = len(screen)
        return "\n---\n".join(f"{s.text}\n{s.labels}" for s in screen[start:])

    async def passes(self, by: timedelta) -> None:
        """Time goes by in steps, so that what is due comes in its order."""
        end = self.clock.now + by
        step = min(max(by / 100, timedelta(minutes=5)), timedelta(hours=1))
        while self.clock.now < end:
            self.clock.now = min(end, self.clock.now + step)
            async with self.store.read() as tx:
                woken = await due(tx)
            if woken:
                await self.settle()

    async def jumps(self, by: timedelta) -> None:
        """Time goes by while nobody runs the desk (downtime)."""
        self.clock.advance(by)
        await self.settle()

    async def play(self, *script: tuple[str, str, str]) -> None:
        """Run a dialogue."""
        for who, does, expected in script:
            if does:
                self.news(who)
            await self._do(who, does)
            heard = self.news(who)
            if expected:
                assert expected in heard, f"{who} {does!r}: wanted {expected!r}, heard:\n{heard}"
            else:
                assert heard == "", f"{who} {does!r}: wanted silence, heard:\n{heard}"

    async def _do(self, who: str, does: str) -> None:
        pause = _PAUSE.fullmatch(does)
        if pause:
            await self.passes(int(pause[1]) * _UNITS[pause[2]])
        elif does.startswith("[") and does.endswith("]"):
            await self.taps(who, does[1:-1])
        elif does:
            await self.says(who, does)

    async def hires(
        self,
        who: str,
        *roles: Role,
        topics: tuple[str, ...] = (),
        regions: tuple[str, ...] = (),
        on_duty: bool = True,
    ) -> None:
        """Make somebody staff."""
        async with self.store.begin() as tx:
            contact = await tx.contacts.ensure(Address(FAKE, who, who), who, "zh-Hans")
            staff = Staff(
                contact.id, who, StationId("station"), frozenset(roles or (Role.EXPERT,)),
                tuple(TopicId(t) for t in topics), regions, on_duty,
            )  # fmt: skip
            await tx.contacts.save_staff(staff)

    async def invites(self, role: Role) -> str:
        """A fresh invite."""
        async with self.store.begin() as tx:
            link = Link(LinkKind.INVITE, None, frozenset({role}), StationId("station"), "")
            return await tx.contacts.make_link(link, timedelta(hours=72))

    async def picks_topic(self, who: str, label: str) -> None:
        """Choose a topic in the form, whatever the guess was."""
        if any(one.startswith("换个专题") for one in self.screen(who)[-1].labels):
            await self.taps(who, "换个专题")
        if not any(one.startswith(label) for one in self.screen(who)[-1].labels):
            await self.taps(who, "更多专题")
        await self.taps(who, label)

    async def asks_for_callback(self, who: str, question: str, *, phone: str = "") -> str:
        """The short way to a case: returns its number."""
        await self.says(who, question)
        if any(label.startswith("都不是") for label in self.screen(who)[-1].labels):
            await self.taps(who, "都不是")
        await self.picks_topic(who, "劳动工资")
        await self.taps(who, "先不说")
        if phone:
            await self.taps(who, "打电话给我")
            await self.says(who, phone)
            await self.taps(who, "工作时间都行")
        else:
            await self.taps(who, "在这里回复我")
        await self.taps(who, "提交")
        found = re.search(r"\d{3}-\d{3}-\d{3}", self.last(who))
        assert found, self.last(who)
        return found[0]


async def furnish(
    store: Store, clock: Clock, settings: DeskSettings, shelf: Shelf, messenger: FakeMessenger | None = None
) -> Room:
    """A room around a store; a second one around the same store is the desk after a restart."""
    await migrate(store)
    texts = Texts(ZoneInfo("Asia/Shanghai"))
    tokens = Tokens(store.keys.derive("buttons"))
    knowledge = Knowledge(shelf)
    renderer = Renderer(settings, texts, tokens, knowledge)
    desk = Desk(settings, store, texts, tokens, knowledge, renderer, lambda: None, lambda: None)
    messenger = messenger or FakeMessenger()
    outbox = OutboxRunner(desk, {FAKE: messenger})
    turns = TurnRunner(desk, outbox)
    return Room(desk, clock, messenger, Intake(desk), turns, ReminderRunner(desk), outbox, store)
