"""Who asks: the row of one user among what users did, of a model or of a request that tells of it."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from sensorium.catalog.searches import Searches
from sensorium.core.arrays import IntVector, SparseMatrix
from sensorium.core.sparse import append_rows, keep_entries
from sensorium.core.vocabulary import MISSING
from sensorium.models.base import QueryBatch, TrainingData
from sensorium.ranking.seen_items import ALL, Seen
from sensorium.serving.seen_by_type import seen_by


@dataclass(frozen=True)
class Person:
    """Who asks, as a row of what users did; `MISSING` as row is somebody of whom nothing is known."""

    row: int
    data: TrainingData
    """Whose row is the history; also what else is known of users."""
    seen: SparseMatrix
    """CSR [n_users, n_items]: what each user knows."""
    seen_by_type: Mapping[str, SparseMatrix] | None
    """As in `ModelParts`."""
    searches: Searches | None
    """What users searched for; None: nothing is known."""
    is_learnt: bool = False
    """Whether models were fitted on this user, who is the same row in them."""

    def searched(self) -> Searches | None:
        """Return what this person searched for; None if nothing is known."""
        if self.row == MISSING or self.searches is None:
            return None
        return self.searches.of_user(self.row)

    def known(self, query: QueryBatch, rule: Seen) -> SparseMatrix | None:
        """Return what not to recommend [1, n_items]; see `left_out`."""
        rows = np.asarray([self.row], dtype=np.int64)
        return left_out(rows, query, self.seen, self.seen_by_type, rule)


def left_out(
    rows: IntVector,
    queries: QueryBatch,
    seen: SparseMatrix,
    seen_by_type: Mapping[str, SparseMatrix] | None,
    rule: Seen,
) -> SparseMatrix | None:
    """Return what not to recommend to the users of `rows`, `MISSING` for somebody unknown.

    CSR [n_queries, n_items]: the history of the query and all that the user saw; or what the user met by
    events of the types that `rule` names; and what the user is against in any case. None: nothing.
    """
    if rule == ALL:
        return sparse.csr_array(abs(queries.history) + _rows_of(seen, rows))
    parts = [_rows_of(matrix, rows) for matrix in seen_by(seen_by_type, rule)]
    against = keep_entries(queries.history, queries.history.data < 0)
    if against.nnz:
        parts.append(abs(against))
    return sparse.csr_array(sum(parts[1:], start=parts[0])) if parts else None


def _rows_of(matrix: SparseMatrix, rows: IntVector) -> SparseMatrix:
    """Return the `rows` of `matrix`, `MISSING` standing for an empty one."""
    if (rows == MISSING).any():
        matrix = append_rows(matrix, matrix.shape[0] + 1)
    return matrix[rows]
