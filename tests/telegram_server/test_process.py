"""The server as a process: controlled over HTTP, its ledger in a file."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
import telegram

ROOT = Path(__file__).parents[2]


class Remote:
    """The control side of a server process."""

    def __init__(self, where: dict[str, str], ledger: Path) -> None:
        self.where = where
        self.ledger = ledger
        self._client = httpx.AsyncClient(base_url=f"{where['url']}/_control/")

    async def close(self) -> None:
        await self._client.aclose()

    async def post(self, path: str, **body: object) -> Any:
        return (await self._client.post(path, json=body)).raise_for_status().json()

    async def get(self, path: str) -> Any:
        return (await self._client.get(path)).raise_for_status().json()


@pytest_asyncio.fixture
async def remote(tmp_path: Path) -> AsyncIterator[Remote]:
    ledger = tmp_path / "ledger.jsonl"
    command = (sys.executable, "-m", "tests.telegram_server", "--token", "77:tok", "--ledger", str(ledger))
    process = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None
    remote = Remote(json.loads(await process.stdout.readline()), ledger)
    yield remote
    await remote.close()
    process.terminate()
    assert await process.wait() == 0


async def test_a_dialogue_with_a_server_in_another_process(remote: Remote) -> None:
    mei = (await remote.post("users", name="李梅"))["id"]
    await remote.post(f"users/{mei}/says", text="老板拖欠工资怎么办？")
    await remote.post("fault", kind="server_error", method="sendMessage")
    async with telegram.Bot("77:tok", base_url=remote.where["base_url"]) as bot:
        (update,) = await bot.get_updates()
        with pytest.raises(telegram.error.NetworkError):
            await bot.send_message(mei, "请找劳动监察")
        markup = telegram.InlineKeyboardMarkup.from_button(
            telegram.InlineKeyboardButton("转人工", callback_data="x")
        )
        await bot.send_message(mei, "请找劳动监察", reply_markup=markup)
        heard = await remote.post(f"users/{mei}/hears", words="劳动监察")
        assert heard["labels"] == ["转人工"]
        await remote.post(f"users/{mei}/taps", label="转人工")
        (tap,) = await bot.get_updates(offset=update.update_id + 1)
        assert tap.callback_query is not None
        assert await remote.get("unanswered") == [tap.callback_query.id]
        await tap.callback_query.answer("好")
    lines = [json.loads(line) for line in remote.ledger.read_text().splitlines()]
    assert [(line["method"], line["status"]) for line in lines] == [
        ("getMe", 200), ("sendMessage", 500), ("sendMessage", 200), ("answerCallbackQuery", 200),
    ]  # fmt: skip
    assert await remote.get("ledger") == lines
    assert [message["text"] for message in await remote.get(f"users/{mei}/chat")][-1] == "请找劳动监察"
    assert await remote.get("violations") == []
    for path in ("nothing", f"users/{mei}/world"):
        with pytest.raises(httpx.HTTPStatusError, match="404"):
            await remote.post(path)
    with pytest.raises(httpx.HTTPStatusError, match="409"):
        await remote.post(f"users/{mei}/taps", label="没有")
