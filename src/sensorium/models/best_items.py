"""The best items of many queries under one model: by products of vectors if it has them, else by scores."""

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse

from sensorium.core.arrays import BoolVector, FloatMatrix, IntMatrix, SparseMatrix
from sensorium.index.blocks import block_rows, in_threads
from sensorium.index.largest import largest_per_row
from sensorium.index.products import largest_products
from sensorium.models.data import FactorScores, QueryBatch

if TYPE_CHECKING:
    from sensorium.models.base import Recommender

SCORE_BYTES = 8 * 2**20
"""Scores held by each thread."""
VECTOR_ROWS = 1024
"""Queries whose vectors each thread computes at once."""


def best_items(
    model: "Recommender[Any]", queries: QueryBatch, k: int, *, exclude: SparseMatrix | None = None
) -> tuple[IntMatrix, FloatMatrix]:
    """Return the indices and scores of the best `k` items of each query, best first; ties by lower index.

    Parameters
    ----------
    model
        A fitted model.
    exclude
        [n_queries, n_items] CSR: items stored here are left out of their row.

    Returns
    -------
    indices [n_queries, k] int64, -1 where there are fewer; scores [n_queries, k] float32, NaN there.
    """
    made = factors_in_threads(model, queries)
    if made is None:
        return _best_by_scores(model, queries, k, exclude)
    left_out = None if exclude is None else sparse.csr_array(exclude[:, made.scored])
    found, scores = largest_products(made.users, made.items, k, exclude=left_out)
    found[~made.known], scores[~made.known] = -1, np.nan
    known = np.append(made.scored, -1)[found]
    return _filled(known, k, -1), _filled(scores, k, np.nan)


def factors_in_threads(model: "Recommender[Any]", queries: QueryBatch) -> FactorScores | None:
    """Return the `factor_scores` of a model, the vectors of the queries computed on all cores."""
    first = model.factor_scores(queries.rows(0, 0))
    if first is None:
        return None

    def vectors(start: int, stop: int) -> tuple[FloatMatrix, BoolVector]:
        made = model.factor_scores(queries.rows(start, stop))
        assert made is not None  # noqa: S101 - it had vectors for no queries
        return made.users, made.known  # without the items, which are the same in every block

    parts = in_threads(vectors, len(queries), VECTOR_ROWS)
    users, known = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    return FactorScores(users, first.items, first.scored, known)


def _best_by_scores(
    model: "Recommender[Any]", queries: QueryBatch, k: int, exclude: SparseMatrix | None
) -> tuple[IntMatrix, FloatMatrix]:
    """Return what `best_items` does, from all scores of all queries, a block at a time."""

    def answer(start: int, stop: int) -> tuple[IntMatrix, FloatMatrix]:
        scores = model.score(queries.rows(start, stop))
        scores = np.where(np.isnan(scores), np.float32(-np.inf), scores)
        if exclude is not None:
            left_out = exclude[start:stop].tocoo()
            scores[left_out.row, left_out.col] = -np.inf
        return largest_per_row(scores, min(k, scores.shape[1]))

    step = block_rows(queries.history.shape[1], block_bytes=SCORE_BYTES)
    parts = in_threads(answer, len(queries), step)
    found, scores = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    return _filled(found, k, -1), _filled(scores, k, np.nan)


def _filled(columns: Any, k: int, value: float) -> Any:
    """Return `columns` [n, at most k] with columns of `value` at the right, up to `k`."""
    return np.pad(columns, ((0, 0), (0, k - columns.shape[1])), constant_values=value)
