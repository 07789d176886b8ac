"""Where a clip is cut, and how samples are spread over its scenes."""

from collections import deque
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sensorium.core.arrays import FloatVector

MIN_CHANGE = 0.1
"""Mean difference of two frames, of full scale, below which they belong together."""
MIN_COLOR_CHANGE = 0.3
"""Share of the picture whose colours are others; camera shake and fast motion stay below."""
MIN_RATIO = 3.0
"""How much larger than the usual change around it a cut is."""
AROUND = 6
"""Frames before and after that tell the usual change."""
LASTING = 4
"""Frames that a change must outlast: a flash is no cut."""
_WIDTH_PX, _HEIGHT_PX = 32, 24
_LEVELS = 8


class SceneWatch:
    """Follows the frames of a clip and tells where it was cut; keeps some numbers a frame, no pictures."""

    def __init__(self) -> None:
        from av.video.reformatter import VideoReformatter

        self._small = VideoReformatter()
        self._runs: list[_Run] = []
        self._is_on = True

    def add_frame(self, frame: Any, shown_s: float) -> None:
        """Take in the frame after the last one."""
        if not self._is_on:
            return
        if not self._runs:
            self._runs.append(_Run())
        # Every pixel is not needed: to read them all would cost as much as decoding does.
        small = self._small.reformat(frame, _WIDTH_PX, _HEIGHT_PX, "rgb24", interpolation="FAST_BILINEAR")
        self._runs[-1].add(np.asarray(small.to_ndarray(), dtype=np.uint8), shown_s)

    def pause(self) -> None:
        """See nothing until `resume`, which does not compare with what came before."""
        self._is_on = False

    def resume(self, frames: Iterable[tuple[Any, float]]) -> None:
        """Begin anew with these frames and their times, if looked away."""
        if not self._is_on:
            self._is_on = True
            self._runs.append(_Run())
            for frame, shown_s in frames:
                self.add_frame(frame, shown_s)

    @property
    def is_whole(self) -> bool:
        """Whether it never looked away."""
        return len(self._runs) <= 1

    @property
    def watched_s(self) -> float:
        """How many seconds of the clip were seen."""
        return sum(run.times_s[-1] - run.times_s[0] for run in self._runs if run.times_s)

    @property
    def cuts_s(self) -> list[float]:
        """When each scene but the first one begins, as far as it was seen."""
        return [cut_s for run in self._runs for cut_s in run.cuts_s()]


class _Run:
    """Frames that follow one another, by how they differ from those before."""

    def __init__(self) -> None:
        self.times_s: list[float] = []
        self._changes: list[float] = []
        self._color_changes: list[FloatVector] = []  # [LASTING] from the frame before, the one before it, ...
        self._last: NDArray[np.int16] | None = None
        self._colors: deque[FloatVector] = deque(maxlen=LASTING)

    def add(self, small: NDArray[np.uint8], shown_s: float) -> None:
        pixels = small.astype(np.int16)
        change = 0.0 if self._last is None else float(np.abs(pixels - self._last).mean()) / 255.0
        colors = _color_histogram(small)
        color_change = np.zeros(LASTING, dtype=np.float32)
        for back, earlier in enumerate(self._colors):
            color_change[back] = np.abs(colors - earlier).sum() / 2
        self._last = pixels
        self._colors.appendleft(colors)
        self.times_s.append(shown_s)
        self._changes.append(change)
        self._color_changes.append(color_change)

    def cuts_s(self) -> list[float]:
        n = len(self.times_s)
        changes = np.array(self._changes)
        likely = np.flatnonzero(changes > MIN_CHANGE).tolist()
        return [self.times_s[index] for index in likely if self._is_cut(index, changes, n)]

    def _is_cut(self, index: int, changes: NDArray[np.float64], n: int) -> bool:
        around = [*changes[max(index - AROUND, 1) : index], *changes[index + 1 : index + 1 + AROUND]]
        if around and changes[index] <= MIN_RATIO * np.median(around):
            return False
        before = self._color_changes[index][: min(LASTING, index)]  # from each of the last frames to this one
        ahead = range(1, min(LASTING, n - index))
        after = [self._color_changes[index + step][step] for step in ahead]  # from the last frame to the next
        return min([*before, *after]) > MIN_COLOR_CHANGE


def _color_histogram(small: NDArray[np.uint8]) -> FloatVector:
    """Return the share of each of 8 x 8 x 8 colours."""
    steps = (small // (256 // _LEVELS)).astype(np.int64)
    code = (steps[:, :, 0] * _LEVELS + steps[:, :, 1]) * _LEVELS + steps[:, :, 2]
    return (np.bincount(code.ravel(), minlength=_LEVELS**3) / code.size).astype(np.float32)


def even_moments(n: int, duration_s: float) -> list[float]:
    """Return the middles of `n` equal stretches, in seconds."""
    return [(index + 0.5) * duration_s / n for index in range(n)]


def scene_moments(n: int, cuts_s: Sequence[float], duration_s: float) -> list[float]:
    """Return `n` moments in seconds, at least one of each scene, or one of each of the `n` longest.

    The number of moments is in proportion to the length of a scene (Adams' method); within a scene
    they are spread evenly.
    """
    edges = [0.0, *cuts_s, max(duration_s, *cuts_s)]
    lengths = np.diff(np.array(edges))
    counts = np.zeros(len(lengths), dtype=np.int64)
    for _ in range(n):
        counts[
            int(np.argmax(np.where(counts > 0, lengths / np.maximum(counts, 1), lengths + duration_s)))
        ] += 1
    return [
        start_s + moment_s
        for start_s, length_s, count in zip(edges[:-1], lengths.tolist(), counts.tolist(), strict=True)
        for moment_s in even_moments(count, length_s)
    ]


def misses_a_scene(moments_s: Sequence[float], cuts_s: Sequence[float], n: int) -> bool:
    """Return whether `moments_s` leave out a scene though `n` moments would do for all."""
    scenes = set(np.searchsorted(np.array(cuts_s), np.array(moments_s), side="right").tolist())
    return len(scenes) < min(len(cuts_s) + 1, n)
