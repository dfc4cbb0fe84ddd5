"""Text for columns that are not sealed: short, and nothing that a database cannot hold."""

import re

_UNSTORABLE = re.compile("[\0\ud800-\udfff]")


def plain(text: str, limit: int) -> str:
    """At most `limit` characters; NUL and lone surrogates, which PostgreSQL refuses, become U+FFFD."""
    return _UNSTORABLE.sub("\ufffd", text[:limit])
