"""Fingerprints of clips: another size, frame rate or codec change few bits."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sensorium.media.display import Display
from sensorium.media.fingerprints.timed import NearnessRule, TimedFingerprint, pack_signs
from sensorium.media.frame_source import open_frames

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


class ClipWatch:
    """Takes in all frames of a clip, one after the other, for its fingerprint; keeps some numbers of each."""

    def __init__(self) -> None:
        self._stretches = [_Stretch(start_s) for start_s in STRETCHES_S]

    def add_frame(self, frame: Any, shown_s: float) -> None:
        """Take in the frame that is shown from `shown_s` seconds on."""
        for stretch in self._stretches:
            stretch.add_frame(frame, shown_s)

    def fingerprint(self, duration_s: float, sound: bytes | None) -> bytes | None:
        """Return the fingerprint of the frames of a clip so long, and its `sound`; None if short or dark."""
        return _fingerprint([stretch.cells(duration_s) for stretch in self._stretches], sound)


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
    found: list[_Cells] = []
    with open_frames(content, where) as source:
        for start_s in STRETCHES_S:
            if start_s and start_s >= source.duration_s:
                break
            stretch = _Stretch(start_s)
            for frame, shown_s in source.frames(start_s):
                stretch.add_frame(frame, shown_s)
                if stretch.is_over:
                    break
            found.append(stretch.cells(source.duration_s))
    return _fingerprint(found, sound)


def _fingerprint(found: "Sequence[_Cells]", sound: bytes | None) -> bytes | None:
    stretches = [cells for cells in found if len(cells) > NEAR.min_steps]
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


def _words(cells: "_Cells") -> NDArray[np.uint32]:
    """Return one word for each of `cells` [n_steps, 4, 9] but the first."""
    slopes = np.diff(cells, axis=2).reshape(len(cells), -1)
    return pack_signs((slopes[1:] - _KEPT * slopes[:-1]).astype(np.float32))


_Cells = NDArray[np.float32]
"""Brightness of 4 x 9 cells in each step of a stretch [n_steps, 4, 9]."""


class _Stretch:
    """Ten seconds of a clip: what is on screen at each step."""

    def __init__(self, start_s: float) -> None:
        self._start_s = start_s
        self._found: list[_Cells] = []
        self._shown: tuple[Any, float] | None = None
        self._display: Display | None = None
        self.is_over = False

    def add_frame(self, frame: Any, shown_s: float) -> None:
        """Take in the next frame; one before the stretch may be on screen when it begins."""
        now_s = shown_s - self._start_s
        if not self.is_over:
            self._fill(min(now_s, STRETCH_S))
            self._shown, self.is_over = (frame, now_s), now_s >= STRETCH_S

    def cells(self, duration_s: float) -> _Cells:
        """Return what was seen, of a clip of that length."""
        if not self.is_over and duration_s > self._start_s:
            self._fill(min(duration_s - self._start_s, STRETCH_S))
        return np.stack(self._found) if self._found else np.empty((0, _ROWS, _COLUMNS), dtype=np.float32)

    def _fill(self, until_s: float) -> None:
        """Repeat what is on screen for each step until then."""
        n_missing = int(np.ceil(until_s / STEP_S - 1e-4)) - len(self._found)
        if self._shown is None or n_missing <= 0:
            return
        frame = self._shown[0]
        self._display = self._display or Display.of(frame, None)
        self._found += [_brightness(frame, self._display)] * n_missing


def _brightness(frame: Any, display: Display) -> NDArray[np.float32]:
    width, height = display.stored((_COLUMNS * _CELL_PX, _ROWS * _CELL_PX))
    scaled = frame.reformat(width=width, height=height, format="gray", interpolation="AREA")
    pixels = display.upright(np.asarray(scaled.to_ndarray(), dtype=np.uint8)).astype(np.float32)
    return pixels.reshape(_ROWS, _CELL_PX, _COLUMNS, _CELL_PX).mean(axis=(1, 3))
