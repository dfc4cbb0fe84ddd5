"""What an uploaded file really is, told from its first bytes; the browser's word counts for nothing."""

from __future__ import annotations

from dataclasses import dataclass

from bot.domain.messages import InboundKind


@dataclass(frozen=True, slots=True)
class FileType:
    """A kind of file that we take; `suffixes[0]` is given to a name that has none of them."""

    mime: str
    kind: InboundKind
    suffixes: tuple[str, ...]


_PHOTO, _VOICE, _DOCUMENT = InboundKind.PHOTO, InboundKind.VOICE, InboundKind.DOCUMENT
JPEG = FileType("image/jpeg", _PHOTO, ("jpg", "jpeg"))
PNG = FileType("image/png", _PHOTO, ("png",))
GIF = FileType("image/gif", _PHOTO, ("gif",))
WEBP = FileType("image/webp", _PHOTO, ("webp",))
HEIC = FileType("image/heic", _DOCUMENT, ("heic", "heif"))
"""A document, because most browsers cannot show it."""
PDF = FileType("application/pdf", _DOCUMENT, ("pdf",))
TEXT = FileType("text/plain", _DOCUMENT, ("txt",))
OFFICE = FileType("application/octet-stream", _DOCUMENT, ("docx", "xlsx", "pptx"))
OLD_OFFICE = FileType("application/octet-stream", _DOCUMENT, ("doc", "xls", "ppt", "wps", "et"))
OGG = FileType("audio/ogg", _VOICE, ("ogg", "oga", "opus"))
MP3 = FileType("audio/mpeg", _VOICE, ("mp3",))
WAV = FileType("audio/wav", _VOICE, ("wav",))
AMR = FileType("audio/amr", _VOICE, ("amr",))
M4A = FileType("audio/mp4", _VOICE, ("m4a", "mp4"))
AAC = FileType("audio/aac", _VOICE, ("aac",))

SHOWN = frozenset({JPEG, PNG, GIF, WEBP})
"""Images that a browser may show in our page: none of them can carry a script."""

_STARTS = (
    (b"\xff\xd8\xff", JPEG), (b"\x89PNG\r\n\x1a\n", PNG), (b"GIF87a", GIF), (b"GIF89a", GIF),
    (b"%PDF-", PDF), (b"OggS", OGG), (b"ID3", MP3), (b"#!AMR", AMR),
    (b"\xff\xfb", MP3), (b"\xff\xf3", MP3), (b"\xff\xf2", MP3), (b"\xff\xf1", AAC), (b"\xff\xf9", AAC),
)  # fmt: skip
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_HEIC_BRANDS = (b"heic", b"heix", b"mif1", b"msf1", b"heim")
_AUDIO_BRANDS = (b"M4A ", b"M4B ")


def sniff(data: bytes, name: str) -> FileType | None:
    """The type of these bytes, or None when it is not one that we take. `name` only tells documents apart."""
    for start, found in _STARTS:
        if data.startswith(start):
            return found
    return _container(data, _suffix(name)) or _document(data, _suffix(name))


def named(name: str, file: FileType) -> str:
    """The name with a suffix that fits what the file really is."""
    if _suffix(name) in file.suffixes:
        return name
    return f"{name or file.kind.value}.{file.suffixes[0]}"


def _suffix(name: str) -> str:
    return name.rpartition(".")[2].lower()


def _container(data: bytes, suffix: str) -> FileType | None:
    if data[:4] == b"RIFF":
        return {b"WEBP": WEBP, b"WAVE": WAV}.get(data[8:12])
    if data[4:8] == b"ftyp":
        brand = data[8:12]
        if brand in _HEIC_BRANDS:
            return HEIC
        return M4A if brand in _AUDIO_BRANDS or suffix == "m4a" else None
    return None


def _document(data: bytes, suffix: str) -> FileType | None:
    if data.startswith(b"PK\x03\x04"):
        return OFFICE if suffix in OFFICE.suffixes and b"[Content_Types].xml" in data else None
    if data.startswith(_OLE):
        return OLD_OFFICE if suffix in OLD_OFFICE.suffixes else None
    return TEXT if suffix in TEXT.suffixes and _is_text(data) else None


def _is_text(data: bytes) -> bool:
    if b"\x00" in data:
        return False
    for encoding in ("utf-8", "gb18030"):
        try:
            data.decode(encoding)
        except UnicodeDecodeError:
            continue
        return True
    return False
