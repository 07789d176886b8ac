"""How much compression shows: steps at the borders of the 8 x 8 blocks of JPEG and its like."""

import numpy as np
from numpy.typing import NDArray

_BLOCK_PX = 8
_LARGEST_STEP = 32.0
"""In levels of 255; a strong edge of the picture counts no more than this."""
_JUDGED_PX = 1024
_ENOUGH_PX = 4 * _BLOCK_PX


def blockiness(grey: NDArray[np.uint8]) -> float | None:
    """Return how much larger steps across block borders are than those at the other seven places.

    0 without blocks. `grey` is [height, width] at full size: shrunk or enlarged pictures have their
    borders elsewhere. Steps at the borders are measured against the largest mean of the other places,
    so that a pattern of any other period is none. None for a picture of a few blocks. After Wang, Sheikh
    and Bovik 2002, "No-reference perceptual quality assessment of JPEG compressed images".
    """
    if min(grey.shape) < _ENOUGH_PX:
        return None
    light = _middle(grey).astype(np.float32)
    return max(0.0, float(np.mean([_excess(light), _excess(light.T)])))


def _middle(grey: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the middle of a large picture, cut at borders of blocks."""
    starts = [max(0, (side - _JUDGED_PX) // 2) // _BLOCK_PX * _BLOCK_PX for side in grey.shape]
    return grey[starts[0] : starts[0] + _JUDGED_PX, starts[1] : starts[1] + _JUDGED_PX]


def _excess(light: NDArray[np.float32]) -> float:
    """Return it for borders between rows."""
    steps = np.minimum(np.abs(np.diff(light, axis=0)), _LARGEST_STEP).mean(axis=1)
    at_place = np.array([steps[place::_BLOCK_PX].mean() for place in range(_BLOCK_PX)])
    others = at_place[:-1]
    return float((at_place[-1] - others.max()) / (others.mean() + 0.5))
