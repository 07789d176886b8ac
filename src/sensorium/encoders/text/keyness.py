"""What each text says that few others say: keywords by how widespread terms are in a catalogue."""

import math
from collections import Counter
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Self

from sensorium.encoders.text.phrases import CharacterRun, Mention, find_mentions
from sensorium.encoders.text.plain_text import visible_text
from sensorium.encoders.text.tfidf_lsa import MANY_TEXTS
from sensorium.encoders.text.word_discovery import character_words, find_character_mentions

MAX_SHARE = 0.1
"""What more than this share of the texts hold is no keyword, where there are many texts."""
MAX_SHARE_IN_PAIRS = 0.04
"""The same for each word of a pair that is no name: so "after dark" is none, where many texts say "after"."""
_NAME = 1.25
"""How much more names count."""
_PAIR = 0.2
"""By how much more a pair of words counts than one of them, the more so the more it belongs together."""
_ONCE = 0.75
"""How much less counts what no other text holds: it may be a slip of the pen, and tells of no similarity."""
_SHORT, _SHORT_LETTERS = 0.75, 3
"""How much less words of so few letters count."""
_LATE = 0.25
"""How much less the last words of a text count than the first."""
_COHESION = 0.1
"""A pair recurs if it makes up this share of the uses of its rarer word."""
_SAME_STEM = 0.75
_SMALL = 0.25


class Keyword(NamedTuple):
    """What a text is about, in a word or two."""

    shown: str
    """As it is mostly written in the catalogue."""
    weight: float
    """How much it tells of the text; comparable within one catalogue."""
    term: str
    """As it is compared: caseless, without accents."""

    def to_json(self) -> dict[str, Any]:
        """Return it as people write it, with its weight."""
        return {"keyword": self.shown, "weight": round(self.weight, 4)}


