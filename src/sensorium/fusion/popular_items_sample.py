"""The most popular items of the data alone: on them, a fit that costs n_items^3 is cheap to try."""

from dataclasses import replace

import numpy as np
from scipy import sparse

from sensorium.core.arrays import SparseMatrix
from sensorium.core.sparse import row_counts
from sensorium.models.base import TrainingData, ValidationData


def popular_items_sample(
    data: TrainingData, validation: ValidationData, n_items: int
) -> tuple[TrainingData, ValidationData]:
    """Return `data` and `validation` as if the `n_items` most popular items were all there are.

    All users stay; queries whose relevant items are all gone do not.
    """
    items = np.sort(np.argsort(-data.n_events, kind="stable")[:n_items])

    def kept(matrix: SparseMatrix) -> SparseMatrix:
        return sparse.csr_array(matrix[:, items])

    def some(matrix: SparseMatrix | None) -> SparseMatrix | None:
        return None if matrix is None else kept(matrix)

    part = replace(
        data.map_matrices(kept),
        circumstances=some(data.circumstances),
        blocks={name: block.rows(items) for name, block in data.blocks.items()},
    )
    asked = validation.queries
    queries = replace(
        asked,
        history=kept(asked.history),
        times=some(asked.times),
        ratings=some(asked.ratings),
        frequency=some(asked.frequency),
    )
    relevant = kept(validation.relevant)
    found = replace(
        validation,
        queries=queries,
        relevant=relevant,
        masked=kept(validation.masked),
        times=some(validation.times),
        masks=some(validation.masks),
    )
    return part, found.rows(np.flatnonzero(row_counts(relevant)))
