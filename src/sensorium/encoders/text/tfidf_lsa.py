"""Text by its words and pieces of words: TF-IDF, then latent semantic analysis."""

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
from pydantic import NonNegativeInt, PositiveInt
from scipy import sparse

from sensorium.core.arrays import FloatMatrix, FloatVector, SparseMatrix
from sensorium.core.config import Config
from sensorium.core.roles import Role
from sensorium.encoders.base import Encoded, Encoder, EncoderTraits
from sensorium.encoders.text.tfidf import (
    inverse_frequencies,
    most_widespread_terms,
    sample_texts,
    weighted_rows,
)
from sensorium.encoders.text.tokenize import word_and_character_terms
from sensorium.encoders.text.truncated_svd import principal_axes

MANY_TEXTS = 50
"""With so many, a term counts that two of them hold."""
_BATCH = 1024


class TfidfLSAConfig(Config):
    """How large the vocabulary and the rows are."""

    dimension: PositiveInt = 256
    """Columns at most; a small corpus gives fewer."""
    max_terms: PositiveInt = 20_000
    """Words, and as many character n-grams, that are kept: the most widespread ones."""
    max_documents: PositiveInt = 20_000
    """Texts that are learnt from at most, drawn at random; all are encoded."""
    seed: NonNegativeInt = 0


class TfidfLSA(Encoder[TfidfLSAConfig, str]):
    """Word and character n-grams, weighted by TF-IDF, brought to few columns by a truncated SVD.

    Deerwester and others 1990. Words and n-grams are two fields of equal weight. It needs no list of
    stop words and no word segmenter, and reads any language that it was fitted on.
    """

    former_names = ("words",)
    traits = EncoderTraits(Role.TEXT, learns=True, is_default=True)
    version = 2

    words: list[str]
    """Kept words and pairs of words, most widespread first."""
    pieces: list[str]
    """Kept character n-grams, most widespread first."""
    weights: FloatVector
    """Inverse document frequency of each word, then of each n-gram [n_terms]."""
    components: FloatMatrix
    """Terms to columns [n_terms, d]."""

    def _fit(self, inputs: Sequence[str | None]) -> None:
        """Learn vocabulary, weights and components from the texts."""
        texts = sample_texts(inputs, self.config.max_documents, self.config.seed)
        spread = Counter[str](), Counter[str]()
        for text in texts:
            for counter, terms in zip(spread, word_and_character_terms(text), strict=True):
                counter.update(set(terms))
        at_least = 2 if len(texts) >= MANY_TEXTS else 1
        self.words, self.pieces = (
            most_widespread_terms(counter, self.config.max_terms, at_least=at_least) for counter in spread
        )
        counts = [spread[0][word] for word in self.words] + [spread[1][piece] for piece in self.pieces]
        self.weights = inverse_frequencies(counts, len(texts))
        self._forget_positions()
        self.components = principal_axes(self._tf_idf(texts), self.config.dimension, self.config.seed)

    def encode_batch(self, inputs: Sequence[str | None]) -> Encoded:
        """Return one row for each text [n, d]; a text without a known word is a failure."""
        self.require_fitted()
        values = np.zeros((len(inputs), self.dimension), dtype=np.float32)
        for start in range(0, len(inputs), _BATCH):
            batch = [text or "" for text in inputs[start : start + _BATCH]]
            # In float64 the product would first copy all components, which takes 10 ms for each question.
            values[start : start + _BATCH] = self._tf_idf(batch).astype(np.float32) @ self.components
        empty = np.flatnonzero(~values.any(axis=1)).tolist()
        return Encoded(values, {row: "no known words" for row in empty if inputs[row] is not None})

    @property
    def parts(self) -> Mapping[str, tuple[int, int]]:
        """One part: the columns of the SVD mix all words."""
        self.require_fitted()
        return {"words": (0, self.components.shape[1])}

    def _tf_idf(self, texts: Sequence[str]) -> SparseMatrix:
        """Return [n, n_terms] float32, each field of the same length."""
        words, pieces = self._positions()
        parts = [sparse.csr_array((0, len(self.weights)), dtype=np.float32)]
        for start in range(0, len(texts), _BATCH):
            terms = [word_and_character_terms(text) for text in texts[start : start + _BATCH]]
            fields = (
                weighted_rows((of_text[0] for of_text in terms), words, self.weights[: len(words)]),
                weighted_rows((of_text[1] for of_text in terms), pieces, self.weights[len(words) :]),
            )
            parts.append(sparse.hstack(fields, format="csr") / np.float32(np.sqrt(len(fields))))
        return sparse.vstack(parts, format="csr")

    def _positions(self) -> tuple[dict[str, int], dict[str, int]]:
        """Return where each word and each n-gram stands, built once."""
        if not hasattr(self, "_places"):
            words = {word: place for place, word in enumerate(self.words)}
            pieces = {piece: place for place, piece in enumerate(self.pieces)}
            self._places = (words, pieces)
        return self._places

    def _forget_positions(self) -> None:
        if hasattr(self, "_places"):
            del self._places
