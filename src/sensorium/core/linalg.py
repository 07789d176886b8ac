"""Small linear algebra that several layers need: unit rows, standardisation, main directions, knots."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sensorium.core.arrays import FloatMatrix, FloatVector, SparseMatrix

TINY = 1e-12
"""Lengths up to this are rounding: such a row has no direction."""
_NO_SPREAD = 1e-6
"""A column varies if its deviation is above this share of its mean, or of one for small means."""


def unit_rows(rows: NDArray[Any], *, tiny: float = TINY) -> FloatMatrix:
    """Return `rows` [..., d] at unit length, float32; rows of length `tiny` or less stay as they are."""
    lengths = np.linalg.norm(rows, axis=-1, keepdims=True)
    return np.asarray(rows / np.where(lengths > tiny, lengths, 1.0), dtype=np.float32)


def standardize(values: FloatVector) -> FloatVector:
    """Return `values` [n] with mean 0 and deviation 1 over the finite ones; all zeros if those are equal.

    What is not finite stays so. `fusion.zscore` does it by rows, with a floor for rounding.
    """
    known = values[np.isfinite(values)]
    deviation = float(known.std()) if len(known) else 0.0
    return ((values - known.mean()) / deviation).astype(np.float32) if deviation > 0 else values * 0


def inverse_deviation(mean: NDArray[np.float64], deviation: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return one over the `deviation` of each column [d]; zero for columns that do not vary."""
    varies = deviation > _NO_SPREAD * np.maximum(np.abs(mean), 1.0)
    return np.where(varies, 1.0 / np.where(varies, deviation, 1.0), 0.0)


def largest_eigenpairs(matrix: NDArray[Any], k: int) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return the `k` largest eigenvalues [k] and their vectors [n, k] of a symmetric matrix, largest first.

    Of the type of `matrix` [n, n]: Gram matrices are summed in float32 and decomposed in float64.
    """
    values, vectors = np.linalg.eigh(matrix)
    return values[::-1][:k], vectors[:, ::-1][:, :k]


def randomized_svd(
    matrix: FloatMatrix | SparseMatrix, k: int, *, seed: int, power_iterations: int | None = None
) -> tuple[FloatVector, FloatMatrix]:
    """Return the k largest singular values and their right vectors [n_columns, k] float32, largest first.

    By random projection; how many power iterations is up to scikit-learn unless given. Where LAPACK's quick
    driver does not converge, as sometimes in single precision, its steady one is asked. Source: Halko,
    Martinsson and Tropp 2011, "Finding structure with randomness".
    """
    from sklearn.utils.extmath import randomized_svd  # takes a second to load

    n_iter: Any = "auto" if power_iterations is None else power_iterations
    how: dict[str, Any] = {"n_iter": n_iter, "random_state": seed, "flip_sign": True}
    try:
        _, sizes, vectors = randomized_svd(matrix, k, **how)
    except np.linalg.LinAlgError:
        _, sizes, vectors = randomized_svd(matrix, k, **how, svd_lapack_driver="gesvd")
    return np.asarray(sizes, dtype=np.float32), np.asarray(vectors.T, dtype=np.float32, order="C")


def log_interpolate(
    asked: NDArray[np.floating | np.integer], knots: Sequence[float], values: Sequence[float] | NDArray[Any]
) -> NDArray[np.float64]:
    """Return what `values` [n_knots] are at `asked`, linear in the logarithm between the growing `knots`.

    Of the shape of `asked`, which is >= 0. Below the first knot and above the last, the value is that there.
    """
    return np.interp(np.log(np.maximum(asked, knots[0])), np.log(knots), values)
