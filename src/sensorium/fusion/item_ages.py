"""How long items have been there, and what moves with it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from sensorium.core.arrays import FloatMatrix, FloatVector, IntVector
from sensorium.core.linalg import log_interpolate
from sensorium.core.units import DAY_S
from sensorium.fusion.late_fusion_config import LateFusionConfig, Member
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


@dataclass(frozen=True)
class ByAge:
    """The factors of all members and items: those at a few ages, and how near each item is to these."""

    knots: FloatMatrix
    """[n_knots, n_items] float32: they add up to one for each item."""
    factors: FloatMatrix
    """[n_members, n_knots] float32."""

    @classmethod
    def of(
        cls, config: LateFusionConfig, members: Sequence[Member], ages: FloatVector, n_items: int
    ) -> Self | None:
        """Return the factors of `members` for items of the `ages`; None where none has any."""
        if not len(ages) or not any(member.factors_by_age for member in members):
            return None
        n_knots = len(config.item_ages)
        near = [factors_at(ages, n_items, config.item_ages, row) for row in np.eye(n_knots).tolist()]
        table = [member.factors_by_age or (1.0,) * n_knots for member in members]
        return cls(np.stack(near), np.asarray(table, dtype=np.float32))

    def at(self, items: IntVector) -> FloatMatrix:
        """Return the factors for `items` [n_members, n]."""
        return self.factors @ self.knots[:, items]


def factors_at(
    ages: FloatVector, n_items: int, knots: Sequence[float], factors: Sequence[float]
) -> FloatVector:
    """Return the factor of each item [n_items] float32, linear in the logarithm of the age between `knots`.

    `ages` are in days; items beyond their end have age zero.
    """
    padded = np.zeros(n_items, dtype=np.float32)
    padded[: len(ages)] = ages[:n_items]
    return log_interpolate(padded, knots, factors).astype(np.float32)
