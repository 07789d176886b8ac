"""How a clip is cut, and how its pictures change from sample to sample."""

import numpy as np

from sensorium.core.arrays import FloatVector
from sensorium.encoders.video.optical_flow import small_grey
from sensorium.media.video import VideoSample

SIDE_PX = 64
DIMENSION = 5
NEW_PICTURE = 0.15
"""Mean difference of two samples, of full scale, that makes the second one another picture."""


def shot_change_row(sample: VideoSample) -> FloatVector:
    """Return cuts a minute (logarithm), share of new pictures, their changes, course of brightness [5]."""
    row = np.zeros(DIMENSION, dtype=np.float32)
    row[0] = np.log1p(60 * len(sample.cuts_s) / max(sample.watched_s, 1.0))
    if len(sample.frames) < 2:
        return row
    small = np.stack([small_grey(frame, SIDE_PX, SIDE_PX) for frame in sample.frames]) / np.float32(255)
    change = np.abs(np.diff(small, axis=0)).mean(axis=(1, 2))
    row[1] = (change > NEW_PICTURE).mean()
    row[2:] = change.mean(), change.std(), small.mean(axis=(1, 2)).std()
    return row
