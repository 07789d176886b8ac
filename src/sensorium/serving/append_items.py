"""What a fitted model knows, for a longer catalogue: the new items have no events."""

from collections.abc import Mapping
from dataclasses import replace

from scipy import sparse

from sensorium.catalog.catalog import Catalog
from sensorium.core.arrays import SparseMatrix
from sensorium.core.vocabulary import Vocabulary
from sensorium.features.block import FeatureBlock
from sensorium.models.base import TrainingData


def items_from(catalog: Catalog, n: int) -> Catalog:
    """Return the catalogue without its first `n` items."""
    return replace(catalog, frame=catalog.frame[n:], items=Vocabulary(catalog.items.ids[n:]))


def widen_training_data(data: TrainingData, n_items: int, blocks: Mapping[str, FeatureBlock]) -> TrainingData:
    """Return `data` for `n_items` items with the longer `blocks`."""
    times = None if data.times is None else widen(data.times, n_items)
    ratings = None if data.ratings is None else widen(data.ratings, n_items)
    return TrainingData(widen(data.interactions, n_items), times, ratings, blocks)


def widen(matrix: SparseMatrix, n_items: int) -> SparseMatrix:
    """Return `matrix` with empty columns at its right, up to `n_items`."""
    parts = (matrix.data, matrix.indices, matrix.indptr)
    return sparse.csr_array(parts, shape=(matrix.shape[0], n_items))
