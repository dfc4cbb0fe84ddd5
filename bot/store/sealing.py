"""AES-GCM for personal data at rest, and the keys that everything secret is derived from.

The key file holds one line a key, newest first: `<8 hex id> <base64 of 32 bytes>`. New data is sealed
with the first; the older ones stay for reading. The last one is the root: buttons, blind indexes and the
audit trail hang on it, until a rotation has moved them to the first (rotate.py).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import secrets
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from bot.domain.errors import BotError

_NONCE = 12
_ID = 4


class KeyRing:
    """The desk's keys. `seal` and `unseal` bind a value to its column; the wrong column does not open."""

    def __init__(self, keys: list[tuple[bytes, bytes]]) -> None:
        """`keys` are (4-byte id, 32-byte key), newest first."""
        if not keys:
            raise BotError("密钥文件是空的；请从备份恢复，没有密钥就读不出已存的个案。")
        if len({key_id for key_id, _ in keys}) < len(keys):
            raise BotError("密钥文件里有两行编号相同；请给新的一行换一个编号。")
        self._keys = keys
        self.primary = keys[0][0]
        self._ciphers = {key_id: AESGCM(_derive(key, b"seal")) for key_id, key in keys}
        self._root = keys[-1][1]

    @classmethod
    def load(cls, path: Path, given: str = "") -> KeyRing:
        """From the text of the environment (`;` may part its lines), else from the file, made if missing."""
        try:
            text = given.replace(";", "\n") or (path.read_text("ascii") if path.exists() else _create(path))
            return cls([_parse(line) for line in text.splitlines() if line.strip()])
        except OSError as error:
            raise BotError(f"密钥文件 {path} 打不开（{error.strerror}）；请检查路径和权限。") from error
        except (ValueError, TypeError):
            where = "环境变量 DESK_KEY" if given else f"密钥文件 {path}"
            raise BotError(f"{where} 读不懂：每行应是“8 位十六进制编号 空格 base64 密钥”。") from None

    def newest(self) -> KeyRing | None:
        """The first key alone, root and all; None if it is alone already."""
        return KeyRing(self._keys[:1]) if len(self._keys) > 1 else None

    def seal(self, text: str, column: str) -> bytes:
        """Encrypted UTF-8: key id, nonce, ciphertext with tag."""
        return self.seal_bytes(text.encode("utf-8", "surrogatepass"), column)

    def unseal(self, blob: bytes, column: str) -> str:
        """The text again; BotError if the key is missing or the bytes were changed."""
        return self.open_bytes(blob, column).decode("utf-8", "surrogatepass")

    def seal_bytes(self, data: bytes, column: str) -> bytes:
        """Like seal, for files."""
        nonce = os.urandom(_NONCE)
        return self.primary + nonce + self._ciphers[self.primary].encrypt(nonce, data, column.encode())

    def open_bytes(self, blob: bytes, column: str) -> bytes:
        """Like unseal, for files."""
        cipher = self._ciphers.get(blob[:_ID])
        if cipher is None:
            raise BotError("有数据是用另一把密钥加密的；请把旧密钥放回密钥文件。")
        try:
            return cipher.decrypt(blob[_ID : _ID + _NONCE], blob[_ID + _NONCE :], column.encode())
        except (InvalidTag, ValueError) as error:  # ValueError: too short to be one of ours
            raise BotError("有一条加密数据被改动过，读不出来。") from error

    def derive(self, purpose: str) -> bytes:
        """A 32-byte key for one purpose, from the root."""
        return _derive(self._root, purpose.encode())

    def index(self, value: str, column: str) -> str:
        """A blind index: equal values meet, and nobody without the key can guess them."""
        return hmac.new(self.derive("index"), f"{column}\0{value}".encode(), hashlib.sha256).hexdigest()


def _derive(key: bytes, info: bytes) -> bytes:
    return HKDF(SHA256(), 32, None, b"legal-desk " + info).derive(key)


def _parse(line: str) -> tuple[bytes, bytes]:
    key_id, text = line.split()
    key = base64.b64decode(text, validate=True)
    if len(key) != 32 or len(key_id) != 2 * _ID:
        raise ValueError("not a key line")
    return bytes.fromhex(key_id), key


def new_key_line() -> str:
    """A fresh line for the key file."""
    return f"{secrets.token_hex(_ID)} {base64.b64encode(os.urandom(32)).decode()}\n"


def _create(path: Path) -> str:
    line = new_key_line()
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(line)
        file.flush()
        os.fsync(file.fileno())
    return line
