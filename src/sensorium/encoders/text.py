"""Text by its words and pieces of words: TF-IDF, then latent semantic analysis."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Self

import numpy as np
from pydantic import NonNegativeInt, PositiveInt
from scipy import sparse

from sensorium.catalog.roles import Role
from sensorium.core.arrays import FloatMatrix, FloatVector, SparseMatrix
from sensorium.core.config import Config
from sensorium.encoders.base import Encoded, Encoder, EncoderTraits
from sensorium.encoders.svd import right_singular_vectors
from sensorium.encoders.terms import word_and_character_terms

_BATCH = 1024
_FIELDS = 2


class WordsConfig(Config):
    """How large the vocabulary and the rows are."""

    dimension: PositiveInt = 256
    """Columns at most; a small corpus gives fewer."""
    max_terms: PositiveInt = 20_000
    """Words, and as many character n-grams, that are kept: the most widespread ones."""
    max_documents: PositiveInt = 20_000
    """Texts that are learnt from at most, drawn at random; all are encoded."""
    seed: NonNegativeInt = 0


class Words(Encoder[WordsConfig, str]):
    """Word and character n-grams, weighted by TF-IDF, brought to few columns by a truncated SVD.

    Deerwester and others 1990. Words and n-grams are two fields of equal weight. It needs no list of
    stop words and no word segmenter, and reads any language that it was fitted on.
    """

    traits = EncoderTraits(Role.TEXT, learns=True)
    version = 2

    words: list[str]
    """Kept words and pairs of words, most widespread first."""
    pieces: list[str]
    """Kept character n-grams, most widespread first."""
    weights: FloatVector
    """Inverse document frequency of each word, then of each n-gram [n_terms]."""
    components: FloatMatrix
    """Terms to columns [n_terms, d]."""

    def fit(self, inputs: Sequence[str | None]) -> Self:
        """Learn vocabulary, weights and components from the texts and return self."""
        texts = [text for text in inputs if text]
        if len(texts) > self.config.max_documents:
            rng = np.random.default_rng(self.config.seed)
            chosen = rng.choice(len(texts), self.config.max_documents, replace=False)
            texts = [texts[index] for index in sorted(chosen.tolist())]
        counted = [Counter[str](), Counter[str]()]
        for text in texts:
            for counter, terms in zip(counted, word_and_character_terms(text), strict=True):
                counter.update(set(terms))
        at_least = 2 if len(texts) >= 50 else 1
        self.words, self.pieces = (_most_common(c, at_least, self.config.max_terms) for c in counted)
        spread = [counted[0][word] for word in self.words] + [counted[1][piece] for piece in self.pieces]
        self.weights = (1 + np.log((1 + len(texts)) / (1 + np.array(spread, dtype=np.float32)))).astype(
            np.float32
        )
        self._forget_positions()
        self.components = self._components(self._tf_idf(texts))
        return self

    def encode(self, inputs: Sequence[str | None]) -> Encoded:
        """Return one row for each text [n, d]; a text without a known word is a failure."""
        self.require_fitted()
        values = np.zeros((len(inputs), self.dimension), dtype=np.float32)
        for start in range(0, len(inputs), _BATCH):
            batch = [text or "" for text in inputs[start : start + _BATCH]]
            values[start : start + _BATCH] = self._tf_idf(batch) @ self.components
        empty = np.flatnonzero(~values.any(axis=1)).tolist()
        return Encoded(values, {row: "no known words" for row in empty if inputs[row] is not None})

    @property
    def parts(self) -> Mapping[str, tuple[int, int]]:
        """One part: the columns of the SVD mix all words."""
        self.require_fitted()
        return {"words": (0, self.components.shape[1])}

    def _components(self, documents: SparseMatrix) -> FloatMatrix:
        """Return the right singular vectors [n_terms, d] of the documents [n, n_terms]."""
        rank = min(self.config.dimension, *documents.shape)
        if rank == 0 or documents.nnz == 0:
            return np.zeros((documents.shape[1], 1), dtype=np.float32)
        axes, strengths = right_singular_vectors(documents, rank, np.random.default_rng(self.config.seed))
        return np.ascontiguousarray(axes[:, strengths > 1e-3 * strengths[0]])

    def _tf_idf(self, texts: Iterable[str]) -> SparseMatrix:
        """Return [n, n_terms] float32: logarithmic counts times weights, each field of unit length."""
        positions = self._positions()
        data: list[float] = []
        indices: list[int] = []
        ends = [0]
        for text in texts:
            for places, terms in zip(positions, word_and_character_terms(text), strict=True):
                found = Counter(places[term] for term in terms if term in places)
                columns = np.fromiter(found.keys(), dtype=np.int64, count=len(found))
                counts = np.fromiter(found.values(), dtype=np.float32, count=len(found))
                values = (1 + np.log(counts)) * self.weights[columns]
                values /= max(float(np.linalg.norm(values)), 1e-12) * np.sqrt(_FIELDS)
                data.extend(values.tolist())
                indices.extend(columns.tolist())
            ends.append(len(indices))
        shape = (len(ends) - 1, len(self.weights))
        arrays = (np.array(data, dtype=np.float32), np.array(indices, dtype=np.int64), np.array(ends))
        matrix = sparse.csr_array(arrays, shape=shape)
        matrix.sort_indices()
        return matrix

    def _positions(self) -> tuple[dict[str, int], dict[str, int]]:
        """Return where each word and each n-gram stands, built once."""
        if not hasattr(self, "_places"):
            words = {word: place for place, word in enumerate(self.words)}
            pieces = {piece: len(words) + place for place, piece in enumerate(self.pieces)}
            self._places = (words, pieces)
        return self._places

    def _forget_positions(self) -> None:
        if hasattr(self, "_places"):
            del self._places


def _most_common(counter: Counter[str], at_least: int, n: int) -> list[str]:
    ordered = sorted(((-count, term) for term, count in counter.items() if count >= at_least))
    return [term for _, term in ordered[:n]]
