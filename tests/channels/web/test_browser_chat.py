"""The chat page in a real browser: talking, tapping, files, hostile words, keyboard, looks."""

from __future__ import annotations

from playwright.async_api import Browser, FilePayload, expect

from bot.channels.web.tokens import digest
from bot.domain.messages import Address, Block, BlockKind, Button, ChannelName, OutboundMessage

from .echo import said
from .pages import Visitor
from .server import Site, until

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d4944415478da63fccff0bf1e"
    "0005840280a1d9d1390000000049454e44ae426082"
)
TRIES = """async () => {
    let blocked = 0
    const all = new Promise(done => document.addEventListener("securitypolicyviolation", () => {
        if (++blocked === 3) done()
    }))
    window.ran = []
    const inline = document.createElement("script")
    inline.textContent = "window.ran.push('inline')"
    const other = document.createElement("script")
    other.src = "http://evil.example/x.js"
    const handler = document.createElement("div")
    handler.setAttribute("onclick", "window.ran.push('handler')")
    document.body.append(inline, other, handler)
    handler.click()
    await all
    return {cookie: document.cookie, ran: window.ran, blocked}
}"""
HOSTILE = '<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>'


async def user_of(visitor: Visitor) -> str:
    cookies = await visitor.context.cookies()
    value = next(c["value"] for c in cookies if c["name"] == "desk")
    return visitor.site.store.sessions[digest(value)].user


async def tell(visitor: Visitor, message: OutboundMessage, key: str, edit: str = "") -> None:
    user = await user_of(visitor)
    await visitor.site.channel.send(Address(ChannelName("web"), user, user), message, key=key, edit=edit)


async def pick(visitor: Visitor, name: str, data: bytes) -> None:
    """Choose a file, whatever the browser takes it for."""
    file: FilePayload = {"name": name, "mimeType": "text/html", "buffer": data}
    await visitor.page.set_input_files("#file", files=[file])


async def test_the_first_visit_is_greeted_once(served: Site, browser: Browser) -> None:
    visitor = await Visitor.enter(served, browser)
    await visitor.page.reload()
    await visitor.heard()
    await expect(visitor.mine).to_have_count(0)
    assert [m.text for m in served.desk.taken] == ["/start"]
    assert visitor.errors == []
    assert visitor.outside == []


async def test_a_burst_of_messages_arrives_in_order_and_once(served: Site, browser: Browser) -> None:
    visitor = await Visitor.enter(served, browser)
    texts = [f"第{n}句" for n in range(12)]
    for text in texts:
        await visitor.say(text)
    await visitor.told(*texts)
    await visitor.heard(*(f"收到：{text}" for text in texts))
    assert served.desk.words == texts
    await visitor.page.reload()
    await visitor.told(*texts)
    await visitor.heard(*(f"收到：{text}" for text in texts))
    order = await visitor.page.locator(".msg").evaluate_all("all => all.map(e => Number(e.dataset.seq))")
    assert order == sorted(order)


async def test_a_tap_marks_the_choice_and_leaves_the_others_inert(served: Site, browser: Browser) -> None:
    visitor = await Visitor.enter(served, browser)
    await expect(visitor.choice("婚姻")).to_have_text("2 婚姻")
    await visitor.choice("婚姻").click()
    await visitor.heard("选了：t:婚姻")
    await visitor.told("婚姻")
    for page_again in (False, True):
        if page_again:
            await visitor.page.reload()
        await expect(visitor.choice("婚姻").first).to_have_attribute("aria-pressed", "true")
        await expect(visitor.choice("劳动")).to_have_attribute("aria-disabled", "true")
    await visitor.choice("劳动").click(force=True)
    await visitor.say("还在")
    await visitor.heard("选了：t:婚姻", "收到：还在")
    assert [m.token for m in served.desk.taken if m.token] == ["t:婚姻"]


async def test_a_newer_step_makes_the_older_inert_but_a_card_stays(served: Site, browser: Browser) -> None:
    visitor = await Visitor.enter(served, browser)
    await tell(visitor, said("待接单一", "接单一", card="case-1"), "c1")
    await tell(visitor, said("请选", "是"), "step")
    await tell(visitor, said("待接单二", "接单二", card="case-2"), "c2")
    await expect(visitor.choice("劳动")).to_have_attribute("aria-disabled", "true")
    for label in ("接单一", "接单二", "是"):
        await expect(visitor.choice(label)).to_have_attribute("aria-disabled", "false")
    await visitor.choice("接单一").click()
    await visitor.told("接单一")
    await expect(visitor.choice("接单一").first).to_have_attribute("aria-disabled", "false")


async def test_an_edit_changes_the_message_where_it_stands(served: Site, browser: Browser) -> None:
    visitor = await Visitor.enter(served, browser)
    await tell(visitor, said("待接单", "接单", card="case-1"), "c1")
    await visitor.choice("接单").focus()
    await tell(visitor, said("已接单", "办结", card="case-1"), "c2", edit="3")
    await visitor.heard("已接单")
    await expect(visitor.choice("办结")).to_be_focused()
    await expect(visitor.choice("办结")).to_have_attribute("aria-disabled", "false")
    await visitor.page.reload()
    await visitor.heard("已接单")


