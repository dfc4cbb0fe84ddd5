"""Sends one outbound message step by step, at Telegram's pace, and says what became of it."""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from telegram.error import TelegramError

from bot.channels.telegram import calls, files
from bot.channels.telegram.keyboards import Keyboards
from bot.channels.telegram.outcomes import cannot_edit, classify, file_refused, not_modified
from bot.channels.telegram.pacing import Pace, is_group
from bot.channels.telegram.plan import Step, drop_keyboard, plan, without_file
from bot.channels.telegram.polling import Sleep
from bot.channels.telegram.settings import TELEGRAM, TelegramSettings
from bot.channels.telegram.wire import Limited, WireBot
from bot.desk.ports import FetchFile
from bot.domain.errors import BotError
from bot.domain.messages import OutboundMessage, Retry, SendOutcome, Sent, Undeliverable

log = logging.getLogger(__name__)

LONGEST_WAIT = 10.0
"""Seconds that a message may wait here for its turn; beyond that it goes back to the outbox."""
_DELIVERIES_REMEMBERED = 4096


@dataclass(slots=True)
class Delivery:
    """How far a message got, so that trying it again sends only what is missing."""

    done: int = 0
    ref: str = ""


@dataclass(frozen=True, slots=True)
class _Job:
    """One message on its way to one chat; `edit` is the id of the message to replace, 0 for none."""

    chat: str
    steps: list[Step]
    edit: int


