"""Pictures, sound and clips as files: the same input gives the same bytes."""

import io
from collections.abc import Mapping

import av
import cv2
import numpy as np
import soundfile as sf
from numpy.typing import NDArray

JPEG_QUALITY = 88
X264_OPTIONS: Mapping[str, str] = {
    "preset": "veryfast",
    "crf": "24",
    "threads": "1",
    # with its lookahead x264 gives varying bytes, one clip in a few hundred
    "x264-params": "mbtree=0:rc-lookahead=0",
}


def jpeg_bytes(picture: NDArray[np.uint8]) -> bytes:
    """Return a picture [height, width, 3] (blue, green, red) as a JPEG file."""
    return cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])[1].tobytes()


def mp3_bytes(samples: NDArray[np.float32], sample_rate_hz: int) -> bytes:
    """Return mono samples as an MP3 file; unlike Ogg it holds no random serial number."""
    file = io.BytesIO()
    sf.write(file, samples, sample_rate_hz, format="MP3", subtype="MPEG_LAYER_III", compression_level=0.7)
    return file.getvalue()


def mp4_bytes(frames: list[NDArray[np.uint8]], fps: int) -> bytes:
    """Return frames [height, width, 3] (blue, green, red) as an MP4 file without sound."""
    height, width = frames[0].shape[:2]
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=fps, options=dict(X264_OPTIONS))
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for frame in frames:
            planes = np.asarray(cv2.cvtColor(frame, cv2.COLOR_BGR2YUV_I420), dtype=np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(planes, format="yuv420p")))
        container.mux(stream.encode())
    return file.getvalue()
