"""Items like one item: by the cosines of their features."""

from collections.abc import Iterator

import numpy as np

from sensorium.core.arrays import FloatMatrix, FloatVector, IntVector
from sensorium.core.block_name import BlockName
from sensorium.core.errors import ConfigError, DataError
from sensorium.core.item_list import Part, Reason
from sensorium.core.source_kind import SourceKind
from sensorium.features.block import FeatureBlock
from sensorium.models.shared.content_similarity import cosine_by_part
from sensorium.serving.item_features import ItemFeatures


def similarity_scores(item_features: ItemFeatures, index: int, by: str, *, where: str) -> FloatVector:
    """Return each item's similarity to item `index` [n_items] by a modality or block; NaN where unknown.

    `where` names the item in messages.

    Raises
    ------
    ConfigError
        If there is no such modality or block; the message names those there are.
    DataError
        If the item itself lacks it.
    """
    names = known_of(item_features, index, by, where)
    return _mean([_cosines(item_features, name, item_features.blocks[name].values[index]) for name in names])


def similar_reasons(
    item_features: ItemFeatures, item: tuple[int, str], by: str, items: IntVector
) -> Iterator[tuple[Reason, ...]]:
    """Yield the parts of the similarity of each of `items` to `item`, an index and an id."""
    index, item_id = item
    names = known_of(item_features, index, by, f"item {item_id}")
    for other in items.tolist():
        shared = [block for name in names if (block := item_features.blocks[name]).present[other]]
        yield tuple(
            Reason(
                block.name,
                SourceKind.of_modality(block.modality),
                float(block.values[index] @ block.values[other]) / len(shared),
                item_id,
                _parts(block, index, other, len(shared)),
                block.column,
            )
            for block in shared
        )


def _parts(block: FeatureBlock, index: int, other: int, n_blocks: int) -> tuple[Part, ...]:
    """Return what each named part adds to the cosine of two items; nothing for an undivided block."""
    if len(block.parts) < 2:
        return ()
    divided = cosine_by_part(block.values[[index]], block.values[[other]], block.parts)
    return tuple(Part(name, float(values[0, 0]) / n_blocks) for name, values in divided.items())


def known_of(item_features: ItemFeatures, index: int, by: str, where: str) -> list[str]:
    """Return the blocks that `by` names and that item `index` has."""
    modalities = item_features.modalities()
    names = (by,) if by in item_features.blocks else modalities.get(by, ())
    if not names:
        known = ", ".join([*modalities, *(name for name in item_features.blocks if BlockName(name).column)])
        raise ConfigError(f"nothing is known by {by!r}", where="by", remedy=f"Choose one of: {known}")
    usable = [name for name in names if item_features.blocks[name].present[index]]
    if not usable:
        raise DataError(f"it has no {by}", where=where, remedy="Choose another item, or leave `by` out")
    return usable


def _cosines(item_features: ItemFeatures, name: str, row: FloatVector) -> FloatVector:
    block = item_features.blocks[name]
    return np.where(block.present, block.values @ row, np.float32(np.nan)).astype(np.float32)


def _mean(rows: list[FloatVector]) -> FloatVector:
    table: FloatMatrix = np.stack(rows)
    known = np.isfinite(table)
    total = np.where(known, table, 0).sum(axis=0)
    count = known.sum(axis=0)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan).astype(np.float32)
