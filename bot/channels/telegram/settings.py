"""What the Telegram channel must know before it starts; checked here so that a mistake shows at start."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from bot.domain.errors import ConfigError
from bot.domain.messages import ChannelName

TELEGRAM = ChannelName("telegram")

_SECRET = re.compile(r"[A-Za-z0-9_-]{16,256}")


@dataclass(frozen=True, slots=True)
class TelegramSettings:
    """Long polling when `webhook_url` is empty, else a webhook at its path.

    `base_url` is the root of the Bot API without /bot; `poll_timeout` and
    `reply_timeout` (of any other call) in seconds. The last three are
    the words that a person reads because of how Telegram works, not because of what the desk says.
    """

    token: str = field(repr=False)
    base_url: str = "https://api.telegram.org"
    webhook_url: str = ""
    webhook_secret: str = field(default="", repr=False)
    poll_timeout: int = 30
    messages_per_second: float = 30
    group_per_minute: float = 20
    reply_timeout: float = 10.0
    contact_label: str = "📱 发送我的手机号"
    contact_prompt: str = "也可以点输入框下方的按钮，直接发送您的手机号。"
    file_gone: str = "（附件已经取不到了）"

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[0-9]{1,20}:[A-Za-z0-9_-]{1,100}", self.token):
            raise ConfigError(
                "telegram.token：不像 @BotFather 给的样子（数字、冒号、一串字母，如 123456:ABC…）。"
            )
        if not 0 <= self.poll_timeout <= 50:
            raise ConfigError(f"telegram.poll_timeout：现在是 {self.poll_timeout}，要在 0 到 50 秒之间。")
        if self.messages_per_second <= 0 or self.group_per_minute <= 0:
            raise ConfigError("telegram.messages_per_second and group_per_minute must be above 0")
        if self.webhook_url:
            self._check_webhook()

    def _check_webhook(self) -> None:
        if urlsplit(self.webhook_url).scheme not in ("https", "http"):
            raise ConfigError(f"telegram.webhook_url: {self.webhook_url!r}; must be a full https address")
        if not _SECRET.fullmatch(self.webhook_secret):
            raise ConfigError(
                "telegram.webhook_secret：填了 webhook_url 就要有它，16 到 256 个字母、数字、_、-。"
            )

    @property
    def webhook_path(self) -> str:
        """Where the webhook answers."""
        return urlsplit(self.webhook_url).path or "/"
