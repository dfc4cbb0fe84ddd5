"""The web chat over raw HTTP, with the real desk and store behind it: nobody reaches what is another's.

Cookies, CSRF, CSP, one-time links and rates are tested beside the channel, in `tests/channels/web/`.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Route

import bot
from bot.channels.web import WebChannel, WebSettings
from bot.desk.outbox import OutboxRunner
from bot.domain.errors import BotError
from bot.domain.messages import ChannelName, FileRef
from bot.store.engine import Store
from bot.store.web import SqlWebStore
from tests.promises.life import CASE_FACT, PHONE
from tests.promises.rehearsal import rows
from tests.promises.scale import scale
from tests.support.library import small_shelf
from tests.support.room import FAKE, Clock, Room, furnish
from tests.support.settings import settings

URL = "http://desk.test"
WEB = ChannelName("web")
NAME = "蓝孔雀"
HOSTILE = scale(400, 20_000)
FINE = frozenset({200, 202, 303, 307, 400, 401, 403, 404, 405, 410, 413, 415, 429})


async def _no_file(_file: FileRef) -> bytes:
    raise BotError("gone")


@dataclass
class Hall:
    """The real desk with the web chat as a channel, and no network."""

    room: Room
    app: Starlette
    routes: list[Route]


@pytest.fixture
async def hall(store: Store, clock: Clock) -> Hall:
    room = await furnish(store, clock, settings(), small_shelf())
    channel = WebChannel(WebSettings(URL, "台"), room.intake, SqlWebStore(store), _no_file, clock)
    room.outbox = room.turns.outbox = OutboxRunner(room.desk, {WEB: channel, FAKE: room.messenger})
    routes = channel.routes()
    return Hall(room, Starlette(routes=routes), routes)


@dataclass
class Person:
    """Somebody with a browser, as far as HTTP can tell."""

    hall: Hall
    http: httpx.AsyncClient = field(init=False)
    csrf: str = ""
    serial: int = 0

    def __post_init__(self) -> None:
        transport = httpx.ASGITransport(app=self.hall.app, raise_app_exceptions=False)
        self.http = httpx.AsyncClient(transport=transport, base_url=URL)

    async def opens(self) -> list[dict[str, Any]]:
        """Begin or resume; the log."""
        headers = {"X-Desk": "1", "Origin": URL, "Sec-Fetch-Site": "same-origin"}
        data = (await self.http.post("/api/session", headers=headers)).json()
        self.csrf = data["csrf"]
        return list(data["events"])

    @property
    def headers(self) -> dict[str, str]:
        return {"X-CSRF-Token": self.csrf, "Origin": URL, "Sec-Fetch-Site": "same-origin"}

    async def posts(self, **body: object) -> httpx.Response:
        """Send something to the desk, and let it work."""
        self.serial += 1
        whole = {"id": f"message-{self.serial:04}", "kind": "text"} | body
        answer = await self.http.post("/api/messages", json=whole, headers=self.headers)
        await self.hall.room.settle()
        return answer

    async def buttons(self) -> list[tuple[int, str, str]]:
        """All that she was ever offered: message, label, token."""
        return [
            (event["seq"], button["label"], button["token"])
            for event in await self.opens()
            for row in event.get("buttons", ())
            for button in row
        ]

    async def taps(self, label: str) -> None:
        """Tap the newest button that begins so."""
        found = [one for one in await self.buttons() if one[1].startswith(label)]
        assert found, (label, [one[1] for one in await self.buttons()])
        answer = await self.posts(kind="button", card_ref=str(found[-1][0]), token=found[-1][2])
        assert answer.status_code == 202, answer.text


async def a_case(hall: Hall) -> tuple[Person, str]:
    """Mei asks for a callback over the web; an expert answers. She has sent a file too."""
    mei, room = Person(hall), hall.room
    await room.hires("wang")
    await mei.opens()
    await mei.posts(text=CASE_FACT)
    for label in ("换个专题", "劳动工资"):
        if any(one[1].startswith(label) for one in await mei.buttons()):
            await mei.taps(label)
    await mei.taps("先不说")
    await mei.taps("打电话给我")
    await mei.posts(text=PHONE)
    await mei.taps("工作时间都行")
    await mei.taps("提交")
    files = {"file": (f"{NAME}.txt", f"{NAME}的合同".encode(), "text/plain")}
    form = {"id": "file-00001", "text": ""}
    answer = await mei.http.post("/api/files", data=form, files=files, headers=mei.headers)
    assert answer.status_code == 202, answer.text
    await room.settle()
    await room.taps("wang", "接单")
    await room.says("wang", f"{NAME}，您先录音。")
    said = str(await mei.opens())
    number = re.search(r"\d{3}-\d{3}-\d{3}", said)
    assert number, said
    assert NAME in said
    return mei, number[0]


async def test_nothing_of_another_session_is_reached_by_any_id_or_token(hall: Hall) -> None:
    mei, number = await a_case(hall)
    eve, room = Person(hall), hall.room
    await eve.opens()
    await eve.posts(text="/start")
    last = max(event["seq"] for event in await mei.opens())
    async with room.store.read() as tx:
        before = await rows(tx)
        files = [one.id for one in (await tx.execute(_files())).all()]
    seen = [await eve.http.get(f"/files/{n}") for n in (*range(last + 3), *files, number)]
    seen += [await eve.http.get(f"/api/history?before={n}") for n in (0, 1, last, 10**18)]
    for card, _label, token in await mei.buttons():
        seen.append(await eve.posts(kind="button", card_ref=str(card), token=token))
        seen.append(await eve.posts(kind="button", card_ref="1", token=token))
    seen += [await eve.posts(text=words) for words in (number, f"/case {number}", f"/reply {number}", "/my")]
    told = str(await eve.opens()) + "".join(one.text for one in seen)
    assert [word for word in (CASE_FACT, PHONE, NAME) if word in told] == []
    async with room.store.read() as tx:
        after = await rows(tx)
    mine = {row["id"]: row for row in before["callbacks"].values()}
    assert {row["id"]: row for row in after["callbacks"].values()} == mine
    for table in ("notes", "reminders", "staff", "links", "web_sessions", "web_files"):
        assert after[table] == before[table], table


def _files() -> Any:
    from sqlalchemy import select

    from bot.store import tables as t

    return select(t.web_files.c.id)


async def test_her_own_session_does_reach_all_of_it(hall: Hall) -> None:
    """So that the test above does not pass on a site that shows nothing to anybody."""
    mei, number = await a_case(hall)
    events = await mei.opens()
    [file] = [event["seq"] for event in events if event.get("file")]
    assert NAME in (await mei.http.get(f"/files/{file}")).text
    assert CASE_FACT in (await mei.http.get("/api/history?before=999999")).text
    await mei.posts(text="/my")
    assert number in str((await mei.opens())[-1])


# raw HTTP, as a stranger sends it


def _hostile(random: Random) -> Iterator[bytes]:
    """Values for paths, queries, headers and bodies."""
    fixed = (
        b"", b"0", b"-1", b"9" * 40, b"1e9", b"../../etc/passwd", b"%00", b"%ff%fe", b"null", b"[]", b"{}",
        b'{"id":1}', b'{"id":"' + b"x" * 5000 + b'"}', b"[" * 5000, b'{"a":' * 3000, b"\xff\xfe",
        b"' OR 1=1--",
        b'{"id":"message-0001","kind":"button","card_ref":"1","token":"x"}',
        b'{"id":"message-0001","kind":"text","text":"\\ud800"}', b"a=b&" * 400, b"--x\r\n\r\n--x--",
    )  # fmt: skip
    while True:
        yield random.choice(fixed) if random.random() < 0.8 else random.randbytes(random.randrange(60))


async def test_whatever_is_sent_is_answered_and_is_never_a_fault_of_ours(hall: Hall) -> None:
    """Every path, with each method, as a stranger and as somebody with a session of her own."""
    random, known, stranger = Random(18), Person(hall), Person(hall)
    await known.opens()
    values, got = _hostile(random), set[int]()
    paths = [route.path for route in hall.routes if route.path != "/api/events"]
    for _ in range(HOSTILE):
        who = random.choice((known, stranger))
        path = re.sub(r"\{\w+\}", lambda _: quote(next(values)[:200], safe=""), random.choice(paths))
        kind = random.choice(("application/json", "multipart/form-data; boundary=x", "text/plain", ""))
        answer = await who.http.request(
            random.choice(("GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS")),
            path, params={"before": next(values)[:200].decode("latin-1")}, content=next(values),
            headers=who.headers | {"Content-Type": kind} | ({"X-Desk": "1"} if random.random() < 0.5 else {}),
        )  # fmt: skip
        got.add(answer.status_code)
        assert answer.status_code in FINE, (answer.request.method, path, answer.text)
    assert {200, 401, 403, 404, 405} <= got
    hall.room.clock.advance(timedelta(minutes=10))  # so many were more than a person may send
    assert (await known.posts(text="您好")).status_code == 202


# secrets

_SECRET = re.compile(r"secret|csrf|nonce|metrics_token|\bmac\b|_mac\b", re.IGNORECASE)


def test_secrets_are_compared_in_constant_time_only() -> None:
    """No == or != on anything that is named like a secret, but to see whether it is there at all."""
    found = []
    for file in Path(bot.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.Eq | ast.NotEq):
                sides = [node.left, *node.comparators]
                empty = any(isinstance(side, ast.Constant) and not side.value for side in sides)
                if not empty and any(_SECRET.search(_named(side)) for side in sides):
                    found.append(f"{file.name}:{node.lineno} {ast.unparse(node)}")
    assert found == []


def _named(side: ast.expr) -> str:
    return "" if isinstance(side, ast.Constant) else ast.unparse(side)
