"""Which fingerprints of one modality are near."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from sensorium.core.roles import Role
from sensorium.duplicates.clip import near_clips
from sensorium.duplicates.picture import near_pictures
from sensorium.duplicates.sound import near_sounds
from sensorium.duplicates.text import near_texts
from sensorium.duplicates.union_find import UnionFind

_NEAR: Mapping[Role, Callable[[Sequence[bytes]], UnionFind]] = {
    Role.TEXT: near_texts,
    Role.IMAGE: near_pictures,
    Role.AUDIO: near_sounds,
    Role.VIDEO: near_clips,
}


def near(role: Role, fingerprints: Sequence[bytes]) -> UnionFind:
    """Return the groups of nearly equal media or texts; equal fingerprints are compared once."""
    distinct = {each: number for number, each in enumerate(dict.fromkeys(fingerprints))}
    found = _NEAR[role](list(distinct)).group
    number = np.fromiter((distinct[each] for each in fingerprints), dtype=np.int64, count=len(fingerprints))
    _, first = np.unique(number, return_index=True)  # where each distinct one stands first
    forest = UnionFind(len(fingerprints))
    forest.join(first[number], np.arange(len(fingerprints), dtype=np.int64))
    forest.join(first[found], first)
    return forest
