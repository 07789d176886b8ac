"""Clips from bytes: frames sampled evenly over the whole length, each with the frame after it."""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sensorium.catalog.media.audio import SAMPLE_RATE_HZ, decode_audio
from sensorium.catalog.media.limits import MAX_FRAME_PIXELS, MAX_VIDEO_BYTES
from sensorium.catalog.media.sniff import sniff
from sensorium.catalog.roles import Role
from sensorium.core.arrays import FloatVector
from sensorium.core.errors import MediaError

SEEK_GAP_S = 2.0
"""Between samples further apart than this a seek is tried; nearer ones are reached by decoding on."""


@dataclass(frozen=True)
class VideoSample:
    """What was sampled from a clip."""

    frames: NDArray[np.uint8]
    """[n, height, width, 3] RGB, evenly spaced in time; fewer than asked for in a very short clip."""
    following: NDArray[np.uint8]
    """[n, height, width, 3]: the frame right after each of `frames`, for motion; the same one at the end."""
    times_s: FloatVector
    """[n] when each of `frames` is shown."""
    gaps_s: FloatVector
    """[n] time from each frame to its following one; 0 where there is none."""
    later: NDArray[np.uint8]
    """[n, height, width, 3]: the frame after each of `following`, for changes of motion."""
    later_gaps_s: FloatVector
    """[n] time from each of `following` to `later`; 0 where there is none."""
    duration_s: float
    sound: FloatVector | None
    """[n_samples] mono float32, or None without a sound track (or if it was not asked for)."""
    sample_rate_hz: int


def decode_video(
    content: bytes,
    *,
    where: str,
    n_frames: int = 16,
    max_side_px: int | None = None,
    spacing_s: float = 0.0,
    with_sound: bool = True,
    sample_rate_hz: int = SAMPLE_RATE_HZ,
    max_sound_s: float | None = None,
) -> VideoSample:
    """Return `n_frames` frames sampled evenly over the clip, their successors, and the sound track.

    Parameters
    ----------
    content
        The whole file.
    where
        What to call the file in an error.
    n_frames
        How many frames; a clip with fewer gives what it has.
    max_side_px
        Scale frames down so that the longer side is at most this; None for full size.
    spacing_s
        How long after a frame its following one is taken at the earliest, and the later one after that;
        whatever the frame rate, motion is then measured over the same time.
    with_sound, sample_rate_hz, max_sound_s
        Whether to decode the sound track, at which rate, and how much of it.

    Raises
    ------
    MediaError
        If it is empty, no clip, or not one frame can be decoded. A broken sound track counts as none.
    """
    if not content:
        raise MediaError("empty file", where=where)
    if len(content) > MAX_VIDEO_BYTES:
        raise MediaError(f"larger than {MAX_VIDEO_BYTES >> 20} MiB", where=where)
    kind = sniff(content)
    is_moving_picture = kind is not None and kind.name in ("gif", "webp")
    if kind is None or not (Role.VIDEO in kind.roles or is_moving_picture):
        raise MediaError(f"not a clip{f' but {kind.name}' if kind else ''}", where=where)
    taken, duration_s = _sampled(content, where, n_frames, max_side_px, spacing_s)
    sound = _sound(content, where, sample_rate_hz, max_sound_s) if with_sound else None
    return VideoSample(
        frames=np.stack([one.frame for one in taken]),
        following=np.stack([one.following for one in taken]),
        times_s=np.array([one.time_s for one in taken], dtype=np.float32),
        gaps_s=np.array([one.gap_s for one in taken], dtype=np.float32),
        later=np.stack([one.later for one in taken]),
        later_gaps_s=np.array([one.later_gap_s for one in taken], dtype=np.float32),
        duration_s=duration_s,
        sound=sound,
        sample_rate_hz=sample_rate_hz,
    )


class _Taken(NamedTuple):
    """One sample: three frames, when the first is shown, and the time between them."""

    frame: NDArray[np.uint8]
    following: NDArray[np.uint8]
    later: NDArray[np.uint8]
    time_s: float
    gap_s: float
    later_gap_s: float


