"""What a model is once items come to it or have other rows: one way for models and for bundles."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sensorium.catalog.catalog import Catalog
from sensorium.core.errors import DataError
from sensorium.core.sparse import append_columns
from sensorium.features.block import FeatureBlock
from sensorium.fusion.late_fusion import LateFusion
from sensorium.models.base import TrainingData
from sensorium.models.shared.imputation import impute_missing
from sensorium.ranking.filters import ItemFilter
from sensorium.serving.item_features import ItemFeatures
from sensorium.serving.model_parts import ModelParts


def grown_parts(
    parts: ModelParts, catalog: Catalog, item_features: ItemFeatures, fusion: LateFusion | None = None
) -> dict[str, Any]:
    """Return what changes of a model's parts, by name, once it is of `catalog` with `item_features`.

    `fusion`: the one that has taken the items in; made here if not given.
    """
    n_items = len(catalog)
    data = widen_training_data(parts.data, n_items, item_features.blocks)
    blocks = impute_missing(data, parts.record.impute).blocks
    by_type, rated_at = parts.seen_by_type, parts.rated_at
    return {
        "fusion": parts.fusion.extend(blocks) if fusion is None else fusion,
        "rating_model": None if parts.rating_model is None else parts.rating_model.extend(blocks),
        "seen": append_columns(parts.seen, n_items),
        "rated_at": None if rated_at is None else append_columns(rated_at, n_items),
        "seen_by_type": by_type and {name: append_columns(one, n_items) for name, one in by_type.items()},
        "catalog": catalog,
        "item_features": item_features,
        "data": data,
        "_filter": ItemFilter(catalog),
        "_titles": None,
    }


def widen_training_data(data: TrainingData, n_items: int, blocks: Mapping[str, FeatureBlock]) -> TrainingData:
    """Return `data` for `n_items` items with the longer `blocks`."""
    return replace(data.map_matrices(lambda matrix: append_columns(matrix, n_items)), blocks=blocks)


def require_content(item_features: ItemFeatures, where: str) -> None:
    """Raise `DataError` if no content tells what a new item is like."""
    if not item_features.blocks:
        raise DataError(
            "a new item cannot be recommended before anybody has used it: the model knows no content",
            where=where,
            remedy="Give the catalogue text, media or attributes; or let it be used, and fit again",
        )
