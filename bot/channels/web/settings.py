"""What the web chat needs to know from the configuration."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

HOTLINES = (
    "110", "119", "120", "122", "12308", "12309", "12315", "12333", "12338", "12345", "12348",
    "12351", "12355", "12356", "12366", "12367", "12368", "12378", "96110",
)  # fmt: skip
"""Short numbers that become links to dial when a message names them."""


@dataclass(frozen=True, slots=True)
class WebSettings:
    """Settings of the web chat; sizes in bytes, `max_text` in characters.

    Rates are per session for messages and uploads, per network address for new sessions and logins.
    Addresses get a wide limit, because in China many people share one behind the carrier's NAT.
    """

    public_url: str
    desk_name: str
    secure_cookies: bool = False
    max_upload_bytes: int = 10 * 1024 * 1024
    max_text: int = 4000
    hotlines: tuple[str, ...] = HOTLINES
    session_days: int = 30
    history: int = 100
    messages_per_minute: int = 30
    messages_burst: int = 20
    uploads_per_minute: int = 6
    uploads_burst: int = 10
    sessions_per_minute: int = 120
    logins_per_minute: int = 20
    streams_per_session: int = 4
    poll_seconds: float = 1.0
    heartbeat_seconds: float = 15.0

    @property
    def origin(self) -> str:
        """The origin that a browser names when a request comes from our own page."""
        parts = urlsplit(self.public_url)
        return f"{parts.scheme}://{parts.netloc}".lower()

    @property
    def secure(self) -> bool:
        """Whether cookies may travel over https only."""
        return self.secure_cookies or self.origin.startswith("https://")

    def cookie(self, name: str) -> str:
        """A cookie's full name: `__Host-` keeps neighbours on the same domain from setting it."""
        return f"__Host-{name}" if self.secure else name
