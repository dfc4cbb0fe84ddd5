"""The web chat: a page of our own as a messenger."""

from bot.channels.web.channel import WebChannel
from bot.channels.web.settings import WebSettings

__all__ = ["WebChannel", "WebSettings"]
