"""How good a picture is: size, brightness, sharpness, borders, compression, what was done to it."""

from collections.abc import Sequence
from typing import TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from sensorium.media.noise import noise_level
from sensorium.media.quality.compression import blockiness
from sensorium.media.quality.lettering import text_share, watermark_repetition
from sensorium.media.quality.measures import Scores
from sensorium.media.quality.processing import false_color, halo_strength, missing_tone_share

_Value = TypeVar("_Value", np.uint8, np.float32)
_BLUR_PX, _SHOWN_PX = 384, 1024
_BLACK = 24 / 255


def picture_quality(picture: NDArray[np.uint8], *, thorough: bool = True) -> Scores:
    """Return the scores of `picture` [height, width, 3] uint8 RGB; `measures` says what they mean.

    Compression is measured at full size; blur, text and marks in small (strong blur in very small, since it
    leaves steps between levels that look sharp); all else as large as a page
    shows pictures, 1,024 pixels along the longer side. Unless `thorough`, what was laid over the picture is
    not looked for, which costs more than all the rest.
    """
    shown = _at_most(picture, _SHOWN_PX)
    grey = np.asarray(cv2.cvtColor(shown, cv2.COLOR_RGB2GRAY), dtype=np.uint8)
    small = _at_most(grey, _BLUR_PX)
    light = small.astype(np.float32) / np.float32(255)
    bright, dark = _levels(small, (0.05, 0.95))
    scores: dict[str, float | None] = {
        "shorter_side_px": float(min(picture.shape[:2])),
        "dark": dark,
        "bright": bright,
        "contrast": dark - bright,
        "blur": max(_blur(light), _blur(_at_most(light, _BLUR_PX // 4))),
        "bars": _bars(light),
        "blocks": blockiness(np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), dtype=np.uint8)),
        "noise": noise_level(grey),
        "halos": halo_strength(grey),
        "false_colour": false_color(shown),
        "missing_tones": missing_tone_share(grey),
    }
    if thorough:
        scores |= {"text": text_share(grey), "repetition": watermark_repetition(grey)}
    return {name: score for name, score in scores.items() if score is not None}


def _at_most(picture: NDArray[_Value], longer_side_px: int) -> NDArray[_Value]:
    height, width = picture.shape[:2]
    scale = longer_side_px / max(height, width)
    if scale >= 1:
        return picture
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), dtype=picture.dtype)


def _blur(light: NDArray[np.float32]) -> float:
    """Return the larger blur of the two directions; 1 for a picture without any edge (Crete et al. 2007)."""
    shares = [1.0]
    for axis, size in ((0, (1, 9)), (1, (9, 1))):
        before, after = (
            _steps(values, axis) for values in (light, np.asarray(cv2.blur(light, size), dtype=np.float32))
        )
        total = cv2.sumElems(before)[0]
        if total > 0:
            lost = cv2.max(cv2.subtract(before, after), 0.0)  # type: ignore[call-overload]
            shares.append(1.0 - cv2.sumElems(lost)[0] / total)
    return max(shares[1:], default=1.0)


def _steps(light: NDArray[np.float32], axis: int) -> NDArray[np.float32]:
    """Return how far neighbours along `axis` are apart."""
    one, next_one = (light[:-1], light[1:]) if axis == 0 else (light[:, :-1], light[:, 1:])
    return np.asarray(cv2.absdiff(one, next_one), dtype=np.float32)


def _levels(grey: NDArray[np.uint8], shares: Sequence[float]) -> list[float]:
    """Return the brightness, 0 to 1, beneath which each of `shares` of the pixels lies, as percentiles do."""
    until = np.cumsum(np.bincount(grey.reshape(-1), minlength=256))
    found: list[float] = []
    for share in shares:
        place = share * (grey.size - 1)
        lower, upper = np.searchsorted(until, [np.floor(place), np.ceil(place)], side="right")
        found.append(float(lower + (upper - lower) * (place % 1)) / 255)
    return found


def _bars(light: NDArray[np.float32]) -> float:
    """Return the share of black rows at top and bottom, or columns left and right; 0 if on one side only."""
    worst = 0.0
    for lines in (light.max(axis=1), light.max(axis=0)):
        lit = np.flatnonzero(lines > _BLACK)
        if len(lit) and lit[0] > 0 and lit[-1] < len(lines) - 1:
            worst = max(worst, 1 - (lit[-1] - lit[0] + 1) / len(lines))
    return worst
