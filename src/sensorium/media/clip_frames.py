"""All frames of a short clip, and a clip made of frames."""

import io
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from sensorium.core.errors import MediaError

Frames = NDArray[np.uint8]
"""[n, height, width, 3] RGB."""


def decode_clip_frames(
    content: bytes, *, where: str, max_side_px: int, max_duration_s: float
) -> tuple[Frames, float]:
    """Return the frames of a clip, no larger than `max_side_px`, and how many there are in a second.

    Raises
    ------
    MediaError
        If it is no clip, cannot be decoded, or holds fewer than two frames.
    """
    import av
    from av.error import FFmpegError

    found: list[NDArray[Any]] = []
    try:
        with av.open(io.BytesIO(content), mode="r", metadata_errors="ignore") as container:
            stream = container.streams.video[0]
            rate = float(stream.average_rate or 25)
            for frame in container.decode(stream):
                if len(found) >= rate * max_duration_s:
                    break
                found.append(_shrink_frame(frame.to_ndarray(format="rgb24"), max_side_px))
    except (FFmpegError, IndexError, ValueError) as error:
        raise MediaError("undecodable clip", where=where) from error
    if len(found) < 2:
        raise MediaError("fewer than two pictures in it", where=where)
    return np.stack(found), rate


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


def _shrink_frame(frame: NDArray[Any], max_side_px: int) -> NDArray[Any]:
    """Return the frame with even sides, the longer of which is at most `max_side_px`."""
    height, width = frame.shape[:2]
    scale = min(1.0, max_side_px / max(height, width))
    size = [max(2, 2 * int(side * scale / 2)) for side in (width, height)]
    return cv2.resize(frame, size, interpolation=cv2.INTER_AREA)