def _sampled(
    content: bytes, where: str, n_frames: int, max_side_px: int | None, spacing_s: float
) -> tuple[list[_Taken], float]:
    import av
    from av.error import FFmpegError

    try:
        with av.open(io.BytesIO(content), mode="r", metadata_errors="ignore") as container:
            if not container.streams.video:
                raise MediaError("no pictures in it", where=where)
            stream = container.streams.video[0]
            codec: Any = stream.codec_context  # None for a codec that this FFmpeg does not know
            if codec is None:
                raise MediaError("unknown video codec", where=where)
            width, height = codec.width, codec.height
            if not 0 < width * height <= MAX_FRAME_PIXELS:
                raise MediaError(f"frames of {width} x {height} pixels", where=where)
            codec.options = {"max_pixels": str(MAX_FRAME_PIXELS)}  # frames may grow on the way
            stream.thread_type = "SLICE"  # frame threads would each hold frames back
            reader = _Reader(container, stream, _scaled_size(width, height, max_side_px))
            return reader.sample(n_frames, spacing_s), reader.duration_s
    except (FFmpegError, ValueError, MemoryError) as error:
        raise MediaError("undecodable clip", where=where) from error


def _scaled_size(width: int, height: int, max_side_px: int | None) -> tuple[int, int]:
    if max_side_px is None or max(width, height) <= max_side_px:
        return width, height
    factor = max_side_px / max(width, height)
    return max(2, round(width * factor)), max(2, round(height * factor))


_Shown = tuple[Any, float]
"""A decoded frame and when it is shown, in seconds from the start."""


class _Reader:
    """Walks through a clip in time order, seeking where that saves decoding."""

    def __init__(self, container: Any, stream: Any, size: tuple[int, int]) -> None:
        self._container, self._stream, self._size = container, stream, size
        self._start_s = float((stream.start_time or 0) * stream.time_base)
        self.duration_s = self._duration_s()
        self._seeks = True
        self._frames = self._decoded()

    def sample(self, n_frames: int, spacing_s: float) -> list[_Taken]:
        """Return up to `n_frames` samples at the middles of equal stretches; ValueError if there are none."""
        if self.duration_s <= 0:
            self.duration_s = self._counted_s()
        step_s = self.duration_s / n_frames
        taken: list[_Taken] = []
        current = next(self._frames, None)
        for index in range(n_frames):
            target_s = (index + 0.5) * step_s
            if current is None:
                break
            if self._seeks and target_s - current[1] > SEEK_GAP_S:
                current = self._sought(target_s, current)
            while current is not None and current[1] < target_s - 1e-6:
                following = next(self._frames, None)
                if following is None:
                    break
                current = following
            if current is None:
                break
            following = self._from(current[1] + spacing_s)
            later = None if following is None or not spacing_s else self._from(following[1] + spacing_s)
            taken.append(self._taken(current, following, later))
            current = later or following
        if not taken:
            raise ValueError("no frames")
        return taken

    def _from(self, moment_s: float) -> "_Shown | None":
        """Return the next frame that is not shown before `moment_s`; None if the clip ends earlier."""
        for shown in self._frames:
            if shown[1] >= moment_s - 1e-3:  # times are rounded to the clip's clock
                return shown
        return None

    def _taken(self, current: "_Shown", following: "_Shown | None", later: "_Shown | None") -> _Taken:
        frame = self._pixels(current[0])
        if following is None:
            return _Taken(frame, frame, frame, current[1], 0.0, 0.0)
        second, gap_s = self._pixels(following[0]), max(following[1] - current[1], 0.0)
        if later is None:
            return _Taken(frame, second, second, current[1], gap_s, 0.0)
        third = self._pixels(later[0])
        return _Taken(frame, second, third, current[1], gap_s, max(later[1] - following[1], 0.0))

    def _pixels(self, frame: Any) -> NDArray[np.uint8]:
        width, height = self._size
        # "area" keeps texture honest when shrinking; a changed resolution mid-stream is scaled to the first.
        scaled = frame.reformat(width=width, height=height, format="rgb24", interpolation="AREA")
        return np.asarray(scaled.to_ndarray(), dtype=np.uint8)

    def _decoded(self) -> Iterator[tuple[Any, float]]:
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

    def _sought(self, target_s: float, current: tuple[Any, float]) -> tuple[Any, float] | None:
        """Seek to the key frame before `target_s`; where that lies behind, give up seeking and decode on."""
        from av.error import FFmpegError

        offset = int((target_s + self._start_s) / self._stream.time_base)
        try:
            self._container.seek(offset, stream=self._stream, backward=True)
        except FFmpegError:
            self._seeks = False
            return current
        self._frames = self._decoded()
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
        self._frames = self._decoded()
        return last_s + 1.0 / float(self._stream.average_rate or 25)


def _sound(content: bytes, where: str, sample_rate_hz: int, max_sound_s: float | None) -> FloatVector | None:
    try:
        return decode_audio(content, where=where, sample_rate_hz=sample_rate_hz, max_duration_s=max_sound_s)[
            0
        ]
    except MediaError:
        return None
