"""One spelling for what people type: width, script, case, repeats, politeness."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

import opencc

MAX_CHARS = 2000
_T2S = opencc.OpenCC("t2s")
_HALVES = range(0xD800, 0xE000)  # halves of characters: what is written in C takes whole ones
_INVISIBLE = dict.fromkeys([*range(0x200B, 0x2010), *range(0x202A, 0x202F), 0x2060, 0xFEFF, 0xAD, *_HALVES])
_REPEAT = re.compile(r"([^\W\d])\1{2,}")
_SPACE = re.compile(r"[^\S\n]+")
_NOT_TEXT = re.compile(r"[\W_]+")
_POLITE = re.compile(
    r"跪求|求解答?|求助|求教|求大神|急急+|在线等|万分感谢|(?:十分|非常)?感谢(?:您|你|大家|各位|不尽)?|多谢|谢谢(?:您|你|大家|各位|律师|了|啦|啊)*"
    r"|麻烦(?:您|你|问一下|问下|帮忙)?|请教(?:一下|一个问题|各位|您|大家)?|请问(?:一下|下|大家|各位)?|(?:我)?想(?:请)?问(?:一下|下|问)?"
    r"|问一下|问下|问问|咨询(?:一下|下)|打扰(?:一下|了)?|(?:你|您)好(?:啊|呀)?[,，。!]?|各位|(?:哪位|请)?(?:大神|高手|大侠|大虾|大佬|朋友们|亲们)(?:们)?"
    r"|(?:有)?(?:谁|哪位|人)知道|告诉我(?:一下|下)?|帮(?:我|忙)?(?:看看|看一下|看下|解答一下|分析一下)|尊敬的|拜托(?:了|各位)?|不好意思"
    r"|\b(?:please|pls|plz|thanks|thank you|hello|hi there)\b"
)
_TAIL = "啊呀哦呢吧啦嘛哈哟噢喔唉诶呗么"


@lru_cache(maxsize=4096)
def clean(text: str) -> str:
    """Simplified, half-width, lower case, no invisible characters, long repeats cut to one."""
    text = unicodedata.normalize("NFKC", text[:MAX_CHARS]).translate(_INVISIBLE)
    text = _T2S.convert(text).lower()
    return _SPACE.sub(" ", _REPEAT.sub(r"\1", text)).strip()


def core(text: str) -> str:
    """Cleaned text without politeness; the text itself when nothing else is left. Takes cleaned text."""
    bare = _POLITE.sub(" ", text).strip(" ,.!?;:~，。！？；：、")
    return bare if any(c.isalnum() for c in bare) else text


def letters(text: str) -> str:
    """Only letters and digits, final particles dropped: for whole-message comparison."""
    return _NOT_TEXT.sub("", text).rstrip(_TAIL) or _NOT_TEXT.sub("", text)
