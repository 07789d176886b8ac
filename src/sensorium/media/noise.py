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
    inside = np.asarray(cv2.inRange(grey, 5, 250)).astype(np.float32) / np.float32(255)
    share, mean = _tile_means(inside), _tile_means(rest * inside)
    full = share > 0.9
    if full.sum() < 10:
        return None
    return float(np.sqrt(np.pi / 2) / 6 * np.percentile(mean[full] / share[full], 10))


def _tile_means(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the mean of each tile; one that is more than half filled is completed by reflection."""
    rest = [(side % _TILE_PX, -side % _TILE_PX) for side in values.shape]
    more = [missing if there > _TILE_PX // 2 else 0 for there, missing in rest]
    whole = np.asarray(cv2.copyMakeBorder(values, 0, more[0], 0, more[1], cv2.BORDER_REFLECT_101))
    n_rows, n_columns = (side // _TILE_PX for side in whole.shape)
    whole = whole[: n_rows * _TILE_PX, : n_columns * _TILE_PX]
    if not whole.size:
        return np.zeros((n_rows, n_columns), dtype=np.float32)
    size = n_columns, n_rows
    return np.asarray(cv2.resize(whole, size, interpolation=cv2.INTER_AREA), dtype=np.float32)
