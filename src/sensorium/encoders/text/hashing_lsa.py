"""Text by its words without a vocabulary: terms hashed into buckets, weighted, folded, then an SVD."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Annotated, Any

import numpy as np
from pydantic import Field, NonNegativeInt, PositiveInt
from scipy import sparse

from sensorium.core.arrays import FloatMatrix, FloatVector, SparseMatrix
from sensorium.core.config import Config
from sensorium.core.roles import Role
from sensorium.core.sparse import column_counts, entry_rows, with_data
from sensorium.encoders.base import Encoded, Encoder, EncoderTraits
from sensorium.encoders.text.tfidf import inverse_frequencies
from sensorium.encoders.text.tokenize import word_and_character_terms
from sensorium.encoders.text.truncated_svd import principal_axes

_BATCH = 1024
_FIELDS = 2
_FOLDS = 1 << 13
"""Columns that the weighted buckets of a field are folded to before the SVD, whose axes are as long."""
_NEW_WORDS = 0.5


class HashingLSAConfig(Config):
    """How many buckets there are, and how large the rows."""

    dimension: PositiveInt = 256
    """Columns at most; a small corpus gives fewer."""
    bucket_bits: Annotated[int, Field(ge=13, le=24)] = 18
    """Buckets for words, and as many for character n-grams, as a power of two; each takes four bytes."""
    max_documents: PositiveInt = 20_000
    """Texts that the SVD learns from at most, drawn at random; weights are learnt from all."""
    seed: NonNegativeInt = 0


class HashingLSA(Encoder[HashingLSAConfig, str]):
    """Like `tfidf-lsa`, for vocabularies without bounds: memory does not grow with the number of words.

    Feature hashing (Weinberger and others 2009) with signs, so that what falls into one bucket cancels
    out on average. No word is unknown: those that were not there when it was fitted count as rare ones.
    """

    former_names = ("hashed-words",)
    traits = EncoderTraits(Role.TEXT, learns=True)

    weights: FloatVector
    """Inverse document frequency of each bucket for words, then of each for n-grams [2 * n_buckets]."""
    components: FloatMatrix
    """Folded buckets to columns [2 * _FOLDS, d]."""

    def _fit(self, inputs: Sequence[str | None]) -> None:
        """Learn weights and components from the texts."""
        texts = [text for text in inputs if text]
        rng = np.random.default_rng(self.config.seed)
        n_learnt = min(len(texts), self.config.max_documents)
        is_learnt = np.zeros(len(texts), dtype=np.bool_)
        is_learnt[rng.choice(len(texts), n_learnt, replace=False)] = True
        n_buckets = 1 << self.config.bucket_bits
        spread = np.zeros(_FIELDS * n_buckets, dtype=np.int64)
        sample: list[tuple[SparseMatrix, ...]] = []
        for start, fields in self._hash_texts(texts):
            for place, field in enumerate(fields):
                counts = column_counts(field)
                spread[place * n_buckets : (place + 1) * n_buckets] += counts
            rows = np.flatnonzero(is_learnt[start : start + _BATCH])
            sample.append(tuple(field[rows] for field in fields))
        self.weights = inverse_frequencies(spread, len(texts))
        folded = [self._fold(fields) for fields in sample]
        documents = sparse.vstack([self._empty_matrix(), *folded], format="csr")
        axes = principal_axes(documents, self.config.dimension, self.config.seed)
        self.components = _add_axes_for_unseen(axes, rng)

    def encode_batch(self, inputs: Sequence[str | None]) -> Encoded:
        """Return one row for each text [n, d]; a text without a word is a failure."""
        self.require_fitted()
        values = np.zeros((len(inputs), self.dimension), dtype=np.float32)
        for start, fields in self._hash_texts([text or "" for text in inputs]):
            values[start : start + _BATCH] = self._fold(fields) @ self.components
        empty = np.flatnonzero(~values.any(axis=1)).tolist()
        return Encoded(values, {row: "no words" for row in empty if inputs[row] is not None})

    @property
    def parts(self) -> Mapping[str, tuple[int, int]]:
        """One part: the columns of the SVD mix all words."""
        self.require_fitted()
        return {"words": (0, self.components.shape[1])}

    def _hash_texts(self, texts: Sequence[str]) -> Iterator[tuple[int, tuple[SparseMatrix, ...]]]:
        """Yield where a batch starts, and for each field its logarithmic counts [n, n_buckets], signed."""
        hasher = _hasher(1 << self.config.bucket_bits)
        for start in range(0, len(texts), _BATCH):
            terms = [word_and_character_terms(text) for text in texts[start : start + _BATCH]]
            counted = ([_weigh_terms(of_text[field]) for of_text in terms] for field in range(_FIELDS))
            yield (
                start,
                tuple(sparse.csr_array(hasher.transform(field), dtype=np.float32) for field in counted),
            )

    def _fold(self, fields: Sequence[SparseMatrix]) -> SparseMatrix:
        """Return [n, 2 * _FOLDS] float32: hashed counts weighted, each field of the same length."""
        parts: list[SparseMatrix] = []
        for field, weights in zip(fields, np.split(self.weights, _FIELDS), strict=True):
            data = field.data * weights[field.indices]
            weighted = with_data(field, data)
            lengths = np.maximum(sparse.linalg.norm(weighted, axis=1), 1e-12) * np.sqrt(_FIELDS)
            data = (data / lengths[entry_rows(field)]).astype(np.float32)
            shape = (field.shape[0], _FOLDS)
            folded = sparse.csr_array((data, field.indices % _FOLDS, field.indptr), shape=shape)
            folded.sum_duplicates()
            parts.append(folded)
        return sparse.hstack(parts, format="csr")

    def _empty_matrix(self) -> SparseMatrix:
        return sparse.csr_array((0, _FIELDS * _FOLDS), dtype=np.float32)


def _add_axes_for_unseen(axes: FloatMatrix, rng: np.random.Generator) -> FloatMatrix:
    """Return `axes` with a direction drawn at random in each row of zeros, half the median length.

    So texts that share new words are alike. Measured on film plots that were not learnt from, it neither
    costs nor gains.
    """
    lengths = np.linalg.norm(axes, axis=1)
    unseen = lengths == 0
    if unseen.all() or not unseen.any():
        return axes
    drawn = rng.standard_normal((int(unseen.sum()), axes.shape[1]), dtype=np.float32)
    drawn *= _NEW_WORDS * np.median(lengths[~unseen]) / np.linalg.norm(drawn, axis=1, keepdims=True)
    filled = axes.copy()
    filled[unseen] = drawn
    return filled


@cache
def _hasher(n_buckets: int) -> Any:
    from sklearn.feature_extraction import FeatureHasher  # takes a second, and only where it is asked for

    return FeatureHasher(n_buckets, input_type="pair", alternate_sign=True)


def _weigh_terms(terms: Sequence[str]) -> list[tuple[str, float]]:
    """Return each term with one plus the logarithm of its count."""
    return [(term, 1 + float(np.log(count))) for term, count in Counter(terms).items()]