class Sender:
    """May be called for many chats at the same time; what one waits for does not hold up the others."""

    def __init__(
        self,
        bot: WireBot,
        settings: TelegramSettings,
        pace: Pace,
        keyboards: Keyboards,
        fetch_file: FetchFile,
        monotonic: Callable[[], float],
        sleep: Sleep,
    ) -> None:
        self._bot = bot
        self._settings = settings
        self._pace = pace
        self._keyboards = keyboards
        self._fetch_file = fetch_file
        self._monotonic = monotonic
        self._sleep = sleep
        self._deliveries: OrderedDict[str, Delivery] = OrderedDict()

    async def send(self, chat: str, message: OutboundMessage, key: str, edit: str) -> SendOutcome:
        """As desk.ports.Channel.send. The same key goes on where it stopped, within this process."""
        job = self._job(chat, message, edit)
        if not job.steps:
            return Undeliverable("nothing to send")
        delivery = self._delivery(key)
        if self._keyboards.due(chat):
            job = await self._drop_keyboard(job)
        for index in range(delivery.done, len(job.steps)):
            outcome = await self._step(job, index)
            if not isinstance(outcome, Sent):
                return outcome
            delivery.done = index + 1
            if job.steps[index].body:
                delivery.ref = outcome.ref
        return Sent(delivery.ref)

    def _job(self, chat: str, message: OutboundMessage, edit: str) -> _Job:
        file = message.file
        steps = plan(
            message,
            captionable=file is None or file.channel != TELEGRAM or not file.id.startswith("video_note:"),
            ask_phone=message.ask_phone and not is_group(chat),  # Telegram offers it in private only
            prompt=self._settings.contact_prompt,
        )
        editable = bool(steps) and steps[0].file is None and not steps[0].asks_phone
        return _Job(chat, steps, _message_id(edit, chat) if editable else 0)

    def _delivery(self, key: str) -> Delivery:
        if not key:
            return Delivery()
        delivery = self._deliveries.setdefault(key, Delivery())
        self._deliveries.move_to_end(key)
        if len(self._deliveries) > _DELIVERIES_REMEMBERED:
            self._deliveries.popitem(last=False)
        return delivery

    async def _step(self, job: _Job, index: int) -> SendOutcome:
        step = job.steps[index]
        if job.edit and index == 0:
            outcome = await self._edit(job.chat, job.edit, step)
            if outcome is not None:
                return outcome
        if step.file is not None:
            return await self._send_file(job.chat, step)
        return await self._send_text(job.chat, step)

    async def _edit(self, chat: str, message_id: int, step: Step) -> SendOutcome | None:
        """None when the message can no longer be edited."""
        if wait := await self._turn(chat):
            return wait
        try:
            await calls.edit_text(self._bot, chat, message_id, step)
        except TelegramError as exc:
            if cannot_edit(exc):
                return None
            if not not_modified(exc):
                return self._failed(chat, exc, repeatable=True)
        return Sent(f"{chat}:{message_id}")

    async def _send_text(self, chat: str, step: Step) -> SendOutcome:
        if wait := await self._turn(chat):
            return wait
        keys = calls.markup(step, self._settings.contact_label)
        try:
            message_id = await calls.send_text(self._bot, chat, step, keys)
        except TelegramError as exc:
            return self._failed(chat, exc)
        return self._sent(chat, step, message_id)

    async def _send_file(self, chat: str, step: Step) -> SendOutcome:
        """The file as it is; if Telegram refuses it, as a document; if that fails too, the words alone."""
        keys = calls.markup(step, self._settings.contact_label)
        for attempt in (self._as_it_is, self._as_document):
            try:
                file = await attempt(step)
            except BotError:
                log.warning("telegram: a file for an outgoing message cannot be had")
                continue
            if wait := await self._turn(chat):
                return wait
            try:
                sent = await calls.send_file(self._bot, chat, step, file, keys)
            except TelegramError as exc:
                if file_refused(exc):
                    continue
                return self._failed(chat, exc)
            return self._sent(chat, step, sent.message_id)
        return await self._send_text(chat, without_file(step, self._settings.file_gone))

    async def _as_it_is(self, step: Step) -> files.Sendable:
        assert step.file is not None
        if step.file.channel == TELEGRAM:
            return files.ours(step.file)
        return files.upload(step.file, await self._fetch_file(step.file))

    async def _as_document(self, step: Step) -> files.Sendable:
        assert step.file is not None
        own = step.file.channel == TELEGRAM
        content = await (files.download(self._bot, step.file) if own else self._fetch_file(step.file))
        return files.as_document(step.file, content)

    async def _drop_keyboard(self, job: _Job) -> _Job:
        """Let a step take the keyboard away; when none has room, a message of its own does."""
        first = 1 if job.edit else 0
        steps = drop_keyboard(job.steps[first:])
        if steps is not None:
            return replace(job, steps=[*job.steps[:first], *steps])
        if not any(step.asks_phone for step in job.steps) and not await self._turn(job.chat):
            await self._quietly(calls.remove_keyboard(self._bot, job.chat))
            self._keyboards.removed(job.chat)
        return job

    async def _quietly(self, call: Awaitable[None]) -> None:
        try:
            await call
        except TelegramError as exc:
            log.info("telegram: phone keyboard not removed: %s", type(exc).__name__)

    async def _turn(self, chat: str) -> Retry | None:
        """Wait until a message may leave; Retry when that is too far away."""
        now = self._monotonic()
        wait = self._pace.wait(chat, now)
        if wait > LONGEST_WAIT:
            return Retry(wait, "paced")
        self._pace.take(chat, now)
        if wait:
            await self._sleep(wait)
            if held := self._pace.held(chat, self._monotonic()):
                return Retry(held, "paced")
        return None

    def _sent(self, chat: str, step: Step, message_id: int) -> Sent:
        if step.asks_phone:
            self._keyboards.shown(chat)
        elif step.drops_keyboard:
            self._keyboards.removed(chat)
        return Sent(f"{chat}:{message_id}")

    def _failed(self, chat: str, error: TelegramError, *, repeatable: bool = False) -> SendOutcome:
        if isinstance(error, Limited):
            now = self._monotonic()
            self._pace.hold(chat, now + error.after, now)
        return classify(error, repeatable=repeatable)


def _message_id(ref: str, chat: str) -> int:
    """The message of a ref, 0 when the ref is none or of another chat."""
    where, _, number = ref.rpartition(":")
    return int(number) if where == chat and number.isdigit() else 0
