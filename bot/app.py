"""The only place that builds things: starts them, ticks (APScheduler), stops them."""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import socket
from datetime import date, timedelta
from functools import partial
from typing import TYPE_CHECKING

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from bot.channels.web import WebChannel, WebSettings
from bot.config import Config
from bot.desk import admin
from bot.desk.desk import Desk
from bot.desk.intake import Intake
from bot.desk.knowledge import Knowledge, Shelf
from bot.desk.menus import Menus
from bot.desk.outbox import OutboxRunner
from bot.desk.ports import Channel, Clock, Link, LinkKind
from bot.desk.reminders import ReminderRunner
from bot.desk.render import Renderer
from bot.desk.tokens import Tokens
from bot.desk.turns import TurnRunner
from bot.domain.errors import BotError, StoreError
from bot.domain.messages import Address, ChannelName, FileRef
from bot.domain.people import Role, Staff
from bot.matching.library import folder_signature
from bot.parts import desk_settings, first_shelf, load_faq, local_date, open_store, utc_now, web_url
from bot.parts.folder import watch
from bot.parts.loop import Loop, ended
from bot.parts.server import Server, bind
from bot.parts.systemd import Watchdog, notify
from bot.store.audit import UNFINISHED
from bot.store.instances import Instances
from bot.store.migrate import migrate
from bot.store.pulse import due
from bot.store.sound import foreign
from bot.store.web import SqlWebStore
from bot.texts import Texts

if TYPE_CHECKING:
    from bot.channels.telegram import TelegramChannel

log = structlog.get_logger()
_STOP_WITHIN = 1.0
_ROUND_SECONDS = 15
_LOGIN_LIFETIME = timedelta(hours=12)
_WEB = ChannelName("web")


