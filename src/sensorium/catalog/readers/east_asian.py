"""Which East Asian encoding bytes are in, if any: the one under which they are least surprising.

General detectors fail on short texts, and a catalogue may hold a handful of titles. Here each encoding has
a model of three or four lines: how often its usual characters, its kana and its punctuation occur. What is
as likely as accented Latin letters is not East Asian.
"""

import math
from collections import Counter
from collections.abc import Mapping
from typing import NamedTuple


class Group(NamedTuple):
    """Two-byte characters that share a chance, by their first byte."""

    first: int
    last: int
    share: float
    """How much of a text they make up."""
    size: int
    """How many characters there are in the group."""
    least_trail: int = 0x40
    """The least second byte."""


MODELS: Mapping[str, tuple[Group, ...]] = {
    "gb18030": (Group(0xB0, 0xD7, 0.85, 3755, 0xA1), Group(0xA1, 0xA3, 0.1, 280, 0xA1)),
    "cp932": (
        Group(0x82, 0x82, 0.3, 86, 0x9F),
        Group(0x83, 0x83, 0.2, 86),
        Group(0x88, 0x97, 0.4, 2965),
        Group(0x81, 0x81, 0.08, 147),
    ),
    "big5": (Group(0xA4, 0xC6, 0.85, 5401), Group(0xA1, 0xA3, 0.1, 400)),
    "euc_jp": (
        Group(0xA4, 0xA4, 0.3, 86, 0xA1),
        Group(0xA5, 0xA5, 0.2, 86, 0xA1),
        Group(0xB0, 0xCF, 0.4, 2965, 0xA1),
        Group(0xA1, 0xA2, 0.08, 147, 0xA1),
    ),
    "cp949": (Group(0xB0, 0xC8, 0.9, 2350, 0xA1), Group(0xA1, 0xA3, 0.05, 280, 0xA1)),
}
"""Encoding -> its usual characters: GB 2312 level 1, JIS X 0208 kana and level 1, Big5 level 1, KS X 1001."""
LOG_RARE = math.log(0.05 / 20_000)
"""The chance of any other character."""
MOST_BAD = 0.05
"""How many bytes that are no letter there may be for each letter: one damaged row is no other encoding."""
LOG_BAD = 2 * LOG_RARE
"""The chance of such a byte."""
LOG_ASCII = math.log(1 / 64)
LOG_ACCENTED = math.log(0.5 / 62)
LOG_TYPOGRAPHIC = math.log(0.4 / 10)
TYPOGRAPHIC = frozenset(
    "\u2018\u2019\u201c\u201d\u2013\u2014\u2026\u2022\u2122\xa0\xa9\xae\xbb\xab".encode("cp1252")
)
"""Quotes, dashes and the like in Windows-1252, which are common in otherwise plain English."""


def east_asian_encoding(sample: bytes) -> str | None:
    """Return the encoding of `sample` if one of `MODELS` explains it better than Latin letters do."""
    best, best_surprise = None, _latin(sample)
    for encoding, groups in MODELS.items():
        likelihood = _likelihood(sample, encoding, groups)
        if likelihood is not None and likelihood > best_surprise:
            best, best_surprise = encoding, likelihood
    return best


def _latin(sample: bytes) -> float:
    counts = Counter(sample)
    return sum(
        n * (LOG_ASCII if byte < 0x80 else LOG_TYPOGRAPHIC if byte in TYPOGRAPHIC else LOG_ACCENTED)
        for byte, n in counts.items()
    )


def _likelihood(sample: bytes, encoding: str, groups: tuple[Group, ...]) -> float | None:
    """Return the log likelihood of `sample`, None if too much of it is no letter in the encoding."""
    characters = Counter(sample.decode(encoding, "replace"))
    n_bad = characters.pop("\ufffd", 0)
    if n_bad > MOST_BAD * sum(n for character, n in characters.items() if not character.isascii()):
        return None
    known = sum(n * _log_chance(character.encode(encoding), groups) for character, n in characters.items())
    return known + n_bad * LOG_BAD


def _log_chance(code: bytes, groups: tuple[Group, ...]) -> float:
    if code < b"\x80":
        return LOG_ASCII
    if len(code) == 2:
        for group in groups:
            if group.first <= code[0] <= group.last and code[1] >= group.least_trail:
                return math.log(group.share / group.size)
    return LOG_RARE
