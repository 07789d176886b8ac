"""Pictures that are nearly the same: another size or compression, slight corrections, a trimmed edge."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from sensorium.core.arrays import BoolVector, IntVector
from sensorium.duplicates.candidate_pairs import Pairs, equal_pairs, unite_near_pairs
from sensorium.duplicates.union_find import UnionFind
from sensorium.media.fingerprints.image import BITS, TRIMMED

NEAR_BITS = 36
"""Of 256; what real pictures need, and how far different ones are apart, stands in docs/media.md."""
_N_TABLES = 64
_WORDS = BITS // 64


def group_near_pictures(fingerprints: Sequence[bytes]) -> UnionFind:
    """Return the groups of nearly equal pictures.

    Two are compared if any of 64 random samples of their bits agree (Indyk and Motwani 1998): of the pairs
    at the very limit 1 in 500 is missed at 100,000 pictures, of nearer ones hardly any.
    """
    n = len(fingerprints)
    forest = UnionFind(n)
    if n < 2:
        return forest
    words = np.frombuffer(b"".join(fingerprints), dtype=np.uint64).reshape(n, len(TRIMMED), _WORDS)
    views = np.ascontiguousarray(words.transpose(1, 0, 2)).reshape(-1, _WORDS)  # all whole ones come first

    def are_near(first: IntVector, second: IntVector) -> BoolVector:
        differing = np.bitwise_count(views[first] ^ views[second]).sum(axis=1, dtype=np.uint16)
        return np.asarray(differing <= NEAR_BITS)

    owner = np.tile(np.arange(n, dtype=np.int64), len(TRIMMED))
    unite_near_pairs(forest, _pairs_of_samples(views, n), are_near, owner=owner)
    return forest


def _pairs_of_samples(views: NDArray[np.uint64], n_whole: int) -> Iterator[Pairs]:
    """Yield pairs of views that agree in a sample of bits, one of the two a whole picture."""
    rng = np.random.default_rng(0)
    bits = np.unpackbits(views.view(np.uint8), axis=1)
    n_sampled = int(np.clip(np.log2(len(views)) - 4, 6, 16))  # about 16 views for each value
    weights = np.left_shift(np.uint32(1), np.arange(n_sampled, dtype=np.uint32))
    for _ in range(_N_TABLES):
        sample = rng.choice(BITS, n_sampled, replace=False)
        for first, second in equal_pairs(bits[:, sample] @ weights):
            has_whole = np.minimum(first, second) < n_whole
            yield first[has_whole], second[has_whole]
