"""People's words made safe to show: no control, bidi or zero-width characters; caps; splitting."""

from __future__ import annotations

import re
import unicodedata

MAX_QUESTION = 4000
_KEEP = {"\n", "\t"}
_JOINERS = {"\u200d"}
_SENTENCE_END = "。！？!?；;\n"
_MOBILE = re.compile(r"1[3-9]\d{9}")
_LANDLINE = re.compile(r"0\d{2,3}-?\d{7,8}")


def clean_text(text: str, limit: int = MAX_QUESTION) -> str:
    """Drop characters that hide or reorder text, keep newlines and emoji; at most `limit` characters."""
    kept = (c for c in unicodedata.normalize("NFC", text) if c in _KEEP or _visible(c))
    return "".join(kept).strip()[:limit]


def _visible(char: str) -> bool:
    return char in _JOINERS or unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Co", "Cn")


def preview(text: str, limit: int = 600) -> str:
    """The beginning of a long text, for those who need not read all of it here."""
    return text if len(text) <= limit else text[:limit] + "……"


def clean_name(name: str) -> str:
    """A person's display name on one line, at most 32 characters."""
    return " ".join(clean_text(name, 200).replace("\u200d", "").split())[:32]


def one_line(text: str) -> str:
    """People's words inside of a text of ours: without line breaks they make no list and no paragraph."""
    return " ".join(text.split())


def parse_phone(text: str) -> str | None:
    """A mainland mobile or landline number in digits (with area code), or None.

    Accepts +86/0086, spaces, dashes, full-width digits.
    """
    plain = unicodedata.normalize("NFKC", text)
    digits = re.sub(r"[\s\-()+.]", "", plain)[:20]
    digits = re.sub(r"^(?:0086|86)(?=1[3-9]\d{9}$)", "", digits)
    if _MOBILE.fullmatch(digits) or _LANDLINE.fullmatch(digits):
        return digits
    return None


def mask_phone(phone: str) -> str:
    """13812345678 -> 138****5678."""
    return phone[:3] + "*" * max(0, len(phone) - 7) + phone[-4:]


def split_text(text: str, limit: int) -> list[str]:
    """Pieces of at most `limit` characters, cut after a sentence where there is one in the last half."""
    pieces = []
    while len(text) > limit:
        cut = max(text.rfind(end, limit // 2, limit) for end in _SENTENCE_END) + 1
        cut = cut or limit
        pieces.append(text[:cut].rstrip())
        text = text[cut:].lstrip()
    return [*pieces, text] if text or not pieces else pieces
