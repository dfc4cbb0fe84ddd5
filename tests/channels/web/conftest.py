"""A site, clients and a browser for the tests of the web chat."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, async_playwright

from .client import Client
from .server import Site

CHROMIUM = "/usr/bin/chromium"
ARGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-dev-shm-usage"]


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    """A site whose application can be asked without a network."""
    site = Site()
    yield site
    await site.stop()
    site.socket.close()


@pytest.fixture
async def served(site: Site) -> Site:
    """A site that listens."""
    await site.start()
    return site


@pytest.fixture
async def client(site: Site) -> Client:
    """A visitor with a session."""
    client = Client(site)
    await client.open()
    return client


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    """Chromium."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGS)
        yield browser
        await browser.close()
