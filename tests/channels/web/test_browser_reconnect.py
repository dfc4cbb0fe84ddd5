"""The chat page when the network or the server goes away: nothing lost, nothing doubled."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from playwright.async_api import Browser, Route, expect

from bot.channels.web.tokens import digest, new_token
from bot.domain.messages import Address, ChannelName

from .echo import said
from .pages import Visitor
from .server import Site, until
from .test_browser_chat import tell, user_of


async def test_what_was_said_offline_is_sent_when_the_network_is_back(served: Site, browser: Browser) -> None:
    visitor = await Visitor.enter(served, browser)
    await visitor.context.set_offline(True)
    await visitor.say("断网一")
    await visitor.say("断网二")
    await expect(visitor.page.locator("#net")).to_have_text("连接中断，正在重连…")
    await expect(visitor.page.locator(".failed .state")).to_contain_text("自动重试")
    await tell(visitor, said("您不在时"), "meanwhile")
    await visitor.context.set_offline(False)
    await visitor.told("断网一", "断网二")
    await visitor.heard("您不在时", "收到：断网一", "收到：断网二")
    await expect(visitor.page.locator("#net")).to_be_hidden()
    assert served.desk.words == ["断网一", "断网二"]


@pytest.mark.parametrize("kill", [False, True])
async def test_a_restart_in_the_middle_loses_and_doubles_nothing(
    served: Site, browser: Browser, kill: bool
) -> None:
    visitor = await Visitor.enter(served, browser)
    await visitor.say("重启前")
    await visitor.heard("收到：重启前")

    async def meanwhile() -> None:
        await visitor.say("重启中")
        await expect(visitor.page.locator(".failed")).to_have_count(1)
        user = await user_of(visitor)
        served.desk.channel = None
        await served.channel.send(Address(ChannelName("web"), user, user), said("离线消息"), key="k", edit="")

    await served.restart(meanwhile, kill=kill)
    await visitor.say("重启后")
    await visitor.told("重启前", "重启中", "重启后")
    await visitor.heard("收到：重启前", "离线消息", "收到：重启中", "收到：重启后")
    assert served.desk.words == ["重启前", "重启中", "重启后"]
    seqs = await visitor.page.locator(".msg").evaluate_all("all => all.map(e => e.dataset.seq)")
    assert len(seqs) == len(set(seqs))


async def test_unsent_words_survive_a_reload(served: Site, browser: Browser) -> None:
    visitor = await Visitor.enter(served, browser)
    served.desk.refusals = 1000
    await visitor.say("别丢了")
    await expect(visitor.page.locator(".failed .state")).to_contain_text("自动重试")
    await visitor.page.reload()
    await expect(visitor.mine).to_have_text(["别丢了"])
    await expect(visitor.page.locator(".failed .state")).to_contain_text("自动重试")
    served.desk.refusals = 0
    await visitor.told("别丢了")
    await visitor.heard("收到：别丢了")
    assert served.desk.words == ["别丢了"]


async def test_two_windows_that_send_the_same_outbox_have_one_effect(served: Site, browser: Browser) -> None:
    visitor = await Visitor.enter(served, browser)
    served.desk.refusals = 1000
    await visitor.say("只一次")
    await expect(visitor.page.locator(".failed")).to_have_count(1)
    second = Visitor(served, visitor.context, await visitor.context.new_page())
    await second.page.goto(served.url)
    await expect(second.page.locator(".failed")).to_have_count(1)
    served.desk.refusals = 0
    for window in (visitor, second):
        await window.told("只一次")
        await window.heard("收到：只一次")
    assert served.desk.words == ["只一次"]


async def test_a_draft_survives_a_reload(served: Site, browser: Browser) -> None:
    visitor = await Visitor.enter(served, browser)
    await visitor.words.fill("还没写完")
    await visitor.page.reload()
    await expect(visitor.words).to_have_value("还没写完")


async def test_who_writes_too_fast_is_sent_a_little_later(browser: Browser) -> None:
    site = Site(messages_burst=3, messages_per_minute=60)
    await site.start()
    visitor = await Visitor.enter(site, browser)
    for number in range(4):
        await visitor.say(f"快{number}")
    await expect(visitor.page.locator(".failed .state").first).to_contain_text("稍等一下会自动发出")
    await visitor.told("快0", "快1", "快2", "快3")
    assert site.desk.words == ["快0", "快1", "快2", "快3"]
    await site.stop()


async def test_a_login_in_another_window_does_not_send_my_words_as_somebody_else(
    served: Site, browser: Browser
) -> None:
    visitor = await Visitor.enter(served, browser)
    served.desk.refusals = 1000
    await visitor.say("市民的话")
    await expect(visitor.page.locator(".failed")).to_have_count(1)
    token = new_token()
    served.store.links[digest(token)] = ("expert-7", served.clock() + timedelta(minutes=5))
    second = await visitor.context.new_page()
    await second.goto(f"{served.url}/login/{token}")
    await second.get_by_role("button", name="进入").click()
    await expect(second.locator("#log")).to_have_attribute("aria-live", "polite")
    served.desk.refusals = 0
    await visitor.page.get_by_role("button", name="再试一次").or_(visitor.theirs).first.wait_for()
    await until(lambda: any(m.sender.user == "expert-7" for m in served.desk.taken))
    await expect(visitor.mine).to_have_count(0, timeout=15_000)
    assert [m for m in served.desk.taken if m.sender.user == "expert-7" and m.text != "/start"] == []


async def test_signing_out_in_another_window_stops_this_one(served: Site, browser: Browser) -> None:
    visitor = await Visitor.enter(served, browser)
    second = await visitor.context.new_page()
    await second.goto(f"{served.url}/logout")
    await second.get_by_role("button", name="退出").click()
    await expect(second.get_by_text("已经退出")).to_be_visible()
    await expect(visitor.page.locator("#net")).to_contain_text("您已退出")
    await expect(visitor.words).to_be_disabled()


async def test_a_page_opened_while_the_store_is_down_begins_later(served: Site, browser: Browser) -> None:
    context = await browser.new_context(locale="zh-CN")
    visitor = Visitor(served, context, await context.new_page())
    served.store.down = True
    await visitor.page.goto(served.url)
    await expect(visitor.page.locator("#net")).to_be_visible()
    served.store.down = False
    await visitor.heard()


def frame(seq: int, text: str) -> str:
    view = {"seq": seq, "kind": "out", "at": "2026-11-21T08:00:00+00:00", "edited": 0, "buttons": []}
    data = json.dumps(view | {"blocks": [["text", text]], "card": False, "phone": False, "file": None})
    return f"id: {seq}\nevent: item\ndata: {data}\n\n"


async def test_a_page_shows_a_repeated_event_once_and_asks_again_when_one_is_missing(
    served: Site, browser: Browser
) -> None:
    visitor = await Visitor.enter(served, browser)
    asked: list[str] = []
    answers = [
        frame(2, "旧") + frame(3, "三") + frame(3, "三") + frame(5, "五"),
        frame(4, "四") + frame(5, "五"),
    ]

    async def answer(route: Route) -> None:
        asked.append(route.request.url.rpartition("=")[2])
        body = answers.pop(0) if answers else ""
        await route.fulfill(content_type="text/event-stream", body="event: ping\ndata: \n\n" + body)

    await visitor.page.route("**/api/events*", answer)
    await visitor.page.reload()
    await visitor.heard("三", "四", "五")
    assert asked[:2] == ["2", "3"]
