"""Random tokens and their hashes: what the browser holds and what the store keeps."""

from __future__ import annotations

import hashlib
import secrets


def new_token() -> str:
    """A fresh unguessable token: 256 bits, safe in URLs and cookies."""
    return secrets.token_urlsafe(32)


def new_user() -> str:
    """A fresh unguessable id for an anonymous visitor: 144 bits."""
    return "w-" + secrets.token_hex(18)


def digest(token: str) -> str:
    """The SHA-256 of a token in hex: all that is kept of it. Tokens are random, so no salt is needed."""
    return hashlib.sha256(token.encode("utf-8", "ignore")).hexdigest()


def login_url(public_url: str, token: str) -> str:
    """The one-time link that opens the chat for the user whom `digest(token)` was stored for."""
    return f"{public_url.rstrip('/')}/login/{token}"
