"""Steps from item to item over the strongest edges alone, from the items that were reached most."""

from collections.abc import Sequence

import numpy as np
from scipy import sparse

from sensorium.core.arrays import FloatMatrix, FloatVector, IntVector, SparseMatrix
from sensorium.core.sparse import dense_row_product, entry_rows, keep_entries, narrowed
from sensorium.index.largest import largest_per_row, sparsified
from sensorium.models.cost import FOLLOWED


def pruned_steps(
    start: SparseMatrix,
    edges: SparseMatrix,
    weights: Sequence[float],
    *,
    followed: Sequence[IntVector] | None = None,
) -> FloatMatrix:
    """Return sum_k weights_k start_k @ edges [n_rows, n_items] float32, start_1 = `start`.

    Later ones are what the step before reached, of each row the `FOLLOWED` items that were reached most; or
    the items that `followed` holds for each step after the first, whatever was reached.
    """
    n_rows, n_items = start.shape
    total = np.zeros((n_rows, n_items), dtype=np.float32)
    reached = narrowed(start)
    for number, weight in enumerate(weights):
        if number and followed is None:
            reached = sparsified(reached, FOLLOWED, by_size=True)
        elif number and followed is not None:
            among = np.zeros(n_items, dtype=np.bool_)
            among[followed[number - 1]] = True
            reached = keep_entries(reached, among[reached.indices])
        reached = narrowed(sparse.csr_array(narrowed(reached) @ edges))
        total[entry_rows(reached), reached.indices] += np.float32(weight) * reached.data
    return total


def pruned_steps_of_one(start: SparseMatrix, edges: SparseMatrix, weights: Sequence[float]) -> FloatVector:
    """Return `pruned_steps` of the one row of `start` [n_items] float32."""
    total, row = np.zeros(edges.shape[1], dtype=np.float32), start
    for number, weight in enumerate(weights):
        reached = dense_row_product(row, edges)
        total += np.float32(weight) * reached
        if number + 1 < len(weights):
            found = largest_per_row(np.abs(reached)[None, :], min(FOLLOWED, len(reached)))[0][0]
            kept = np.sort(found[reached[found] != 0])
            row = sparse.csr_array((reached[kept], kept, [0, len(kept)]), shape=(1, len(reached)))
    return total


def followed_items(start: SparseMatrix, edges: SparseMatrix, n_steps: int) -> list[IntVector]:
    """Return which items each step after the first goes on from, for the one row of `start`."""
    found: list[IntVector] = []
    reached = narrowed(start)
    for _ in range(n_steps - 1):
        reached = sparsified(sparse.csr_array(narrowed(reached) @ edges), FOLLOWED, by_size=True)
        found.append(reached.indices.astype(np.int64))
    return found
