"""Text as people read it: without mark-up, addresses and invisible characters, in one Unicode form."""

import html
import re
import unicodedata
from collections.abc import Mapping

_TONES = "\U0001f3fb-\U0001f3ff"
_SELECTORS = "\ufe00-\ufe0f\U000e0100-\U000e01ef"
_JOINER, _NON_JOINER = "\u200d", "\u200c"
# Soft hyphen, word joiner, byte order mark, and what only steers the direction of writing.
_INVISIBLE = "\u00ad\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff"
PICTOGRAMS = (
    "\u231a\u231b\u2328\u23cf\u23e9-\u23fa\u2600-\u27bf\u2b05-\u2b07\u2b1b\u2b1c\u2b50\u2b55"
    "\U0001f000-\U0001f1e5\U0001f200-\U0001f3fa\U0001f400-\U0001faff"
)
"""Characters that are emoji or the like; no letters, flags or skin tones."""

_NOT_SHOWN = re.compile(
    r"<!\[CDATA\[|\]\]>|<(script|style)\b.*?(?:</\1\s*>|\Z)|<!--.*?(?:-->|\Z)", re.DOTALL | re.IGNORECASE
)
# Tags within a word part no words: H<sub>2</sub>O.
_INLINE_TAG = re.compile(
    r"</?(?:b|i|u|s|em|strong|sub|sup|small|mark|font|wbr)(?:\s[^<>]*)?/?>", re.IGNORECASE
)
_TAG = re.compile(r"</?[a-zA-Z][^<>]*>|<[!?][a-zA-Z][^<>]*>")
_FORUM_TAG = re.compile(
    r"\[/?(?:b|i|u|s|h[1-6]|hr|url|img|quote|code|list|olist|color|size|font)(?:=[^\[\]]*)?\]", re.IGNORECASE
)
_ADDRESS = re.compile(r"(?<![a-z0-9])(?:https?://|www\.)[!-;=?-~]+", re.IGNORECASE)
_DROPPED = re.compile(f"[{_INVISIBLE}{_SELECTORS}{_TONES}]")
_LOOSE_JOINER = re.compile(f"{_JOINER}(?![{PICTOGRAMS}])|(?<![{PICTOGRAMS}]){_JOINER}")
_ACCENTS = re.compile(
    # The breve of Cyrillic й and ў makes another letter; Hebrew and Arabic mostly go without vowel points.
    "(?<![иу])\u0306|[\u0300-\u0305\u0307-\u036f"
    "\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0640\u064b-\u065f\u0670]"
)
# NFKC takes apart vowels of Thai and Lao that nobody writes so.
_TAKEN_APART: Mapping[str, str] = {"\u0e4d\u0e32": "\u0e33", "\u0ecd\u0eb2": "\u0eb3"}
_AFTER_ARABIC = re.compile(f"(?<=[\u0620-\u06ff]){_NON_JOINER}")


def visible_text(text: str) -> str:
    """Return `text` as a reader sees it: without mark-up, entities and web addresses.

    Compatible forms become one (NFKC). Emoji lose skin tones and variation selectors; joiners stay within
    emoji alone.
    """
    if "<" in text or "&" in text:
        for _ in range(2):  # once more for what was escaped mark-up
            text = _TAG.sub(" ", _INLINE_TAG.sub("", _NOT_SHOWN.sub(" ", text)))
            text = html.unescape(text)
        text = _TAG.sub(" ", _INLINE_TAG.sub("", text))
    if "[" in text:
        text = _FORUM_TAG.sub(" ", text)
    if "://" in text or "www." in text:
        text = _ADDRESS.sub(" ", text)
    if text.isascii():
        return text
    text = _AFTER_ARABIC.sub(" ", unicodedata.normalize("NFKC", text)).replace(_NON_JOINER, "")
    for apart, together in _TAKEN_APART.items():
        text = text.replace(apart, together)
    return _LOOSE_JOINER.sub("", _DROPPED.sub("", text))


def fold_text(text: str) -> str:
    """Return visible `text` caseless, without accents (except on й and ў) and without vowel points."""
    text = text.casefold()
    if text.isascii():
        return text
    return unicodedata.normalize("NFC", _ACCENTS.sub("", unicodedata.normalize("NFD", text)))


def plain_text(text: str) -> str:
    """Return `text` as it is compared: visible and folded."""
    return fold_text(visible_text(text))
