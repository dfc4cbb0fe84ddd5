"""Somebody edits the FAQ: the system tells the desk, or it looks by itself where the system does not."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
import watchfiles

from bot.parts import folder


async def told_of(path: Path, act: str) -> None:
    """Do something in the folder again and again until the watcher is there and says so."""
    told = asyncio.Event()
    task = asyncio.create_task(folder.watch(path, told.set))
    async with asyncio.timeout(30):
        for n in range(1000):
            match act:
                case "edit":
                    (path / "a" / "one.md").write_text(str(n))
                case "new folder":
                    (path / f"new{n}").mkdir()
                case "replace":
                    (path / "a" / ".tmp").write_text(str(n))
                    (path / "a" / ".tmp").rename(path / "a" / "one.md")
                case _:
                    (path / "a" / f"{n}.md").touch()
                    (path / "a" / f"{n}.md").unlink()
            try:
                await asyncio.wait_for(told.wait(), 0.5)
                break
            except TimeoutError:
                pass
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert told.is_set()


@pytest.fixture
def faq(tmp_path: Path) -> Path:
    """A folder with an entry."""
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "one.md").write_text("")
    return tmp_path


@pytest.mark.parametrize("act", ["edit", "new folder", "replace", "remove"])
async def test_every_kind_of_change_is_told(faq: Path, act: str) -> None:
    await told_of(faq, act)


async def test_where_the_system_does_not_tell_it_is_looked_at_each_second(
    faq: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuses(*_args: object, **_more: object) -> None:
        raise OSError("no more watches")

    monkeypatch.setattr(watchfiles, "watch", refuses)
    monkeypatch.setattr(folder, "_PAUSE", 0)
    looks = asyncio.Semaphore(0)
    task = asyncio.create_task(folder.watch(faq, looks.release))
    async with asyncio.timeout(10):
        for _ in range(3):
            await looks.acquire()
    task.cancel()


async def test_a_folder_that_is_not_there_costs_nothing_but_the_looks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folder, "_PAUSE", 0)
    looked = asyncio.Event()
    task = asyncio.create_task(folder.watch(tmp_path / "gone", looked.set))
    await asyncio.wait_for(looked.wait(), 10)
    task.cancel()


async def test_it_ends_when_it_is_cancelled_even_at_the_moment_of_a_change(faq: Path) -> None:
    for n in range(4):
        told = asyncio.Event()
        task = asyncio.create_task(folder.watch(faq, told.set))
        async with asyncio.timeout(30):
            while not told.is_set():
                (faq / "a" / "one.md").write_text(str(n))
                await asyncio.wait({asyncio.create_task(told.wait())}, timeout=0.05)
        task.cancel()
        async with asyncio.timeout(5):
            await asyncio.wait({task})
        assert task.cancelled()
