"""The main directions of a large matrix."""

from typing import Any

import numpy as np

from sensorium.core.arrays import FloatMatrix, FloatVector, SparseMatrix


def randomized_svd(
    matrix: FloatMatrix | SparseMatrix, k: int, *, seed: int, power_iterations: int | None = None
) -> tuple[FloatVector, FloatMatrix]:
    """Return the k largest singular values and their right vectors [n_columns, k] float32, largest first.

    By random projection; how many power iterations is up to scikit-learn unless given. Source: Halko,
    Martinsson and Tropp 2011, "Finding structure with randomness".
    """
    from sklearn.utils.extmath import randomized_svd  # takes a second to load

    n_iter: Any = "auto" if power_iterations is None else power_iterations
    _, sizes, vectors = randomized_svd(matrix, k, n_iter=n_iter, random_state=seed, flip_sign=True)
    return np.asarray(sizes, dtype=np.float32), np.asarray(vectors.T, dtype=np.float32, order="C")
