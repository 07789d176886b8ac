"""Walks through a clip in time order and takes samples on the way."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sensorium.media.scenes import SceneWatch

SEEK_GAP_S = 2.0
"""Between samples further apart than this a seek is tried; nearer ones are reached by decoding on."""


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
    return any(after_s + 1e-3 < moment_s <= until_s + 1e-3 for moment_s in moments_s)


_Shown = tuple[Any, float]
"""A decoded frame and when it is shown, in seconds from the start."""


class VideoReader:
    """Walks through a clip in time order, seeking where that saves decoding."""

    def __init__(self, container: Any, stream: Any, size: tuple[int, int]) -> None:
        from av.video.reformatter import VideoReformatter

        self._scaler = VideoReformatter()
        self._container, self._stream, self._size = container, stream, size
        self._start_s = float((stream.start_time or 0) * stream.time_base)
        self.duration_s = self._duration_s()
        if self.duration_s <= 0:
            self._frames = self._decode()
            self.duration_s = self._counted_s()
        self._seeks = True
        self._frames = self._decode()
        self.watch = SceneWatch()
        """What was seen on the way: cuts, and how long it was looked for them."""

    def sample(self, moments_s: Sequence[float], spacing_s: float, ahead_s: float) -> list[FrameSample]:
        """Return a sample at each moment that there is, in their order; ValueError if there is none."""
        taken: list[FrameSample] = []
        current = self._next()
        for target_s, next_s in zip(moments_s, [*moments_s[1:], 0.0], strict=True):
            current = self._read_until(target_s, current)
            if current is None:
                break
            following = self._seek_to(current[1] + spacing_s)
            later = None if following is None or not spacing_s else self._seek_to(following[1] + spacing_s)
            taken.append(self._take_sample(current, following, later))
            ahead_until_s = current[1] + ahead_s
            current = later or following
            while current is not None and current[1] < min(ahead_until_s, next_s - SEEK_GAP_S):
                current = self._next()
        if not taken:
            raise ValueError("no frames")
        return taken

    def watch_to_the_end(self) -> None:
        """Look for cuts after the last sample."""
        while self._next() is not None:
            pass

    def _read_until(self, target_s: float, current: "_Shown | None") -> "_Shown | None":
        """Return the first frame from `target_s` on, or the last one; None if there are no more frames."""
        if current is not None and self._seeks and target_s - current[1] > SEEK_GAP_S:
            self.watch.pause()  # between the key frame and the target: a cut often is the key frame
            current = self._try_seek(target_s, current)
        while current is not None and current[1] < target_s - 1e-6:
            following = self._next()
            if following is None:
                break
            current = following
        if current is not None:
            self.watch.resume(*current)
        return current

    def _next(self) -> "_Shown | None":
        shown = next(self._frames, None)
        if shown is not None:
            self.watch.add_frame(*shown)
        return shown

    def _seek_to(self, moment_s: float) -> "_Shown | None":
        """Return the next frame that is not shown before `moment_s`; None if the clip ends earlier."""
        while (shown := self._next()) is not None:
            if shown[1] >= moment_s - 1e-3:  # times are rounded to the clip's clock
                return shown
        return None

    def _take_sample(
        self, current: "_Shown", following: "_Shown | None", later: "_Shown | None"
    ) -> FrameSample:
        frame = self._pixels(current[0])
        if following is None:
            return FrameSample(frame, frame, frame, current[1], 0.0, 0.0)
        second, gap_s = self._pixels(following[0]), max(following[1] - current[1], 0.0)
        if later is None:
            return FrameSample(frame, second, second, current[1], gap_s, 0.0)
        third = self._pixels(later[0])
        return FrameSample(frame, second, third, current[1], gap_s, max(later[1] - following[1], 0.0))

    def _pixels(self, frame: Any) -> NDArray[np.uint8]:
        width, height = self._size
        # "area" keeps texture honest when shrinking; a changed resolution mid-stream is scaled to the first.
        scaled = self._scaler.reformat(frame, width, height, "rgb24", interpolation="AREA")
        return np.asarray(scaled.to_ndarray(), dtype=np.uint8)

    def _decode(self) -> Iterator[tuple[Any, float]]:
        """Yield (frame, seconds from the start) from where the container stands; stop at what is broken."""
        from av.error import FFmpegError

        count, rate = 0, float(self._stream.average_rate or 25)
        try:
            for frame in self._container.decode(self._stream):
                shown_s = frame.time
                yield frame, (count / rate if shown_s is None else float(shown_s) - self._start_s)
                count += 1
        except FFmpegError:  # a damaged rest: what came before it is used
            return

    def _try_seek(self, target_s: float, current: tuple[Any, float]) -> tuple[Any, float] | None:
        """Seek to the key frame before `target_s`; where that lies behind, give up seeking and decode on."""
        from av.error import FFmpegError

        offset = int((target_s + self._start_s) / self._stream.time_base)
        try:
            self._container.seek(offset, stream=self._stream, backward=True)
        except FFmpegError:
            self._seeks = False
            return current
        self._frames = self._decode()
        landed = next(self._frames, None)
        if landed is not None and landed[1] > current[1]:
            return landed
        self._seeks = False
        while landed is not None and landed[1] < current[1]:
            landed = next(self._frames, None)
        return landed

    def _duration_s(self) -> float:
        import av

        stream = self._stream
        if stream.duration:
            return float(stream.duration * stream.time_base)
        if stream.frames and stream.average_rate:
            return float(stream.frames / stream.average_rate)
        return float(self._container.duration or 0) / av.time_base

    def _counted_s(self) -> float:
        """Find the length by decoding once, for files that do not say it (a truncated one, a raw stream)."""
        last_s = 0.0
        for _, shown_s in self._frames:
            last_s = shown_s
        self._container.seek(0)
        self._frames = self._decode()
        return last_s + 1.0 / float(self._stream.average_rate or 25)
