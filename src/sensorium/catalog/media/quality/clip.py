"""How good a clip is: black or frozen frames, motion, sound."""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from sensorium.catalog.media.quality.measures import Scores
from sensorium.catalog.media.quality.sound import sound_quality
from sensorium.core.arrays import FloatVector

_BLACK = 24


def clip_quality(
    frames: NDArray[np.uint8], following: NDArray[np.uint8], sound: FloatVector | None, rate_hz: int
) -> Scores:
    """Return the scores of sampled frames [n, height, width, 3], the frames after them, and the sound."""
    both = [*frames, following[-1]]
    scores = {
        "black": float(np.mean([np.percentile(frame, 99) < _BLACK for frame in frames])),
        "motion": max(
            float(np.abs(first.astype(np.int16) - second).mean()) / 255 for first, second in pairwise(both)
        ),
        "has_sound": float(sound is not None),
    }
    if sound is None:
        return scores
    return scores | {f"sound_{name}": score for name, score in sound_quality(sound, rate_hz).items()}
