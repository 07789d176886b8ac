"""Text by its keywords: what each text says that few others say, as a list for people or as columns."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from pydantic import NonNegativeInt, PositiveInt

from sensorium.catalog.catalog import Catalog
from sensorium.catalog.item_lookup import item_indices
from sensorium.core.arrays import FloatVector
from sensorium.core.config import Config
from sensorium.core.errors import ConfigError
from sensorium.core.roles import Role
from sensorium.encoders.base import Encoded, Encoder, EncoderTraits
from sensorium.encoders.text.keyness import Keyness, Keyword
from sensorium.encoders.text.phrases import find_mentions
from sensorium.encoders.text.plain_text import visible_text
from sensorium.encoders.text.tfidf import inverse_frequencies, sample_texts
from sensorium.encoders.text.tfidf_lsa import MANY_TEXTS
from sensorium.encoders.text.word_discovery import find_character_mentions

MAX_DOCUMENTS = 20_000
"""Texts that are learnt from at most, drawn at random."""
BETWEEN_COLUMNS = "\n\n"


def keywords(texts: Sequence[str | None], *, k: int = 8) -> list[list[Keyword]]:
    """Return up to `k` keywords of each text, the most telling first; none for None.

    Words, pairs of words that belong together, and names: what is often said here (term frequency), early,
    and in few other texts (inverse document frequency). No list of stop words is used: what a tenth of the
    texts hold is no keyword. In scripts without spaces, words are what recurs and holds together.
    """
    keyness = Keyness.fit(sample_texts(texts, MAX_DOCUMENTS, seed=0))
    return [keyness.keywords_of(text, k) if text else [] for text in texts]


class ItemKeywords(dict[str, list[Keyword]]):
    """Item id -> its keywords, the most telling first."""

    def to_json(self) -> dict[str, Any]:
        """Return what `sensorium keywords --json` prints."""
        return {
            "items": [
                {"item_id": item_id, "keywords": [word.to_json() for word in words]}
                for item_id, words in self.items()
            ]
        }


def catalog_keywords(catalog: Catalog, *, items: Iterable[object] | None = None, k: int = 8) -> ItemKeywords:
    """Return up to `k` keywords of each item, or of those in `items`, by item id.

    All text columns count together, and what is rare is told by the whole catalogue.

    Raises
    ------
    ConfigError
        If the catalogue has no text.
    UnknownIdError
        If it has no such item.
    """
    columns = catalog.columns(Role.TEXT)
    if not columns:
        raise ConfigError(
            "the catalogue has no text to find keywords in",
            where="[catalog] text",
            remedy="Name a column with words",
        )
    rows = range(len(catalog)) if items is None else item_indices(catalog, items).tolist()
    together = zip(*(catalog.texts(column) for column in columns), strict=True)
    texts = [BETWEEN_COLUMNS.join(filter(None, of_item)) for of_item in together]
    keyness = Keyness.fit(sample_texts(texts, MAX_DOCUMENTS, seed=0))
    found = {catalog.items.id(row): keyness.keywords_of(texts[row], k) for row in rows}
    return ItemKeywords(found)


class KeywordsConfig(Config):
    """How many keywords get a column."""

    max_keywords: PositiveInt = 1024
    """Columns at most: the keywords that weigh most over all texts."""
    per_text: PositiveInt = 12
    """Keywords of each text that may become columns."""
    max_documents: PositiveInt = MAX_DOCUMENTS
    """Texts that are learnt from at most, drawn at random; all are encoded."""
    seed: NonNegativeInt = 0


class Keywords(Encoder[KeywordsConfig, str]):
    """One column a keyword, holding the keyword's inverse document frequency where a text has it.

    Keywords of one text alone get no column where there are many texts: they make nothing alike.
    """

    traits = EncoderTraits(Role.TEXT, learns=True)

    keywords: list[str]
    """Name of each column: the keyword as it is mostly written."""
    terms: list[str]
    """The same as they are compared."""
    weights: FloatVector
    """Inverse document frequency [n_keywords]."""

    def _fit(self, inputs: Sequence[str | None]) -> None:
        """Learn the keywords and their weights."""
        texts = sample_texts(inputs, self.config.max_documents, self.config.seed)
        keyness = Keyness.fit(texts)
        weights: dict[str, float] = {}
        for text in texts:
            for word in keyness.keywords_of(text, self.config.per_text):
                weights[word.term] = weights.get(word.term, 0.0) + word.weight
        at_least = 2 if len(texts) >= MANY_TEXTS else 1
        several = {
            term: weight for term, weight in weights.items() if keyness.spread.get(term, 1) >= at_least
        }
        ordered = sorted((-weight, term) for term, weight in several.items())
        self.terms = [term for _, term in ordered[: self.config.max_keywords]]
        self.keywords = [keyness.shown.get(term, term) for term in self.terms]
        self.weights = inverse_frequencies([keyness.spread.get(term, 1) for term in self.terms], len(texts))

    def encode_batch(self, inputs: Sequence[str | None]) -> Encoded:
        """Return one row for each text [n, d]; zeros where a text has none of the keywords."""
        self.require_fitted()
        places = {term: place for place, term in enumerate(self.terms)}
        known = frozenset(places)
        values = np.zeros((len(inputs), self.dimension), dtype=np.float32)
        for row, text in enumerate(inputs):
            words, runs = find_mentions(visible_text(text or ""))
            every = [*words, *(mention for run in runs for mention in find_character_mentions(run, known))]
            found = [places[mention.term] for mention in every if mention.term in places]
            values[row, found] = self.weights[found]
        return Encoded(values)

    @property
    def parts(self) -> Mapping[str, tuple[int, int]]:
        """One part."""
        self.require_fitted()
        return {"keywords": (0, max(len(self.keywords), 1))}
