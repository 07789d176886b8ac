"""Ridge regressions of histories: vectors of users under fixed factors of items, for many users at once."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np
from numpy.typing import NDArray

from sensorium.core.arrays import FloatMatrix, FloatVector, IntVector, SparseMatrix
from sensorium.core.sparse import row_counts

SHORT = 1 / 3
"""Histories up to this share of the factors are solved by their items rather than by the factors."""
GATHERED = 4_000_000
"""Numbers that are gathered at once, which bounds the memory."""


@dataclass(frozen=True)
class HistoryRidge:
    """u = (Y'CY + lI)^-1 Y'Cp for each history, under one set of factors or several of the same length.

    C and p are one and zero but for the items of the history: there C is `alpha` times how strong the event
    is, and p is one if it speaks for the item. By the factors a system of d equations is solved for each
    history; by its n items, where they are few, one of n: with A = Y'Y + lI, E = C - 1, F the factors of the
    history and K = F A^-1 F', u = A^-1 F' (Cp - E w) for (I + K E) w = K Cp (the identity of Woodbury).
    """

    factors: FloatMatrix
    """[n_items, n_columns] float32: Y, of all models side by side."""
    columns: IntVector
    """[n_models, d]: which columns are the factors of each model."""
    grams: NDArray[np.float64]
    """[n_models, d, d]: A of each model."""
    alpha: float
    """The weight of an event."""

    @classmethod
    def of_one(cls, factors: FloatMatrix, gram: NDArray[np.float64], alpha: float) -> Self:
        """Return the regressions on the `factors` [n_items, d] of one model, with its `gram` [d, d]."""
        return cls(factors, np.arange(factors.shape[1])[None], gram[None], alpha)

    @cached_property
    def inverses(self) -> NDArray[np.float64]:
        """A^-1 of each model [n_models, d, d]."""
        return np.asarray(np.linalg.inv(self.grams), dtype=np.float64)

    @cached_property
    def _has_all_columns(self) -> bool:
        return np.array_equal(self.columns, np.arange(self.factors.shape[1])[None])

    def users(self, history: SparseMatrix) -> FloatMatrix:
        """Return the solution for each row of `history` [n_queries, n_models * d] float32."""
        n_models, d = self.columns.shape
        extra, right = self._weights(history.data)
        users = np.empty((n_models, history.shape[0], d), dtype=np.float32)
        lengths = row_counts(history)
        short = lengths <= SHORT * d
        for rows in _alike(lengths, np.flatnonzero(short), n_models * d):
            users[:, rows] = self._by_items(history, rows, extra, right)
        long = np.flatnonzero(~short)
        step = max(1, GATHERED // (n_models * d * d))
        for start in range(0, len(long), step):
            rows = long[start : start + step]
            users[:, rows] = self._by_factors(history, rows, extra, right)
        return users.transpose(1, 0, 2).reshape(history.shape[0], n_models * d)

    def parts(self, history: FloatVector, items: IntVector) -> FloatMatrix:
        """Return what each of `items` adds to the one who has `history` [n_history, n_models * d] float32."""
        known = self._factors_of(items)
        extra, right = self._weights(history)
        left = self.grams + (known * extra[:, None]).transpose(0, 2, 1) @ known
        solved = np.linalg.solve(left, (right[:, None] * known).transpose(0, 2, 1))
        return solved.transpose(2, 0, 1).reshape(len(history), self.columns.size).astype(np.float32)

    def _weights(self, values: FloatVector) -> tuple[FloatVector, FloatVector]:
        """Return E and Cp of the entries of histories, each like `values`."""
        strength = np.float32(self.alpha) * np.abs(values)
        extra = np.where(values != 0, strength - 1, 0).astype(np.float32)
        return extra, np.where(values > 0, strength, 0).astype(np.float32)

    def _factors_of(self, items: IntVector) -> FloatMatrix:
        """Return the factors of `items` [n_models, n, d]."""
        known = self.factors[items]
        if self._has_all_columns:
            return known[None]
        return np.ascontiguousarray(known[:, self.columns].transpose(1, 0, 2))

    def _by_factors(
        self, history: SparseMatrix, rows: IntVector, extra: FloatVector, right: FloatVector
    ) -> FloatMatrix:
        """Return the solutions for `rows` [n_models, n_rows, d] by a system of d equations each."""
        n_models, d = self.columns.shape
        left = np.empty((len(rows), n_models, d, d))
        target = np.empty((len(rows), n_models, d, 1))
        for position, row in enumerate(rows):
            entries = slice(history.indptr[row], history.indptr[row + 1])
            known = self._factors_of(history.indices[entries])
            across = known.transpose(0, 2, 1)
            left[position] = (known * extra[entries, None]).transpose(0, 2, 1) @ known
            target[position] = across @ right[entries, None]
        left += self.grams
        return np.linalg.solve(left, target)[..., 0].transpose(1, 0, 2)

    def _by_items(
        self, history: SparseMatrix, rows: IntVector, extra: FloatVector, right: FloatVector
    ) -> FloatMatrix:
        """Return the solutions for `rows` [n_models, n_rows, d] by a system of as many equations as items.

        Shorter histories are filled up with entries of no weight, whose equations are those of the identity.
        """
        n_models, d = self.columns.shape
        lengths = history.indptr[rows + 1] - history.indptr[rows]
        n = max(int(lengths.max(initial=0)), 1)
        place = np.arange(n)
        entries = history.indptr[rows][:, None] + np.minimum(place, np.maximum(lengths, 1)[:, None] - 1)
        filled = place < lengths[:, None]
        if not history.nnz:
            return np.zeros((n_models, len(rows), d), dtype=np.float32)
        entries = np.minimum(entries, history.nnz - 1)
        e, cp = extra[entries] * filled, (right[entries] * filled)[..., None]  # [n_rows, n], [n_rows, n, 1]
        known = self._factors_of(history.indices[entries].ravel()).astype(np.float64)
        solved = (known @ self.inverses).reshape(n_models, len(rows), n, d)
        alike = solved @ known.reshape(n_models, len(rows), n, d).transpose(0, 1, 3, 2)  # K
        left = alike * e[:, None, :] + np.eye(n)
        w = np.linalg.solve(left, alike @ cp)
        return ((cp - e[..., None] * w).transpose(0, 1, 3, 2) @ solved)[:, :, 0]


def _alike(lengths: IntVector, rows: IntVector, width: int) -> Iterator[IntVector]:
    """Yield `rows` in blocks of like `lengths`, in each of which `width` numbers an entry are gathered."""
    rows = rows[np.argsort(lengths[rows], kind="stable")]
    ordered = lengths[rows]
    start = 0
    while start < len(rows):
        longest = 1.5 * ordered[start] + 2
        most = max(1, int(GATHERED / (width * longest)))
        stop = min(start + most, int(np.searchsorted(ordered, longest, side="right")))
        yield rows[start:stop]
        start = stop
