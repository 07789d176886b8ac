"""All feature blocks side by side, as what a linear map from content reads."""

from collections.abc import Mapping

import numpy as np

from sensorium.core.arrays import BoolVector, FloatMatrix
from sensorium.features.block import FeatureBlock


def concatenated(blocks: Mapping[str, FeatureBlock], n_items: int) -> FloatMatrix:
    """Return the blocks' columns beside one another [n_items, d], and for each block whether it is there.

    Where an item has not got a medium its columns are zeros, and its column of presence is too: a linear
    map learns what it means that the medium is missing instead of taking zeros for an average.
    """
    columns: list[FloatMatrix] = [np.zeros((n_items, 0), dtype=np.float32)]
    for _, block in sorted(blocks.items()):
        present = block.present.astype(np.float32)[:, None]
        columns += [np.asarray(block.values, dtype=np.float32) * present, present]
    return np.concatenate(columns, axis=1)


def any_present(blocks: Mapping[str, FeatureBlock], n_items: int) -> BoolVector:
    """Return whether anything is known of an item's content [n_items]."""
    known = np.zeros(n_items, dtype=np.bool_)
    for block in blocks.values():
        known |= block.present
    return known
