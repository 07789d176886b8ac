"""How noisy a picture is."""

import cv2
import numpy as np
from numpy.typing import NDArray

_NOISE_KERNEL = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], dtype=np.float32)
_TILE_PX = 8


def noise_level(grey: NDArray[np.uint8]) -> float | None:
    """Return the standard deviation of the noise of `grey` [height, width], in levels of 255.

    What a Laplacian that is blind to edges leaves (Immerkaer 1996), in the smoothest tenth of the tiles,
    since texture looks like noise. None where hardly a tile is free of black and white.
    """
    light = grey.astype(np.float32)
    rest = np.abs(cv2.filter2D(light, cv2.CV_32F, _NOISE_KERNEL))
    inside = ((light > 4) & (light < 251)).astype(np.float32)
    size, places = (_TILE_PX, _TILE_PX), slice(_TILE_PX // 2, None, _TILE_PX)
    share = np.asarray(cv2.boxFilter(inside, -1, size))[places, places]
    mean = np.asarray(cv2.boxFilter(rest * inside, -1, size))[places, places]
    full = share > 0.9
    if full.sum() < 10:
        return None
    return float(np.sqrt(np.pi / 2) / 6 * np.percentile(mean[full] / share[full], 10))
