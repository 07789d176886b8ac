"""Fewer columns that do not repeat each other: principal components, each brought to spread 1."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from sensorium.core.arrays import FloatMatrix, FloatVector
from sensorium.core.component import State
from sensorium.core.linalg import inverse_deviation

MAX_ROWS = 10_000
"""Rows that are learnt from; of more, evenly spaced ones."""
CUT = 3.0
"""Standardised values beyond this are cut, as in `features.scaling`: one wild row must not turn an axis."""
_LEAST_SPREAD = 1e-3
"""Axes along which rows differ less than this share of the most are left out: they hold rounding."""


@dataclass(frozen=True)
class Whitening:
    """Columns to mean 0 and spread 1, cut at three; then their principal components, each of spread 1.

    Rows of zeros mean "unknown": they stay zeros and are not learnt from.
    Source: Jégou and Chum 2012, "Negative evidences and co-occurences in image retrieval".
    """

    mean: FloatVector
    """[d]"""
    stretch: FloatVector
    """[d], zero for columns that never vary."""
    centre: FloatVector
    """[d]: the mean of what is left after the cut."""
    axes: FloatMatrix
    """[d, k]: components divided by their spreads."""

    @classmethod
    def fit(cls, rows: FloatMatrix, columns: int) -> Self:
        """Return what brings `rows` [n, d] to at most `columns`; fewer if they span no more."""
        from sklearn.decomposition import PCA  # takes a second to load

        there = np.flatnonzero(rows.any(axis=1))
        known = np.asarray(rows[there[:: max(1, -(-len(there) // MAX_ROWS))]], dtype=np.float64)
        d = known.shape[1]
        mean = known.mean(axis=0) if len(known) else np.zeros(d)
        spread = known.std(axis=0) if len(known) else np.zeros(d)
        stretch = inverse_deviation(mean, spread)
        if not stretch.any():
            return cls._keep_first(d, columns)
        shaped = np.clip((known - mean) * stretch, -CUT, CUT)
        solver = "covariance_eigh" if len(shaped) > d else "full"
        found = PCA(min(columns, d, len(shaped) - 1), svd_solver=solver).fit(shaped)
        components = np.asarray(found.components_)
        spreads = np.sqrt(np.maximum(np.asarray(found.explained_variance_), 0.0))
        kept = spreads > max(_LEAST_SPREAD * float(spreads[0]), 1e-12)
        kept[0] = True
        axes = components[kept].T / np.maximum(spreads[kept], 1e-12)
        arrays = (mean, stretch, found.mean_, axes)
        return cls(*(np.ascontiguousarray(array, dtype=np.float32) for array in arrays))

    @classmethod
    def _keep_first(cls, d: int, columns: int) -> Self:
        """Return what keeps the first of `d` columns as they are: rows that are all alike teach nothing."""
        zeros, ones = np.zeros(d, dtype=np.float32), np.ones(d, dtype=np.float32)
        return cls(zeros, ones, zeros, np.eye(d, min(d, columns), dtype=np.float32))

    @property
    def dimension(self) -> int:
        """The number of columns k."""
        return self.axes.shape[1]

    def apply(self, rows: FloatMatrix, *, shifted: bool = True) -> FloatMatrix:
        """Return `rows` [n, d] as [n, k]; not `shifted` for rows whose mean is not that of the items."""
        if shifted:
            shaped = np.clip((rows - self.mean) * self.stretch, -CUT, CUT) - self.centre
            shaped[~rows.any(axis=1)] = 0.0
        else:
            shaped = rows * self.stretch
        # Exact enough that a row does not depend on how many are beside it.
        return (shaped.astype(np.float64) @ self.axes.astype(np.float64)).astype(np.float32)

    def state(self) -> State:
        """Return what was learnt."""
        return State({"mean": self.mean, "stretch": self.stretch, "centre": self.centre, "axes": self.axes})

    @classmethod
    def from_state(cls, state: State) -> Self:
        """Return the whitening that `state` describes."""
        return cls(*(state.arrays[name] for name in ("mean", "stretch", "centre", "axes")))