async def test_numbers_stand_only_where_typing_them_works(served: Site, browser: Browser) -> None:
    visitor = await Visitor.enter(served, browser)
    buttons = ((Button("接单", "t:claim"),),)
    blocks = (Block(BlockKind.TEXT, "新请求"),)
    await tell(visitor, OutboundMessage(blocks, buttons), "pushed")
    await expect(visitor.choice("接单").locator(".num")).to_have_count(0)
    await tell(visitor, OutboundMessage(blocks, ((Button("办结", "t:x"),),), numbered=True), "own")
    await expect(visitor.choice("办结").locator(".num")).to_have_text("1")


async def test_hostile_words_are_only_words(served: Site, browser: Browser) -> None:
    site = Site(name=HOSTILE)
    await site.start()
    visitor = await Visitor.enter(site, browser)
    blocks = tuple(Block(kind, HOSTILE) for kind in BlockKind)
    buttons = ((Button(HOSTILE, "t:<b>'\""),),)
    await tell(visitor, OutboundMessage(blocks, buttons), "k")
    await visitor.choice("onerror").click()
    await visitor.say(HOSTILE)
    await pick(visitor, '"><svg onload=alert(1)>.png', PNG)
    await visitor.words.press("Enter")
    await expect(visitor.mine).to_have_count(3)
    await visitor.page.reload()
    await expect(visitor.mine).to_have_count(3)
    assert await visitor.page.evaluate("window.hacked") is None
    assert await visitor.page.locator("#log script, #log [onerror], #log svg, h1 img").count() == 0
    assert visitor.errors == []
    await site.stop()


async def test_scripts_see_no_cookie_and_nothing_inline_or_from_elsewhere_runs(
    served: Site, browser: Browser
) -> None:
    visitor = await Visitor.enter(served, browser)
    tried = await visitor.page.evaluate(TRIES)
    assert tried == {"cookie": "", "ran": [], "blocked": 3}


async def test_our_hotlines_can_be_dialled_and_amounts_cannot(served: Site, browser: Browser) -> None:
    visitor = await Visitor.enter(served, browser)
    text = "热线 12348、110。欠 12345 元，第120条，13800110110，12348.5"
    items = (Block(BlockKind.ITEM, text), Block(BlockKind.QUOTE, "他说打 110"))
    await tell(visitor, OutboundMessage(items), "k")
    links = visitor.page.locator("a.tel")
    await expect(links).to_have_text(["12348", "110"])
    assert await links.first.get_attribute("href") == "tel:12348"
    assert text in await visitor.theirs.last.inner_text()


async def test_a_phone_is_asked_for_checked_and_sent(served: Site, browser: Browser) -> None:
    visitor = await Visitor.enter(served, browser)
    await visitor.say("电话")
    field = visitor.page.get_by_label("您的电话号码")
    await expect(field).to_have_attribute("type", "tel")
    await field.fill("123")
    await field.press("Enter")
    await expect(field).to_have_attribute("aria-invalid", "true")
    await expect(field).to_be_focused()
    await field.fill("138 0013 8000")
    await field.press("Enter")
    await visitor.told("电话", "138 0013 8000")
    await expect(field).to_have_count(0)
    assert served.desk.words[-1] == "138 0013 8000"


async def test_a_picture_is_sent_with_its_words_and_shown(served: Site, browser: Browser) -> None:
    visitor = await Visitor.enter(served, browser)
    await pick(visitor, "欠条.png", PNG)
    await expect(visitor.page.locator("#chip-name")).to_have_text("欠条.png")
    await visitor.say("这是欠条")
    await visitor.heard("收到文件：欠条.png")
    await expect(visitor.page.locator(".mine a.file.seen img")).to_be_visible()
    assert served.desk.taken[-1].text == "这是欠条"


async def test_a_file_that_we_do_not_take_says_why_and_can_be_deleted(served: Site, browser: Browser) -> None:
    visitor = await Visitor.enter(served, browser)
    await pick(visitor, "x.exe", b"MZ")
    await visitor.words.press("Enter")
    await expect(visitor.page.locator(".failed .state")).to_contain_text("不支持这种文件")
    await visitor.say("那就算了")
    await visitor.heard("收到：那就算了")
    await visitor.page.get_by_role("button", name="删除").click()
    await visitor.told("那就算了")


async def test_everything_can_be_done_from_the_keyboard(served: Site, browser: Browser) -> None:
    visitor = await Visitor.enter(served, browser, viewport={"width": 1280, "height": 800})
    await expect(visitor.words).to_be_focused()
    keyboard = visitor.page.keyboard
    await keyboard.type("第一行")
    await keyboard.press("Shift+Enter")
    await keyboard.type("第二行")
    await keyboard.press("Enter")
    await until(lambda: served.desk.words == ["第一行\n第二行"])
    for _ in range(12):
        await keyboard.press("Shift+Tab")
        if await visitor.choice("劳动").evaluate("e => e === document.activeElement"):
            break
    await keyboard.press("Enter")
    await visitor.heard("收到：第一行\n第二行", "选了：t:劳动")
    await expect(visitor.choice("劳动").first).to_be_focused()
    await keyboard.press("Enter")
    await visitor.told("第一行\n第二行", "劳动")


