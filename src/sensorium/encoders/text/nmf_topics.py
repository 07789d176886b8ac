"""Text by its topics: TF-IDF of words factored into topics that are sums of words (NMF)."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import numpy as np
from pydantic import Field, NonNegativeInt, PositiveInt
from threadpoolctl import threadpool_limits

from sensorium.core.arrays import FloatMatrix, FloatVector, SparseMatrix
from sensorium.core.config import Config
from sensorium.core.roles import Role
from sensorium.encoders.base import Encoded, Encoder, EncoderTraits
from sensorium.encoders.text.tfidf import most_widespread_terms, sample_texts, weighted_rows
from sensorium.encoders.text.tfidf_lsa import MANY_TEXTS
from sensorium.encoders.text.tokenize import word_and_character_terms

_LEARNING_STEPS = 100
_READING_STEPS = 20
_TEXTS_A_TOPIC = 2


class NMFTopicsConfig(Config):
    """How many topics there are, and what they are made of."""

    n_topics: PositiveInt = 50
    """Topics at most; few texts give fewer."""
    max_terms: PositiveInt = 10_000
    """Words and pairs of words that are kept: the most widespread ones."""
    max_share: Annotated[float, Field(gt=0, le=1)] = 0.1
    """Words in more than this share of the texts tell no topics apart and are left out."""
    max_documents: PositiveInt = 20_000
    """Texts that are learnt from at most, drawn at random; all are encoded."""
    seed: NonNegativeInt = 0


class NMFTopics(Encoder[NMFTopicsConfig, str]):
    """Shares of topics, each of which is a weighted list of words that people can read.

    Non-negative matrix factorisation (Lee and Seung 1999) of the TF-IDF of words and pairs of words.
    """

    former_names = ("topics",)
    traits = EncoderTraits(Role.TEXT, learns=True)

    words: list[str]
    """Kept words and pairs of words, most widespread first."""
    weights: FloatVector
    """The square of each word's inverse document frequency [n_words]: what many texts hold makes no topic."""
    components: FloatMatrix
    """How strong each word is in each topic [n_topics, n_words], rows of unit sum."""

    def _fit(self, inputs: Sequence[str | None]) -> None:
        """Learn words and topics from the texts."""
        texts = sample_texts(inputs, self.config.max_documents, self.config.seed)
        documents = [_words(text) for text in texts]
        spread = Counter(term for terms in documents for term in set(terms))
        many = len(texts) >= MANY_TEXTS
        at_most = int(self.config.max_share * len(texts)) if many else len(texts)
        telling = Counter(
            {term: n for term, n in spread.items() if all(spread[word] <= at_most for word in term.split())}
        )
        self.words = most_widespread_terms(telling, self.config.max_terms, at_least=2 if many else 1)
        counts = np.array([spread[word] for word in self.words], dtype=np.float32)
        self.weights = np.square(np.log((1 + len(texts)) / np.maximum(counts, 1)))
        self.components = self._factorize(weighted_rows(documents, self._places(), self.weights))

    def encode_batch(self, inputs: Sequence[str | None]) -> Encoded:
        """Return the share of each topic in each text [n, d]; a text without a known word is a failure."""
        self.require_fitted()
        documents = [_words(text or "") for text in inputs]
        strengths = _strengths(weighted_rows(documents, self._places(), self.weights), self.components)
        total = strengths.sum(axis=1, keepdims=True)
        values = (strengths / np.where(total > 0, total, 1)).astype(np.float32)
        empty = np.flatnonzero(~values.any(axis=1)).tolist()
        return Encoded(values, {row: "no known words" for row in empty if inputs[row] is not None})

    @property
    def parts(self) -> Mapping[str, tuple[int, int]]:
        """One part."""
        self.require_fitted()
        return {"topics": (0, len(self.components))}

    def topic_words(self, n: int = 8) -> list[list[str]]:
        """Return the `n` strongest words of each topic, strongest first, none of them twice."""
        self.require_fitted()
        topics: list[list[str]] = []
        for strengths in self.components:
            named: list[str] = []
            for place in np.argsort(-strengths, kind="stable"):
                if len(named) == n or strengths[place] <= 0:
                    break
                word = self.words[place]
                if not any(set(word.split()) & set(other.split()) for other in named):
                    named.append(word)
            topics.append(named)
        return topics

    def _factorize(self, documents: SparseMatrix) -> FloatMatrix:
        n_topics = min(self.config.n_topics, documents.shape[1], -(-documents.shape[0] // _TEXTS_A_TOPIC))
        if n_topics == 0 or documents.nnz == 0:
            return np.zeros((1, documents.shape[1]), dtype=np.float32)
        topics = _factorize_matrix(documents, n_topics, seed=self.config.seed)[1]
        topics = topics[topics.any(axis=1)]
        return (topics / topics.sum(axis=1, keepdims=True)).astype(np.float32)

    def _places(self) -> dict[str, int]:
        return {word: place for place, word in enumerate(self.words)}


def _words(text: str) -> list[str]:
    """Return words, pairs of words and emoji in `text`, without words of one letter."""
    terms = word_and_character_terms(text)[0]
    return [term for term in terms if not any(len(word) == 1 and word.isalnum() for word in term.split())]


def _strengths(documents: SparseMatrix, topics: FloatMatrix) -> FloatMatrix:
    """Return how strong each topic is in each document [n, n_topics], nowhere below zero: least squares."""
    if documents.nnz == 0:
        return np.zeros((documents.shape[0], len(topics)), dtype=np.float32)
    return _factorize_matrix(documents, len(topics), topics=topics)[0]


def _factorize_matrix(
    documents: SparseMatrix, n_topics: int, *, topics: FloatMatrix | None = None, seed: int = 0
) -> tuple[FloatMatrix, FloatMatrix]:
    """Return two matrices [n, n_topics] and [n_topics, n_words] whose product is near `documents`.

    With `topics` given, only the first is sought. The number of steps is fixed: no row depends on how
    soon its neighbours are done.
    """
    from sklearn import decomposition  # takes a second, and only where it is asked for

    factorise: Any = decomposition.non_negative_factorization
    with threadpool_limits(1, user_api="blas"):  # the products are small
        strengths, found, _ = factorise(
            documents,
            H=topics,
            n_components=n_topics,
            init="nndsvda" if topics is None else None,
            update_H=topics is None,
            tol=0,
            max_iter=_LEARNING_STEPS if topics is None else _READING_STEPS,
            random_state=seed,
        )
    return strengths, found
