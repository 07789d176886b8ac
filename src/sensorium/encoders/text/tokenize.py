"""The tokenizer: words, pieces of words and emoji of any language, also where no spaces part the words."""

import re
import unicodedata
from functools import cache

from sensorium.encoders.text.plain_text import PICTOGRAMS, plain_text

# Scripts written without spaces: Thai to Myanmar, Khmer, Tai, kana, Han.
_UNSEGMENTED_RANGES = (
    (0x0E00, 0x109F), (0x1780, 0x17FF), (0x1950, 0x19DF), (0x1A20, 0x1AAF), (0x3005, 0x3007),
    (0x3040, 0x30FF), (0x31F0, 0x31FF), (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF),
)  # fmt: skip
_RARE_HAN = "\U00020000-\U0003ffff"
_MARKED_RANGES = ((0x0300, 0x0E00), (0x135D, 0x1360), (0x1700, 0x1780), (0x1800, 0x1D00), (0xA800, 0xAC00))
"""Where Python's `\\w` leaves out vowel signs and would cut words in two."""
_CHARACTER_NGRAMS = (3, 4, 5)
_UNSEGMENTED_NGRAMS = (1, 2, 3)
_JOINER = "\u200d"


@cache
def runs() -> re.Pattern[str]:
    """Return what finds the runs of a text: groups `emoji`, `unsegmented` and `word`.

    The English possessive is no part of the word. Flags are two letters, or a black flag with tags.
    """
    unsegmented = _characters(_UNSEGMENTED_RANGES, "LMN") + _RARE_HAN
    marks = _characters(_MARKED_RANGES, "M")
    letter, flags = "\U0001f1e6-\U0001f1ff", "\U0001f3f4[\U000e0061-\U000e007a]+\U000e007f"
    emoji = f"{flags}|[{letter}]{{1,2}}|[{PICTOGRAMS}](?:{_JOINER}[{PICTOGRAMS}])*"
    inside = rf"[^\W_{unsegmented}]+"
    word = f"{inside}(?:[{marks}]+(?:{inside})?)*"
    return re.compile(
        rf"(?P<emoji>{emoji})|(?P<unsegmented>[{unsegmented}]+)|(?P<word>{word})(?:['\u2019]s(?![^\W_]))?",
        re.IGNORECASE,
    )


def word_and_character_terms(text: str) -> tuple[list[str], list[str]]:
    """Return the words (with pairs of neighbours) and the character n-grams of `text`, with repeats.

    Of a run without spaces, pairs of characters stand for words and n-grams of one to three
    characters for pieces; of a word, pieces of three to five characters with its edges marked. An emoji
    is a word, and the emoji that it is joined of are its pieces.
    """
    words: list[str] = []
    pieces: list[str] = []
    before: str | None = None
    for match in runs().finditer(plain_text(text)):
        run = match.group(match.lastgroup or 0)
        if match.lastgroup != "word":
            before = None
            if match.lastgroup == "emoji":
                words.append(run)
                pieces.extend(run.split(_JOINER))
                continue
            words.extend(_ngrams(run, 2) or [run])
            for n in _UNSEGMENTED_NGRAMS:
                pieces.extend(_ngrams(run, n))
            continue
        words.append(run)
        if before is not None:
            words.append(f"{before} {run}")
        before = run
        padded = f" {run} "
        for n in _CHARACTER_NGRAMS:
            pieces.extend(_ngrams(padded, n))
    return words, pieces


def _characters(ranges: tuple[tuple[int, int], ...], categories: str) -> str:
    """Return what stands between brackets for the characters in `ranges` of these Unicode categories."""
    spans: list[list[int]] = []
    for start, stop in ranges:
        for code in range(start, stop + 1):
            if unicodedata.category(chr(code))[0] in categories:
                if spans and spans[-1][1] == code - 1:
                    spans[-1][1] = code
                else:
                    spans.append([code, code])
    return "".join(f"{chr(first)}-{chr(last)}" for first, last in spans)


def _ngrams(run: str, n: int) -> list[str]:
    return [run[start : start + n] for start in range(len(run) - n + 1)]