@dataclass(frozen=True)
class Keyness:
    """In how many texts of a catalogue each term stands, and how it is written."""

    n_texts: int
    spread: Mapping[str, int]
    """Term -> number of texts; of pairs of words only those that recur."""
    shown: Mapping[str, str]
    """Term -> how it is mostly written."""
    characters: frozenset[str]
    """Words found in scripts without spaces."""

    @classmethod
    def fit(cls, texts: Sequence[str]) -> Self:
        """Return what is known of the terms of `texts`."""
        spread: Counter[str] = Counter()
        runs: list[list[CharacterRun]] = []
        for text in texts:
            words, of_text = find_mentions(visible_text(text))
            spread.update({mention.term for mention in words})
            runs.append(of_text)
        characters = frozenset(character_words(runs))
        for of_text in runs:
            spread.update(
                {mention.term for run in of_text for mention in find_character_mentions(run, characters)}
            )
        recurring = {term: n for term, n in spread.items() if n > 1 or " " not in term}
        return cls(len(texts), recurring, _usual_spellings(texts, recurring), characters)

    def keywords_of(self, text: str, k: int) -> list[Keyword]:
        """Return up to `k` keywords of the text, the most telling first, none twice in other forms."""
        shown = visible_text(text)
        words, runs = find_mentions(shown)
        places: dict[str, list[Mention]] = {}
        for mention in words:
            places.setdefault(mention.term, []).append(mention)
        for run in runs:
            for mention in find_character_mentions(run, self.characters):
                places.setdefault(mention.term, []).append(mention)
        ranked = sorted(
            (-self._weight(found, len(shown)), found[0].start, term) for term, found in places.items()
            if self._can_tell(found[0])
        )  # fmt: skip
        chosen: list[Keyword] = []
        taken = bytearray(len(shown))  # characters that chosen keywords stand on
        for weight, _, term in ranked:
            if len(chosen) == k:
                break
            if all(any(taken[mention.start : mention.stop]) for mention in places[term]):
                continue
            if any(_same_stem(term, other.term) for other in chosen):
                continue
            chosen.append(Keyword(self.shown.get(term, places[term][0].shown), -weight, term))
            for mention in places[term]:
                taken[mention.start : mention.stop] = b"\1" * (mention.stop - mention.start)
        return chosen

    def _can_tell(self, mention: Mention) -> bool:
        """Return whether the term may be a keyword: a pair only if it is a name or recurs."""
        if not mention.parts:
            return self._is_telling(mention.term)
        if self._is_name(mention):
            return all(self._is_telling(word) for word in mention.parts)
        tell = all(self._is_telling(word, MAX_SHARE_IN_PAIRS) for word in mention.parts)
        return tell and self._holds_together(mention, _COHESION)

    def _is_telling(self, word: str, share: float = MAX_SHARE) -> bool:
        """Return whether `word` is in no more than this share of the texts, no number and no letter."""
        too_many = share * self.n_texts if self.n_texts >= MANY_TEXTS else self.n_texts
        is_letter = len(word) == 1 and word.isalnum()
        return self.spread.get(word, 1) <= too_many and not word.isdigit() and not is_letter

    def _holds_together(self, pair: Mention, share: float) -> bool:
        return self.spread.get(pair.term, 0) > 1 and self._cohesion(pair) >= share

    def _cohesion(self, pair: Mention) -> float:
        """Return what share of the uses of its rarer word the pair makes up."""
        return self.spread.get(pair.term, 0) / min(self.spread.get(word, 1) for word in pair.parts)

    def _is_name(self, mention: Mention) -> bool:
        """Return whether capitals are no accident of this place: a title may write every word with one."""
        if mention.term in self.shown:
            mostly = self.shown[mention.term].split()
        else:
            mostly = [self.shown.get(word, mention.shown) for word in mention.parts or (mention.term,)]
        is_known = bool(mention.parts) and mention.term in self.shown  # los angeles is Los Angeles
        return (mention.is_name or is_known) and all(word[0].isupper() for word in mostly)

    def _weight(self, found: Sequence[Mention], length: int) -> float:
        first = found[0]
        rarities = [self._rarity(word) for word in first.parts or (first.term,)]
        weight = sum(rarities) / len(rarities)
        if first.parts:
            cohesion = self._cohesion(first)
            weight = max(weight, max(rarities) * cohesion) * (1 + _PAIR * (cohesion or 1.0))
        if any(self._is_name(mention) for mention in found):
            weight *= _NAME
        return weight * (1 + math.log(len(found))) * (1 - _LATE * first.start / length)

    def _rarity(self, word: str) -> float:
        """Return the logarithm of how few texts hold the word, less for what is mostly chaff."""
        n = self.spread.get(word, 1)
        short = len(word) <= _SHORT_LETTERS and word.isalpha() and word not in self.characters
        return math.log((1 + self.n_texts) / n) * (_SHORT if short else 1.0) * (_ONCE if n == 1 else 1.0)


def _usual_spellings(texts: Sequence[str], terms: Container[str]) -> dict[str, str]:
    """Return how each term is mostly written, small if it often is: sentences begin with capitals."""
    found: dict[str, Counter[str]] = {}
    for text in texts:
        for mention in find_mentions(visible_text(text))[0]:
            if mention.term in terms:
                found.setdefault(mention.term, Counter())[mention.shown] += 1
    written: dict[str, str] = {}
    for term, forms in found.items():
        small = {form: n for form, n in forms.items() if not form[0].isupper()}
        often = small if sum(small.values()) >= _SMALL * forms.total() else forms
        written[term] = min(often, key=lambda form: (-often[form], form))
    return written


def _same_stem(term: str, other: str) -> bool:
    """Return whether two terms begin alike for most of their length, such as a word and its plural."""
    pairs = enumerate(zip(term, other, strict=False))
    common = next((n for n, (one, two) in pairs if one != two), min(len(term), len(other)))
    return common >= max(4, _SAME_STEM * max(len(term), len(other)))
