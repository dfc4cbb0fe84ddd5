"""Clean what a browser sends before anything else sees it."""

from __future__ import annotations

import unicodedata

_KEPT = "\n\t"
_BIDI = {chr(c) for c in (*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F)}


def clean(text: str) -> str:
    """Words without control characters, lone surrogates and surrounding blanks; line ends are \\n."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").encode("utf-8", "ignore").decode()
    return "".join(c for c in text if c in _KEPT or unicodedata.category(c) != "Cc").strip()


def clean_name(name: str) -> str:
    """A file's name without path, control and direction-changing characters; at most 80 characters."""
    base = clean(name).replace("\n", " ").replace("\t", " ").replace("\\", "/").rsplit("/", 1)[-1]
    base = "".join(c for c in base if c not in _BIDI and c not in '<>:"|?*').strip(" .")
    stem, dot, suffix = base.rpartition(".")
    if not dot or len(suffix) > 8:
        return base[:80]
    return f"{stem[: 79 - len(suffix)]}.{suffix}"


def language(accept: str) -> str:
    """What a browser's Accept-Language says in our terms: zh-CN, zh-TW or en; empty if it says none of them.

    Chinese anywhere in the list wins: phones sold abroad often name English first.
    """
    tags = [part.split(";")[0].strip().lower() for part in accept.split(",")]
    for tag in tags:
        if tag.startswith("zh"):
            traditional = any(mark in tag for mark in ("hant", "tw", "hk", "mo"))
            return "zh-TW" if traditional else "zh-CN"
    return "en" if any(tag.startswith("en") for tag in tags) else ""