class App:
    """One instance of the desk: build, start, run until told to stop, stop."""

    def __init__(self, config: Config, clock: Clock = utc_now) -> None:
        self.config = config
        self.clock = clock
        self.settings = desk_settings(config)
        self.store = open_store(config, clock)
        self.instances = Instances(self.store)
        self._signature = folder_signature(config.faq.folder)
        self._loaded_on = self._today()
        shelf = first_shelf(config, self._loaded_on, self.store.keys)
        self.turn_loop = Loop("turns", self._run_turns)
        self.outbox_loop = Loop("outbox", self._run_outbox)
        self.reminder_loop = Loop("reminders", self._run_reminders)
        self.faq_loop = Loop("faq", self._watch_faq)
        self.desk = self._build_desk(shelf)
        self.intake = Intake(self.desk)
        self.channels: dict[ChannelName, Channel] = {}
        self.outbox = OutboxRunner(self.desk, self.channels)
        self.turns = TurnRunner(self.desk, self.outbox, shared=not self.store.is_sqlite)
        self.reminders = ReminderRunner(self.desk)
        self.web = self._build_web()
        self.telegram = self._build_telegram()
        self.menu_loop = Loop("menus", self._run_menus)
        self.menus = Menus(self.desk, self.telegram.name, self.telegram) if self.telegram else None
        self.loops = (self.turn_loop, self.outbox_loop, self.reminder_loop, self.faq_loop)
        self.watchdog = Watchdog({loop.name: partial(self._progress, loop) for loop in self.loops})
        self._scheduler = AsyncIOScheduler(timezone="UTC")
        self._tasks: list[asyncio.Task[None]] = []
        self._server: Server | None = None
        self._socket: socket.socket | None = None
        self._stopped = False

    # building

    def _today(self) -> date:
        return local_date(self.config, self.clock)

    def _build_desk(self, shelf: Shelf) -> Desk:
        texts = Texts(self.settings.hours.zone)
        tokens = Tokens(self.store.keys.derive("buttons"))
        knowledge = Knowledge(shelf)
        renderer = Renderer(self.settings, texts, tokens, knowledge)
        return Desk(
            self.settings, self.store, texts, tokens, knowledge, renderer,
            wake_turns=partial(self._wake, self.turn_loop), wake_outbox=partial(self._wake, self.outbox_loop),
            start_link=self._start_link,
        )  # fmt: skip

    def _wake(self, loop: Loop) -> None:
        loop.wake()
        self.instances.ring(loop.name)

    def _heard(self, name: str) -> None:
        """There is work for this loop."""
        for loop in self.loops:
            if loop.name == name:
                loop.wake()

    def _build_web(self) -> WebChannel | None:
        if not self.config.web.enabled:
            return None
        settings = WebSettings(
            public_url=web_url(self.config),
            desk_name=self.config.name,
            max_upload_bytes=self.config.web.max_upload_mb * 1024 * 1024,
        )
        web = WebChannel(settings, self.intake, SqlWebStore(self.store), self._fetch_file, self.clock)
        self.channels[web.name] = web
        return web

    def _build_telegram(self) -> TelegramChannel | None:
        config = self.config.telegram
        token = config.secret_token()
        if not token:
            return None
        # a fifth of the time to start: only for a desk that has a token
        from bot.channels.telegram import TelegramChannel, TelegramSettings

        settings = TelegramSettings(
            token=token,
            base_url=config.base_url,
            webhook_url=config.webhook_url,
            webhook_secret=config.webhook_secret.get_secret_value(),
            poll_timeout=config.poll_timeout,
            messages_per_second=config.messages_per_second,
            group_per_minute=config.group_per_minute,
        )
        telegram = TelegramChannel(settings, self.intake, self._quarantine, self._fetch_file, self.clock)
        self.channels[telegram.name] = telegram
        return telegram

    async def _quarantine(self, channel: ChannelName, update_id: str, raw: str, reason: str) -> None:
        async with self.store.begin() as tx:
            await tx.inbox.quarantine(channel, update_id, raw, reason)
        log.warning("quarantined", channel=channel, id=update_id)

    async def _start_link(self, token: str) -> str:
        """A link that opens the bot with an invite; empty without Telegram, or while it is not reached."""
        if self.telegram is None:
            return ""
        with contextlib.suppress(BotError):
            return await self.telegram.start_link(token)
        return ""

    async def _fetch_file(self, file: FileRef) -> bytes:
        channel = self.channels.get(file.channel)
        if channel is None:
            raise BotError(f"渠道 {file.channel} 没有运行，取不到文件。")
        return await channel.fetch(file)

    # running

    async def start(self) -> None:
        """Migrate, begin to serve; BotError says what is in the way."""
        web = self.config.web
        self._socket = bind(web.host, web.port) if self._listens() else None
        self.store.hold()
        await migrate(self.store)
        await self._check_key()
        await self._recover()
        for loop in self.loops:
            self._tasks.append(asyncio.create_task(loop.run(), name=loop.name))
            loop.wake()
        self._tasks.append(
            asyncio.create_task(watch(self.config.faq.folder, self.faq_loop.wake), name="folder")
        )
        if not self.store.is_sqlite:
            self._tasks.append(asyncio.create_task(self.instances.listen(self._heard), name="listen"))
        self._tick()
        if self._socket is not None:
            await self._serve(self._socket)
        notify("READY=1")
        if self.telegram is not None:
            await self.telegram.start()
            self._tasks.append(asyncio.create_task(self._receive(self.telegram), name="telegram"))
            self._tasks.append(asyncio.create_task(self.menu_loop.run(), name="menus"))
            self.menu_loop.wake()

    async def _receive(self, telegram: TelegramChannel) -> None:
        """Of several instances one polls; a webhook's posts are taken by whichever gets them."""
        if self.config.telegram.webhook_url:
            await telegram.poll()
        await self.instances.alone("telegram", telegram.poll)

    def _listens(self) -> bool:
        webhook = self.telegram is not None and bool(self.config.telegram.webhook_url)
        return self.web is not None or webhook or bool(self._metrics_token())

    @property
    def url(self) -> str:
        """Where the web chat is reached; with port 0 the system chose one at start."""
        port = self._socket.getsockname()[1] if self._socket is not None else self.config.web.port
        return web_url(
            self.config.model_copy(update={"web": self.config.web.model_copy(update={"port": port})})
        )

    async def _check_key(self) -> None:
        """Two instances with a key each would not read what the other writes."""
        async with self.store.read() as tx:
            if await foreign(tx):
                raise BotError(
                    f"密钥文件 {self.config.key_file} 打不开这个数据库里的资料：同一个数据库的每个实例都要用"
                    "同一把密钥。请把写下这些资料的那把密钥放到这里。"
                )
            if await tx.audit.moved():
                raise StoreError(UNFINISHED)

    async def _recover(self) -> None:
        """What was being sent when an instance died is free again at once where there is only one."""
        if self.store.is_sqlite:
            async with self.store.begin() as tx:
                await tx.outbox.free_leases()

    def _tick(self) -> None:
        """APScheduler only ticks; what is due stands in the tables."""
        options = {"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
        self._scheduler.add_job(self.watchdog.beat, "interval", seconds=1, **options)
        self._scheduler.add_job(self._pulse, "interval", seconds=1, **options)
        for loop in self.loops:  # the watchdog wants to see each of them go round
            self._scheduler.add_job(loop.wake, "interval", seconds=_ROUND_SECONDS, **options)
        self._scheduler.add_job(self.menu_loop.wake, "interval", seconds=5, **options)
        self._scheduler.start()

    async def _pulse(self) -> None:
        """Wake the loops that have something to do: what is due by now, or was written by another."""
        names = frozenset(loop.name for loop in self.loops)
        with contextlib.suppress(StoreError):  # then each finds out by itself, and says so
            await self.outbox.renew()
            async with self.store.read() as tx:
                names = await due(tx)
        for name in names:
            self._heard(name)

    async def _serve(self, bound: socket.socket) -> None:
        routes = [
            Route("/healthz", self._health), Route("/readyz", self._ready), Route("/metrics", self._metrics),
        ]  # fmt: skip
        routes += self.web.routes() if self.web is not None else []
        routes += self.telegram.routes() if self.telegram is not None else []
        self._server = Server(Starlette(routes=routes))
        self._tasks.append(asyncio.create_task(self._server.serve(sockets=[bound]), name="web"))
        await self._server.serves.wait()

    # how it is

    def _progress(self, loop: Loop) -> object:
        """Something that changes whenever the loop gets anywhere, within a long round too."""
        done = {self.turn_loop.name: self.turns.counts, self.outbox_loop.name: self.outbox.counts}
        more = sum(done.get(loop.name, {}).values()) or self.reminders.fired
        return loop.rounds, loop.failures, more

    async def _health(self, _request: Request) -> Response:
        """Alive: the loops go round, whatever the database does."""
        stuck = self.watchdog.look()
        return PlainTextResponse("stuck" if stuck else "ok", status_code=503 if stuck else 200)

    async def _ready(self, _request: Request) -> Response:
        """Of use: the database answers and there are answers."""
        try:
            await self.store.ping()
        except StoreError:
            return PlainTextResponse("store", status_code=503)
        served = bool(self.desk.knowledge.shelf.served)
        return PlainTextResponse("ok" if served else "faq", status_code=200 if served else 503)

    def _metrics_token(self) -> str:
        return self.config.web.metrics_token.get_secret_value()

    async def _metrics(self, request: Request) -> Response:
        """For who has the token; without one in the config there is no such page."""
        token, given = self._metrics_token(), request.headers.get("authorization", "")
        if not token:
            return PlainTextResponse("", status_code=404)
        if not hmac.compare_digest(given.encode(), f"Bearer {token}".encode()):
            return PlainTextResponse("", status_code=401, headers={"WWW-Authenticate": "Bearer"})
        from bot.parts.metrics import CONTENT_TYPE_LATEST, Counted, exposition  # the desk starts without

        counted = Counted(
            self.turns.counts, self.turns.seconds, self.outbox.counts, lambda: self.reminders.fired,
            self.loops, lambda: len(self.desk.knowledge.shelf.served),
        )  # fmt: skip
        return Response(await exposition(self.store, counted), media_type=CONTENT_TYPE_LATEST)

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop` is set, or a part that must run has ended; then stop cleanly."""
        self.desk.knowledge.warm()
        waiter = asyncio.create_task(stop.wait())
        done, _ = await asyncio.wait([waiter, *self._tasks], return_when=asyncio.FIRST_COMPLETED)
        waiter.cancel()
        await self.stop()
        for task in done - {waiter}:
            task.result()

    async def stop(self) -> None:
        """Take nothing new, finish what is under way, close. What is left stands in the tables."""
        if self._stopped:
            return
        self._stopped = True
        notify("STOPPING=1")
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)
        if self.web is not None:
            self.web.close()
        if self._server is not None:
            self._server.leave()
        cancelled = [task for task in self._tasks if task.get_name() != "web"]
        for task in cancelled:
            task.cancel()
        await self.outbox.stop(_STOP_WITHIN)
        await ended(cancelled)
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self.telegram is not None:
            await self.telegram.stop()
        with contextlib.suppress(StoreError):
            await self.store.close()

    # the loops' work

    async def _run_turns(self) -> None:
        await self.turns.run_due()
        if self.turns.soonest is not None:
            wait = (self.turns.soonest - self.clock()).total_seconds()
            asyncio.get_running_loop().call_later(max(0.02, wait), self.turn_loop.wake)

    async def _run_outbox(self) -> None:
        await self.outbox.run_due()

    async def _run_reminders(self) -> None:
        await self.reminders.run_due()

    async def _run_menus(self) -> None:
        if self.menus is not None:
            await self.menus.run_due()

    async def _watch_faq(self) -> None:
        """A good change goes live; a bad one leaves the last good library in place and tells the admins."""
        signature = await asyncio.to_thread(folder_signature, self.config.faq.folder)
        today = self._today()
        if signature == self._signature and today == self._loaded_on:
            return
        known = self.desk.knowledge.shelf.library.read
        loaded = await asyncio.to_thread(load_faq, self.config, today, known)
        new_day = signature == self._signature
        self._signature, self._loaded_on = signature, today
        if loaded.library is None:
            errors = [str(p) for p in loaded.problems if p.severity == "error"]
            log.error("faq not loaded", problems=errors[:20])
            await admin.faq_broken(self.desk, errors)
            return
        # answers and exact wordings at once, by the index that is there; what is like them when it is built
        there = self.desk.knowledge.shelf.matcher.reworded(loaded.library.served)
        self.desk.knowledge.swap(Shelf.of(loaded.library, there))
        self.desk.knowledge.swap(await asyncio.to_thread(Shelf.of, loaded.library))
        log.info("faq live", entries=len(loaded.library.served), version=loaded.library.version)
        if not new_day:
            await admin.faq_live(self.desk, len(loaded.library.served))

    # links

    async def expert_link(self) -> str:
        """A one-time login for the first of the staff on the web chat, who is made if there is none."""
        async with self.store.begin() as tx:
            contact = None
            for staff in await tx.contacts.all_staff():
                known = await tx.contacts.get(staff.contact)
                if known.address.channel == _WEB:
                    contact = known
                    break
            if contact is None:
                address = Address(_WEB, "desk-expert", "desk-expert")
                contact = await tx.contacts.ensure(address, "值班专家", "zh-Hans")
                roles = frozenset({Role.EXPERT, Role.ADMIN, Role.SUPERVISOR})
                expert = Staff(contact.id, "值班专家", self.settings.station.id, roles, on_duty=True)
                await tx.contacts.save_staff(expert)
            token = await tx.contacts.make_link(Link(LinkKind.LOGIN, contact.id), _LOGIN_LIFETIME)
        return f"{self.url}/login/{token}"
