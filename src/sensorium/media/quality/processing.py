"""How much a picture was worked on, or should have been: noise, halos, false colours, missing tones."""

import cv2
import numpy as np
from numpy.typing import NDArray

_REACH_PX = 4
_NEAR_PX = 3
_LEAST_SLOPE = 8.0
_LEAST_STEP = 20.0
_ENOUGH_EDGES = 50
_TONES = slice(6, 250)
"""Levels that are looked at; those at either end pile up in any picture with a white or black ground."""


def halo_strength(grey: NDArray[np.uint8]) -> float:
    """Return how far the strongest edges of `grey` [height, width] overshoot, as a share of their height.

    Sharpening lightens the light side of an edge and darkens the dark side. The smaller of the two counts,
    since a thin line has one of them by itself; at white or black, where one cannot show, the other.
    """
    light = grey.astype(np.float32)
    smooth = cv2.GaussianBlur(light, (0, 0), 0.8)
    right = np.asarray(cv2.Sobel(smooth, cv2.CV_32F, 1, 0, scale=1 / 8), dtype=np.float32).reshape(-1)
    down = np.asarray(cv2.Sobel(smooth, cv2.CV_32F, 0, 1, scale=1 / 8), dtype=np.float32).reshape(-1)
    slope = np.asarray(cv2.magnitude(right, down), dtype=np.float32).reshape(-1)
    edges = np.flatnonzero(slope >= _LEAST_SLOPE)
    edges = edges[slope[edges] >= _steepest_twentieth(slope[edges], slope.size)]
    if len(edges) < _ENOUGH_EDGES:
        return 0.0
    along = np.arange(-_REACH_PX, _REACH_PX + 1, dtype=np.float32)[:, None]
    rows, columns = (np.asarray(place, dtype=np.float32) for place in np.divmod(edges, grey.shape[1]))
    steepest = slope[edges]
    x, y = columns + right[edges] / steepest * along, rows + down[edges] / steepest * along
    return _overshoot(_sampled(light, x.astype(np.float32, copy=False), y.astype(np.float32, copy=False)))


def _steepest_twentieth(slopes: NDArray[np.float32], n_pixels: int) -> float:
    """Return from where on the steepest twentieth of all pixels begins, given the `slopes` that are steep."""
    rank = len(slopes) - n_pixels + int(np.ceil(0.95 * (n_pixels - 1)))
    return float(np.partition(slopes, rank)[rank]) if rank > 0 else _LEAST_SLOPE


def _sampled(
    light: NDArray[np.float32], x: NDArray[np.float32], y: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Return `light` at places between pixels; in pieces, since OpenCV maps no more than 32,767 columns."""
    pieces = [
        cv2.remap(
            light,
            x[:, at : at + 30_000],
            y[:, at : at + 30_000],
            cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REPLICATE,
        )
        for at in range(0, x.shape[1], 30_000)
    ]
    return np.concatenate([np.asarray(piece, dtype=np.float32) for piece in pieces], axis=1)


def _overshoot(profiles: NDArray[np.float32]) -> float:
    """Return the median overshoot of brightness across edges [from dark to light, n]."""
    dark, bright = profiles[:2].mean(axis=0), profiles[-2:].mean(axis=0)
    clear = bright - dark > _LEAST_STEP
    if clear.sum() < _ENOUGH_EDGES:
        return 0.0
    profiles, dark, bright = profiles[:, clear], dark[clear], bright[clear]
    step = bright - dark
    above = profiles[_REACH_PX : _REACH_PX + _NEAR_PX + 1].max(axis=0) - bright
    below = dark - profiles[_REACH_PX - _NEAR_PX : _REACH_PX + 1].min(axis=0)
    both = np.where(bright >= 250, below, np.where(dark <= 5, above, np.minimum(above, below)))
    return float(np.median(np.maximum(0, both) / step))


def false_color(picture: NDArray[np.uint8]) -> float:
    """Return the share of `picture` [height, width, 3] whose colour is as strong as can be shown."""
    red, green, blue = cv2.split(picture)
    strongest = np.maximum(np.maximum(red, green), blue)
    weakest = np.minimum(np.minimum(red, green), blue)
    return float(((weakest <= 4) & (strongest >= 100)).mean())


def missing_tone_share(grey: NDArray[np.uint8]) -> float:
    """Return how uneven the histogram of `grey` is, 0 to 1: gaps and spikes beside a smooth one.

    Few tones, or tones pulled apart, leave some levels empty and others full. 0 where most of the picture
    is nearly black or white.
    """
    levels = np.bincount(grey.reshape(-1), minlength=256).astype(np.float64)[_TONES]
    if levels.sum() < 0.2 * grey.size:
        return 0.0
    smooth = cv2.GaussianBlur(levels.reshape(-1, 1), (0, 0), 4, borderType=cv2.BORDER_REFLECT)
    return float(0.5 * np.abs(levels - np.asarray(smooth).reshape(-1)).sum() / levels.sum())
