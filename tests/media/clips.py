"""Clips in the formats that people have, made frame by frame."""

import io
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import av
import numpy as np
from PIL import Image

TICK = Fraction(1, 1000)
CODECS = {"webm": "libvpx", "avi": "mpeg4"}
"""What a container cannot do with H.264."""


def film(
    frames: Sequence[np.ndarray],
    times_s: Sequence[float],
    *,
    container_format: str = "mp4",
    turned: int = 0,
    mirrored: bool = False,
    pixel_aspect: Fraction | None = None,
    options: dict[str, str] | None = None,
    seekable: bool = True,
    sound: tuple[np.ndarray, int] | None = None,
) -> bytes:
    """Return a film of `frames`, each shown at its time; the last one as long as the one before.

    `turned` is in degrees against the clock, as a player turns it; `mirrored` left to right afterwards.
    `sound` is mono samples and their rate, heard from the time of the first frame on.
    """
    last_s = times_s[-1] - times_s[-2] if len(times_s) > 1 else 0.1
    rate = 1 / Fraction(last_s).limit_denominator(1000)  # the last frame is taken to be shown so long
    file = io.BytesIO()
    target: Any = file if seekable else Pipe(file)
    with av.open(target, "w", format=container_format, options=options or {}) as container:
        codec = CODECS.get(container_format, "libx264")
        quality = {"libx264": {"preset": "ultrafast", "crf": "8", "bf": "0"}}.get(codec, {"b": "4000000"})
        stream: Any = container.add_stream(codec, rate=rate, options=quality)
        stream.height, stream.width = frames[0].shape[:2]
        stream.pix_fmt = "yuv420p"
        stream.time_base = stream.codec_context.time_base = TICK
        if pixel_aspect is not None:
            stream.sample_aspect_ratio = pixel_aspect
        if turned or mirrored:
            stream.set_display_rotation(turned, hflip=mirrored)
        track = None
        if sound is not None:
            track = container.add_stream("libopus" if container_format == "webm" else "aac", rate=sound[1])
            track.layout = "mono"
        for pixels, shown_s in zip(frames, times_s, strict=True):
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels), format="rgb24")
            frame.pts, frame.time_base = round(shown_s / TICK), TICK
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
        if sound is not None and track is not None:
            samples, rate_hz = sound
            frame = av.AudioFrame.from_ndarray(samples[None, :], format="flt", layout="mono")
            frame.sample_rate, frame.time_base = rate_hz, Fraction(1, rate_hz)
            frame.pts = round(times_s[0] * rate_hz)
            for packet in track.encode(frame) + track.encode(None):
                container.mux(packet)
    return file.getvalue()


def moving_picture(frames: Sequence[np.ndarray], lengths_s: Sequence[float], kind: str) -> bytes:
    """Return a GIF, WEBP, PNG or AVIF of `frames`, each shown for its length."""
    pictures = [Image.fromarray(frame) for frame in frames]
    options: dict[str, Any] = {"lossless": True} if kind == "WEBP" else {}
    file = io.BytesIO()
    pictures[0].save(
        file,
        kind,
        save_all=True,
        append_images=pictures[1:],
        duration=[round(1000 * length_s) for length_s in lengths_s],
        **options,
    )
    return file.getvalue()


class Pipe:
    """A file that cannot go back, as a browser's recorder or a pipe writes it."""

    def __init__(self, file: io.BytesIO) -> None:
        self._file = file

    def write(self, content: bytes) -> int:
        return self._file.write(content)
