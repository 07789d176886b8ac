"""A visual vocabulary learnt from pictures, and pictures told in its words (Fisher vectors)."""

import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from threadpoolctl import threadpool_limits

from sensorium.core.arrays import FloatMatrix, FloatVector
from sensorium.core.linalg import largest_eigenpairs, unit_rows
from sensorium.encoders.image.sift import DIMENSION, LocalFeatures

N_WORDS = 64
N_AXES = 48
"""Directions in which descriptors differ most; the others are mostly noise."""
N_QUARTERS = 4
DIMENSION_OF_QUARTER = N_WORDS * 2 * N_AXES
"""Numbers that tell of a quarter."""
WIDTH = 96
"""Columns that are left of them."""
MAX_DESCRIPTORS = 40_000
_PER_PICTURE = 200
_NARROWEST = 1e-5
"""No word is narrower than this variance: what is seen once must not decide everything."""
_ROUNDS = 30
_NOTHING = 1e-9
"""Deviations up to this length are rounding."""
_UNLIKELY = 0.01
"""A word with less than this share of a descriptor is passed over."""


@dataclass(frozen=True)
class VisualVocabulary:
    """Words for what is seen: Gaussians of descriptors, along the axes on which these differ most."""

    middle: FloatVector
    """[DIMENSION] the mean descriptor."""
    axes: FloatMatrix
    """[DIMENSION, N_AXES]"""
    words: FloatMatrix
    """[N_WORDS, N_AXES] the means."""
    spreads: FloatMatrix
    """[N_WORDS, N_AXES] the standard deviations."""
    shares: FloatVector
    """[N_WORDS] how much of what is seen each word stands for; zero for a word that is not used."""

    @classmethod
    def fit(cls, pictures: Iterable[LocalFeatures], rng: np.random.Generator) -> Self:
        """Return a vocabulary of the pictures' descriptors; each picture has the same say."""
        samples = [_sample(picture.descriptors, _PER_PICTURE, rng) for picture in pictures]
        every = np.concatenate([*samples, np.empty((0, DIMENSION), dtype=np.float32)])
        every = _sample(every, MAX_DESCRIPTORS, rng)
        if not len(every):
            every = np.zeros((1, DIMENSION), dtype=np.float32)
        middle = every.mean(axis=0)
        centred = every - middle
        _, vectors = largest_eigenpairs(centred.T.astype(np.float64) @ centred, N_AXES)
        axes = np.ascontiguousarray(vectors, dtype=np.float32)
        return cls(middle, axes, *_mixture(centred @ axes))

    def describe(self, picture: LocalFeatures) -> FloatMatrix:
        """Return how each quarter of the picture deviates from each word [N_QUARTERS, DIMENSION_OF_QUARTER].

        Fisher vectors by means and deviations (Perronnin, Sanchez and Mensink 2010): square roots, then the
        numbers of each word to one length, so that a pattern that fills the picture does not drown the
        others (Arandjelovic and Zisserman 2013), and rows to unit length. Quarters: upper left, upper right,
        lower left, lower right.
        """
        reduced = np.asarray((picture.descriptors - self.middle) @ self.axes, dtype=np.float32)
        likely = self._word_shares(reduced)
        right, lower = (picture.places >= 0.5).T.astype(np.int64)
        told = np.zeros((N_QUARTERS, N_WORDS, 2 * N_AXES), dtype=np.float32)
        for quarter in range(N_QUARTERS):
            here = 2 * lower + right == quarter
            told[quarter] = self._deviation(reduced[here], likely[here])
        rooted = unit_rows(np.sign(told) * np.sqrt(np.abs(told)), tiny=_NOTHING)
        return unit_rows(rooted.reshape(N_QUARTERS, DIMENSION_OF_QUARTER), tiny=_NOTHING)

    def _word_shares(self, reduced: FloatMatrix) -> FloatMatrix:
        """Return the share [n, N_WORDS] of each word in each descriptor [n, N_AXES]."""
        narrow = 1 / np.square(self.spreads)
        offset = np.log(np.maximum(self.shares, 1e-30)) + np.log(narrow).sum(axis=1) / 2
        offset = offset - (np.square(self.words) * narrow).sum(axis=1) / 2
        log = np.square(reduced) @ (-narrow.T / 2) + reduced @ (self.words * narrow).T + offset
        likely = np.exp(log - log.max(axis=1, keepdims=True, initial=-np.inf))
        likely /= likely.sum(axis=1, keepdims=True)
        likely[likely < _UNLIKELY] = 0
        return np.asarray(likely, dtype=np.float32)

    def _deviation(self, reduced: FloatMatrix, likely: FloatMatrix) -> FloatMatrix:
        """Return the gradient by mean and by deviation of each word [N_WORDS, 2 * N_AXES], unscaled."""
        count = likely.sum(axis=0)[:, None]
        first, second = likely.T @ reduced, likely.T @ np.square(reduced)
        by_mean = (first - count * self.words) / self.spreads
        by_spread = (second - 2 * self.words * first + count * np.square(self.words)) / np.square(
            self.spreads
        )
        return np.concatenate([by_mean, (by_spread - count) / np.sqrt(2)], axis=1)


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
    def fit(cls, rows: FloatMatrix, rng: np.random.Generator) -> Self:
        """Return the projection of `rows` [n, d]; with fewer rows than WIDTH some directions are empty."""
        middle = rows.mean(axis=0)
        centred = rows - middle
        squares, vectors = largest_eigenpairs(centred @ centred.T, WIDTH)  # there are fewer rows than columns
        n_axes = int(np.count_nonzero(squares > 1e-6 * max(float(squares[0]), 1e-6)))
        axes = np.zeros((rows.shape[1], WIDTH), dtype=np.float32)
        axes[:, :n_axes] = centred.T @ (vectors[:, :n_axes] / np.sqrt(squares[:n_axes]))
        turn = np.linalg.qr(rng.standard_normal((WIDTH, WIDTH)))[0].astype(np.float32)
        return cls(middle, axes @ turn)

    def apply(self, row: FloatVector) -> FloatVector:
        """Return `row` [d] in WIDTH columns."""
        return np.asarray((row - self.middle) @ self.axes, dtype=np.float32)


def _mixture(rows: FloatMatrix) -> tuple[FloatMatrix, FloatMatrix, FloatVector]:
    """Return means, deviations and shares of N_WORDS Gaussians; if too few rows differ, some are unused."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.mixture import GaussianMixture

    n_words = min(N_WORDS, len(np.unique(rows, axis=0)))
    means = np.zeros((N_WORDS, N_AXES), dtype=np.float32)
    spreads, shares = np.ones_like(means), np.zeros(N_WORDS, dtype=np.float32)
    machine: Any = GaussianMixture
    mixture = machine(
        n_words,
        covariance_type="diag",
        init_params="k-means++",
        max_iter=_ROUNDS,
        reg_covar=_NARROWEST,
        random_state=0,
    )
    with (
        threadpool_limits(1),
        warnings.catch_warnings(),
    ):  # one thread adds in one order: the same words always
        warnings.simplefilter("ignore", ConvergenceWarning)  # so many rounds are enough
        mixture.fit(np.repeat(rows, 2, axis=0) if len(rows) < 2 else rows)
    means[:n_words], spreads[:n_words] = mixture.means_, np.sqrt(mixture.covariances_)
    shares[:n_words] = mixture.weights_
    return means, spreads, shares


def _sample(rows: FloatMatrix, n: int, rng: np.random.Generator) -> FloatMatrix:
    return rows if len(rows) <= n else rows[np.sort(rng.choice(len(rows), n, replace=False))]
