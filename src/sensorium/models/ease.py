"""EASE and EDLAE: item-to-item weights in closed form."""

from collections.abc import Mapping
from typing import ClassVar

import numpy as np
from pydantic import Field, NonNegativeFloat, PositiveFloat
from scipy import sparse
from scipy.linalg import lapack

from sensorium.core.arrays import FloatMatrix, FloatVector, SparseMatrix
from sensorium.core.errors import DataError
from sensorium.core.sparse import column_count_power, damp_events
from sensorium.index.blocks import block_rows
from sensorium.models.base import AutoPolicy, FitOptions, TrainingData, Traits
from sensorium.models.search_space import Between, LogBetween, Space
from sensorium.models.shared.item_to_item import ItemToItem
from sensorium.models.shared.recency import RecencyConfig


class EASEConfig(RecencyConfig):
    """How strongly to regularise, and how much active users and popular items count."""

    regularization: PositiveFloat = 100.0
    """Ridge on the diagonal of the item Gram matrix, in events of an average item: with exponents it
    is scaled along with the diagonal. Larger leans on popular items."""
    user_exponent: NonNegativeFloat = 0.0
    """A user with n events counts n^-user_exponent; 0 is the original EASE."""
    item_exponent: NonNegativeFloat = 0.0
    """Columns are divided by degree^item_exponent before the fit and weights rescaled after it; 0 is
    the original EASE."""
    dropout: float = Field(default=0.0, ge=0, lt=1)
    """The share of each history that is dropped while learning to predict it from the rest, in expectation,
    as in EDLAE: a ridge that grows with an item's events. 0 is the original EASE."""


class EASE(ItemToItem[EASEConfig]):
    """The ridge regression of every item on all others, solved for all items at once.

    Formula: G = X' D_n^-a X, scaled by D_d^-b on both sides, P = (G + p / (1 - p) diag G + l I)^-1,
    B = I - P diag(1 / diag P), weights D_d^-b B D_d^b. Cost: n_items^3, and 4 n_items^2 bytes, fitting
    included. Source: Steck 2019, "Embarrassingly Shallow Autoencoders for Sparse Data", arXiv 1905.03375;
    the dropout p is EDLAE, Steck 2020, "Autoencoders that don't overfit towards the Identity", NeurIPS 33;
    the exponents normalise users and items as in graph filters.
    """

    traits: ClassVar[Traits] = Traits(additive=True, dense_items=True)
    auto: ClassVar[AutoPolicy] = AutoPolicy(turn=7, untuned_weight=0.3)
    space: ClassVar[Mapping[str, Space]] = {
        "regularization": LogBetween(1.0, 10_000.0),
        "user_exponent": Between(0.0, 1.0),
        "item_exponent": Between(0.0, 0.6),
        "dropout": Between(0.0, 0.8),
    }

    def _fit(self, data: TrainingData, options: FitOptions) -> None:
        """Invert the regularised Gram matrix of the items."""
        del options
        config = self.config
        scale = column_count_power(data.interactions, -config.item_exponent)
        gram = damped_gram(data.interactions, config.user_exponent, config.item_exponent)
        diagonal = gram.diagonal()
        ridge = config.regularization * event_unit(data.interactions, diagonal)
        hidden = config.dropout / (1 - config.dropout)
        gram[np.diag_indices_from(gram)] += np.float32(hidden) * diagonal + np.float32(ridge)
        self.weights = ease_weights(gram)
        self.weights *= scale[:, None]
        self.weights /= scale[None, :]
        self.seen = data.seen_items


def damped_gram(interactions: SparseMatrix, user_exponent: float, item_exponent: float) -> FloatMatrix:
    """Return D_d^-b X' D_n^-a X D_d^-b [n_items, n_items] float32, for a and b the exponents.

    A block of rows at a time: beside the answer little memory is taken, however dense it is.
    """
    left = damp_events(interactions, user_exponent / 2, item_exponent)
    items = sparse.csr_array(left.T)
    n_items = interactions.shape[1]
    gram = np.empty((n_items, n_items), dtype=np.float32)
    step = block_rows(n_items)
    for start in range(0, n_items, step):
        rows = slice(start, start + step)
        sparse.csr_array(items[rows] @ left).toarray(out=gram[rows])
    return gram


def event_unit(interactions: SparseMatrix, diagonal: FloatVector) -> float:
    """Return what an event of an average item adds to the `diagonal` of a Gram matrix; 1 without events."""
    plain = float(np.square(interactions.data).sum())
    return float(diagonal.sum()) / plain if plain else 1.0


def ease_weights(gram: FloatMatrix) -> FloatMatrix:
    """Return I - P diag(1 / diag P) with P the inverse of `gram`, which is overwritten.

    `gram` is symmetric, C-contiguous float32; zero diagonal in the answer by construction.
    """
    weights = inverse_of(gram)
    weights /= -weights.diagonal()[None, :]
    np.fill_diagonal(weights, 0.0)
    return weights


def inverse_of(gram: FloatMatrix) -> FloatMatrix:
    """Return the inverse of `gram`, symmetric positive definite C-contiguous float32, in its memory.

    LAPACK itself rather than `scipy.linalg.inv(assume_a="pos")`, which older SciPy lacks and which copies:
    the Gram matrix is the largest array of a fit, and here it is the only one of its size.
    """
    factor, failed = lapack.spotrf(gram.T, lower=1, overwrite_a=1, clean=0)  # pyright: ignore[reportAttributeAccessIssue]
    inverse, singular = lapack.spotri(factor, lower=1, overwrite_c=1)  # pyright: ignore[reportAttributeAccessIssue]
    if failed or singular:
        raise DataError("the item Gram matrix cannot be inverted", remedy="Raise `regularization`")
    return _mirrored(np.asarray(inverse).T)


def _mirrored(matrix: FloatMatrix, step: int = 1024) -> FloatMatrix:
    """Copy the upper triangle of `matrix` onto the lower one, in place and block by block."""
    n = len(matrix)
    for start in range(0, n, step):
        stop = min(start + step, n)
        matrix[stop:, start:stop] = matrix[start:stop, stop:].T
        block = np.triu(matrix[start:stop, start:stop])
        matrix[start:stop, start:stop] = block + np.triu(block, 1).T
    return matrix
