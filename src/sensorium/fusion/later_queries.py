"""What weights are learnt from: the queries of validation, and the same people asking later."""

from dataclasses import replace

import numpy as np
from scipy import sparse

from sensorium.core.arrays import BoolVector, SparseMatrix
from sensorium.core.sparse import entry_rows, is_stored, keep_entries, merge_entries, row_counts, with_data
from sensorium.models.base import QueryBatch, ValidationData


def add_later_queries(validation: ValidationData, *, seed: int = 0) -> ValidationData:
    """Return `validation` and, beneath, those who have two relevant items or more, asking again later.

    Half of what they went on to like, the earlier half where times are known, has then joined their history,
    and the other half is asked for. Models have not learnt from that part of the history: so it is where
    someone asks after the fit.
    """
    again = validation.rows(np.flatnonzero(row_counts(validation.relevant) >= 2))
    if not len(again):
        return validation
    joins = _first_half(again, seed)
    joined = keep_entries(again.relevant, joins)
    later = ValidationData(
        replace(
            again.queries,
            history=merge_entries(again.queries.history, joined, keep="later"),
            times=_later_times(again, joined),
            ratings=None,
            frequency=_once_more(again.queries.frequency, joined),
        ),
        keep_entries(again.relevant, ~joins),
        merge_entries(again.masked, _masking(again, joined), keep="later"),
    )
    return stacked(validation, later)


def _first_half(validation: ValidationData, seed: int) -> BoolVector:
    """Return which relevant entries [nnz] are the first half of their row, in time or else at random."""
    relevant = validation.relevant
    rows = entry_rows(relevant)
    if validation.times is None:
        order = np.random.default_rng(seed).random(relevant.nnz)
    else:
        order = np.asarray(validation.times[rows, relevant.indices]).ravel()
    ranked = np.lexsort((order, rows))
    place = np.empty(relevant.nnz, dtype=np.int64)
    place[ranked] = np.arange(relevant.nnz) - relevant.indptr[rows]
    return place < (row_counts(relevant)[rows] // 2)


def _later_times(validation: ValidationData, joined: SparseMatrix) -> SparseMatrix | None:
    """Return the times of the longer histories; None unless all are known."""
    if validation.queries.times is None or validation.times is None:
        return None
    when = joined.copy()
    when.data = np.asarray(validation.times[entry_rows(joined), joined.indices]).ravel().astype(np.float64)
    return merge_entries(validation.queries.times, when, keep="later")


def _masking(validation: ValidationData, joined: SparseMatrix) -> SparseMatrix:
    """Return what of `joined` must not be ranked any more."""
    return joined if validation.masks is None else keep_entries(joined, is_stored(joined, validation.masks))


def _once_more(frequency: SparseMatrix | None, joined: SparseMatrix) -> SparseMatrix | None:
    """Return how often each item of the longer histories was met; None where the shorter do not say."""
    if frequency is None:
        return None
    return sparse.csr_array(frequency + with_data(joined, np.ones(joined.nnz, dtype=np.float32)))


def stacked(one: ValidationData, other: ValidationData) -> ValidationData:
    """Return the queries of both, without the times of what is relevant."""

    def both(first: SparseMatrix, second: SparseMatrix) -> SparseMatrix:
        return sparse.csr_array(sparse.vstack([first, second], format="csr"))

    times, later = one.queries.times, other.queries.times
    often, more = one.queries.frequency, other.queries.frequency
    queries = QueryBatch(
        both(one.queries.history, other.queries.history),
        np.concatenate([one.queries.users, other.queries.users]),
        None if times is None or later is None else both(times, later),
        frequency=None if often is None or more is None else both(often, more),
        about=_about_both(one.queries, other.queries),
    )
    relevant, masked = both(one.relevant, other.relevant), both(one.masked, other.masked)
    return replace(one, queries=queries, relevant=relevant, masked=masked, times=None, masks=None)


def _about_both(one: QueryBatch, other: QueryBatch) -> dict[str, SparseMatrix]:
    """Return what is known of who asks in either batch; what only one of them says is empty for the other."""
    found: dict[str, SparseMatrix] = {}
    for name in dict.fromkeys([*one.about, *other.about]):
        width = (one if name in one.about else other).about[name].shape[1]
        parts = [
            batch.about.get(name, sparse.csr_array((len(batch), width), dtype=np.float32))
            for batch in (one, other)
        ]
        found[name] = sparse.csr_array(sparse.vstack(parts, format="csr"))
    return found
