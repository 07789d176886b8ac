"""Files of sound in the formats that people have."""

import io
from collections.abc import Mapping
from typing import Any

import av
import numpy as np
from tests.media.clips import Pipe


def by_av(
    samples: np.ndarray,
    container_format: str,
    codec: str,
    rate_hz: int,
    *,
    options: Mapping[str, str] | None = None,
    container: Mapping[str, str] | None = None,
    begins_s: float = 0.0,
    seekable: bool = True,
) -> bytes:
    """Return one channel of float32 `samples` [n] as FFmpeg encodes them, from `begins_s` of its clock on.

    `options` are those of the codec, `container` those of the file; one that is not `seekable` is written as
    to a pipe.
    """
    file = io.BytesIO()
    target: Any = file if seekable else Pipe(file)
    with av.open(target, "w", format=container_format, options=dict(container or {})) as written:
        stream = written.add_stream(codec, rate=rate_hz, options=dict(options or {}))
        stream.layout = "mono"
        for start in range(0, len(samples), rate_hz):
            piece = np.ascontiguousarray(samples[None, start : start + rate_hz])
            frame = av.AudioFrame.from_ndarray(piece, format="flt", layout="mono")
            frame.sample_rate = rate_hz
            frame.pts = round(begins_s * rate_hz) + start
            for packet in stream.encode(frame):
                written.mux(packet)
        for packet in stream.encode(None):
            written.mux(packet)
    return file.getvalue()
