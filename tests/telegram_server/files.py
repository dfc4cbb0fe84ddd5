"""Files that people and the bot send, with ids and paths as getFile gives them."""

from __future__ import annotations

from dataclasses import dataclass

from .errors import bad_request

DOWNLOAD_LIMIT = 20 * 2**20
FOLDERS = {"photo": "photos", "voice": "voice", "video": "videos", "sticker": "stickers", "audio": "music"}


@dataclass(frozen=True, slots=True)
class StoredFile:
    """One file; `size` may be declared larger than the bytes that are kept."""

    id: str
    unique_id: str
    kind: str
    name: str
    mime: str
    data: bytes
    size: int

    @property
    def path(self) -> str:
        """The file_path of getFile."""
        suffix = self.name.rpartition(".")[2] if "." in self.name else "bin"
        return f"{FOLDERS.get(self.kind, 'documents')}/file_{self.unique_id[3:]}.{suffix}"


class FileStore:
    """All files of this server, by file_id."""

    def __init__(self) -> None:
        self._files: dict[str, StoredFile] = {}

    def add(self, kind: str, data: bytes, name: str, mime: str, size: int | None = None) -> StoredFile:
        """Keep a file and give it its ids."""
        number = len(self._files) + 1
        stored = StoredFile(
            f"AgAC{kind[:2]}{number:08d}QADAgADeAADNgQ", f"AQA{number:06d}", kind, name, mime, data,
            len(data) if size is None else size,
        )  # fmt: skip
        self._files[stored.id] = stored
        return stored

    def get(self, file_id: str) -> StoredFile:
        """The file, or the 400 of a wrong identifier."""
        stored = self._files.get(file_id)
        if stored is None:
            raise bad_request("wrong file_id or the file is temporarily unavailable")
        return stored

    def reuse(self, file_id: str, kind: str) -> StoredFile:
        """The file for sending again as `kind`."""
        if file_id.startswith(("http://", "https://")):
            raise bad_request("failed to get HTTP URL content")
        stored = self._files.get(file_id)
        if stored is None:
            raise bad_request("wrong remote file identifier specified: can't unserialize it")
        if stored.kind != kind:
            raise bad_request(f"can't use file of type {stored.kind.title()} as {kind.title()}")
        return stored

    def by_path(self, path: str) -> StoredFile | None:
        """The file that stands at a file_path and may be downloaded."""
        found = (one for one in self._files.values() if one.path == path and one.size <= DOWNLOAD_LIMIT)
        return next(found, None)
