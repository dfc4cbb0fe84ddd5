"""The HTTP side: /bot<token>/<method>, /file/bot<token>/<path>, /_control/…; faults, checks, ledger."""

from __future__ import annotations

import asyncio
import json
import time
import traceback
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from . import api_edit, api_misc, api_send, api_updates
from .call import HANDLERS, Call
from .errors import ApiError, Json
from .faults import DONE, Fault, Faults, Kind, Pace
from .incoming import parameters, settle
from .judge import Upload, method_models
from .ledger import EFFECTS, Ledger
from .ledger import Call as Entry
from .transport import gone, reset
from .updates import Pending
from .world import World

assert all((api_edit, api_misc, api_send))  # imported for their handlers
Control = Callable[[Request], Awaitable[Response]]
NOT_FOUND = ApiError(404, "Not Found")
NO_METHOD = ApiError(404, "Not Found: method not found")
UNAUTHORIZED = ApiError(401, "Unauthorized")


class App:
    """The ASGI application of one bot's server."""

    def __init__(self, world: World, token: str, ledger: Ledger, control: Control) -> None:
        self.faults = Faults(world.changed)
        self.pace = Pace(world.clock)
        self.ledger = ledger
        self._world = world
        self._token = token
        self._control = control
        self._busy: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; an answer of None means that none is to be given."""
        request = Request(scope, receive)
        response = await self._route(request)
        if response is not None:
            await response(scope, receive, send)

    async def _route(self, request: Request) -> Response | None:
        path = request.url.path
        if path.startswith("/_control/"):
            return await self._control(request)
        if path.startswith("/file/bot"):
            return await self._download(request, path.removeprefix("/file/bot"))
        if not path.startswith("/bot"):
            return refuse(NOT_FOUND)
        token, _, method = path.removeprefix("/bot").partition("/")
        if token != self._token:
            return refuse(UNAUTHORIZED)
        return await self._call(request, method)

    async def _download(self, request: Request, rest: str) -> Response | None:
        token, _, path = rest.partition("/")
        fault = self.faults.draw("download", {})
        if fault is not None:
            return await self._fail(request, fault)
        stored = self._world.files.by_path(path)
        if token != self._token or stored is None:
            return refuse(NOT_FOUND)
        return Response(stored.data, media_type=stored.mime)

    async def _call(self, request: Request, method: str) -> Response | None:
        name, started = method.lower(), time.monotonic()
        model = method_models().get(name)
        try:
            params = await parameters(request, model)
        except (ApiError, ValueError):
            self._world.judge.report(f"{method}: the body cannot be read")
            return refuse(ApiError(400, "Bad Request: can't parse request body"))
        if model is None or (name not in HANDLERS and name != "getupdates"):
            self._world.judge.report(f"{method}: {'not modelled here' if model else 'no such method'}")
            return refuse(NO_METHOD)
        self._world.judge.request(model, params)
        call, proper = Call(self._world, name, params), model.__api_method__
        fault = self.faults.draw(name, params)
        if fault is not None and fault.kind not in DONE:
            self._note(proper, params, started, fault=fault)
            return await self._fail(request, fault)
        self._busy[f"{params.get('chat_id')}"] += 1
        try:
            return await self._answer(request, call, proper, fault)
        finally:
            self._busy[f"{params.get('chat_id')}"] -= 1

    async def _answer(
        self, request: Request, call: Call, proper: str, fault: Fault | None
    ) -> Response | None:
        started = time.monotonic()
        await self.faults.gate(call.method, call.params, after=False)
        self._watch_order(call)
        if call.method == "getupdates":
            return await self._updates(request, call)
        response = self._handle(call, proper, started, fault)
        await self.faults.gate(call.method, call.params, after=True)
        return response if fault is None else await self._fail(request, fault)

    def _watch_order(self, call: Call) -> None:
        chat_id = f"{call.params.get('chat_id', '')}"
        if (
            chat_id
            and self._busy[chat_id] > 1
            and call.method.startswith(EFFECTS)
            and call.method != "sendchataction"
        ):
            self.ledger.overlaps.append(f"{call.method} to {chat_id} while another was under way")

    def _handle(self, call: Call, proper: str, started: float, fault: Fault | None) -> Response:
        try:
            if call.method.startswith(EFFECTS[:3]) and call.method != "sendchataction":
                self.pace.check(call.number("chat_id"))
            result = HANDLERS[call.method](call)
        except ApiError as error:
            self._note(proper, call.params, started, error=error, fault=fault)
            return refuse(error)
        except Exception as error:
            self._world.judge.report(
                f"{proper}: the test server broke: {traceback.format_exception(error)[-2:]}"
            )
            return refuse(ApiError(500, "Internal Server Error"))
        self._world.judge.reply(method_models()[call.method], result)
        self._note(proper, call.params, started, result=result, fault=fault)
        return accept(json.dumps(result, ensure_ascii=False).encode())

    async def execute(self, body: Json) -> None:
        """A method that came as the answer of a webhook: done, its result goes nowhere."""
        name = str(body["method"]).lower()
        model = method_models().get(name)
        if model is None or name not in HANDLERS:
            self._world.judge.report(f"{name} in a webhook's answer: not modelled here")
            return
        params = settle({key: value for key, value in body.items() if key != "method"}, model)
        self._world.judge.request(model, params)
        self._handle(Call(self._world, name, params), model.__api_method__, time.monotonic(), None)

    async def _updates(self, request: Request, call: Call) -> Response | None:
        poll = asyncio.ensure_future(api_updates.get_updates(call))
        left = asyncio.ensure_future(gone(request.receive))
        try:
            await asyncio.wait({poll, left}, return_when=asyncio.FIRST_COMPLETED)
            if not poll.done():
                return None
            return accept(_batch(poll.result()))
        except ApiError as error:
            self._note("getUpdates", call.params, time.monotonic(), error=error)
            return refuse(error)
        finally:
            poll.cancel()
            left.cancel()

    async def _fail(self, request: Request, fault: Fault) -> Response | None:
        if fault.kind in (Kind.RESET, Kind.LOST_RESET):
            await reset(request.scope, request.receive)
        elif fault.kind in (Kind.HANG, Kind.LOST_REPLY):
            await gone(request.receive)
        elif fault.kind is Kind.BAD_GATEWAY:
            return Response("<html><h1>502 Bad Gateway</h1></html>", 502, media_type="text/html")
        elif fault.kind is Kind.GARBLED:
            return Response(b'{"ok":true,"result":{"mess', media_type="application/json")
        else:
            return refuse(fault.error())
        return None

    def _note(
        self,
        method: str,
        params: Json,
        started: float,
        *,
        result: Any = None,
        error: ApiError | None = None,
        fault: Fault | None = None,
    ) -> None:
        if fault is not None and fault.kind not in DONE:
            told = fault.kind not in (Kind.RESET, Kind.HANG, Kind.BAD_GATEWAY)
            error = fault.error() if told else None
            status, applied = (error.code if error else 0), False
        else:
            status, applied = (error.code if error else 200), error is None
        self.ledger.add(
            Entry(
                number=len(self.ledger.calls) + 1,
                at=started,
                method=method,
                params={key: _plain(value) for key, value in params.items()},
                status=0 if fault is not None and fault.kind in DONE else status,
                applied=applied,
                result=result,
                description=error.description if error else "",
                fault=fault.kind.value if fault else "",
            )
        )
        self._world.changed.notify()


def _plain(value: Any) -> Any:
    return {"file": value.name, "bytes": len(value.data)} if isinstance(value, Upload) else value


def _batch(items: list[Pending]) -> bytes:
    return b"[" + b",".join(item.body for item in items) + b"]"


def accept(result: bytes) -> Response:
    """The reply to a call that went well."""
    return Response(b'{"ok":true,"result":' + result + b"}", media_type="application/json")


def refuse(error: ApiError) -> Response:
    """The reply to a call that did not; a 429 says in its header too how long to wait."""
    wait = error.parameters.get("retry_after")
    headers = {"Retry-After": str(wait)} if wait else None
    return Response(json.dumps(error.body()), error.code, headers, media_type="application/json")
