"""Fingerprints of clips: another size, frame rate or codec change few bits."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sensorium.media.display import Display
from sensorium.media.fingerprints.timed import NearnessRule, TimedFingerprint, pack_signs
from sensorium.media.frame_source import FrameSource, open_frames

STEP_S = 0.125
STRETCHES_S = (0.0, 60.0, 300.0)
"""Where the stretches begin that are looked at: a common title sequence does not make clips the same."""
STRETCH_S = 10.0
NEAR = NearnessRule(max_shift=round(3 / STEP_S), min_steps=10, overlap=0.7, max_errors=0.2)
"""Copies of real clips differ in 22% of their bits at most, different ones in 24% or more."""
_ROWS, _COLUMNS, _CELL_PX = 4, 9, 16
_KEPT = 0.95
_LEAST_CONTRAST = 16.0
"""Of 255 levels, from the darkest cell to the brightest; a black clip is like any other."""
_STEPS = round(STRETCH_S / STEP_S)


def clip_fingerprint(content: bytes, sound: bytes | None, *, where: str) -> bytes | None:
    """Return the fingerprint of a clip's pictures and its `sound`, which has its own; None if short or dark.

    32 bits for every eighth of a second in three stretches of ten: whether the step of brightness from one
    of 4 x 9 cells to the next is larger than just before (Oostveen, Kalker and Haitsma 2002, "Feature
    extraction and a database strategy for video fingerprinting").

    Raises
    ------
    MediaError
        If it cannot be decoded.
    """
    stretches = [cells for cells in _stretches(content, where) if len(cells) > NEAR.min_steps]
    if not stretches or max(float(np.ptp(cells)) for cells in stretches) < _LEAST_CONTRAST:
        return None
    gap = np.zeros(NEAR.max_shift, dtype=np.uint32)
    words = [part for cells in stretches for part in (_words(cells), gap)][:-1]
    mean = np.concatenate(stretches).mean(axis=0).reshape(-1)
    mean -= mean.mean()
    pictures = TimedFingerprint(
        mean / max(float(np.linalg.norm(mean)), 1e-6), np.concatenate(words)
    ).to_bytes()
    return np.uint32(len(pictures)).tobytes() + pictures + (sound or b"")


def fingerprint_parts(content: bytes) -> tuple[bytes, bytes]:
    """Return the fingerprint of a clip's pictures and that of its sound, which may be empty."""
    n = int(np.frombuffer(content[:4], np.uint32)[0])
    return content[4 : 4 + n], content[4 + n :]


def _words(cells: NDArray[np.float32]) -> NDArray[np.uint32]:
    """Return one word for each of `cells` [n_steps, 4, 9] but the first."""
    slopes = np.diff(cells, axis=2).reshape(len(cells), -1)
    return pack_signs((slopes[1:] - _KEPT * slopes[:-1]).astype(np.float32))


def _stretches(content: bytes, where: str) -> Iterator[NDArray[np.float32]]:
    """Yield the brightness of 4 x 9 cells in each step of each stretch [n_steps, 4, 9]."""
    with open_frames(content, where) as source:
        for start_s in STRETCHES_S:
            if start_s and start_s >= source.duration_s:
                return
            cells = _cells(source, start_s)
            if not len(cells):
                return
            yield cells


def _cells(source: FrameSource, start_s: float) -> NDArray[np.float32]:
    found: list[NDArray[np.float32]] = []
    display, shown = None, None
    for frame, moment_s in source.frames(start_s):
        display = display or Display.of(frame, None)
        now_s = moment_s - start_s
        while shown is not None and len(found) * STEP_S < min(now_s, STRETCH_S) - 1e-6:
            found.append(_brightness(shown, display))
        if now_s >= STRETCH_S:
            break
        shown = frame
    if shown is not None and display is not None:
        until_s = min(source.duration_s - start_s, STRETCH_S)
        last = _brightness(shown, display)
        found += [last] * max(1, round(until_s / STEP_S) - len(found)) if len(found) < _STEPS else []
    return np.stack(found) if found else np.empty((0, _ROWS, _COLUMNS), dtype=np.float32)


def _brightness(frame: Any, display: Display) -> NDArray[np.float32]:
    width, height = display.stored((_COLUMNS * _CELL_PX, _ROWS * _CELL_PX))
    scaled = frame.reformat(width=width, height=height, format="gray", interpolation="AREA")
    pixels = display.upright(np.asarray(scaled.to_ndarray(), dtype=np.uint8)).astype(np.float32)
    return pixels.reshape(_ROWS, _CELL_PX, _COLUMNS, _CELL_PX).mean(axis=(1, 3))
