"""Pairs worth comparing, found without comparing all with all; memory grows with n, not with n squared."""

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from sensorium.core.arrays import BoolVector, FloatMatrix, IntVector
from sensorium.duplicates.union_find import UnionFind

Pairs = tuple[IntVector, IntVector]
"""Two arrays of positions, aligned."""
_BATCH = 1 << 18


def equal_pairs(keys: NDArray[np.unsignedinteger]) -> Iterator[Pairs]:
    """Yield all pairs of positions with equal `keys` [n], at most n at a time."""
    order = np.argsort(keys, kind="stable").astype(np.int64)
    ranked = keys[order]
    at, lag = np.flatnonzero(ranked[1:] == ranked[:-1]), 1
    while len(at):
        yield order[at], order[at + lag]
        lag += 1
        at = at[at + lag < len(keys)]
        at = at[ranked[at + lag] == ranked[at]]


def nearest_pairs(features: FloatMatrix, within: float, k: int) -> Iterator[Pairs]:
    """Yield each row of `features` [n, d] with its up to `k` nearest rows within a Euclidean distance."""
    from scipy.spatial import KDTree

    n = len(features)
    found = KDTree(features).query(features, k=k + 1, distance_upper_bound=within, workers=-1)[1]
    others = np.asarray(found, dtype=np.int64).reshape(-1)
    rows = np.repeat(np.arange(n, dtype=np.int64), k + 1)
    is_pair = (others < n) & (others != rows)  # n stands for "no further one is that near"
    low, high = np.minimum(rows, others)[is_pair], np.maximum(rows, others)[is_pair]
    both = np.unique(low * n + high)  # most pairs are found from both sides
    yield both // n, both % n


def unite_near_pairs(
    forest: UnionFind,
    pairs: Iterator[Pairs],
    are_near: Callable[[IntVector, IntVector], BoolVector],
    *,
    owner: IntVector | None = None,
) -> None:
    """Unite those of `pairs` that are near; pairs that are in one group already are not compared.

    `owner` [n] says to which position of the forest each position of the pairs belongs: itself if not given.
    """
    belongs = np.arange(len(forest), dtype=np.int64) if owner is None else owner
    for first, second in pairs:
        is_open = forest.are_apart(belongs[first], belongs[second])
        first, second = first[is_open], second[is_open]
        for start in range(0, len(first), _BATCH):
            one, other = first[start : start + _BATCH], second[start : start + _BATCH]
            near = are_near(one, other)
            forest.unite(belongs[one[near]], belongs[other[near]])
