"""Of what kind each item is, for the diversity of lists by category."""

import numpy as np
from scipy import sparse

from sensorium.catalog.catalog import Catalog
from sensorium.core.arrays import SparseMatrix
from sensorium.core.roles import Role


def category_kinds(catalog: Catalog) -> dict[str, SparseMatrix]:
    """Return CSR [n_items, n_labels] of ones for each category column; those without labels are left out."""
    found: dict[str, SparseMatrix] = {}
    for column in catalog.columns(Role.CATEGORY):
        labels = [labels or () for labels in catalog.categories(column)]
        places = {label: place for place, label in enumerate(dict.fromkeys(x for row in labels for x in row))}
        rows = np.repeat(np.arange(len(labels)), [len(row) for row in labels])
        columns = [places[label] for row in labels for label in row]
        ones = np.ones(len(rows), dtype=np.float32)
        if places:
            found[column] = sparse.csr_array((ones, (rows, columns)), shape=(len(labels), len(places)))
    return found
