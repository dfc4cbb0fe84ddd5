"""A person in front of the chat page."""

from __future__ import annotations

from typing import Any

from playwright.async_api import Browser, BrowserContext, Locator, Page, expect

from .server import Site


class Visitor:
    """One browser window; collects whatever the page complains about."""

    def __init__(self, site: Site, context: BrowserContext, page: Page) -> None:
        self.site = site
        self.context = context
        self.page = page
        self.errors: list[str] = []
        self.outside: list[str] = []
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", self._heard)
        page.on("request", self._asked)

    @classmethod
    async def enter(cls, site: Site, browser: Browser, **options: Any) -> Visitor:
        """Open the page in a context of its own and wait for the greeting."""
        values = {"locale": "zh-CN", "viewport": {"width": 390, "height": 844}} | options
        context = await browser.new_context(**values)
        visitor = cls(site, context, await context.new_page())
        await visitor.page.goto(site.url)
        await expect(visitor.theirs.first).to_be_visible()
        return visitor

    def _heard(self, message: Any) -> None:
        if "Content Security Policy" in message.text or "Uncaught" in message.text:
            self.errors.append(message.text)

    def _asked(self, request: Any) -> None:
        if not request.url.startswith(self.site.url):
            self.outside.append(request.url)

    @property
    def mine(self) -> Locator:
        return self.page.locator(".msg.mine .body")

    @property
    def theirs(self) -> Locator:
        return self.page.locator(".msg.theirs .body")

    @property
    def words(self) -> Locator:
        return self.page.locator("#words")

    def choice(self, label: str) -> Locator:
        return self.page.locator(".choice", has_text=label)

    async def say(self, text: str) -> None:
        """Type and press Enter."""
        await self.words.fill(text)
        await self.words.press("Enter")

    async def heard(self, *texts: str) -> None:
        """Wait until the desk's messages after the greeting are exactly these."""
        await expect(self.theirs).to_have_text(["您好，请说您的问题。", *texts], timeout=15_000)

    async def told(self, *texts: str) -> None:
        """Wait until the person's own messages are exactly these, all confirmed."""
        await expect(self.mine).to_have_text(list(texts), timeout=15_000)
        await expect(self.page.locator(".pending, .msg .state")).to_have_count(0, timeout=15_000)
