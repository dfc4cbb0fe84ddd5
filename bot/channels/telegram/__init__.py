"""Telegram: a channel by long polling or webhook, over the Bot API."""

from bot.channels.telegram.channel import TelegramChannel
from bot.channels.telegram.intake import Quarantine
from bot.channels.telegram.settings import TELEGRAM, TelegramSettings

__all__ = ["TELEGRAM", "Quarantine", "TelegramChannel", "TelegramSettings"]
