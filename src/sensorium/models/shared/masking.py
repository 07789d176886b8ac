"""What a model cannot know: items without events, items appended later, queries without a history."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from sensorium.core.arrays import BoolVector, FloatMatrix, SparseMatrix
from sensorium.core.errors import DataError
from sensorium.core.sparse import entry_rows
from sensorium.features.block import FeatureBlock


def n_items_of(blocks: Mapping[str, FeatureBlock]) -> int:
    """Return the number of items that all `blocks` hold."""
    lengths = {name: len(block) for name, block in blocks.items()}
    if len(set(lengths.values())) != 1:
        raise DataError(f"feature blocks hold different numbers of items: {lengths or 'there are none'}")
    return next(iter(lengths.values()))


def n_new_items(blocks: Mapping[str, FeatureBlock], n_known: int) -> int:
    """Return how many items `blocks` hold beyond the `n_known` that come first in them."""
    n_new = n_items_of(blocks) - n_known
    if n_new < 0:
        raise DataError(f"feature blocks lack {-n_new} of the items that the model knows")
    return n_new


def lengthened(vector: NDArray[Any], blocks: Mapping[str, FeatureBlock], *, fill: object) -> NDArray[Any]:
    """Return `vector` [n_old] with `fill` appended for the items that only `blocks` hold."""
    return np.concatenate([vector, np.full(n_new_items(blocks, len(vector)), fill, dtype=vector.dtype)])


def learnt_history(history: SparseMatrix, n_learnt: int) -> SparseMatrix:
    """Return `history` without the columns of items that came after the model was fitted."""
    return history if history.shape[1] == n_learnt else sparse.csr_array(history[:, :n_learnt])


def has_any(history: SparseMatrix, items: BoolVector) -> BoolVector:
    """Return for each row [n_queries] whether its history holds any of `items` [n_items]."""
    held = items[history.indices] & (history.data != 0)
    if history.shape[0] == 1:
        return np.asarray([held.any()])
    return np.bincount(entry_rows(history)[held], minlength=history.shape[0]) > 0


def blanked(scores: FloatMatrix, *, rows: BoolVector, items: BoolVector) -> FloatMatrix:
    """Return `scores` [n_queries, n_learnt] with NaN outside of `rows` and `items`.

    Columns are appended where `items` is longer than `scores` is wide.
    """
    if scores.shape[1] < len(items):
        padding = np.full((len(scores), len(items) - scores.shape[1]), np.nan, dtype=np.float32)
        scores = np.concatenate([scores, padding], axis=1)
    if not items.all():
        scores[:, np.flatnonzero(~items)] = np.nan  # of a few rows, four times as quick as by the mask
    if not rows.all():
        scores[~rows] = np.nan
    return scores
