"""What a fitted model knows, for a longer catalogue: the new items have no events."""

from collections.abc import Mapping
from dataclasses import replace

from sensorium.catalog.catalog import Catalog
from sensorium.core.sparse import append_columns
from sensorium.core.vocabulary import Vocabulary
from sensorium.features.block import FeatureBlock
from sensorium.models.base import TrainingData


def items_from(catalog: Catalog, n: int) -> Catalog:
    """Return the catalogue without its first `n` items."""
    return replace(catalog, frame=catalog.frame[n:], items=Vocabulary(catalog.items.ids[n:]))


def widen_training_data(data: TrainingData, n_items: int, blocks: Mapping[str, FeatureBlock]) -> TrainingData:
    """Return `data` for `n_items` items with the longer `blocks`."""
    times = None if data.times is None else append_columns(data.times, n_items)
    ratings = None if data.ratings is None else append_columns(data.ratings, n_items)
    return TrainingData(append_columns(data.interactions, n_items), times, ratings, blocks)
