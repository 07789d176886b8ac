"""What the normal laws of rows share, whether they are drawn or expected."""

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Wide: TypeAlias = NDArray[np.float64]


class LinearLaw:
    """The normal law of rows [n, d]: a mean, plus what features tell, and one precision for all rows.

    Features come in principal axes of these rows (`features' features` is diagonal), so that the ridge on
    their slopes costs nothing.
    """

    def __init__(self, d: int, features: Wide) -> None:
        self.features = features
        self.lengths = np.square(features).sum(axis=0)
        self.mean: Wide = np.zeros(d)
        self.precision: Wide = 5.0 * np.eye(d)
        self.slopes: Wide = np.zeros((features.shape[1], d))
        self.ridge = 10.0

    def means(self) -> Wide:
        """Return the expected row of each [n, d]."""
        return self.mean + self.features @ self.slopes
