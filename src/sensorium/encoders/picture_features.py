"""What a picture looks like, as numbers: colours, texture, shape."""

from collections.abc import Mapping
from functools import cache
from typing import Any, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from sensorium.core.arrays import FloatVector

COLOUR_SIDE_PX, COLOUR_GRID = 64, 3
COLOUR_BINS = (6, 3, 3)
"""Steps of hue, saturation and brightness in each cell's histogram."""
MOMENTS = 36
TEXTURE_SIDE_PX, TEXTURE_GRID, TEXTURE_RADIUS_PX = 96, 2, 2
TEXTURE_BINS = 59
SHAPE_SIDE_PX, SHAPE_GRID = 48, 6
DIRECTIONS = 9

Pixels: TypeAlias = Any
"""[height, width, 3] or [height, width] uint8; OpenCV types its results too loosely to say so."""


def picture_parts() -> Mapping[str, tuple[int, int]]:
    """Return the column ranges of `picture_row`."""
    colours = COLOUR_GRID**2 * int(np.prod(COLOUR_BINS)) + MOMENTS
    texture = colours + TEXTURE_GRID**2 * TEXTURE_BINS
    shape = texture + SHAPE_GRID**2 * DIRECTIONS
    return {"colours": (0, colours), "texture": (colours, texture), "shape": (texture, shape)}


def picture_row(rgb: Pixels) -> FloatVector:
    """Return the features [d] of a picture [height, width, 3] RGB; 100 px a side are enough."""
    small = cv2.resize(rgb, (TEXTURE_SIDE_PX, TEXTURE_SIDE_PX), interpolation=cv2.INTER_AREA)
    grey = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY)
    tiny = cv2.resize(small, (COLOUR_SIDE_PX, COLOUR_SIDE_PX), interpolation=cv2.INTER_AREA)
    outline = cv2.resize(grey, (SHAPE_SIDE_PX, SHAPE_SIDE_PX), interpolation=cv2.INTER_AREA)
    pieces = [
        colour_histograms(tiny),
        colour_moments(tiny),
        texture_patterns(grey),
        oriented_gradients(outline),
    ]
    return np.concatenate(pieces, dtype=np.float32)


def colour_histograms(rgb: Pixels) -> FloatVector:
    """Return an HSV histogram for each cell of a grid, as square roots of shares (Hellinger)."""
    hue, saturation, brightness = cv2.split(cv2.cvtColor(rgb, cv2.COLOR_RGB2HSV))
    hues, saturations, brightnesses = COLOUR_BINS
    code = hue.astype(np.int64) * hues // 180 * saturations + saturation.astype(np.int64) * saturations // 256
    code = code * brightnesses + brightness.astype(np.int64) * brightnesses // 256
    return _shares_by_cell(code, COLOUR_GRID, hues * saturations * brightnesses)


def colour_moments(rgb: Pixels) -> FloatVector:
    """Return mean, spread and cube root of the skewness of the Lab channels in each quarter [36]."""
    half = rgb.shape[0] // 4  # every second pixel: moments do not need them all
    lab = cv2.cvtColor(rgb, cv2.COLOR_RGB2LAB)[::2, ::2].astype(np.float32) / 255.0
    quarters = lab.reshape(2, half, 2, half, 3).transpose(0, 2, 4, 1, 3).reshape(4, 3, -1)
    mean = quarters.mean(axis=2)
    centred = quarters - mean[:, :, None]
    squared = centred * centred
    spread = np.sqrt(squared.mean(axis=2))
    skewness = np.cbrt((squared * centred).mean(axis=2))
    return np.concatenate([mean, spread, skewness], axis=1).ravel()


def texture_patterns(grey: Pixels) -> FloatVector:
    """Return histograms of uniform local binary patterns (Ojala, Pietikainen and Maenpaa 2002) by cell."""
    r, (height, width) = TEXTURE_RADIUS_PX, grey.shape
    centre = grey[r : height - r, r : width - r]
    codes = np.zeros(centre.shape, dtype=np.uint8)
    ring = ((-r, -r), (-r, 0), (-r, r), (0, r), (r, r), (r, 0), (r, -r), (0, -r))
    for bit, (down, right) in enumerate(ring):
        neighbour = grey[r + down : height - r + down, r + right : width - r + right]
        codes |= (neighbour >= centre).view(np.uint8) << np.uint8(bit)
    return _shares_by_cell(_uniform_patterns()[codes], TEXTURE_GRID, TEXTURE_BINS)


@cache
def _uniform_patterns() -> NDArray[np.int64]:
    """Return the bin [256] of each ring of 8 bits: 58 with at most two changes, one for all others."""
    table = np.full(256, TEXTURE_BINS - 1, dtype=np.int64)
    uniform = [ring for ring in range(256) if (ring ^ (ring >> 1 | (ring & 1) << 7)).bit_count() <= 2]
    table[uniform] = np.arange(len(uniform))
    return table


def oriented_gradients(grey: Pixels) -> FloatVector:
    """Return gradient directions by cell, each cell normalised with the 3 x 3 around it.

    The idea of Dalal and Triggs 2005, with one normalisation a cell in place of four.
    """
    across = cv2.Sobel(grey, cv2.CV_32F, 1, 0, ksize=1)
    down = cv2.Sobel(grey, cv2.CV_32F, 0, 1, ksize=1)
    strength, angle = cv2.cartToPolar(across, down)
    position = angle * (DIRECTIONS / np.pi)  # a line has no front: opposite directions share a bin
    low = np.floor(position)
    share = position - low
    first = low.astype(np.int64) % DIRECTIONS
    cell = _cells(SHAPE_SIDE_PX, SHAPE_GRID) * DIRECTIONS
    n_bins = SHAPE_GRID**2 * DIRECTIONS
    sums = np.bincount((cell + first).ravel(), (strength * (1 - share)).ravel(), n_bins)
    sums += np.bincount((cell + (first + 1) % DIRECTIONS).ravel(), (strength * share).ravel(), n_bins)
    cells = sums.reshape(SHAPE_GRID, SHAPE_GRID, DIRECTIONS)
    energy = 9 * cv2.blur(np.square(cells).sum(axis=2), (3, 3), borderType=cv2.BORDER_REFLECT)
    normalised = cells / np.sqrt(energy + 1.0)[:, :, None]
    return np.minimum(normalised, 0.4).astype(np.float32).ravel()


@cache
def _cells(side_px: int, grid: int) -> NDArray[np.int64]:
    """Return for each pixel [side_px, side_px] the number of its cell, row by row."""
    step = np.arange(side_px) * grid // side_px
    return step[:, None] * grid + step[None, :]


def _shares_by_cell(codes: NDArray[np.int64], grid: int, n_codes: int) -> FloatVector:
    """Return the square root of each code's share of its cell [grid * grid * n_codes]."""
    cells = _cells(codes.shape[0], grid)
    counts = np.bincount((cells * n_codes + codes).ravel(), minlength=grid * grid * n_codes)
    totals = np.bincount(cells.ravel(), minlength=grid * grid).repeat(n_codes)
    return np.sqrt(counts / totals).astype(np.float32)
