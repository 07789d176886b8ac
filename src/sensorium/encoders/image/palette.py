"""The few colours that a picture is made of, in numbers that are near where palettes are alike."""

from typing import NamedTuple

import cv2
import numpy as np

from sensorium.core.arrays import FloatMatrix, FloatVector
from sensorium.encoders.image.grid_cells import Pixels

N_COLORS = 6
LIGHTNESS_STEP, COLOR_STEP = 20.0, 25.0
"""How far apart the anchors stand in CIE Lab, along L and along a and b."""
REACH = 12.5
"""Spread of the bell by which a colour is shared among the anchors around it."""
_BINS = 16
_ROUNDS = 8


def _anchors() -> FloatMatrix:
    """Return the points [n, 3] of a grid in Lab that are the nearest one to some colour of sRGB."""
    steps = np.linspace(0, 1, 18, dtype=np.float32)
    cube = np.stack(np.meshgrid(steps, steps, steps), axis=-1).reshape(1, -1, 3)
    shown = cv2.cvtColor(cube, cv2.COLOR_RGB2LAB)[0]
    spacing = np.array([LIGHTNESS_STEP, COLOR_STEP, COLOR_STEP])
    shift = np.array([LIGHTNESS_STEP / 2, 0, 0])
    nearest = np.unique(np.round((np.minimum(shown, (99, 128, 128)) - shift) / spacing), axis=0)
    return np.asarray(nearest * spacing + shift, dtype=np.float32)


ANCHORS = _anchors()
"""[DIMENSION, 3] CIE Lab."""
DIMENSION = len(ANCHORS)


class Palette(NamedTuple):
    """Dominant colours, the largest first."""

    colours: FloatMatrix
    """[n, 3] CIE Lab, n <= N_COLORS."""
    shares: FloatVector
    """[n] of the picture, summing to one."""


def palette_row(rgb: Pixels) -> FloatVector:
    """Return how much of the picture's palette stands at each anchor of Lab, as square roots of shares.

    A list of colours has no natural order: two palettes that are nearly alike may be listed differently.
    Shared among fixed anchors they need none, and a colour that shifts a little moves its row a little.
    """
    palette = dominant_colors(rgb)
    away = np.square(palette.colours[:, None] - ANCHORS).sum(axis=2)
    bells = np.exp((away.min(axis=1, keepdims=True) - away) / (2 * REACH**2))
    at_anchors = palette.shares @ (bells / bells.sum(axis=1, keepdims=True))
    return np.sqrt(at_anchors).astype(np.float32)


def dominant_colors(rgb: Pixels) -> Palette:
    """Return the palette of a picture [height, width, 3]: k-means in Lab over what fills a coarse grid.

    The start is deterministic: the fullest cell, then each time the one with the most pixels and the
    largest distance from those that are chosen.
    """
    lab = cv2.cvtColor(rgb.astype(np.float32) / 255.0, cv2.COLOR_RGB2LAB).reshape(-1, 3)
    cells, weights = _filled_cells(lab)
    centres = cells[[int(weights.argmax())]]
    while len(centres) < min(N_COLORS, len(cells)):
        nearest = _squared_distances(cells, centres).min(axis=1)
        centres = np.concatenate([centres, cells[[int((weights * nearest).argmax())]]])
    shares = weights[:0]
    for _ in range(_ROUNDS):
        centres, shares = _move_centres(cells, weights, centres)
    order = np.argsort(-shares, kind="stable")
    order = order[shares[order] > 0]
    return Palette(centres[order], shares[order] / shares.sum())


def _move_centres(
    cells: FloatMatrix, weights: FloatVector, centres: FloatMatrix
) -> tuple[FloatMatrix, FloatVector]:
    """Return each centre [n, 3] amid the cells that are nearest to it, and their weight [n]."""
    member = _squared_distances(cells, centres).argmin(axis=1)
    shares = np.bincount(member, weights, len(centres))
    sums = np.stack([np.bincount(member, weights * axis, len(centres)) for axis in cells.T], axis=1)
    moved = np.where(shares[:, None] > 0, sums / np.maximum(shares, 1e-9)[:, None], centres)
    return moved.astype(np.float32), shares.astype(np.float32)


def _filled_cells(lab: FloatMatrix) -> tuple[FloatMatrix, FloatVector]:
    """Return the mean colour [n, 3] of each cell of a grid in Lab that holds pixels, and how many [n]."""
    place = np.clip(lab / (100, 256, 256) * _BINS + (0, _BINS / 2, _BINS / 2), 0, _BINS - 1).astype(np.int64)
    _, member = np.unique((place[:, 0] * _BINS + place[:, 1]) * _BINS + place[:, 2], return_inverse=True)
    weights = np.bincount(member).astype(np.float32)
    sums = np.stack([np.bincount(member, axis) for axis in lab.T], axis=1)
    return np.asarray(sums / weights[:, None], dtype=np.float32), weights


def _squared_distances(points: FloatMatrix, centres: FloatMatrix) -> FloatMatrix:
    return np.asarray(np.square(points[:, None] - centres).sum(axis=2))
