"""Clips that are nearly the same: encoded again, another size or frame rate, a trimmed beginning or edge."""

from collections.abc import Sequence

import numpy as np

from sensorium.core.arrays import BoolVector, IntVector
from sensorium.duplicates.candidate_pairs import nearest_pairs, unite_near_pairs
from sensorium.duplicates.union_find import UnionFind
from sensorium.media.fingerprints.audio import NEAR as NEAR_SOUND
from sensorium.media.fingerprints.timed import TimedFingerprint, build_comparison
from sensorium.media.fingerprints.video import NEAR, fingerprint_parts

_WITHIN, _N_NEAREST = 0.4, 16
_NO_FINGERPRINT = TimedFingerprint(np.zeros(0, dtype=np.float32), np.zeros(1, dtype=np.uint32))


def group_near_clips(fingerprints: Sequence[bytes]) -> UnionFind:
    """Return the groups of nearly equal clips.

    Their pictures are nearly the same, and their sound as well where both have one.
    """
    forest = UnionFind(len(fingerprints))
    if len(fingerprints) < 2:
        return forest
    parts = [fingerprint_parts(each) for each in fingerprints]
    prints = [TimedFingerprint.from_bytes(pictures) for pictures, _ in parts]
    look_same = build_comparison(prints, NEAR)
    heard = np.asarray([bool(sound) for _, sound in parts])
    sounds = [TimedFingerprint.from_bytes(sound) if sound else _NO_FINGERPRINT for _, sound in parts]
    sound_same = build_comparison(sounds, NEAR_SOUND)

    def are_near(first: IntVector, second: IntVector) -> BoolVector:
        near = look_same(first, second)
        both = np.flatnonzero(near & heard[first] & heard[second])
        near[both] = sound_same(first[both], second[both])
        return near

    features = np.stack([each.features for each in prints])
    unite_near_pairs(forest, nearest_pairs(features, _WITHIN, _N_NEAREST), are_near)
    return forest
