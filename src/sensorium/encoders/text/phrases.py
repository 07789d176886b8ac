"""Words, pairs of words and runs of characters that could say what a text is about, where they stand."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from sensorium.encoders.text.plain_text import fold_text
from sensorium.encoders.text.tokenize import runs

_WORDS_APART = re.compile(r"[ \t\u00a0-]+")
_SENTENCE_ENDS = re.compile(r"(?:^|[.!?:;\n\u2026\u201c\"(]|\s[-\u2013\u2014])\s*[\"'\u201c\u2018(]*$")
_SENTENCE_LOOKBACK = 8
# Hiragana is left out: in Japanese it is mostly endings and particles.
_SCRIPTS = re.compile(
    "(?P<kana>[\u30a1-\u30ff\u31f0-\u31ff]+)|(?P<particles>[\u3041-\u309f]+)"
    "|(?P<han>[\u3005-\u3007\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]+)"
    "|(?P<other>[^\u3005-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]+)"
)
_WRITTEN_FIRST = "เแโใไເແໂໃໄ"
_WRITTEN_AFTER = "ะาำๅະາຳ"
_STACKS = "\u17d2\u1039"
_LONGEST_JAPANESE_WORD = 4


@dataclass(frozen=True)
class Mention:
    """A term at one place of a text."""

    term: str
    """As it is compared: caseless, without accents."""
    shown: str
    """As it is written there."""
    start: int
    """Where in the visible text it begins."""
    stop: int
    is_name: bool = False
    """Whether each of its words has a capital that no beginning of a sentence explains."""
    parts: tuple[str, ...] = ()
    """The terms of the words of a pair."""


@dataclass(frozen=True)
class CharacterRun:
    """Characters of a script without spaces, each with the marks on it."""

    clusters: tuple[str, ...]
    start: int
    """Where in the visible text it begins."""


def find_mentions(shown: str) -> tuple[list[Mention], list[CharacterRun]]:
    """Return the words, pairs of words and emoji of a visible text, and its runs where no spaces part words.

    A Japanese run is cut where the script changes: katakana and short runs of kanji are words, hiragana
    is none.
    """
    words: list[Mention] = []
    characters: list[CharacterRun] = []
    is_japanese = any("\u3041" <= character <= "\u30ff" for character in shown)
    before: Mention | None = None
    for match in runs().finditer(shown):
        kind, run, start = match.lastgroup, match.group(match.lastgroup or 0), match.start()
        if kind == "unsegmented":
            for found in _split_by_script(run, start, is_japanese=is_japanese):
                if isinstance(found, Mention):
                    words.append(found)
                else:
                    characters.append(found)
            before = None
            continue
        name = kind == "word" and run[0].isupper() and not _begins_a_sentence(shown, start)
        word = Mention(fold_text(run), run, start, start + len(run), is_name=name)
        if before is not None and kind == "word" and _WORDS_APART.fullmatch(shown, before.stop, start):
            words.append(_pair(before, word, shown))
        words.append(word)
        before = word if kind == "word" else None
    return words, characters


def _pair(first: Mention, second: Mention, shown: str) -> Mention:
    written = " ".join(shown[first.start : second.stop].split())
    name = second.is_name and first.shown[0].isupper()
    parts = (first.term, second.term)
    return Mention(" ".join(parts), written, first.start, second.stop, name, parts)


def _begins_a_sentence(shown: str, start: int) -> bool:
    return _SENTENCE_ENDS.search(shown[max(0, start - _SENTENCE_LOOKBACK) : start]) is not None


def _split_by_script(run: str, start: int, *, is_japanese: bool) -> Iterator[Mention | CharacterRun]:
    for match in _SCRIPTS.finditer(run):
        piece, place = match.group(), start + match.start()
        is_word = match.lastgroup == "kana" or (
            is_japanese and match.lastgroup == "han" and len(piece) <= _LONGEST_JAPANESE_WORD
        )
        if is_word and len(piece) > 1:
            yield Mention(fold_text(piece), piece, place, place + len(piece))
        elif match.lastgroup in ("han", "other") and not is_word:
            yield CharacterRun(tuple(_clusters(piece)), place)


def _clusters(run: str) -> Iterator[str]:
    """Yield the letters of a run, each with its marks and vowels, wherever these are written."""
    cluster = ""
    for character in run:
        joins = cluster and (
            cluster[-1] in _WRITTEN_FIRST
            or cluster[-1] in _STACKS
            or character in _WRITTEN_AFTER
            or unicodedata.category(character)[0] == "M"
        )
        if cluster and not joins:
            yield cluster
            cluster = ""
        cluster += character
    if cluster:
        yield cluster
