"""Words as a search compares them, and the other forms of a word: inflected, or with one slip of the pen."""

from collections.abc import Collection, Iterator, Mapping

from sensorium.encoders.text.plain_text import plain_text
from sensorium.encoders.text.tokenize import runs

INFLECTED, MISSPELT = 0.9, 0.7
"""How much another form of a word counts beside the word itself."""
_ENDINGS = ("s", "es", "ed", "d", "ing", "er", "ers", "or", "ors", "ly", "y")
_SHORT_ENDINGS = ("s", "es")
_AFTER_A_DROPPED_E = ("ed", "ing", "er", "ers", "or", "ors")
_SHORT, _SHORTEST_STEM = 4, 3
_SHORTEST_SWAPPED, _SHORTEST_MISSPELT = 5, 6
"""Shorter words are mostly one letter away from another: where two letters changed places, and otherwise."""
_MOST_LETTERS = 200
"""Letters of a script beyond this are no alphabet, and words of it are not corrected."""


def search_words(text: str) -> list[str]:
    """Return the words of `text`, in their order, with repeats, caseless and without accents.

    Of a run without spaces (Chinese, Japanese, Thai, ...), its single characters and pairs of neighbours
    stand for words. An emoji is a word.
    """
    found: list[str] = []
    for kind, run in _runs(text):
        if kind == "unsegmented":
            found.extend(run)
            found.extend(_pairs(run))
        else:
            found.append(run)
    return found


def asked_words(text: str) -> list[str]:
    """Return the words of a question, each once: as `search_words`, but of longer runs the pairs alone."""
    found: list[str] = []
    for kind, run in _runs(text):
        found.extend((_pairs(run) or [run]) if kind == "unsegmented" else [run])
    return list(dict.fromkeys(found))


def other_forms(word: str, known: Mapping[str, int] | Collection[str], letters: str) -> dict[str, float]:
    """Return the other forms of `word` that are `known`, with how much each counts.

    Slips of the pen are looked for only where neither the word nor an inflected form of it is known: one
    letter too many, missing, wrong, or two that changed places, after the first letter. `letters` are those
    that words are written with.
    """
    found = {form: INFLECTED for form in _inflected(word) if form in known and form != word}
    if found or word in known or len(word) < _SHORTEST_SWAPPED or not word.isalpha():
        return found
    return {form: MISSPELT for form in _misspelt(word, letters) if form in known}


def _runs(text: str) -> Iterator[tuple[str, str]]:
    for match in runs().finditer(plain_text(text)):
        kind = match.lastgroup or ""
        yield kind, match.group(kind)


def letter_pairs(word: str) -> frozenset[str]:
    """Return the pairs of neighbouring letters of `word`, with a space before and after it."""
    return frozenset(_pairs(f" {word} "))


def _pairs(run: str) -> list[str]:
    return [run[start : start + 2] for start in range(len(run) - 1)]


def _inflected(word: str) -> Iterator[str]:
    """Yield the forms that an English word may have; words of other languages share the plural."""
    for stem, dropped_e in _stems(word):
        yield stem
        if dropped_e:
            yield f"{stem}e"
        for ending in _ENDINGS if len(stem) >= _SHORT else _SHORT_ENDINGS:
            yield stem + ending
        if stem.endswith("y"):
            yield from (stem[:-1] + ending for ending in ("ies", "ied", "ier"))
        if stem.endswith("e"):
            yield from (stem[:-1] + ending for ending in _AFTER_A_DROPPED_E)


def _stems(word: str) -> Iterator[tuple[str, bool]]:
    """Yield what a word may be made of, and whether an e may have been dropped from its end."""
    yield word, False
    for ending in ("ies", "ied", "ier"):
        if word.endswith(ending) and len(word) > len(ending) + 1:
            yield word[: -len(ending)] + "y", False
    for ending in ("s", "es", "ed", "d", "ing", "ers", "er", "ors", "or", "ly"):
        stem = word.removesuffix(ending)
        if (
            stem == word
            or len(stem) < _SHORTEST_STEM
            or (len(stem) < _SHORT and ending not in _SHORT_ENDINGS)
        ):
            continue
        yield stem, ending in _AFTER_A_DROPPED_E
        if len(stem) > _SHORT and stem[-1] == stem[-2]:
            yield stem[:-1], False


def _misspelt(word: str, letters: str) -> Iterator[str]:
    """Yield what is one letter away from `word`, with the same first letter."""
    for place in range(1, len(word) + 1):
        before, after = word[:place], word[place:]
        if len(after) > 1:
            yield before + after[1] + after[0] + after[2:]
        if len(word) < _SHORTEST_MISSPELT:
            continue
        if after:
            yield before + after[1:]
        if len(letters) > _MOST_LETTERS:
            continue
        for letter in letters:
            yield before + letter + after
            if after:
                yield before + letter + after[1:]
