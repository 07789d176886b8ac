"""Small stretches of a picture as numbers: SIFT descriptors on a grid.

The descriptor of Lowe (2004), upright and at fixed sizes, for every place instead of for chosen ones
(Bosch, Zisserman and Munoz 2007). All descriptors share the smoothed gradients, which makes them some twenty
times faster than asking for them one by one.
"""

from typing import Any, NamedTuple, TypeAlias

import cv2
import numpy as np

from sensorium.core.arrays import BoolVector, FloatMatrix

LONGER_SIDE_PX = 200
CELLS_PX = (5, 8, 12)
"""Widths of the 4 x 4 cells of a descriptor: from buttons to sleeves."""
STEP_PX = 7
DIRECTIONS = 8
DIMENSION = 4 * 4 * DIRECTIONS
FLAT = 4.0
"""Gradients weaker than this in all are noise; what is flat has no descriptor."""

Pixels: TypeAlias = Any
"""uint8 [height, width] or [height, width, 3]; OpenCV types its results too loosely to say so."""


class LocalFeatures(NamedTuple):
    """What is seen where."""

    descriptors: FloatMatrix
    """[n, DIMENSION] of unit length: square roots of shares (Arandjelovic and Zisserman 2012)."""
    places: FloatMatrix
    """[n, 2] across and down, in [0, 1]."""


def small_grey(rgb: Pixels) -> Pixels:
    """Return the picture in grey, its longer side LONGER_SIDE_PX."""
    height, width = rgb.shape[:2]
    scale = LONGER_SIDE_PX / max(height, width)
    # A sliver still has to hold one of the largest descriptors.
    size = [max(round(side * scale), 4 * max(CELLS_PX)) for side in (width, height)]
    grey = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)
    return cv2.resize(grey, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)


def local_features(grey: Pixels) -> LocalFeatures:
    """Return the descriptors of `small_grey`; none for an empty picture."""
    gradients = _gradients(grey)
    found = [_describe_grid(gradients, cell) for cell in CELLS_PX]
    descriptors = np.concatenate([descriptors for descriptors, _, _ in found])
    places = np.concatenate([places for _, places, _ in found])
    kept = np.concatenate([kept for _, _, kept in found])
    return LocalFeatures(descriptors[kept], places[kept])


def _gradients(grey: Pixels) -> FloatMatrix:
    """Return for each pixel the strength of its gradient in each direction [height, width, DIRECTIONS]."""
    smooth = cv2.GaussianBlur(grey, (0, 0), 0.8).astype(np.float32)
    across = cv2.Sobel(smooth, cv2.CV_32F, 1, 0, ksize=1)
    down = cv2.Sobel(smooth, cv2.CV_32F, 0, 1, ksize=1)
    strength, angle = (part.ravel() for part in cv2.cartToPolar(across, down))
    position = angle * (DIRECTIONS / (2 * np.pi))
    low = np.floor(position)
    share = position - low
    first = low.astype(np.int64) % DIRECTIONS
    pixel = np.arange(len(first))
    gradients = np.zeros((len(first), DIRECTIONS), dtype=np.float32)
    gradients[pixel, first] = strength * (1 - share)
    gradients[pixel, (first + 1) % DIRECTIONS] += strength * share
    return gradients.reshape(*grey.shape, DIRECTIONS)


def _describe_grid(gradients: FloatMatrix, cell: int) -> tuple[FloatMatrix, FloatMatrix, BoolVector]:
    """Return descriptors [n, DIMENSION], places [n, 2] and which are not flat [n]."""
    height, width = gradients.shape[:2]
    # Two boxes in a row weigh a pixel by its distance from the cell's middle, as SIFT does.
    sums = cv2.boxFilter(gradients, -1, (cell, cell), normalize=False)
    sums = cv2.boxFilter(sums, -1, (cell, cell), normalize=True)
    rows = np.arange(2 * cell, height - 2 * cell + 1, STEP_PX)
    columns = np.arange(2 * cell, width - 2 * cell + 1, STEP_PX)
    offsets = np.round((np.arange(4) - 1.5) * cell).astype(np.int64)
    down = np.clip(rows[:, None] + offsets, 0, height - 1)
    across = np.clip(columns[:, None] + offsets, 0, width - 1)
    cells = sums[down[:, None, :, None], across[None, :, None, :]]
    raw = cells.reshape(len(rows) * len(columns), DIMENSION)
    length = np.linalg.norm(raw, axis=1, keepdims=True)
    cut = np.minimum(raw / np.maximum(length, 1e-6), 0.2)  # one strong edge must not be all there is
    shares = cut / np.maximum(cut.sum(axis=1, keepdims=True), 1e-6)
    y, x = np.meshgrid(rows / height, columns / width, indexing="ij")
    places = np.stack([x.ravel(), y.ravel()], axis=1).astype(np.float32)
    return np.sqrt(np.maximum(shares, 0)), places, length[:, 0] > FLAT  # running sums dip below zero
