"""The moment that divides what was before from what is held back."""

import numpy as np
from numpy.typing import NDArray

from sensorium.core.errors import DataError


def dividing_moment(
    dated: NDArray[np.float64], share: float, weights: NDArray[np.float64] | None = None
) -> float:
    """Return the time of `dated` [n_events] such that about `share` of them are at it or later.

    It is the one that comes nearest to the share, the earlier of two as near, and never the first of all.
    `weights` [n_events] say what each event counts; one if not given.

    Raises
    ------
    DataError
        If there are not two different times.
    """
    moments, place = np.unique(dated, return_inverse=True)
    if len(moments) < 2:
        raise DataError(
            "all events carry the same time, so no moment divides them",
            where="timestamps",
            remedy="Use a random split",
        )
    counted = np.cumsum(np.bincount(place, weights))
    nearest = np.argmin(np.abs(counted[:-1] - round(float(counted[-1]) * (1 - share))))
    return float(moments[1:][nearest])
