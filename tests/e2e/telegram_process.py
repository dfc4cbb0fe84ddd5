"""The desk and Telegram as processes of their own, driven over the test server's control API.

Nothing here sleeps: each step waits for a line, an exit or a condition that the server watches. A process
that hangs is killed after a while, which ends the wait and fails the test.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import httpx

from tests.e2e.telegram_office import TOKEN
from tests.support.library import REPO

_TOO_LONG = 25.0


@dataclass
class Remote:
    """Telegram, in its process."""

    url: str
    client: httpx.Client

    def post(self, path: str, **body: object) -> Any:
        """Do something, or wait for it; AssertionError with the server's words when it did not happen."""
        reply = self.client.post(path, json=body)
        assert reply.status_code == 200, f"{path} {body}: {reply.text}"
        return reply.json()

    def get(self, path: str) -> Any:
        """Look something up."""
        return self.client.get(path).raise_for_status().json()

    def user(self, name: str) -> Person:
        """A new person."""
        return Person(self, self.post("users", name=name)["id"])


@dataclass
class Person:
    """Somebody with Telegram on her phone."""

    remote: Remote
    id: int

    def says(self, text: str) -> None:
        """She writes."""
        self.remote.post(f"users/{self.id}/says", text=text)

    def taps(self, label: str) -> None:
        """She taps the newest button with these words."""
        self.remote.post(f"users/{self.id}/taps", label=label)

    def hears(self, words: str, timeout: float = 8) -> str:
        """The next message with these words in it."""
        return str(self.remote.post(f"users/{self.id}/hears", words=words, timeout=timeout)["text"])

    @property
    def heard(self) -> list[str]:
        """All that the bot has said to her, as it stands now."""
        return [m["text"] for m in self.remote.get(f"users/{self.id}/chat") if m["by_bot"]]


@contextmanager
def telegram() -> Iterator[Remote]:
    """The test server."""
    command = [sys.executable, "-m", "tests.telegram_server", "--token", TOKEN]
    process = subprocess.Popen(command, cwd=REPO, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        url = json.loads(process.stdout.readline())["url"]
        with httpx.Client(base_url=f"{url}/_control/", timeout=20) as client:
            yield Remote(url, client)
    finally:
        process.terminate()
        process.wait()
        process.stdout.close()


@dataclass
class Desk:
    """`python -m bot run`, again and again on the same data."""

    config: Path
    log: Path
    environment: dict[str, str]
    process: subprocess.Popen[str] | None = None
    greeting: list[str] = field(default_factory=list)
    seconds_to_ready: float = 0.0

    def start(self) -> None:
        """Start it and wait until it says that it is ready."""
        self.spawn()
        begun = time.monotonic()
        self.greeting = self._lines_until("Ctrl-C")
        self.seconds_to_ready = time.monotonic() - begun

    def spawn(self) -> None:
        """Start it, and wait for nothing."""
        command = [sys.executable, "-m", "bot", "run", "--config", str(self.config)]
        self.process = subprocess.Popen(
            command, cwd=REPO, env=self.environment, text=True, stdout=subprocess.PIPE,
            stderr=self.log.open("a"),
        )  # fmt: skip

    def _lines_until(self, words: str) -> list[str]:
        lines: list[str] = []
        with self._patience() as process:
            for line in _stdout(process):
                lines.append(line.rstrip())
                if words in line:
                    return lines
        raise AssertionError(f"it ended before it said {words!r}:\n{self.log.read_text()[-3000:]}")

    @contextmanager
    def _patience(self) -> Iterator[subprocess.Popen[str]]:
        assert self.process is not None
        timer = threading.Timer(_TOO_LONG, self.process.kill)
        timer.start()
        try:
            yield self.process
        finally:
            timer.cancel()

    def kill(self) -> None:
        """SIGKILL: it can say and save nothing more."""
        self.stop(signal.SIGKILL)

    def stop(self, how: signal.Signals) -> tuple[int, float]:
        """Send a signal and wait for the end: exit code, seconds."""
        begun = time.monotonic()
        with self._patience() as process:
            process.send_signal(how)
            code = process.wait()
        _stdout(process).close()
        self.process = None
        return code, time.monotonic() - begun


def _stdout(process: subprocess.Popen[str]) -> IO[str]:
    assert process.stdout is not None
    return process.stdout
