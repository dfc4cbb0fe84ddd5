"""The desk as systemd runs it: it says that it is ready and alive, and on SIGTERM finishes and ends."""

from __future__ import annotations

import os
import re
import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.app.folder import write_config
from tests.e2e.telegram_office import WAGES
from tests.e2e.telegram_process import Desk

LAW = "第三十条"


@pytest.fixture
def systemd(tmp_path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(tmp_path / "notify"))
        listener.settimeout(20)
        yield listener


@pytest.fixture
def desk(tmp_path: Path, systemd: socket.socket) -> Iterator[Desk]:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    config = write_config(tmp_path, "[limits]\nburst_seconds = 1.0", web=f"port = {port}")
    kept = {k: v for k, v in os.environ.items() if not k.startswith("DESK_")}
    made = Desk(config, tmp_path / "log", kept | {"NOTIFY_SOCKET": str(tmp_path / "notify")})
    yield made
    if made.process is not None:
        made.kill()


class Page:
    """Somebody's browser."""

    def __init__(self, url: str) -> None:
        self.http = httpx.Client(base_url=url, trust_env=False)
        self.headers = {"Origin": url, "Sec-Fetch-Site": "same-origin"}

    def open(self) -> str:
        """Load the page: all that stands on it."""
        reply = self.http.post("/api/session", headers={"X-Desk": "1", **self.headers})
        self.headers["X-CSRF-Token"] = reply.json()["csrf"]
        return reply.text

    def say(self, text: str) -> int:
        body = {"id": "message-1", "kind": "text", "text": text}
        return self.http.post("/api/messages", json=body, headers=self.headers).status_code

    def stream_until(self, words: str) -> None:
        """Watch what comes, from the beginning."""
        end = time.monotonic() + 20
        with self.http.stream("GET", "/api/events", timeout=20) as stream:
            for line in stream.iter_lines():
                assert time.monotonic() < end, line
                if words in line:
                    return
        raise AssertionError(f"the stream ended before {words!r}")


def hears(systemd: socket.socket, words: bytes) -> list[bytes]:
    heard = [systemd.recv(200)]
    while words not in heard[-1]:
        assert len(heard) < 60, heard
        heard.append(systemd.recv(200))
    return heard


def test_it_tells_systemd_and_a_stop_loses_nothing_that_was_acknowledged(
    desk: Desk, systemd: socket.socket
) -> None:
    desk.start()
    assert hears(systemd, b"READY=1")[-1] == b"READY=1"
    assert set(hears(systemd, b"WATCHDOG=1")) == {b"WATCHDOG=1"}
    url = re.search(r"http://[\d.:]+", "\n".join(desk.greeting))
    assert url
    page = Page(url[0])
    page.open()
    assert page.say(WAGES) == 202  # its turn waits a second for more of the question
    code, seconds = desk.stop(signal.SIGTERM)
    assert (code, seconds < 5) == (0, True)
    assert hears(systemd, b"STOPPING=1")
    desk.start()
    page.stream_until(LAW)
    assert desk.stop(signal.SIGTERM)[0] == 0
