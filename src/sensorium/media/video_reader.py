"""Walks through a clip in time order and takes samples on the way."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sensorium.media.display import Display
from sensorium.media.frame_source import FrameSource, Shown
from sensorium.media.scenes import SceneWatch

SEEK_GAP_S = 2.0
"""Between samples further apart than this a seek is tried; nearer ones are reached by decoding on."""
_TICK_S = 1e-3
"""Times are rounded to the clip's clock."""


Observer = Callable[[Any, float], None]
"""Sees each frame that is decoded, and when it is shown."""


class FrameSample(NamedTuple):
    """One sample: three frames, when the first is shown, and the time between them."""

    frame: NDArray[np.uint8]
    following: NDArray[np.uint8]
    later: NDArray[np.uint8]
    time_s: float
    gap_s: float
    later_gap_s: float

    def within(self, cuts_s: Sequence[float]) -> "FrameSample":
        """Return the sample without the frames that are of another scene than its first one."""
        following_s = self.time_s + self.gap_s
        if _between(cuts_s, self.time_s, following_s):
            return FrameSample(self.frame, self.frame, self.frame, self.time_s, 0.0, 0.0)
        if _between(cuts_s, following_s, following_s + self.later_gap_s):
            return self._replace(later=self.following, later_gap_s=0.0)
        return self


def _between(moments_s: Sequence[float], after_s: float, until_s: float) -> bool:
    return any(after_s + _TICK_S < moment_s <= until_s + _TICK_S for moment_s in moments_s)


class VideoReader:
    """Walks through a clip in time order, seeking where that saves decoding."""

    def __init__(self, source: FrameSource, max_side_px: int | None, observe: Observer | None = None) -> None:
        from av.video.reformatter import VideoReformatter

        self._scaler = VideoReformatter()
        self._source, self._max_side_px, self._observe = source, max_side_px, observe
        self._seeks = source.can_seek
        self._frames: Iterator[Shown] = source.frames()
        self._near: deque[Shown] = deque()
        self._display: Display | None = None
        self.watch = SceneWatch()
        """What was seen on the way: cuts, and how long it was looked for them."""

    def sample(self, moments_s: Sequence[float], spacing_s: float, ahead_s: float) -> list[FrameSample]:
        """Return a sample of what is on screen at each moment, in their order; none if no frame is there."""
        taken: list[FrameSample] = []
        for target_s, next_s in zip(moments_s, [*moments_s[1:], 0.0], strict=True):
            current = self._on_screen(target_s)
            if current is None:
                break
            following = self._first_from(current, current[1] + spacing_s, next_s)
            later = None
            if following is not None and spacing_s:
                later = self._first_from(following, following[1] + spacing_s, next_s)
            taken.append(self._take_sample(current, following, later))
            ahead_until_s = min(current[1] + ahead_s, next_s - SEEK_GAP_S)
            while self._near and self._near[-1][1] < ahead_until_s and self._next(next_s) is not None:
                pass
        return taken

    def every_frame(self, spacing_s: float) -> list[FrameSample]:
        """Return a sample of each frame, for a clip of a few."""
        frames = list(self._frames)
        for shown in frames:
            self._see(shown)
        taken: list[FrameSample] = []
        for index, current in enumerate(frames):
            rest = frames[index + 1 :]
            following = _first(rest, current[1] + spacing_s)
            later = None if following is None or not spacing_s else _first(rest, following[1] + spacing_s)
            taken.append(self._take_sample(current, following, later))
        return taken

    def watch_to_the_end(self) -> None:
        """Look for cuts after the last sample."""
        while self._next(float("inf")) is not None:
            pass

    def _on_screen(self, target_s: float) -> Shown | None:
        """Return the last frame that is shown at `target_s` or before; None if there is no frame at all."""
        if self._near and self._seeks and target_s - self._near[-1][1] > SEEK_GAP_S:
            self.watch.pause()  # between the key frame and the target: a cut often is the key frame
            self._seek(target_s)
        while not self._near or self._near[-1][1] <= target_s + _TICK_S:
            if self._next(target_s) is None:
                break
        while len(self._near) > 1 and self._near[1][1] <= target_s + _TICK_S:
            self._near.popleft()
        self.watch.resume(self._near)
        return self._near[0] if self._near else None

    def _first_from(self, current: Shown, moment_s: float, needed_from_s: float) -> Shown | None:
        """Return the first frame after `current` that is shown from `moment_s` on; None if there is none."""
        after = (shown for shown in self._near if shown[1] > current[1])
        found = _first(after, moment_s)
        while found is None and (shown := self._next(needed_from_s)) is not None:
            found = _first([shown], moment_s)
        return found

    def _next(self, needed_from_s: float) -> Shown | None:
        """Decode a frame, and forget those that are off the screen by `needed_from_s`."""
        shown = next(self._frames, None)
        if shown is None:
            return None
        if shown[1] <= needed_from_s + _TICK_S:
            self._near.clear()
        self._near.append(shown)
        self._see(shown)
        return shown

    def _see(self, shown: Shown) -> None:
        self.watch.add_frame(*shown)
        if self._observe is not None:
            self._observe(*shown)

    def _seek(self, target_s: float) -> None:
        """Go to the key frame before `target_s`; where that lies behind, give up seeking and decode on."""
        newest_s = self._near[-1][1]
        self._frames = self._source.frames(target_s)
        landed = next(self._frames, None)
        if landed is not None and landed[1] <= newest_s:
            self._seeks = False
            while landed is not None and landed[1] <= newest_s:
                landed = next(self._frames, None)
        if landed is not None:
            self._near.clear()
            self._near.append(landed)

    def _take_sample(self, current: Shown, following: Shown | None, later: Shown | None) -> FrameSample:
        frame = self._pixels(current[0])
        if following is None:
            return FrameSample(frame, frame, frame, current[1], 0.0, 0.0)
        second, gap_s = self._pixels(following[0]), max(following[1] - current[1], 0.0)
        if later is None:
            return FrameSample(frame, second, second, current[1], gap_s, 0.0)
        third = self._pixels(later[0])
        return FrameSample(frame, second, third, current[1], gap_s, max(later[1] - following[1], 0.0))

    def _pixels(self, frame: Any) -> NDArray[np.uint8]:
        if self._display is None:
            self._display = Display.of(frame, self._source.pixel_aspect)
        return self._display.pixels(frame, self._scaler, self._display.at_most(self._max_side_px))


def _first(frames: Any, moment_s: float) -> Shown | None:
    """Return the first of `frames` that is not shown before `moment_s`."""
    return next((shown for shown in frames if shown[1] >= moment_s - _TICK_S), None)
