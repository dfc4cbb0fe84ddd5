"""What a person sends reaches her log and the desk, once."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from bot.desk.ports import Received
from bot.domain.messages import InboundKind

from .client import Client
from .echo import said
from .server import Site


def web_id(number: int) -> str:
    return f"message-{number:04d}"


async def test_a_message_reaches_the_desk_with_the_persons_own_id(site: Site, client: Client) -> None:
    response = await client.say("  公司不发工资\r\n怎么办  ", web_id(1))
    assert response.status_code == 202
    assert response.json() == {"seq": 1, "limited": False}
    [message] = site.desk.taken
    assert message.text == "公司不发工资\n怎么办"
    assert message.external_id == f"{message.sender.user}:{web_id(1)}"
    assert (message.channel, message.sender.chat, message.kind) == (
        "web",
        message.sender.user,
        InboundKind.TEXT,
    )


async def test_the_same_id_twice_has_the_same_answer_and_one_effect(site: Site, client: Client) -> None:
    first = await client.say("你好", web_id(1))
    again = await client.say("别的话", web_id(1))
    assert (first.status_code, first.json()) == (again.status_code, again.json())
    assert site.desk.words == ["你好"]
    assert [e["text"] for e in await client.events() if e["kind"] == "in"] == ["你好"]


async def test_the_same_id_many_times_at_once_has_one_effect(site: Site, client: Client) -> None:
    answers = await asyncio.gather(*(client.say("你好", web_id(1)) for _ in range(8)))
    assert {a.status_code for a in answers} == {202}
    assert site.desk.words == ["你好"]


async def test_when_the_desk_cannot_write_the_answer_is_503_and_a_retry_mends_it(
    site: Site, client: Client
) -> None:
    site.desk.refusals = 1
    failed = await client.say("你好", web_id(1))
    assert failed.status_code == 503
    assert failed.headers["retry-after"]
    assert site.desk.words == []
    assert (await client.say("你好", web_id(1))).status_code == 202
    assert site.desk.words == ["你好"]
    assert len([e for e in await client.events() if e["kind"] == "in"]) == 1


async def test_when_the_store_is_down_nothing_is_acknowledged(site: Site, client: Client) -> None:
    site.store.down = True
    assert (await client.say("你好", web_id(1))).status_code == 503
    assert site.desk.calls == 0


async def test_the_greeting_is_asked_for_once_and_stays_hidden(site: Site, client: Client) -> None:
    for _ in range(2):
        assert (await client.say("whatever", "start")).status_code == 202
    assert [m.text for m in site.desk.taken] == ["/start"]
    hidden, greeting = await client.events()
    assert hidden["hidden"] is True
    assert greeting["kind"] == "out"


async def test_a_tap_carries_its_token_and_card_and_shows_the_label_that_we_gave(
    site: Site, client: Client
) -> None:
    await client.say("", "start")
    response = await client.say("假的标签", web_id(1), kind="button", token="t:婚姻", card_ref="2")
    assert response.status_code == 202
    tap = site.desk.taken[-1]
    assert (tap.kind, tap.token, tap.card_ref, tap.text) == (InboundKind.BUTTON, "t:婚姻", "2", "")
    shown = next(e for e in await client.events() if e.get("card") == "2")
    assert shown["text"] == "婚姻"


async def test_a_message_that_the_desk_limits_is_reported_as_such(site: Site, client: Client) -> None:
    site.desk.result = Received.LIMITED
    assert (await client.say("你好", web_id(1))).json()["limited"] is True


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"id": "short", "kind": "text", "text": "x"}, "bad_request"),
        ({"id": "../../etc/passwd", "kind": "text", "text": "x"}, "bad_request"),
        ({"id": "message-0001", "kind": "text", "text": " \n\t "}, "empty"),
        ({"id": "message-0001", "kind": "text", "text": "\x00\x01"}, "empty"),
        ({"id": "message-0001", "kind": "text", "text": "字" * 4001}, "too_long"),
        ({"id": "message-0001", "kind": "text", "text": 5}, "bad_request"),
        ({"id": "message-0001", "kind": "left", "text": "x"}, "bad_request"),
        ({"id": "message-0001", "kind": "button", "token": "", "card_ref": "1"}, "bad_request"),
        ({"id": "message-0001", "kind": "button", "token": "x" * 65, "card_ref": "1"}, "bad_request"),
        ({"id": "message-0001", "kind": "button", "token": "x", "card_ref": "-1"}, "bad_request"),
        ([1, 2], "bad_request"),
    ],
)
async def test_what_is_not_a_message_is_refused(site: Site, client: Client, body: object, code: str) -> None:
    response = await client.http.post("/api/messages", json=body, headers=client.headers)
    assert (response.status_code, response.json()) == (400, {"error": code})
    assert site.desk.calls == 0


async def test_a_lone_surrogate_does_not_reach_the_store(site: Site, client: Client) -> None:
    raw = b'{"id":"message-0001","kind":"text","text":"a\\ud800b"}'
    headers = client.headers | {"Content-Type": "application/json"}
    assert (await client.http.post("/api/messages", content=raw, headers=headers)).status_code == 202
    assert site.desk.words == ["ab"]


async def test_a_body_beyond_the_cap_is_refused_before_it_is_read(site: Site, client: Client) -> None:
    assert (await client.say("x" * 30_000, web_id(1))).status_code == 413
    assert site.desk.calls == 0


async def test_a_body_that_hides_its_length_is_refused_at_the_cap(site: Site, client: Client) -> None:
    sent = 0

    async def endless() -> object:
        nonlocal sent
        while sent < 1_000_000:
            sent += 4096
            yield b"x" * 4096

    headers = client.headers | {"Content-Type": "application/json"}
    response = await client.http.post("/api/messages", content=endless(), headers=headers)  # type: ignore[arg-type]
    assert response.status_code == 413
    assert sent < 100_000


async def test_who_writes_too_fast_is_told_when_to_go_on() -> None:
    site = Site(messages_burst=3, messages_per_minute=6)
    client = Client(site)
    await client.open()
    answers = [await client.say("x", web_id(n)) for n in range(4)]
    assert [a.status_code for a in answers] == [202, 202, 202, 429]
    assert 1 <= int(answers[-1].headers["retry-after"]) <= 10
    assert len(site.desk.taken) == 3


async def test_the_desk_hears_the_language_of_the_browser(site: Site, client: Client) -> None:
    client.http.headers["Accept-Language"] = "en-US,en;q=0.9,zh-TW;q=0.8"
    await client.say("x", web_id(1))
    assert site.desk.taken[0].language == "zh-TW"


async def test_a_retried_message_keeps_its_first_time(site: Site, client: Client) -> None:
    site.desk.refusals = 1
    await client.say("你好", web_id(1))
    [event] = next(iter(site.store.logs.values()))
    await client.say("你好", web_id(1))
    assert site.desk.taken[0].received_at == event.at


async def test_the_answer_to_a_message_stands_after_it_in_the_log(site: Site, client: Client) -> None:
    site.desk.script = lambda message: replace(said("好"), card="")
    await client.say("你好", web_id(1))
    assert [e["kind"] for e in await client.events()] == ["in", "out"]
