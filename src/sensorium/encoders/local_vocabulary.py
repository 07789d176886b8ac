"""A visual vocabulary learnt from pictures, and pictures told in its words (VLAD)."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from threadpoolctl import threadpool_limits

from sensorium.core.arrays import FloatMatrix, FloatVector
from sensorium.encoders.local_features import DIMENSION, LocalFeatures

N_WORDS = 64
N_AXES = 64
"""Directions in which descriptors differ most; the others are mostly noise."""
N_QUARTERS = 4
WIDTH = 64
"""Columns that are left of what is told of each quarter."""
MAX_DESCRIPTORS = 60_000
_PER_PICTURE = 200


@dataclass(frozen=True)
class Vocabulary:
    """Words for what is seen: centres of descriptors, after the axes along which these differ most."""

    middle: FloatVector
    """[DIMENSION] the mean descriptor."""
    axes: FloatMatrix
    """[DIMENSION, N_AXES]"""
    words: FloatMatrix
    """[N_WORDS, N_AXES]"""

    @classmethod
    def learnt(cls, pictures: Iterable[LocalFeatures], rng: np.random.Generator) -> Self:
        """Return a vocabulary of the pictures' descriptors; each picture has the same say."""
        samples = [_some(picture.descriptors, _PER_PICTURE, rng) for picture in pictures]
        every = np.concatenate([*samples, np.empty((0, DIMENSION), dtype=np.float32)])
        every = _some(every, MAX_DESCRIPTORS, rng)
        if not len(every):
            every = np.zeros((1, DIMENSION), dtype=np.float32)
        middle = every.mean(axis=0)
        centred = every - middle
        _, vectors = np.linalg.eigh(centred.T.astype(np.float64) @ centred)
        axes = np.ascontiguousarray(vectors[:, ::-1][:, :N_AXES], dtype=np.float32)
        return cls(middle, axes, _centres(centred @ axes))

    def told(self, picture: LocalFeatures) -> FloatMatrix:
        """Return how each quarter of the picture deviates from each word [N_QUARTERS, N_WORDS * N_AXES].

        Vectors of locally aggregated descriptors (Jegou and others 2010), with residuals of unit length
        (Delhumeau and others 2013), square roots, and rows of unit length. Quarters: upper left, upper
        right, lower left, lower right.
        """
        reduced = (picture.descriptors - self.middle) @ self.axes
        word = (reduced @ self.words.T - 0.5 * np.square(self.words).sum(axis=1)).argmax(axis=1)
        residual = _unit(reduced - self.words[word])
        right, lower = (picture.places >= 0.5).T.astype(np.int64)
        n = len(word)
        where = ((2 * lower + right) * N_WORDS + word, np.arange(n))
        belongs = sparse.csr_array((np.ones(n, np.float32), where), shape=(N_QUARTERS * N_WORDS, n))
        sums = np.asarray(belongs @ residual, dtype=np.float32).reshape(N_QUARTERS, N_WORDS * N_AXES)
        return _unit(np.sign(sums) * np.sqrt(np.abs(sums)))


@dataclass(frozen=True)
class Projection:
    """The directions in which rows differ most, turned so that all columns vary alike.

    Turned, because the columns of a block are brought to one spread before they are compared; the
    weak directions would then count like the strong ones, and they are mostly noise.
    """

    middle: FloatVector
    """[d]"""
    axes: FloatMatrix
    """[d, WIDTH]"""

    @classmethod
    def learnt(cls, rows: FloatMatrix, rng: np.random.Generator) -> Self:
        """Return the projection of `rows` [n, d]; with fewer rows than WIDTH some directions are empty."""
        middle = rows.mean(axis=0)
        centred = rows - middle
        squares, vectors = np.linalg.eigh(centred @ centred.T)  # of the rows: there are fewer of them
        strongest = np.argsort(-squares, kind="stable")[:WIDTH]
        strongest = strongest[squares[strongest] > 1e-6 * max(float(squares.max()), 1e-6)]
        axes = np.zeros((rows.shape[1], WIDTH), dtype=np.float32)
        axes[:, : len(strongest)] = centred.T @ (vectors[:, strongest] / np.sqrt(squares[strongest]))
        turn = np.linalg.qr(rng.standard_normal((WIDTH, WIDTH)))[0].astype(np.float32)
        return cls(middle, axes @ turn)

    def of(self, row: FloatVector) -> FloatVector:
        """Return `row` [d] in WIDTH columns."""
        return np.asarray((row - self.middle) @ self.axes, dtype=np.float32)


def _centres(rows: FloatMatrix) -> FloatMatrix:
    """Return N_WORDS centres; where there are too few different rows, some stand far from all."""
    from sklearn.cluster import MiniBatchKMeans

    different = np.unique(rows, axis=0)
    if len(different) <= N_WORDS:
        centres = np.full((N_WORDS, N_AXES), 1e3, dtype=np.float32)
        centres[: len(different)] = different
        return centres
    with threadpool_limits(1):  # one thread adds in one order: the same words in every run
        machine: Any = MiniBatchKMeans  # its annotations take only a word for n_init
        means = machine(N_WORDS, n_init=1, random_state=0, batch_size=4096).fit(rows)
    return np.asarray(means.cluster_centers_, dtype=np.float32)


def _some(rows: FloatMatrix, n: int, rng: np.random.Generator) -> FloatMatrix:
    return rows if len(rows) <= n else rows[np.sort(rng.choice(len(rows), n, replace=False))]


def _unit(rows: NDArray[np.floating]) -> NDArray[np.float32]:
    length = np.linalg.norm(rows, axis=-1, keepdims=True)
    return np.asarray(rows / np.where(length > 1e-9, length, 1.0), dtype=np.float32)
