"""What is known of users beside their events, as numbers: their attributes, and whom they follow."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from scipy import sparse

from sensorium.core.arrays import BoolVector, IntVector, SparseMatrix
from sensorium.core.sparse import row_starts
from sensorium.core.vocabulary import MISSING, Vocabulary

ATTRIBUTES = "attributes"
FOLLOWS = "follows"


@dataclass(frozen=True)
class People:
    """Rows for users by their ids; whoever is not among them is not known."""

    users: Vocabulary
    attributes: SparseMatrix | None = None
    """[n_people, n_attributes] float32."""
    follows: SparseMatrix | None = None
    """[n_people, n_people] float32: 1 where the user of the row follows that of the column."""
    groups: Mapping[str, BoolVector] = field(default_factory=dict[str, BoolVector])
    """What a group has in common, such as `occupation=student` -> who belongs to it [n_people]."""

    def members(self, users: Vocabulary) -> dict[str, BoolVector]:
        """Return group -> which of `users` belong to it [n_users]."""
        rows = self.users.lookup(users.ids)
        return {name: (rows != MISSING) & group[rows] for name, group in self.groups.items()}

    def about(self, users: Vocabulary) -> dict[str, SparseMatrix]:
        """Return what is known of `users`, by name.

        `attributes` is [n_users, n_attributes], `follows` [n_users, n_users]; a row of somebody unknown is
        empty, and so is what is known of nobody left out.
        """
        rows = self.users.lookup(users.ids)
        found: dict[str, SparseMatrix] = {}
        if self.attributes is not None:
            found[ATTRIBUTES] = rows_at(self.attributes, rows)
        if self.follows is not None:
            found[FOLLOWS] = self.followed_by(rows, users)
        return {name: known for name, known in found.items() if known.nnz}

    def followed_by(self, rows: IntVector, users: Vocabulary) -> SparseMatrix:
        """Return whom the people of `rows` follow, `MISSING` for nobody, among `users` [n_rows, n_users]."""
        if self.follows is None:
            return sparse.csr_array((len(rows), len(users)), dtype=np.float32)
        whom = rows_at(self.follows, rows).tocoo()
        column = users.lookup(self.users.ids)[whom.col]
        kept = column != MISSING
        cells = whom.data[kept], (whom.row[kept], column[kept])
        return sparse.csr_array(cells, shape=(len(rows), len(users)), dtype=np.float32)


def rows_at(matrix: SparseMatrix, rows: IntVector) -> SparseMatrix:
    """Return the `rows` of `matrix`, `MISSING` standing for an empty one."""
    known = rows != MISSING
    counts = np.zeros(len(rows), dtype=np.int64)
    part = sparse.csr_array(matrix[rows[known]])
    counts[known] = np.diff(part.indptr)
    return sparse.csr_array((part.data, part.indices, row_starts(counts)), shape=(len(rows), matrix.shape[1]))
