"""What the web chat asks of its store: the same of the tables as of the dictionaries that its tests use."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from bot.channels.web import WebChannel, WebSettings
from bot.channels.web.ports import WebStore
from bot.desk.ports import Link, LinkKind
from bot.domain.messages import Address, ChannelName, OutboundMessage
from bot.domain.webchat import Event, EventKind, LoginRefusal, Session, StoredFile
from bot.store.engine import Store
from bot.store.web import SqlWebStore
from tests.channels.web.memory import MemoryWebStore
from tests.support.room import MONDAY, Clock

from .things import DAY, EVERYWHERE, HOUR, MINUTE, SECOND, STATION, a_case, all_at_once, outbound

pytestmark = pytest.mark.databases("sqlite", "postgresql", "memory")
IN, OUT, EDIT = EventKind.IN, EventKind.OUT, EventKind.EDIT
MakeLink = Callable[[str, timedelta], Awaitable[str]]


@pytest.fixture
def web(store: Store, database: str) -> WebStore:
    return MemoryWebStore() if database == "memory" else SqlWebStore(store)


@pytest.fixture
def web2(web: WebStore, other: Store, database: str) -> WebStore:
    """The same log, seen by another instance."""
    return web if database == "memory" else SqlWebStore(other)


@pytest.fixture
def make_link(web: WebStore, store: Store, clock: Clock) -> MakeLink:
    """Makes a login link for a user; returns the hash of its token."""

    async def make(user: str, lifetime: timedelta) -> str:
        if isinstance(web, MemoryWebStore):
            web.links["0" * 64] = (user, clock.now + lifetime)
            return "0" * 64
        async with store.begin() as tx:
            contact = await tx.contacts.ensure(Address(ChannelName("web"), user, user), "", "zh-Hans")
            token = await tx.contacts.make_link(Link(LinkKind.LOGIN, contact.id), lifetime)
        return hashlib.sha256(token.encode()).hexdigest()

    return make


def session(name: str, until: timedelta = DAY) -> Session:
    return Session(name.ljust(64, "0"), f"w-{name}", "csrf", MONDAY + until)


async def test_a_session_lives_until_its_time_or_its_end(web: WebStore) -> None:
    mine, other = session("a"), session("b")
    for one in (mine, other):
        await web.create_session(one, MONDAY)
    assert await web.session(mine.id_hash, MONDAY) == mine
    assert await web.session("unknown", MONDAY) is None
    assert await web.session(mine.id_hash, MONDAY + DAY - SECOND) == mine
    assert await web.session(mine.id_hash, MONDAY + DAY) is None
    await web.end_session(mine.id_hash)
    await web.end_session(mine.id_hash)
    assert await web.session(mine.id_hash, MONDAY) is None
    assert await web.session(other.id_hash, MONDAY) == other


async def test_a_session_is_prolonged_and_an_unknown_one_stays_unknown(web: WebStore) -> None:
    mine = session("a")
    await web.create_session(mine, MONDAY)
    await web.touch_session(mine.id_hash, MONDAY + 2 * DAY)
    await web.touch_session("unknown", MONDAY + 2 * DAY)
    found = await web.session(mine.id_hash, MONDAY + DAY)
    assert found is not None
    assert found.expires_at == MONDAY + 2 * DAY
    assert await web.session("unknown", MONDAY) is None


async def test_a_new_session_leaves_those_that_live(web: WebStore) -> None:
    old, living = session("a", HOUR), session("b")
    for one in (old, living):
        await web.create_session(one, MONDAY)
    await web.create_session(session("c", 2 * DAY), MONDAY + HOUR)
    assert await web.session(old.id_hash, MONDAY + HOUR) is None
    assert await web.session(living.id_hash, MONDAY + HOUR) == living


async def test_a_login_link_opens_once(web: WebStore, make_link: MakeLink) -> None:
    link = await make_link("expert", HOUR)
    assert await web.consume_login("f" * 64, MONDAY) is LoginRefusal.UNKNOWN
    assert await web.consume_login(link, MONDAY) == "expert"
    assert await web.consume_login(link, MONDAY) is LoginRefusal.USED
    assert await web.consume_login(link, MONDAY + DAY) is LoginRefusal.USED


async def test_a_login_link_expires(web: WebStore, make_link: MakeLink) -> None:
    link = await make_link("expert", HOUR)
    assert await web.consume_login(link, MONDAY + HOUR) is LoginRefusal.EXPIRED
    assert await web.consume_login(link, MONDAY + HOUR - SECOND) == "expert"


async def test_of_many_who_open_a_link_at_once_one_is_let_in(
    web: WebStore, web2: WebStore, make_link: MakeLink
) -> None:
    link = await make_link("expert", HOUR)

    async def consume(n: int) -> str:
        return str(await (web, web2)[n % 2].consume_login(link, MONDAY))

    assert sorted(await all_at_once(6, consume)) == ["expert"] + ["used"] * 5


@EVERYWHERE
async def test_an_invite_is_no_login(web: WebStore, store: Store) -> None:
    async with store.begin() as tx:
        token = await tx.contacts.make_link(Link(LinkKind.INVITE, station=STATION), HOUR)
    hashed = hashlib.sha256(token.encode()).hexdigest()
    assert await web.consume_login(hashed, MONDAY) is LoginRefusal.UNKNOWN


async def test_a_log_counts_from_one_for_each_user(web: WebStore) -> None:
    seqs = [(await web.append(u, k, IN, u + k, MONDAY)).seq for u in "ab" for k in "xyz"]
    assert seqs == [1, 2, 3, 1, 2, 3]
    assert await web.event("b", 2) == Event(2, "y", IN, "by", MONDAY)
    for user, seq in (("b", 4), ("b", 0), ("c", 1)):
        assert await web.event(user, seq) is None


async def test_the_same_key_is_logged_once_as_it_first_was(web: WebStore) -> None:
    first = await web.append("a", "k", IN, "一", MONDAY)
    assert await web.append("a", "k", OUT, "二", MONDAY + HOUR) == first
    assert await web.after("a", 0, 10) == (first,)


async def test_what_is_logged_at_once_has_no_gaps_and_never_appears_late(
    web: WebStore, web2: WebStore
) -> None:
    seen: list[tuple[int, ...]] = []
    writing = True

    async def watch() -> None:
        while writing:
            seen.append(tuple(e.seq for e in await web2.after("a", 0, 100)))
            await asyncio.sleep(0)

    watcher = asyncio.create_task(watch())
    keys = [f"k{n // 2}" for n in range(24)]  # every key twice

    async def log(n: int) -> int:
        return (await (web, web2)[n % 2].append("a", keys[n], IN, "x", MONDAY)).seq

    got = await all_at_once(24, log)
    writing = False
    await watcher
    assert sorted(set(got)) == list(range(1, 13))
    assert got[::2] == got[1::2]
    assert all(s == tuple(range(1, len(s) + 1)) for s in seen)


async def test_an_edit_replaces_the_words_and_says_so(web: WebStore) -> None:
    await web.append("a", "k1", OUT, "旧", MONDAY)
    await web.append("a", "k2", IN, "她", MONDAY)
    edit = await web.edit("a", 1, "k3", "新", MONDAY + HOUR)
    assert edit is not None
    assert (edit.seq, edit.kind, edit.at) == (3, EDIT, MONDAY + HOUR)
    assert edit.body.replace(" ", "") == '{"target":1}'
    assert await web.event("a", 1) == Event(1, "k1", OUT, "新", MONDAY, edited=3)
    assert await web.edit("a", 1, "k3", "再", MONDAY) == edit
    assert (await web.after("a", 0, 1))[0].body == "新"


async def test_only_what_the_desk_said_to_this_user_can_be_edited(web: WebStore) -> None:
    await web.append("a", "k1", IN, "她", MONDAY)
    await web.append("a", "k2", OUT, "台", MONDAY)
    for user, target in (("a", 1), ("a", 3), ("a", 0), ("b", 2)):
        assert await web.edit(user, target, "k9", "改", MONDAY) is None
    assert [e.body for e in await web.after("a", 0, 9)] == ["她", "台"]
    assert await web.edit("a", 2, "k1", "改", MONDAY) == await web.event("a", 1)
    assert await web.after("b", 0, 9) == ()


async def test_a_page_of_history_leaves_edits_out_and_knows_the_head(web: WebStore) -> None:
    assert await web.history("a", 0, 5) == await web.history("b", 0, 5)
    assert (await web.history("a", 0, 5)).head == 0
    for n in range(5):
        await web.append("a", f"k{n}", OUT, f"{n}", MONDAY)
    await web.edit("a", 1, "e", "新", MONDAY)
    page = await web.history("a", 0, 3)
    assert ([e.seq for e in page.events], page.head) == ([3, 4, 5], 6)
    earlier = await web.history("a", 3, 3)
    assert ([e.body for e in earlier.events], earlier.head) == (["新", "1"], 6)
    assert [e.seq for e in await web.after("a", 4, 9)] == [5, 6]
    assert [e.seq for e in await web.after("a", 1, 2)] == [2, 3]


async def test_heads_of_many_logs_come_in_one_answer(web: WebStore) -> None:
    for n in range(3):
        await web.append("a", f"k{n}", IN, "x", MONDAY)
    await web.append("b", "k", IN, "x", MONDAY)
    heads = await web.heads({"a", "b", "c"})
    assert (heads["a"], heads["b"], heads.get("c", 0)) == (3, 1, 0)
    assert await web.heads(set()) == {}
    assert (await web.heads({f"u{n}" for n in range(2000)})).get("a") is None


async def test_a_file_is_kept_once_with_all_its_bytes(web: WebStore) -> None:
    data = bytes(range(256)) * 4096
    file = StoredFile("f1", "a", "欠条.jpg", "image/jpeg", "photo", data, MONDAY)
    await web.put_file(file)
    await web.put_file(StoredFile("f1", "b", "x", "text/plain", "document", b"other", MONDAY))
    assert await web.file("f1") == file
    assert await web.file("f2") is None


# erasure


def told(text: str) -> str:
    return outbound(text).to_json()


@EVERYWHERE
async def test_an_erased_log_keeps_its_head_so_that_an_open_page_hears_what_follows(
    web: WebStore, store: Store
) -> None:
    for n in range(3):
        await web.append("a", f"k{n}", IN, "秘密", MONDAY)
    await web.append("b", "k", IN, "别人的", MONDAY)
    for user in ("a", "b"):
        await web.put_file(StoredFile(f"f-{user}", user, "x", "text/plain", "document", b"x", MONDAY))
    for _ in range(2):
        async with store.begin() as tx:
            await tx.forget_web("a")
    assert "秘密" not in "".join(e.body for e in await web.after("a", 0, 9))
    assert (await web.history("a", 0, 9)).events == ()
    assert (await web.append("a", "erased", OUT, told("已删除"), MONDAY)).seq == 4
    assert [e.seq for e in await web.after("a", 3, 9)] == [4]
    assert await web.file("f-a") is None
    assert await web.file("f-b") is not None
    assert len(await web.after("b", 0, 9)) == 1
    async with store.begin() as tx:
        await tx.forget_web("never wrote")


@EVERYWHERE
async def test_what_the_web_chat_showed_others_about_an_erased_case_is_blank(
    web: WebStore, store: Store, clock: Clock
) -> None:
    async def receive(_message: object) -> object:
        raise AssertionError

    async def fetch(_file: object) -> bytes:
        raise AssertionError

    channel = WebChannel(WebSettings("http://desk", "台"), receive, web, fetch, clock)  # type: ignore[arg-type]
    case = await a_case(store)
    address = Address(ChannelName("web"), "expert", "expert")
    async with store.begin() as tx:
        expert = await tx.contacts.ensure(address, "王", "zh-Hans")
        for text, card, about in (
            ("她的案情", "card", case.id),
            ("她的电话", "", case.id),
            ("改过的案情", "card", case.id),
            ("别的案子", "", None),
        ):
            await tx.outbox.add(expert.id, outbound(text, card), callback=about)
    for _ in range(4):
        async with store.begin() as tx:
            row = await tx.outbox.take(expert.id, MINUTE)
            assert row is not None
            ref = await tx.outbox.card_ref(expert.id, row.message.card)
        result = await channel.send(address, row.message, key=f"o{row.id}", edit=ref)
        async with store.begin() as tx:
            await tx.outbox.sent(row, getattr(result, "ref", ""))
    head = (await web.heads({"expert"}))["expert"]
    async with store.begin() as tx:
        await tx.outbox.erase_about(case.id)
        await tx.outbox.erase_about(case.id)
    shown = [OutboundMessage.from_json(e.body).text for e in (await web.history("expert", 0, 9)).events]
    assert shown == ["…", "…", "别的案子"]
    news = await web.after("expert", head, 9)
    assert sorted(e.body for e in news) == ['{"target":1}', '{"target":2}']
    assert {e.kind for e in news} == {EDIT}
