"""The outline of what is shown: oriented gradients."""

import cv2
import numpy as np

from sensorium.core.arrays import FloatVector
from sensorium.encoders.image.grid_cells import Pixels, cells

SIDE_PX, GRID = 48, 6
DIRECTIONS = 9
DIMENSION = GRID * GRID * DIRECTIONS


def hog_row(grey: Pixels) -> FloatVector:
    """Return gradient directions by cell, each cell normalised with the 3 x 3 around it.

    The idea of Dalal and Triggs 2005, with one normalisation a cell in place of four.
    """
    grey = cv2.resize(grey, (SIDE_PX, SIDE_PX), interpolation=cv2.INTER_AREA)
    across = cv2.Sobel(grey, cv2.CV_32F, 1, 0, ksize=1)
    down = cv2.Sobel(grey, cv2.CV_32F, 0, 1, ksize=1)
    strength, angle = cv2.cartToPolar(across, down)
    position = angle * (DIRECTIONS / np.pi)  # a line has no front: opposite directions share a bin
    low = np.floor(position)
    share = position - low
    first = low.astype(np.int64) % DIRECTIONS
    cell = cells(SIDE_PX, GRID) * DIRECTIONS
    n_bins = GRID**2 * DIRECTIONS
    sums = np.bincount((cell + first).ravel(), (strength * (1 - share)).ravel(), n_bins)
    sums += np.bincount((cell + (first + 1) % DIRECTIONS).ravel(), (strength * share).ravel(), n_bins)
    sums_by_cell = sums.reshape(GRID, GRID, DIRECTIONS)
    energy = 9 * cv2.blur(np.square(sums_by_cell).sum(axis=2), (3, 3), borderType=cv2.BORDER_REFLECT)
    normalised = sums_by_cell / np.sqrt(energy + 1.0)[:, :, None]
    return np.minimum(normalised, 0.4).astype(np.float32).ravel()
