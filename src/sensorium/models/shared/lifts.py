"""Lifts: how much more often an item is chosen under a condition than by everybody."""

import numpy as np
from scipy import sparse

from sensorium.core.arrays import BoolVector, FloatMatrix, SparseMatrix
from sensorium.core.errors import NotReadyError
from sensorium.core.sparse import row_counts
from sensorium.models.base import QueryBatch, TrainingData


def log_lifts(counts: SparseMatrix, smoothing: float) -> FloatMatrix:
    """Return the logarithm of the smoothed lift of each item under each condition, as `counts` float32.

    Parameters
    ----------
    counts
        [n_conditions, n_items]: how often each item was chosen under each condition.
    smoothing
        Choices at the rate of everybody that are added to those of each item.

    Notes
    -----
    lift_ci = (n_ci + smoothing p_c) / ((n_i + smoothing) p_c), where p_c is the share of condition c in all
    choices and n_i the number of choices of item i; conditions of one kind are taken to add up to one.
    """
    table = np.asarray(counts.toarray(), dtype=np.float64)
    total = table.sum()
    share = table.sum(axis=1, keepdims=True) / max(total, 1e-30)
    of_item = table.sum(axis=0, keepdims=True)
    lift = (table + smoothing * share) / np.maximum((of_item + smoothing) * share, 1e-30)
    return np.where(share > 0, np.log(np.maximum(lift, 1e-30)), 0.0).astype(np.float32)


def known_rows(queries: QueryBatch, about: str, width: int) -> tuple[SparseMatrix, BoolVector]:
    """Return what `queries` say `about` who asks [n_queries, width], and which say anything [n_queries].

    Columns that came after a fit, such as new users, say nothing.
    """
    known = queries.about.get(about)
    if known is None:
        return sparse.csr_array((len(queries), width), dtype=np.float32), np.zeros(
            len(queries), dtype=np.bool_
        )
    if known.shape[1] != width:
        known = sparse.csr_array(known[:, :width])
        known = sparse.csr_array((known.data, known.indices, known.indptr), shape=(len(queries), width))
    return known, row_counts(known) > 0


def required(data: TrainingData, about: str, model: str, remedy: str) -> SparseMatrix:
    """Return what `data` says `about` users [n_users, d]; `NotReadyError` where it says nothing."""
    known = data.about.get(about)
    if known is None or not known.nnz:
        raise NotReadyError(f"{model} needs the {about} of users", remedy=remedy)
    return known
