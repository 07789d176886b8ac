"""All frames of a short clip, and a clip made of frames."""

import io
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sensorium.core.errors import MediaError
from sensorium.media.display import Display
from sensorium.media.frame_source import open_frames

Frames = NDArray[np.uint8]
"""[n, height, width, 3] RGB."""
_SLOWEST, _FASTEST = 8.0, 60.0
"""Frames a second of a clip whose frames are shown unequally long."""


def decode_clip_frames(
    content: bytes, *, where: str, max_side_px: int, max_duration_s: float
) -> tuple[Frames, float]:
    """Return the frames of a clip as it is shown, evenly in time, and how many there are in a second.

    They are no larger than `max_side_px`. Where frames are shown unequally long, each is repeated for as long
    as it is on screen.

    Raises
    ------
    MediaError
        If it is no clip, cannot be decoded, or holds fewer than two frames.
    """
    from av.video.reformatter import VideoReformatter

    scaler, display = VideoReformatter(), None
    found, times_s = list[NDArray[np.uint8]](), list[float]()
    with open_frames(content, where) as source:
        duration_s = min(source.duration_s, max_duration_s)
        for frame, shown_s in source.frames():
            if shown_s >= duration_s and found:
                break
            display = display or Display.of(frame, source.pixel_aspect)
            found.append(display.pixels(frame, scaler, _even_sides(*display.at_most(max_side_px))))
            times_s.append(shown_s)
    if len(found) < 2:
        raise MediaError("fewer than two pictures in it", where=where)
    return _evenly_in_time(found, times_s, duration_s)


def _evenly_in_time(
    found: list[NDArray[np.uint8]], times_s: list[float], duration_s: float
) -> tuple[Frames, float]:
    """Return frames at a constant rate, and that rate."""
    steps_s = np.diff(times_s)
    usual_s = float(np.median(steps_s))
    if usual_s > 0 and np.abs(steps_s - usual_s).max() < 0.5 * usual_s:
        return np.stack(found), 1 / float(steps_s.mean())
    rate = min(max(len(found) / max(duration_s, 1e-3), _SLOWEST), _FASTEST)
    moments_s = np.arange(max(2, round(duration_s * rate))) / rate
    on_screen = np.searchsorted(times_s, moments_s + 1e-3, side="right") - 1
    return np.stack([found[index] for index in np.maximum(on_screen, 0).tolist()]), rate


def encode_clip(frames: Frames, rate: float) -> bytes:
    """Return `frames` as a Matroska clip without loss and without sound."""
    import av

    file = io.BytesIO()
    with av.open(file, "w", format="matroska") as container:
        stream: Any = container.add_stream("ffv1", rate=max(1, round(rate)))
        stream.height, stream.width = frames.shape[1:3]
        stream.pix_fmt = "yuv420p"
        for frame in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        container.mux(stream.encode())
    return file.getvalue()


def _even_sides(width: int, height: int) -> tuple[int, int]:
    """Return the size with sides that codecs can halve."""
    return max(2, width // 2 * 2), max(2, height // 2 * 2)
