"""How good a picture is: size, brightness, sharpness, borders."""

import cv2
import numpy as np
from numpy.typing import NDArray

from sensorium.catalog.media.quality.measures import Scores

_JUDGED_PX = 384
_BLACK = 24 / 255


def picture_quality(picture: NDArray[np.uint8]) -> Scores:
    """Return the scores of `picture` [height, width, 3] uint8 RGB; `measures` says what they mean."""
    height, width = picture.shape[:2]
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    scale = _JUDGED_PX / max(height, width)
    if scale < 1:
        size = max(1, round(width * scale)), max(1, round(height * scale))
        grey = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
    light = np.asarray(grey, dtype=np.float32) / np.float32(255)
    bright, dark = (float(level) for level in np.percentile(light, [5, 95]))
    return {
        "shorter_side_px": float(min(width, height)),
        "dark": dark,
        "bright": bright,
        "contrast": dark - bright,
        "blur": _blur(light),
        "bars": _bars(light),
    }


def _blur(light: NDArray[np.float32]) -> float:
    """Return the larger blur of the two directions; 1 for a picture without any edge (Crete et al. 2007)."""
    shares = [1.0]
    for axis, size in ((0, (1, 9)), (1, (9, 1))):
        again = cv2.blur(light, size)
        before, after = np.abs(np.diff(light, axis=axis)), np.abs(np.diff(np.asarray(again), axis=axis))
        total = float(before.sum())
        if total > 0:
            shares.append(1.0 - float(np.maximum(0, before - after).sum()) / total)
    return max(shares[1:], default=1.0)


def _bars(light: NDArray[np.float32]) -> float:
    """Return the share of black rows at top and bottom, or columns left and right; 0 if on one side only."""
    worst = 0.0
    for lines in (light.max(axis=1), light.max(axis=0)):
        lit = np.flatnonzero(lines > _BLACK)
        if len(lit) and lit[0] > 0 and lit[-1] < len(lines) - 1:
            worst = max(worst, 1 - (lit[-1] - lit[0] + 1) / len(lines))
    return worst
