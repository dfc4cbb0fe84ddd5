"""Control over HTTP, for tests whose bot and server are processes: /_control/<what>, JSON in and out.

POST users {name, id?, language_code?, username?, started?}   POST users/<id>/<action> {arguments}
POST groups {title, members: [ids], supergroup?, bot_admin?}  GET  users/<id>/chat
POST update {raw update}            POST fault {kind, method?, chat_id?, times?, retry_after?}
POST faults/random {seed, rate, …}  POST faults/clear
GET  ledger?after=<number>          GET  violations | pending | unanswered
POST drained {timeout?}             POST called {method, times?, chat_id?, timeout?}
Actions are those of `User`: says {text}, taps {label}, taps_data {data}, hears {words, timeout} and so on.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from .errors import Json
from .people import User
from .view import ChatMessage, Toast

if TYPE_CHECKING:
    from .server import TelegramServer


class Control:
    """Answers control requests; 404 for what it does not know, 409 with the words of a failed expectation."""

    def __init__(self, server: TelegramServer) -> None:
        self._server = server

    async def __call__(self, request: Request) -> Response:
        """Do one thing."""
        path = request.url.path.removeprefix("/_control/")
        body: Json = await request.json() if await request.body() else {}
        try:
            if request.method == "GET":
                result = self._get(path, request)
            else:
                result = await self._post(path, body)
        except LookupError:
            return JSONResponse({"error": f"nothing at {path}"}, 404)
        except (AssertionError, TypeError, ValueError) as error:
            return JSONResponse({"error": str(error)}, 409)
        return JSONResponse(result)

    def _get(self, path: str, request: Request) -> Any:
        server = self._server
        if path == "ledger":
            after = int(request.query_params.get("after", "0"))
            return [asdict(call) for call in server.ledger.calls if call.number > after]
        if path.startswith("users/") and path.endswith("/chat"):
            return [_plain(message) for message in server.users[int(path.split("/")[1])].chat]
        simple: Json = {
            "violations": server.violations,
            "pending": [item.id for item in server.pending],
            "unanswered": [callback.id for callback in server.unanswered],
        }
        return simple[path]

    async def _post(self, path: str, body: Json) -> Any:
        server = self._server
        if path == "users":
            return {"id": server.user(**body).id}
        if path == "groups":
            members = [server.users[number] for number in body.pop("members", [])]
            return {"id": server.group(body.pop("title", "法律服务站"), *members, **body).id}
        if path.startswith("users/"):
            number, action = path.removeprefix("users/").split("/")
            return await self._act(server.users[int(number)], action, body)
        if path == "update":
            return {"update_id": server.emit_raw(body)}
        if path == "drained":
            return await server.drained(**body)
        if path == "called":
            return [asdict(call) for call in await server.called(**body)]
        return self._fault(path, body)

    def _fault(self, path: str, body: Json) -> None:
        faults = self._server.faults
        known: dict[str, Callable[..., object]] = {
            "fault": faults.add,
            "faults/random": faults.at_random,
            "faults/clear": faults.clear,
        }
        known[path](**body)

    async def _act(self, user: User, action: str, body: Json) -> Any:
        if action not in User.ACTIONS:
            raise LookupError(action)
        result = getattr(user, action)(**body)
        return _plain(await result if inspect.isawaitable(result) else result)


def _plain(result: Any) -> Any:
    if isinstance(result, ChatMessage):
        return {**asdict(result), "labels": result.labels}
    return asdict(result) if isinstance(result, Toast) else result
