"""A bare python-telegram-bot echo, for comparison: python bench/echo.py BASE_URL TOKEN. Nothing durable."""

from __future__ import annotations

import logging
import sys

from telegram import Update
from telegram.ext import Application, ContextTypes, MessageHandler, filters


async def echo(update: Update, _context: ContextTypes.DEFAULT_TYPE) -> None:
    assert update.message is not None
    await update.message.reply_text(update.message.text or "")


def main() -> None:
    base_url, token = sys.argv[1:]
    logging.basicConfig(level=logging.ERROR)
    app = Application.builder().token(token).base_url(base_url).build()
    app.add_handler(MessageHandler(filters.TEXT, echo))
    print("ready", flush=True)
    app.run_polling(bootstrap_retries=3)


if __name__ == "__main__":
    main()
