"""What the desk sends: once for each key, edited in place, followed without loss."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from bot.channels.web.tokens import digest
from bot.desk.ports import Channel
from bot.domain.messages import Address, ChannelName, OutboundMessage, Retry, Sent

from .client import Client
from .echo import said
from .server import Site, until

WEB = ChannelName("web")


def to(user: str) -> Address:
    return Address(WEB, user, user)


async def user_of(site: Site, client: Client) -> str:
    return site.store.sessions[digest(client.http.cookies["desk"])].user


async def test_the_same_key_is_delivered_once(site: Site, client: Client) -> None:
    user = await user_of(site, client)
    first = await site.channel.send(to(user), said("好"), key="k1", edit="")
    again = await site.channel.send(to(user), said("好"), key="k1", edit="")
    assert first == again == Sent("1")
    assert len(await client.events()) == 1


async def test_an_edit_replaces_the_message_and_leaves_nothing_of_the_old_words(
    site: Site, client: Client
) -> None:
    user = await user_of(site, client)
    sent = await site.channel.send(to(user), said("电话 13800138000", "接单"), key="k1", edit="")
    assert sent == Sent("1")
    for _ in range(2):
        assert await site.channel.send(to(user), said("已办结"), key="k2", edit="1") == Sent("1")
    [event] = await client.events()
    assert event["blocks"] == [["text", "已办结"]]
    assert event["edited"] == 2
    assert "13800138000" not in str(site.store.logs)


async def test_a_late_repeat_of_an_older_edit_changes_nothing(site: Site, client: Client) -> None:
    user = await user_of(site, client)
    for key, text, edit in (("a", "一", ""), ("b", "二", "1"), ("c", "三", "1"), ("b", "二", "1")):
        await site.channel.send(to(user), said(text), key=key, edit=edit)
    assert (await client.events())[0]["blocks"] == [["text", "三"]]


@pytest.mark.parametrize("ref", ["99", "x", "0", "9" * 30, "2"])
async def test_what_cannot_be_edited_is_sent_anew(site: Site, client: Client, ref: str) -> None:
    user = await user_of(site, client)
    await site.channel.send(to(user), said("一"), key="a", edit="")
    await client.say("自己的话", "message-0001")
    outcome = await site.channel.send(to(user), said("二"), key="b", edit=ref)
    assert outcome == await site.channel.send(to(user), said("二"), key="b", edit=ref)
    texts = [e["blocks"] for e in await client.events() if e["kind"] == "out"]
    assert texts.count([["text", "二"]]) == 1
    assert [["text", "一"]] in texts


async def test_a_store_that_is_down_means_try_again(site: Site) -> None:
    site.store.down = True
    assert isinstance(await site.channel.send(to("u"), said("好"), key="k", edit=""), Retry)


def test_the_channel_is_what_the_desk_asks_for(site: Site) -> None:
    channel: Channel = site.channel
    assert channel.name == WEB


class Follower:
    """A stream of events over the network."""

    def __init__(self, site: Site, client: Client) -> None:
        self.url = site.url + "/api/events"
        self.cookies = dict(client.http.cookies)
        self.views: list[dict[str, Any]] = []
        self.names: list[str] = []
        self.bye = ""
        self.status = 0
        self._task: asyncio.Task[None] | None = None

    @property
    def seqs(self) -> list[int]:
        return [int(view["seq"]) for view in self.views]

    def start(self, after: int | None = None, last_id: int | None = None) -> Follower:
        headers = {} if last_id is None else {"Last-Event-ID": str(last_id)}
        params = {} if after is None else {"after": str(after)}
        self._task = asyncio.create_task(self._follow(headers, params))
        return self

    async def stop(self) -> None:
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def ended(self) -> None:
        assert self._task
        await asyncio.wait_for(self._task, 10)

    async def _follow(self, headers: dict[str, str], params: dict[str, str]) -> None:
        async with (
            httpx.AsyncClient(cookies=self.cookies, timeout=20) as http,
            http.stream("GET", self.url, headers=headers, params=params) as response,
        ):
            self.status = response.status_code
            name = ""
            async for line in response.aiter_lines():
                if line.startswith("event: "):
                    name = line[7:]
                    self.names.append(name)
                elif line.startswith("data: "):
                    self._take(name, line[6:])

    def _take(self, name: str, data: str) -> None:
        if name == "item":
            self.views.append(json.loads(data))
        elif name == "bye":
            self.bye = data


@pytest.fixture
async def follower(served: Site) -> AsyncIterator[tuple[Site, Client, Follower]]:
    client = Client(served)
    await client.open()
    follower = Follower(served, client)
    yield served, client, follower
    await follower.stop()


Following = tuple[Site, Client, Follower]


async def test_a_stream_brings_the_past_and_then_what_comes(follower: Following) -> None:
    site, client, stream = follower
    user = await user_of(site, client)
    for number in range(120):
        await site.channel.send(to(user), said(f"旧{number}"), key=f"old{number}", edit="")
    stream.start(after=0)
    await until(lambda: len(stream.views) == 120)
    await site.channel.send(to(user), said("新"), key="new", edit="")
    await until(lambda: len(stream.views) == 121)
    assert stream.seqs == list(range(1, 122))


async def test_a_stream_resumes_after_the_last_event_id_before_what_the_address_says(
    follower: Following,
) -> None:
    _, client, stream = follower
    for number in range(3):
        await client.say("x", f"message-{number:04d}")
    stream.start(after=0, last_id=4)
    await until(lambda: len(stream.views) == 2)
    assert stream.seqs == [5, 6]


async def test_what_another_process_wrote_arrives_by_looking(follower: Following) -> None:
    site, client, stream = follower
    user = await user_of(site, client)
    stream.start(after=0)
    await until(lambda: "ping" in stream.names)
    site.channel._web.feed.wake = lambda user: None  # type: ignore[method-assign]
    await site.channel.send(to(user), said("来自别处"), key="k", edit="")
    await until(lambda: stream.seqs == [1])


async def test_an_edit_travels_as_the_new_content_of_its_target(follower: Following) -> None:
    site, client, stream = follower
    user = await user_of(site, client)
    stream.start(after=0)
    await site.channel.send(to(user), said("一"), key="a", edit="")
    await until(lambda: stream.seqs == [1])
    await site.channel.send(to(user), said("二"), key="b", edit="1")
    await until(lambda: stream.seqs == [1, 2])
    assert stream.views[1]["target"]["blocks"] == [["text", "二"]]


async def test_a_stream_of_nobody_is_refused(served: Site) -> None:
    stream = Follower(served, Client(served)).start()
    await stream.ended()
    assert stream.status == 401


async def test_a_page_that_knows_more_than_the_log_is_told_to_begin_anew(follower: Following) -> None:
    _, _, stream = follower
    stream.start(after=50)
    await stream.ended()
    assert stream.bye == "reset"


async def test_the_oldest_of_too_many_windows_is_closed(follower: Following) -> None:
    site, client, stream = follower
    stream.start(after=0)
    await until(lambda: "ping" in stream.names)
    others = [Follower(site, client).start(after=0) for _ in range(4)]
    await stream.ended()
    assert stream.bye == "replaced"
    for other in others:
        assert not other.bye
        await other.stop()


async def test_a_stream_ends_soon_after_its_session() -> None:
    site = Site(heartbeat_seconds=0.05)
    await site.start()
    client = Client(site)
    await client.open()
    stream = Follower(site, client).start(after=0)
    await until(lambda: stream.names.count("ping") > 2)
    site.store.sessions.clear()
    await stream.ended()
    assert stream.bye == "signed_out"
    await site.stop()


async def test_closing_the_channel_lets_the_server_stop(follower: Following) -> None:
    site, _, stream = follower
    stream.start(after=0)
    await until(lambda: "ping" in stream.names)
    await asyncio.wait_for(site.stop(), 5)
    await stream.ended()
    assert stream.bye == "restart"


async def test_a_failing_store_ends_the_stream_and_the_next_one_has_everything(follower: Following) -> None:
    site, client, stream = follower
    user = await user_of(site, client)
    stream.start(after=0)
    await until(lambda: "ping" in stream.names)
    site.store.down = True
    site.channel._web.feed.wake(user)
    await stream.ended()
    site.store.down = False
    await site.channel.send(to(user), said("好"), key="k", edit="")
    again = Follower(site, client).start(after=0)
    await until(lambda: again.seqs == [1])
    await again.stop()


async def test_the_stream_forgets_windows_that_are_gone(follower: Following) -> None:
    site, _, stream = follower
    stream.start(after=0)
    await until(lambda: "ping" in stream.names)
    await stream.stop()
    await until(lambda: not site.channel._web.feed._open)


async def test_a_message_with_everything_survives_the_way_to_the_page(site: Site, client: Client) -> None:
    user = await user_of(site, client)
    message = OutboundMessage(
        said("<b>粗</b>", "甲", "乙").blocks, said("", "甲").buttons, "card-1", ask_phone=True
    )
    await site.channel.send(to(user), message, key="k", edit="")
    [event] = await client.events()
    assert event["blocks"] == [["text", "<b>粗</b>"]]
    assert event["buttons"] == [[{"label": "甲", "token": "t:甲"}]]
    assert (event["stays"], event["numbered"], event["phone"]) == (True, False, True)
