"""`python -m tests.telegram_server --port N --token T --ledger FILE`: prints a line of JSON when ready."""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
from pathlib import Path

from .server import TelegramServer


async def serve(options: argparse.Namespace) -> None:
    """Until SIGTERM or SIGINT."""
    done = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, done.set)
    server = TelegramServer(options.token, port=options.port, ledger_file=options.ledger, seed=options.seed)
    async with server:
        where = {"url": server.url, "base_url": server.base_url, "base_file_url": server.base_file_url}
        print(json.dumps(where), flush=True)
        await done.wait()


def main() -> None:
    """Read the options and serve."""
    parser = argparse.ArgumentParser(description="A Telegram Bot API server for tests.")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--token", default="123:abc")
    parser.add_argument("--ledger", type=Path)
    parser.add_argument("--seed", type=int, default=0)
    asyncio.run(serve(parser.parse_args()))


if __name__ == "__main__":
    main()
