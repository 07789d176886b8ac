"""Sounds that are nearly the same: encoded again, louder, resampled, with silence before them."""

from collections.abc import Sequence

import numpy as np

from sensorium.duplicates.candidate_pairs import nearest_pairs, unite_near_pairs
from sensorium.duplicates.union_find import UnionFind
from sensorium.media.fingerprints.audio import NEAR
from sensorium.media.fingerprints.timed import TimedFingerprint, build_comparison

_WITHIN, _N_NEAREST = 0.25, 16


def group_near_sounds(fingerprints: Sequence[bytes]) -> UnionFind:
    """Return the groups of nearly equal sounds; each is compared with the 16 of the most similar spectrum."""
    forest = UnionFind(len(fingerprints))
    if len(fingerprints) > 1:
        prints = [TimedFingerprint.from_bytes(each) for each in fingerprints]
        features = np.stack([each.features for each in prints])
        unite_near_pairs(forest, nearest_pairs(features, _WITHIN, _N_NEAREST), build_comparison(prints, NEAR))
    return forest
