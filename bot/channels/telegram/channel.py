"""The Telegram channel: what the composition root starts, the outbox sends through, the desk reads from."""

from __future__ import annotations

import asyncio
import logging
import random
import re
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence

from starlette.routing import Route
from telegram import BotCommand, BotCommandScope, BotCommandScopeChat, BotCommandScopeDefault
from telegram.error import BadRequest, InvalidToken, TelegramError

from bot.channels.telegram.backoff import Backoff
from bot.channels.telegram.files import download
from bot.channels.telegram.intake import Intake, Quarantine
from bot.channels.telegram.keyboards import Keyboards
from bot.channels.telegram.outcomes import reason
from bot.channels.telegram.pacing import Pace
from bot.channels.telegram.polling import REFUSED_BY_TELEGRAM, Poller, Sleep
from bot.channels.telegram.sending import Sender
from bot.channels.telegram.settings import TELEGRAM, TelegramSettings
from bot.channels.telegram.webhook import webhook_route
from bot.channels.telegram.wire import ALLOWED_UPDATES, make_bot, silence_libraries
from bot.desk.ports import Clock, FetchFile, Receive
from bot.domain.errors import BotError
from bot.domain.messages import Address, ChannelName, FileRef, OutboundMessage, SendOutcome

log = logging.getLogger(__name__)

_PAYLOAD = re.compile(r"[A-Za-z0-9_-]{1,64}")

Commands = Sequence[tuple[str, str]]
"""Pairs of a command without its slash and what the menu says about it."""


class TelegramChannel:
    """Implements desk.ports.Channel. Life: start(), poll() as a task until cancelled, stop().

    `monotonic` (seconds), `sleep` and `rng` (0 to 1) are there so that tests need not wait.
    """

    def __init__(
        self,
        settings: TelegramSettings,
        receive: Receive,
        quarantine: Quarantine,
        fetch_file: FetchFile,
        clock: Clock,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Sleep = asyncio.sleep,
        rng: Callable[[], float] = random.random,
    ) -> None:
        silence_libraries()
        self._settings = settings
        self._sleep = sleep
        self._bot = make_bot(settings)
        keyboards = Keyboards()
        pace = Pace(settings.messages_per_second, settings.group_per_minute)
        self._intake = Intake(self._bot, receive, quarantine, clock, keyboards)
        self._sender = Sender(self._bot, settings, pace, keyboards, fetch_file, monotonic, sleep)
        self._backoff = Backoff(rng)
        self._poller = Poller(self._bot, self._intake, settings.poll_timeout, Backoff(rng), sleep)
        self._connected = False

    @property
    def name(self) -> ChannelName:
        """As messages and addresses name it."""
        return TELEGRAM

    @property
    def counts(self) -> Counter[str]:
        """Updates by what became of them: accepted, duplicate, limited, quarantined, ignored.<why>."""
        return self._intake.counts

    @property
    def connected(self) -> bool:
        """Whether Telegram was reached since the start."""
        return self._connected

    async def start(self) -> None:
        """Learn who the bot is and set or delete the webhook.

        BotError when the token is refused. When Telegram cannot be reached it only says so in the log:
        the desk has other channels, and poll() keeps trying.
        """
        await self._reached(self._connect)

    async def poll(self) -> None:
        """Receive until cancelled; with a webhook, only see to it that it is set. BotError as start()."""
        while not self._connected:
            if not await self._reached(self._connect):
                await self._sleep(self._backoff.next())
        if self._settings.webhook_url:
            await asyncio.Event().wait()
        await self._poller.run()

    async def stop(self) -> None:
        """After poll() was cancelled and the outbox has stopped: close the connections."""
        await self._intake.stop()
        await self._bot.shutdown()
        self._connected = False

    def routes(self) -> list[Route]:
        """The webhook's route; none when polling."""
        if not self._settings.webhook_url:
            return []
        return [webhook_route(self._settings.webhook_path, self._settings.webhook_secret, self._intake)]

    async def send(self, to: Address, message: OutboundMessage, *, key: str, edit: str) -> SendOutcome:
        """As desk.ports.Channel.send."""
        return await self._sender.send(to.chat, message, key, edit)

    async def fetch(self, file: FileRef) -> bytes:
        """As desk.ports.Channel.fetch."""
        return await download(self._bot, file)

    async def set_webhook_or_delete(self) -> None:
        """Tell Telegram which way updates go; waiting updates are kept. TelegramError if it refuses."""
        if self._settings.webhook_url:
            await self._bot.set_webhook(
                self._settings.webhook_url,
                secret_token=self._settings.webhook_secret,
                allowed_updates=ALLOWED_UPDATES,
            )
        else:
            await self._bot.delete_webhook(drop_pending_updates=False)

    async def set_menu(self, chat: str, commands: Commands) -> bool:
        """The command menu of one chat, an empty one to go back to the default; False if refused."""
        return await self._set_menu(BotCommandScopeChat(chat), commands, None)

    async def set_default_menus(self, menus: Mapping[str, Commands]) -> bool:
        """The menu that everybody sees, by two-letter language code, "" for all other languages."""
        scope = BotCommandScopeDefault()
        done = [await self._set_menu(scope, commands, lang or None) for lang, commands in menus.items()]
        return all(done)

    async def _set_menu(self, scope: BotCommandScope, commands: Commands, language: str | None) -> bool:
        menu = [BotCommand(command, says) for command, says in commands]
        try:
            if not menu:
                return await self._bot.delete_my_commands(scope, language)
            return await self._bot.set_my_commands(menu, scope, language)
        except TelegramError as exc:
            log.warning("telegram menu not set: %s %s", type(exc).__name__, reason(exc))
            return False

    async def start_link(self, payload: str) -> str:
        """A link that opens the bot with `/start payload`; BotError while Telegram cannot be reached."""
        if not _PAYLOAD.fullmatch(payload):
            raise ValueError("a start payload has 1 to 64 of A-Z a-z 0-9 _ -")
        if not self._intake.username and not await self._reached(self._identify):
            raise BotError("Telegram cannot be reached, so the bot's name is unknown: try again later")
        return f"https://t.me/{self._intake.username}?start={payload}"

    async def _connect(self) -> None:
        await self._identify()
        await self.set_webhook_or_delete()
        self._connected = True
        self._backoff.reset()

    async def _identify(self) -> None:
        await self._bot.initialize()
        self._intake.username = self._bot.username

    async def _reached(self, call: Callable[[], Awaitable[None]]) -> bool:
        """False when Telegram did not answer; BotError when it refuses the token."""
        try:
            await call()
        except InvalidToken:
            pass  # the error is raised below, where no token hangs on its context
        except BadRequest as exc:
            log.error("telegram refuses telegram.webhook_url: %s", exc.message)  # noqa: TRY400
            return False
        except TelegramError as exc:
            log.warning("telegram not reached: %s %s", type(exc).__name__, reason(exc))
            return False
        else:
            return True
        raise BotError(REFUSED_BY_TELEGRAM)
