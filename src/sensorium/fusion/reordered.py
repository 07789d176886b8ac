"""The best items of some queries in the order of a second level, and what that changes in their scores."""

from dataclasses import dataclass

import numpy as np

from sensorium.core.arrays import FloatMatrix, FloatVector, IntMatrix, IntVector


@dataclass(frozen=True)
class Reordered:
    """The best items of some queries, in the order of the second level."""

    items: IntMatrix
    """[n_queries, depth]: the best first; -1 where there are no more."""
    scores: FloatMatrix
    """[n_queries, depth]: their scores, which are the fused scores dealt out anew."""
    added: FloatMatrix
    """[n_queries, depth]: by how much that is more than the fused score of the item."""

    def put_into(self, fused: FloatMatrix) -> None:
        """Set the scores of these items in `fused` [n_queries, n_items]."""
        rows, columns = np.nonzero(self.items >= 0)
        fused[rows, self.items[rows, columns]] = self.scores[rows, columns]

    def added_to(self, row: int, items: IntVector) -> FloatVector:
        """Return what it adds to the scores of `items` for the query `row`; zero beyond the list."""
        listed = self.items[row] >= 0
        known = dict(zip(self.items[row, listed].tolist(), self.added[row, listed].tolist(), strict=True))
        return np.asarray([known.get(item, 0.0) for item in items.tolist()], dtype=np.float32)