async def test_the_enter_of_an_input_method_does_not_send(served: Site, browser: Browser) -> None:
    visitor = await Visitor.enter(served, browser)
    await visitor.words.fill("ni hao")
    for how in ("isComposing: true", "keyCode: 229"):
        await visitor.words.evaluate(
            f"e => e.dispatchEvent(new KeyboardEvent('keydown', {{key: 'Enter', bubbles: true, {how}}}))"
        )
    await expect(visitor.words).to_have_value("ni hao")
    await visitor.words.press("Enter")
    await visitor.told("ni hao")


async def test_a_screen_reader_finds_a_log_names_and_states(served: Site, browser: Browser) -> None:
    visitor = await Visitor.enter(served, browser)
    log = visitor.page.get_by_role("log")
    await expect(log).to_have_attribute("aria-live", "polite")
    await expect(visitor.page.get_by_role("textbox", name="您的问题")).to_be_visible()
    await expect(visitor.page.get_by_role("button", name="发送", exact=True)).to_be_visible()
    await expect(visitor.page.get_by_role("button", name="发送图片、录音或文件")).to_be_visible()
    await expect(visitor.page.get_by_role("group", name="选项")).to_be_visible()
    assert await visitor.page.evaluate("document.documentElement.lang") == "zh-CN"
    unnamed = "all => all.filter(e => !e.textContent.trim() && !e.getAttribute('aria-label')).length"
    assert await visitor.page.locator("button, a").evaluate_all(unnamed) == 0


async def test_what_can_be_touched_is_large_enough_and_nothing_overflows(
    served: Site, browser: Browser
) -> None:
    visitor = await Visitor.enter(served, browser, viewport={"width": 320, "height": 568}, has_touch=True)
    await visitor.say("x" * 300)
    await visitor.say("电话")
    await expect(visitor.page.locator("form.phone")).to_be_visible()
    sizes = await visitor.page.locator(
        "button:visible, input:visible, textarea:visible, .leave"
    ).evaluate_all("all => all.map(e => [e.id || e.className, e.getBoundingClientRect().height])")
    assert [s for s in sizes if s[1] < 44] == []
    assert await visitor.page.evaluate("document.documentElement.scrollWidth") <= 320


async def test_the_dark_of_the_system_is_respected(served: Site, browser: Browser) -> None:
    shades = []
    for scheme in ("light", "dark"):
        visitor = await Visitor.enter(served, browser, color_scheme=scheme)
        shades.append(await visitor.page.evaluate("getComputedStyle(document.body).backgroundColor"))
    assert shades == ["rgb(246, 241, 231)", "rgb(25, 24, 21)"]


async def test_the_dots_show_while_the_desk_thinks(served: Site, browser: Browser) -> None:
    visitor = await Visitor.enter(served, browser)
    served.desk.script = lambda message: None
    await visitor.say("在吗")
    await expect(visitor.page.locator("#typing")).to_be_visible()
    await tell(visitor, said("在"), "k")
    await expect(visitor.page.locator("#typing")).to_be_hidden()


async def test_older_messages_are_loaded_above_without_moving_the_view(browser: Browser) -> None:
    site = Site(history=10)
    await site.start()
    visitor = await Visitor.enter(site, browser)
    for number in range(25):
        await tell(visitor, said(f"消息{number}"), f"k{number}")
    await visitor.page.reload()
    await expect(visitor.theirs).to_have_count(10)
    older = visitor.page.get_by_role("button", name="看更早的消息")
    await older.click()
    await expect(visitor.theirs).to_have_count(20)
    await older.click()
    await visitor.heard(*(f"消息{n}" for n in range(25)))
    await expect(older).to_be_hidden()
    await expect(visitor.page.locator(".day")).to_have_count(1)
    await site.stop()


async def test_two_people_on_one_site_do_not_see_each_other(served: Site, browser: Browser) -> None:
    first, second = await Visitor.enter(served, browser), await Visitor.enter(served, browser)
    await first.say("我的秘密")
    await first.heard("收到：我的秘密")
    await second.page.reload()
    await second.heard()
    assert "我的秘密" not in await second.page.content()


async def test_a_long_answer_is_shown_from_its_start(served: Site, browser: Browser) -> None:
    visitor = await Visitor.enter(served, browser)
    await tell(visitor, said("开头\n" + "很长的答案。\n" * 60), "long")
    await expect(visitor.theirs.last).to_contain_text("开头")
    top = "e => e.getBoundingClientRect().top - document.getElementById('scroll').getBoundingClientRect().top"
    assert 0 <= await visitor.theirs.last.evaluate(top) < 100
    await tell(visitor, said("又一条"), "next")
    await visitor.page.get_by_role("button", name="有新消息").click()
    await expect(visitor.theirs.last).to_be_in_viewport()
