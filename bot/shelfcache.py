"""The parsed FAQ and its matcher kept beside the database, so that a restart answers in a second or two.

The file is signed with the desk's key before anything in it is believed. Entry files that changed since are
parsed anew; the matcher is built anew for another version of the FAQ. Another version of the code or of
Python starts from nothing.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import os
import pickle
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bot.desk.knowledge import Shelf
from bot.domain import faq
from bot.matching import matcher
from bot.matching.library import Library, Read
from bot.matching.matcher import Matcher
from bot.store.sealing import KeyRing

_MAC = 32


@dataclass(frozen=True, slots=True)
class Kept:
    """What an earlier start left: the files as read, and the matcher with what it was built from."""

    read: Mapping[str, Read] = field(default_factory=dict)
    built_for: bytes = b""
    matcher: Matcher | None = None


class ShelfCache:
    """One file, for the desk that has these keys."""

    def __init__(self, file: Path, keys: KeyRing) -> None:
        self._file = file
        self._key = keys.derive("shelf")
        self._code = _code()

    def load(self) -> Kept:
        """What is kept; nothing when the file is missing, somebody else's or another version's."""
        try:
            blob = memoryview(self._file.read_bytes())
        except OSError:
            return Kept()
        mac, body = blob[:_MAC], blob[_MAC:]
        name = body[: len(self._code)]
        if name != self._code or not hmac.compare_digest(mac, hmac.digest(self._key, body, "sha256")):
            return Kept()
        loaded = pickle.loads(body[len(name) :])  # noqa: S301 - signed with our own key, checked above
        return loaded if isinstance(loaded, Kept) else Kept()

    def shelf(self, library: Library, kept: Kept) -> Shelf:
        """The shelf with the kept matcher if it fits; else it is built, and kept for the next start."""
        wanted = _served(library)
        if kept.matcher is not None and kept.built_for == wanted:
            return Shelf.of(library, kept.matcher)
        shelf = Shelf.of(library)
        self._write(Kept(library.read, wanted, shelf.matcher))
        return shelf

    def _write(self, kept: Kept) -> None:
        """Whole or not at all; a desk that cannot write here only starts more slowly."""
        body = self._code + pickle.dumps(kept, protocol=5)
        part = self._file.with_suffix(".part")
        with contextlib.suppress(OSError):
            descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "wb") as out:
                out.write(hmac.digest(self._key, body, "sha256") + body)
            part.replace(self._file)


def _served(library: Library) -> bytes:
    """What a matcher is built from."""
    names = "|".join((library.version, *(e.id for e in library.served)))
    return hashlib.sha256(names.encode()).digest()


def _code() -> bytes:
    """The code and the weights that made what is kept."""
    digest = hashlib.sha256(sys.version.encode())
    folder = Path(matcher.__file__).parent
    sources = sorted(p for p in folder.iterdir() if p.suffix in {".py", ".json", ".txt", ".marisa", ".npy"})
    for source in (*sources, Path(faq.__file__), Path(__file__)):
        digest.update(source.read_bytes())
    return digest.digest()
