"""Texts and media files as sentence-transformers takes them, through our own decoders and their limits."""

from typing import Any

from sensorium.catalog.media.audio import decode_audio
from sensorium.catalog.media.image import decode_image
from sensorium.catalog.media.video import decode_video
from sensorium.core.arrays import FloatVector
from sensorium.core.errors import MediaError

_STILL_SIDE_PX = 512
"""Networks look at 224 to 448 pixels; decoding more is wasted."""


def written(text: str) -> dict[str, str]:
    """Return a text marked as one: a bare `poster.jpg` would be taken for a file to open."""
    if not text.strip():
        raise MediaError("no words", where="")
    return {"text": text}


def still_of(content: bytes) -> Any:
    """Return a picture of a file's content."""
    from PIL import Image

    return Image.fromarray(decode_image(content, where="", min_side_px=_STILL_SIDE_PX))


def stills_of(content: bytes, n_frames: int) -> list[Any]:
    """Return frames of a clip, spread evenly."""
    from PIL import Image

    sample = decode_video(content, where="", n_frames=n_frames, max_side_px=_STILL_SIDE_PX, with_sound=False)
    return [Image.fromarray(frame) for frame in sample.frames]


def sound_of(content: bytes, sample_rate_hz: int, max_duration_s: float) -> dict[str, FloatVector | int]:
    """Return one channel of sound at the rate at which the model hears."""
    samples, rate_hz = decode_audio(
        content, where="", sample_rate_hz=sample_rate_hz or None, max_duration_s=max_duration_s
    )
    return {"array": samples, "sampling_rate": rate_hz}
