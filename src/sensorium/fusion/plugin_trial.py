"""Models of other packages are tried on a few users first: one that fails costs itself alone."""

from dataclasses import replace
from typing import Any, cast

import numpy as np
from scipy import sparse

from sensorium.core.arrays import SparseMatrix
from sensorium.models.base import DEFAULT_OPTIONS, QueryBatch, Recommender, Size, TrainingData
from sensorium.models.registry import package_of

FEW_USERS = 50
"""Users that a trial learns from and asks about."""


def fault_of_plugin(model: Recommender[Any], data: TrainingData) -> str:
    """Return what is wrong with an unfitted model of another package; empty for others and if nothing is.

    It is fitted on the first `FEW_USERS` users of `data` and asked about them; its estimates are asked for.
    """
    if not package_of(type(model)):
        return ""
    few = _first_users(data)
    queries = QueryBatch.of_users(few, np.arange(few.n_users))
    try:
        for estimate in (model.fit_cost(Size.of(data)), model.score_cost(Size.of(data))):
            float(estimate)
        scores = cast("object", type(model)(model.config).fit(few, DEFAULT_OPTIONS).score(queries))
    except Exception as error:  # whatever a foreign model does
        return f"it fails on {few.n_users} users: {type(error).__name__}: {error}"
    expected = queries.history.shape
    given = list(scores.shape) if isinstance(scores, np.ndarray) else type(scores).__name__
    if not isinstance(scores, np.ndarray) or given != list(expected):
        return f"its scores are {given}, not [n_queries, n_items], which are {list(expected)}"
    return "its scores are infinite" if np.isinf(scores).any() else ""


def _first_users(data: TrainingData) -> TrainingData:
    def few(matrix: SparseMatrix) -> SparseMatrix:
        return sparse.csr_array(matrix[:FEW_USERS])

    about = {name: few(known) for name, known in data.about.items()}
    return replace(data.map_matrices(few), about=about)
