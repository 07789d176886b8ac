"""Which fingerprints of one modality are near."""

from collections.abc import Sequence

import numpy as np

from sensorium.catalog.duplicates.clip import near_clips
from sensorium.catalog.duplicates.forest import Forest
from sensorium.catalog.duplicates.picture import near_pictures
from sensorium.catalog.duplicates.sound import near_sounds
from sensorium.catalog.duplicates.text import near_texts
from sensorium.catalog.roles import Role

_NEAR = {
    Role.TEXT: near_texts,
    Role.IMAGE: near_pictures,
    Role.AUDIO: near_sounds,
    Role.VIDEO: near_clips,
}


def near(role: Role, fingerprints: Sequence[bytes]) -> Forest:
    """Return the groups of nearly equal media or texts; equal fingerprints are compared once."""
    distinct = {each: number for number, each in enumerate(dict.fromkeys(fingerprints))}
    found = _NEAR[role](list(distinct)).group
    number = np.fromiter((distinct[each] for each in fingerprints), dtype=np.int64, count=len(fingerprints))
    _, first = np.unique(number, return_index=True)  # where each distinct one stands first
    forest = Forest(len(fingerprints))
    forest.join(first[number], np.arange(len(fingerprints), dtype=np.int64))
    forest.join(first[found], first)
    return forest
