"""Words and pieces of words in text of any language, also where no spaces part the words."""

import html
import re
import unicodedata
from functools import cache

# Scripts written without spaces: Thai to Myanmar, Khmer, Tai, kana, Han.
_UNSEGMENTED = (
    "\u0e00-\u109f\u1780-\u17ff\u1950-\u19df\u1a20-\u1aaf"
    "\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
)
# Python's \w leaves out the vowel signs of these scripts and would cut words in two.
_MARKS = "\u0300-\u036f\u0591-\u05c7\u0610-\u065f\u0900-\u0dff"
_CHARACTER_NGRAMS = (3, 4, 5)
_UNSEGMENTED_NGRAMS = (1, 2, 3)
_LATIN_ACCENTS = re.compile("[\u0300-\u036f]")


@cache
def _patterns() -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str]]:
    hidden = re.compile(r"<(script|style)\b.*?</\1\s*>|<!--.*?-->", re.DOTALL | re.IGNORECASE)
    tag = re.compile(r"</?[a-zA-Z][^<>]*>")
    run = re.compile(rf"[{_UNSEGMENTED}]+|(?:(?![{_UNSEGMENTED}_])[\w{_MARKS}])+")
    return hidden, tag, run


def plain(text: str) -> str:
    """Return `text` without mark-up and entities, in one Unicode form, caseless and without Latin accents."""
    hidden, tag, _ = _patterns()
    if "<" in text or "&" in text:
        text = html.unescape(tag.sub(" ", hidden.sub(" ", text)))
        text = tag.sub(" ", text)  # what was escaped mark-up
    text = unicodedata.normalize("NFKC", text).casefold()
    if not text.isascii():
        text = unicodedata.normalize("NFC", _LATIN_ACCENTS.sub("", unicodedata.normalize("NFD", text)))
    return text


def word_and_character_terms(text: str) -> tuple[list[str], list[str]]:
    """Return the words (with pairs of neighbours) and the character n-grams of `text`, with repeats.

    Of a run without spaces, pairs of characters stand for words and n-grams of one to three
    characters for pieces; of a word, pieces of three to five characters with its edges marked.
    """
    words: list[str] = []
    pieces: list[str] = []
    before: str | None = None
    for match in _patterns()[2].finditer(plain(text)):
        run = match.group()
        if is_unsegmented(run[0]):
            words.extend(_ngrams(run, 2) or [run])
            for n in _UNSEGMENTED_NGRAMS:
                pieces.extend(_ngrams(run, n))
            before = None
            continue
        words.append(run)
        if before is not None:
            words.append(f"{before} {run}")
        before = run
        padded = f" {run} "
        for n in _CHARACTER_NGRAMS:
            pieces.extend(_ngrams(padded, n))
    return words, pieces


@cache
def is_unsegmented(character: str) -> bool:
    """Return whether the character belongs to a script written without spaces."""
    return re.match(f"[{_UNSEGMENTED}]", character) is not None


def _ngrams(run: str, n: int) -> list[str]:
    return [run[start : start + n] for start in range(len(run) - n + 1)]
