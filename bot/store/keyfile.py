"""The key file when a key is added and when older ones are retired: whole or not at all, and on disk.

A key that something may already be sealed with must never be lost: the old lines are safe in a file of
their own before they leave this one.
"""

from __future__ import annotations

import os
from pathlib import Path

from bot.domain.errors import BotError
from bot.store.sealing import new_key_line


def add_key(path: Path) -> None:
    """A fresh key in front of those that are there."""
    _write(path, new_key_line() + "".join(_lines(path)))


def retire(path: Path) -> Path:
    """Only the first key stays; the others go to `path`.old, newest first. Returns where they are."""
    old = path.with_name(f"{path.name}.old")
    first, *others = _lines(path)
    kept = _lines(old) if old.exists() else []
    if others:
        _write(old, "".join([*others, *(line for line in kept if line not in others)]))
        _write(path, first)
    return old


def _lines(path: Path) -> list[str]:
    try:
        return [f"{line.strip()}\n" for line in path.read_text("ascii").splitlines() if line.strip()]
    except OSError as error:
        raise BotError(f"密钥文件 {path} 打不开（{error.strerror}）；请检查路径和权限。") from error


def _write(path: Path, text: str) -> None:
    part = path.with_name(f"{path.name}.part")
    try:
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            os.fchmod(descriptor, 0o600)
            file.write(text)
            file.flush()
            os.fsync(descriptor)
        part.replace(path)
        _settle(path.parent)
    except OSError as error:
        raise BotError(f"密钥文件 {path} 写不了（{error.strerror}）；原来的还在，什么也没有改。") from error


def _settle(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
