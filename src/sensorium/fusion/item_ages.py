"""How long items have been there, and what moves with it."""

from collections.abc import Sequence

import numpy as np

from sensorium.core.arrays import FloatVector
from sensorium.core.linalg import log_interpolate
from sensorium.core.units import DAY_S
from sensorium.models.base import TrainingData
from sensorium.models.shared.recency import data_span


def item_ages(data: TrainingData) -> FloatVector:
    """Return the days from each item's first event to the end of the log [n_items] float32.

    The log begins and ends by its own clock, so that one wrong date makes no item older than the log, and
    not all items old. Zero for items without events; empty where no event has a time.
    """
    span = data_span(data)
    if data.times is None or span is None:
        return np.zeros(0, dtype=np.float32)
    first = np.full(data.n_items, span.end)
    np.fmin.at(first, data.times.indices, data.times.data)
    return ((span.end - np.maximum(first, span.begin)) / DAY_S).astype(np.float32)


def factors_at(
    ages: FloatVector, n_items: int, knots: Sequence[float], factors: Sequence[float]
) -> FloatVector:
    """Return the factor of each item [n_items] float32, linear in the logarithm of the age between `knots`.

    `ages` are in days; items beyond their end have age zero.
    """
    padded = np.zeros(n_items, dtype=np.float32)
    padded[: len(ages)] = ages[:n_items]
    return log_interpolate(padded, knots, factors).astype(np.float32)
