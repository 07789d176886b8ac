"""Sessions: what was liked lately counts more than what was liked long ago."""

from dataclasses import replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from pydantic import PositiveFloat
from scipy import sparse

from sensorium.core.arrays import IntVector, SparseMatrix
from sensorium.core.config import Config
from sensorium.core.log_clock import Span, log_span
from sensorium.core.sparse import entry_rows, with_data
from sensorium.core.units import DAY_S
from sensorium.models.base import QueryBatch, TrainingData
from sensorium.models.search_space import OneOf

HALF_LIVES = OneOf((None, 5.0, 10.0, 20.0, 50.0, 100.0), needs_times=True)
"""Values of `half_life_items` worth trying."""

Moments = NDArray[np.float64]
"""[n_entries]: seconds since 1970."""


class RecencyConfig(Config):
    """How fast a history fades; a history without times does not."""

    half_life_items: PositiveFloat | None = None
    """An item of the history that this many later ones follow counts half; None: all count alike."""
    half_life_days: PositiveFloat | None = None
    """An item liked this many days before the latest of the history counts half; None: all count alike."""


RecencyConfigT = TypeVar("RecencyConfigT", bound=RecencyConfig)


def fade_history(queries: QueryBatch, config: RecencyConfig) -> QueryBatch:
    """Return `queries` with each history value times 2^(-later / half_life_items - days / half_life_days).

    `later` is the number of items of the history that came strictly later, `days` the time before its
    latest. An event without a time counts as the oldest. Queries without times are returned as they are.
    """
    if queries.times is None or (config.half_life_items is None and config.half_life_days is None):
        return queries
    history, rows = queries.history, entry_rows(queries.history)
    times = _known(queries.times.data, rows, len(queries))
    halvings = np.zeros(history.nnz)
    if config.half_life_items is not None:
        halvings += later_items(times, rows, history.indptr) / config.half_life_items
    if config.half_life_days is not None:
        halvings += _days_before_latest(times, rows, len(queries)) / config.half_life_days
    values = (history.data * np.exp2(-halvings)).astype(np.float32)
    return replace(queries, history=with_data(history, values))


def data_span(data: TrainingData) -> Span | None:
    """Return when the log of `data` begins and ends by its own clock; None if no time is known."""
    times = data.times
    if times is None:
        return None
    return data.memo.of("log span", lambda: log_span(entry_rows(times), np.asarray(times.data)))


def later_items(times: Moments, rows: IntVector, indptr: IntVector) -> IntVector:
    """Return how many entries of the same row have a strictly larger time [n_entries].

    `times` and `rows` [n_entries] are those of a CSR matrix with `indptr`.
    """
    order = np.lexsort((-times, rows))
    begins = np.ones(len(times), dtype=np.bool_)
    ordered_times, ordered_rows = times[order], rows[order]
    begins[1:] = (ordered_times[1:] != ordered_times[:-1]) | (ordered_rows[1:] != ordered_rows[:-1])
    # Entries of one moment share the place of the first of them.
    place = np.maximum.accumulate(np.where(begins, np.arange(len(times)), 0))
    later = np.empty(len(times), dtype=np.int64)
    later[order] = place - np.asarray(indptr)[ordered_rows]
    return later


def in_order(interactions: SparseMatrix, times: SparseMatrix) -> SparseMatrix:
    """Return each row's items, the earliest first, as the indices of a CSR matrix that is not sorted."""
    rows = entry_rows(interactions)
    order = np.lexsort((interactions.indices, _known(times.data, rows, interactions.shape[0]), rows))
    parts = (interactions.data[order], interactions.indices[order], interactions.indptr)
    return sparse.csr_array(parts, shape=interactions.shape)


def _known(times: Moments, rows: IntVector, n_rows: int) -> Moments:
    """Return `times` with those that are unknown a second before the first of their row."""
    values = np.asarray(times, dtype=np.float64)
    known = np.isfinite(values)
    if known.all():
        return values
    first = np.full(n_rows, np.inf)
    np.minimum.at(first, rows[known], values[known])
    first = np.where(np.isfinite(first), first, 0.0)
    return np.where(known, values, first[rows] - 1.0)


def _days_before_latest(times: Moments, rows: IntVector, n_rows: int) -> Moments:
    latest = np.full(n_rows, -np.inf)
    np.maximum.at(latest, rows, times)
    return (latest[rows] - times) / DAY_S
