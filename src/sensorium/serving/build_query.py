"""What a request adds to what is known of a user, and when it counts as having happened."""

import numpy as np
from scipy import sparse

from sensorium.core.arrays import IntVector
from sensorium.models.base import QueryBatch, TrainingData
from sensorium.models.shared.recency import data_span


def build_query(
    data: TrainingData, row: int, liked: IntVector, disliked: IntVector, n_items: int
) -> QueryBatch:
    """Return one query: a known user's history and, after it, what the request says.

    Parameters
    ----------
    data
        Whose rows are the histories of known users.
    row
        The user's row in `data`; -1 for somebody unknown.
    liked, disliked
        Items of the request, the latest last: they happen one second after another, from the end of the log
        on and after the user's own history, first those liked.
    n_items
        The number of items of the catalogue.
    """
    users = np.asarray([row], dtype=np.int64)
    base = QueryBatch.of_users(data, users) if row >= 0 else None
    if base is not None and not len(liked) and not len(disliked):
        return base
    values: dict[int, float] = {}
    moments: dict[int, float] = {}
    often: dict[int, float] = {}
    if base is not None:
        items = base.history.indices.tolist()
        values = dict(zip(items, base.history.data.tolist(), strict=True))
        times = [0.0] * len(items) if base.times is None else base.times.data.tolist()
        moments = dict(zip(items, times, strict=True))
        often = {} if base.frequency is None else dict(zip(items, base.frequency.data.tolist(), strict=True))
    latest_s = max([_latest_s(data), *moments.values()])
    for order, item in enumerate((*liked.tolist(), *disliked.tolist()), start=1):
        values[item] = 1.0 if order <= len(liked) else -1.0
        moments[item] = latest_s + order
        often[item] = often.get(item, 0.0) + 1.0
    columns = np.asarray(sorted(values), dtype=np.int64)
    indptr = np.asarray([0, len(columns)], dtype=np.int64)
    history = np.asarray([values[item] for item in columns.tolist()], dtype=np.float32)
    times_s = np.asarray([moments[item] for item in columns.tolist()], dtype=np.float64)
    shape = (1, n_items)
    frequency = None
    if data.frequency is not None:
        counts = np.asarray([often[item] for item in columns.tolist()], dtype=np.float32)
        frequency = sparse.csr_array((counts, columns, indptr), shape=shape)
    return QueryBatch(
        sparse.csr_array((history, columns, indptr), shape=shape),
        users,
        sparse.csr_array((times_s, columns, indptr), shape=shape),
        frequency=frequency,
        about={} if base is None else base.about,
    )


def _latest_s(data: TrainingData) -> float:
    """Return when the log ends by its own clock; zero without times."""
    span = data_span(data)
    return 0.0 if span is None else span.end
