"""A few seconds of a clip, small and without sound, as MP4; and the frame that stands for it."""

import io
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sensorium.core.errors import MediaError
from sensorium.media.display import Display
from sensorium.media.frame_source import Shown, open_frames
from sensorium.media.previews.names import WIDTHS_PX
from sensorium.media.previews.thumbnails import HEIGHT_BY_WIDTH
from sensorium.media.video import decode_video

TYPE = "video/mp4"
EXCERPT_S, RATE, MAX_SIDE_PX = 6.0, 24, 320
"""Of longer clips the middle; frames in a second; the longer side."""
_OPTIONS = (("crf", "28"), ("preset", "veryfast"), ("threads", "1"))


def poster(content: bytes, *, where: str) -> NDArray[np.uint8]:
    """Return the frame in the middle of a clip [height, width, 3] RGB, as it is shown; else `MediaError`."""
    side_px = HEIGHT_BY_WIDTH * max(WIDTHS_PX)
    taken = decode_video(content, where=where, n_frames=1, max_side_px=side_px, with_sound=False)
    return taken.frames[0]


def clip_excerpt(content: bytes, *, where: str) -> bytes:
    """Return the middle of a clip, or all of a short one, as MP4 with H.264.

    Raises
    ------
    MediaError
        If it is no clip, cannot be decoded, or this FFmpeg lacks H.264.
    """
    import av
    from av.video.reformatter import VideoReformatter

    file, scaler, display = io.BytesIO(), VideoReformatter(), None
    try:
        av.Codec("libx264", "w")
    except ValueError as error:
        raise MediaError("this PyAV cannot encode H.264", where=where) from error
    with open_frames(content, where) as source, av.open(file, "w", format="mp4") as out:
        stream: Any = out.add_stream("libx264", rate=RATE, options=dict(_OPTIONS))
        start_s = max(0.0, (source.duration_s - EXCERPT_S) / 2)
        end_s = min(start_s + EXCERPT_S, source.duration_s)
        for n, frame in enumerate(_steady(source.frames(start_s), start_s, end_s)):
            display = display or Display.of(frame, source.pixel_aspect)
            width, height = display.at_most(MAX_SIDE_PX)
            size = max(2, width // 2 * 2), max(2, height // 2 * 2)  # H.264 halves both
            if not n:
                stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
            shown = av.VideoFrame.from_ndarray(display.pixels(frame, scaler, size), format="rgb24")
            out.mux(stream.encode(shown))
        if display is None:
            raise MediaError("undecodable clip", where=where)
        out.mux(stream.encode(None))
    return file.getvalue()


def _steady(frames: Iterator[Shown], start_s: float, end_s: float) -> Iterator[Any]:
    """Yield what is on screen at a steady rate from `start_s` to `end_s`; at least one frame."""
    n, held = 0, None
    for frame, shown_s in frames:
        while held is not None and start_s + n / RATE < min(shown_s, end_s):
            yield held
            n += 1
        if shown_s >= end_s and held is not None:
            return
        held = frame
    while held is not None and (not n or start_s + n / RATE < end_s):
        yield held
        n += 1
