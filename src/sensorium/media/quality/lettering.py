"""What was laid over a picture: lines of text, and a mark that repeats all over it."""

import cv2
import numpy as np
from numpy.typing import NDArray

_TEXT_PX = 384
_MARK_PX = 256
_UPWARD = 7
_STROKE_CONTRAST = 45
_LINE_HEIGHT_PX = (6, 48)


def text_share(grey: NDArray[np.uint8]) -> float:
    """Return the share of `grey` [height, width] beneath what looks like lines of text.

    Thin strokes, lighter or darker than their surroundings, close enough together to make a long and
    level shape, with as many strokes as letters have. Text that is curved, slanted, very large or fainter
    than its ground by less than a fifth of the range is not found; fences and ribs may be.
    """
    light = _scaled(grey, _TEXT_PX)
    covered = np.zeros(light.shape, dtype=np.uint8)
    for lighter_or_darker in (cv2.MORPH_TOPHAT, cv2.MORPH_BLACKHAT):
        thin = cv2.morphologyEx(light, lighter_or_darker, np.ones((11, 11), dtype=np.uint8))
        strokes = (np.asarray(thin) > _STROKE_CONTRAST).astype(np.uint8)
        joined = cv2.morphologyEx(strokes, cv2.MORPH_CLOSE, np.ones((1, 13), dtype=np.uint8))
        joined = cv2.morphologyEx(joined, cv2.MORPH_OPEN, np.ones((4, 1), dtype=np.uint8))
        _, _, shapes, _ = cv2.connectedComponentsWithStats(np.asarray(joined))
        for x, y, width, height, area in shapes[1:].tolist():
            if _is_line(strokes[y : y + height, x : x + width], area):
                covered[y : y + height, x : x + width] = 1
    return float(covered.mean())


def _is_line(strokes: NDArray[np.uint8], area_px: int) -> bool:
    """Return whether the strokes within a box, joined over `area_px`, can be a line of text."""
    height, width = strokes.shape
    lowest, highest = _LINE_HEIGHT_PX
    if not lowest <= height <= highest or width < 3 * height or area_px < 0.5 * height * width:
        return False
    middle = strokes[height // 4 : max(height // 4 + 1, 3 * height // 4)].astype(np.int8)
    strokes_a_height = (np.diff(middle, axis=1) != 0).sum(axis=1).mean() / 2 * height / width
    return bool(0.8 <= strokes_a_height <= 4 and 0.15 <= strokes.mean() <= 0.75)


def watermark_repetition(grey: NDArray[np.uint8]) -> float:
    """Return how much `grey` [height, width] resembles itself elsewhere, as a tiled mark makes it.

    The highest narrow peak in the autocorrelation of its fine detail, far from the middle, in standard
    deviations of what is there; strong edges count little more than faint ones. A pattern of the thing
    itself, such as checks, does the same.
    """
    light = _scaled(grey, _MARK_PX, enlarge=False).astype(np.float32)
    if min(light.shape) <= _UPWARD:
        return 0.0  # too small for a mark that repeats
    detail = _even(light - np.asarray(cv2.GaussianBlur(light, (0, 0), 2)))
    height, width = detail.shape
    alike = _autocorrelation(detail)
    sharp = (alike - np.asarray(cv2.blur(alike, (15, 15))))[_UPWARD:]
    rows, columns = np.ogrid[0:height, -width:width]
    far = np.hypot(rows, columns) > 0.08 * max(height, width)
    overlapping = (rows < 0.6 * height) & (np.abs(columns) < 0.6 * width)
    judged = far & overlapping
    there = np.concatenate([sharp[judged], sharp[1:][judged[1:]]])  # upward it is the same
    spread = float(there.std()) if there.size else 0.0
    return max(0.0, float(there.max()) / spread) if spread > 1e-9 else 0.0


def _even(detail: NDArray[np.float32]) -> NDArray[np.float32]:
    limited = np.clip(detail, -8, 8)
    return limited - limited.mean()


def _autocorrelation(detail: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return it for shifts downward and to either side, by the pixels that overlap.

    The result is [_UPWARD + height, 2 * width]. Shifts upward give the same; a few of them come first, so
    that what surrounds a shift is there.
    """
    from scipy import fft

    height, width = detail.shape
    size = 2 * height, 2 * width
    spectrum = np.abs(np.asarray(fft.rfft2(detail, size), dtype=np.complex64))
    shifts = np.asarray(fft.irfft2(spectrum * spectrum, size), dtype=np.float32)
    found = np.roll(shifts, (_UPWARD, width), axis=(0, 1))[: _UPWARD + height]
    n_rows = np.maximum(height - np.abs(np.arange(-_UPWARD, height)), 1)
    n_columns = np.maximum(width - np.abs(np.arange(-width, width)), 1)
    variance = max(float(detail.var()), 1e-6)
    return (found / (n_rows[:, None] * n_columns[None, :]) / variance).astype(np.float32)


def _scaled(grey: NDArray[np.uint8], longer_side_px: int, *, enlarge: bool = True) -> NDArray[np.uint8]:
    scale = longer_side_px / max(grey.shape)
    if scale >= 1 and not enlarge:
        return grey
    height, width = (max(1, round(side * scale)) for side in grey.shape)
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(grey, (width, height), interpolation=how), dtype=np.uint8)
