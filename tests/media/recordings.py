"""Files of sound in the formats that people have."""

import io

import av
import numpy as np


def by_av(samples: np.ndarray, container_format: str, codec: str, rate_hz: int) -> bytes:
    """Return one channel of float32 `samples` [n] as FFmpeg encodes them."""
    file = io.BytesIO()
    with av.open(file, "w", format=container_format) as container:
        stream = container.add_stream(codec, rate=rate_hz)
        stream.layout = "mono"
        frame = av.AudioFrame.from_ndarray(samples[None, :], format="flt", layout="mono")
        frame.sample_rate = rate_hz
        for packet in stream.encode(frame) + stream.encode(None):
            container.mux(packet)
    return file.getvalue()
