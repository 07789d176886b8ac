"""How good a clip is: black or frozen frames, motion, shake."""

from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from sensorium.media.quality.measures import Scores
from sensorium.media.video import VideoSample

_BLACK = 24
_UNCHANGED = 0.3
"""Mean difference in levels of 255; compression of a picture that stands still makes less."""
_ENOUGH_PX = 16


def clip_quality(clip: VideoSample) -> Scores:
    """Return the scores of what was sampled from a clip; `measures` says what they mean.

    `spacing_s` of the sample should be about a fifteenth of a second: hands shake several times a second.
    """
    changes = [(_change(*pair), _change(*rest)) for pair, rest in _steps(clip)]
    motion = max(_change(*pair) for pair in pairwise([*clip.frames, clip.following[-1]])) / 255
    scores = {
        "black": float(np.mean([np.percentile(frame, 99) < _BLACK for frame in clip.frames])),
        "motion": motion,
    }
    if changes:
        scores["frozen"] = float(np.mean([max(both) < _UNCHANGED for both in changes]))
        if min(clip.frames.shape[1:3]) >= _ENOUGH_PX:
            scores["shake"] = float(np.median([_jerk(pair, rest) for pair, rest in _steps(clip)]))
    return scores


_Frames = tuple[NDArray[np.uint8], NDArray[np.uint8]]


def _steps(clip: VideoSample) -> list[tuple[_Frames, _Frames]]:
    """Return (frame, following) and (following, later) of each sample that has all three."""
    whole = np.flatnonzero((clip.gaps_s > 0) & (clip.later_gaps_s > 0))
    return [
        ((clip.frames[at], clip.following[at]), (clip.following[at], clip.later[at])) for at in whole.tolist()
    ]


def _change(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> float:
    """Return the mean difference of two frames in levels of 255."""
    return float(cv2.absdiff(first, second).mean())


def _jerk(pair: _Frames, rest: _Frames) -> float:
    """Return by how much the picture's way differs from one step to the next, as a share of the diagonal.

    The way is that of the whole picture, by phase correlation; a camera that follows evenly has none.
    """
    before, after = _way(*pair), _way(*rest)
    return float(np.hypot(*(after - before)) / np.hypot(*pair[0].shape[:2]))


def _way(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Return how far the picture moved [x, y] in pixels."""
    before = cv2.cvtColor(first, cv2.COLOR_RGB2GRAY).astype(np.float32)
    after = cv2.cvtColor(second, cv2.COLOR_RGB2GRAY).astype(np.float32)
    height, width = before.shape
    shift, _ = cv2.phaseCorrelate(before, after, cv2.createHanningWindow((width, height), cv2.CV_32F))
    return np.asarray(shift, dtype=np.float64)
