"""Where the frames of a clip come from: FFmpeg reads films, Pillow moving pictures such as GIF and WebP."""

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import Any, Protocol

from sensorium.core.errors import MediaError
from sensorium.core.roles import Role
from sensorium.media.container import (
    Timeline,
    decoded_frames,
    first_stream,
    frame_rate,
    open_container,
    read_timeline,
)
from sensorium.media.limits import MAX_FRAME_PIXELS, MAX_VIDEO_BYTES
from sensorium.media.moving_picture import MOVING_PICTURES, MovingPicture
from sensorium.media.sniff import sniff_format

Shown = tuple[Any, float]
"""A decoded frame of FFmpeg and when it is shown, in seconds from the first one."""
_SEEK_BACK_S = (0.0, 2.0, 10.0, 60.0)
"""How much earlier a seek is tried again that lands too late."""


class FrameSource(Protocol):
    """Gives the frames of a clip in the order in which they are shown."""

    duration_s: float
    """Until the last frame is over."""
    n_frames: int
    """How many there are; a few may turn out to be broken."""
    pixel_aspect: float | None
    """Width of a stored pixel by its height; None if unknown."""
    can_seek: bool

    def frames(self, from_s: float = 0.0) -> Iterator[Shown]:
        """Yield frames in order, from one shown at `from_s` or before if the file can be entered there."""
        ...


@contextmanager
def open_frames(content: bytes, where: str) -> Generator[FrameSource]:
    """Give the frames of a clip or a moving picture.

    Raises
    ------
    MediaError
        If it is empty, too large, no clip, or broken; FFmpeg's errors within the context are such, too.
    """
    from av.error import FFmpegError

    kind = _require_clip(content, where)
    if kind in MOVING_PICTURES:
        yield MovingPicture(content, kind, where)
        return
    try:
        with open_container(content) as container:
            timeline = read_timeline(container, _video_stream(container, where))
        with open_container(content) as container:
            yield _FilmFrames(container, _video_stream(container, where), timeline)
    except (FFmpegError, ValueError, MemoryError) as error:
        raise MediaError("undecodable clip", where=where) from error


def _require_clip(content: bytes, where: str) -> str:
    """Return the name of the format, such as `mp4`; MediaError if it is empty, too large, or no clip."""
    if not content:
        raise MediaError("empty file", where=where)
    if len(content) > MAX_VIDEO_BYTES:
        raise MediaError(f"larger than {MAX_VIDEO_BYTES >> 20} MiB", where=where)
    kind = sniff_format(content)
    if kind is None or not (Role.VIDEO in kind.roles or kind.name in MOVING_PICTURES):
        raise MediaError(f"not a clip{f' but {kind.name}' if kind else ''}", where=where)
    return kind.name


def _video_stream(container: Any, where: str) -> Any:
    stream = first_stream(container, "video")
    if stream is None:
        raise MediaError("no pictures in it", where=where)
    codec: Any = stream.codec_context  # None for a codec that this FFmpeg does not know
    if codec is None:
        raise MediaError("unknown video codec", where=where)
    if not 0 < codec.width * codec.height <= MAX_FRAME_PIXELS:
        raise MediaError(f"frames of {codec.width} x {codec.height} pixels", where=where)
    codec.options = {"max_pixels": str(MAX_FRAME_PIXELS)}  # frames may grow on the way
    stream.thread_type = "SLICE"  # frame threads would each hold frames back
    return stream


class _FilmFrames:
    """The frames of a container, by FFmpeg."""

    def __init__(self, container: Any, stream: Any, timeline: Timeline) -> None:
        self._container, self._stream, self._timeline = container, stream, timeline
        self._is_at_start = True
        self.duration_s, self.n_frames = timeline.duration_s, timeline.n_packets
        self.can_seek = timeline.is_steady
        aspect = stream.sample_aspect_ratio
        self.pixel_aspect = float(aspect) if aspect else None

    def frames(self, from_s: float = 0.0) -> Iterator[Shown]:
        """Yield frames from the key frame before `from_s`; from a later one where seeking is inexact."""
        if self._is_at_start and not from_s:
            self._is_at_start = False
            yield from self._decode()
            return
        self._is_at_start = False
        landed, rest = None, self._decode()
        for back_s in _SEEK_BACK_S:
            self._seek(max(from_s - back_s, 0.0))
            rest = self._decode()
            landed = next(rest, None)
            if back_s >= from_s or (landed is not None and landed[1] <= from_s + 1e-3):
                break
        if landed is not None:
            yield landed
            yield from rest

    def _seek(self, moment_s: float) -> None:
        offset = int((moment_s + self._timeline.start_s) / self._stream.time_base)
        self._container.seek(offset, stream=self._stream, backward=True)

    def _decode(self) -> Iterator[Shown]:
        rate, start_s, is_steady = frame_rate(self._stream), self._timeline.start_s, self.can_seek
        for count, frame in enumerate(decoded_frames(self._container, self._stream)):
            if is_steady and frame.time is not None:
                yield frame, float(frame.time) - start_s
            else:
                yield frame, count / rate
