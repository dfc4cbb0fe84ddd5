"""The built matcher kept beside the database, so that a restart answers in a second or two.

The file is signed with the desk's key before anything in it is believed; another version of the FAQ, of the
code or of Python builds anew.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import os
import pickle
import sys
from pathlib import Path

from bot.desk.knowledge import Shelf
from bot.matching import matcher
from bot.matching.library import Library
from bot.matching.matcher import Matcher
from bot.store.sealing import KeyRing

_MAC = 32


def shelf_of(library: Library, file: Path, keys: KeyRing) -> Shelf:
    """The shelf from the file if it fits this library, else built, and kept for the next start."""
    key = keys.derive("shelf")
    name = _fingerprint(library)
    found = _read(file, key, name)
    if found is not None:
        return Shelf.of(library, found)
    shelf = Shelf.of(library)
    _write(file, key, name, shelf.matcher)
    return shelf


def _fingerprint(library: Library) -> bytes:
    """What the matcher was built from: the served entries, the code and the weights."""
    digest = hashlib.sha256(f"{sys.version}|{library.version}|".encode())
    digest.update("|".join(e.id for e in library.served).encode())
    folder = Path(matcher.__file__).parent
    for source in sorted(p for p in folder.iterdir() if p.suffix in {".py", ".json", ".txt"}):
        digest.update(source.read_bytes())
    return digest.digest()


def _read(file: Path, key: bytes, name: bytes) -> Matcher | None:
    try:
        blob = file.read_bytes()
    except OSError:
        return None
    mac, body = blob[:_MAC], blob[_MAC:]
    if not body.startswith(name) or not hmac.compare_digest(mac, hmac.digest(key, body, "sha256")):
        return None
    loaded = pickle.loads(body[len(name) :])  # noqa: S301 - signed with our own key, checked above
    return loaded if isinstance(loaded, Matcher) else None


def _write(file: Path, key: bytes, name: bytes, built: Matcher) -> None:
    """Whole or not at all; a desk that cannot write here only starts more slowly."""
    body = name + pickle.dumps(built, protocol=5)
    part = file.with_suffix(".part")
    with contextlib.suppress(OSError):
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as out:
            out.write(hmac.digest(key, body, "sha256") + body)
        part.replace(file)
