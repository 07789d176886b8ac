"""Media files as a network takes them, read by our own decoders in processes that may do no harm."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import cv2
import numpy as np

from sensorium.core.arrays import FloatVector
from sensorium.core.errors import MediaError
from sensorium.core.roles import Role
from sensorium.media.audio import decode_audio
from sensorium.media.cleaning import clean_frames, clean_picture, clean_sound
from sensorium.media.cleaning_names import Cleaning
from sensorium.media.image import decode_image
from sensorium.media.video import decode_video
from sensorium.media.worker import Answer, Task

SIDE_PX = 512
"""Most networks look at 224 to 448 pixels; more is wasted. One that looks at more says so."""
_MOST_ASPECT = 8
"""A longer picture than this is squeezed: networks cut or squeeze it anyway."""


class Reading(NamedTuple):
    """How media of one kind are read."""

    modality: Role
    side_px: int = SIDE_PX
    n_frames: int = 0
    sample_rate_hz: int = 0
    """0: the file's own."""
    max_duration_s: float = 0.0
    cleaning: tuple[Cleaning, ...] = ()


def mark_as_text(text: str) -> dict[str, str]:
    """Return a text marked as one: a bare `poster.jpg` would be taken for a file to open."""
    if not text.strip():
        raise MediaError("no words", where="")
    return {"text": text}


def read_task(_: Mapping[str, Any]) -> Task:
    """Return what reads one medium in another process: the header says how, the blob is the file."""
    cv2.setNumThreads(1)  # one process a core is enough

    def read(header: Mapping[str, Any], contents: list[bytes]) -> Answer:
        names = Reading._fields
        reading = Reading(Role(header["modality"]), *(header[name] for name in names[1:-1]))
        reading = reading._replace(cleaning=tuple(header["cleaning"]))
        try:
            array, rate_hz = read_medium(contents[0], reading)
        except MediaError as error:
            return {"reason": error.reason}, []
        array = np.ascontiguousarray(array)
        described = {"shape": list(array.shape), "kind": array.dtype.str, "sample_rate_hz": rate_hz}
        return described, [array.tobytes()]

    return read


def read_medium(content: bytes, reading: Reading) -> tuple[Any, int]:
    """Return pixels [height, width, 3], frames [n, height, width, 3] or samples [n], and a rate in hertz."""
    if reading.modality is Role.AUDIO:
        samples, rate_hz = decode_audio(
            content,
            where="",
            sample_rate_hz=reading.sample_rate_hz or None,
            max_duration_s=reading.max_duration_s or None,
        )
        return clean_sound(samples, rate_hz, reading.cleaning), rate_hz
    if reading.modality is Role.IMAGE:
        picture = _shrunk(decode_image(content, where="", min_side_px=reading.side_px), reading.side_px)
        return clean_picture(picture, reading.cleaning), 0
    n_frames, side_px = reading.n_frames, reading.side_px
    sample = decode_video(content, where="", n_frames=n_frames, max_side_px=side_px, with_sound=False)
    return clean_frames(sample.frames, reading.cleaning), 0


def to_model_input(array: Any, sample_rate_hz: int, modality: Role) -> Any:
    """Return what was read as libraries take it: Pillow's pictures, or samples with their rate."""
    if modality is Role.AUDIO:
        samples: FloatVector = array.copy()  # libraries want to write into it
        return {"array": samples, "sampling_rate": sample_rate_hz}
    from PIL import Image

    return Image.fromarray(array) if modality is Role.IMAGE else [Image.fromarray(frame) for frame in array]


def _shrunk(pixels: Any, side_px: int) -> Any:
    """Return a picture whose shorter side is at most `side_px`; smaller ones as they are."""
    height, width = pixels.shape[:2]
    by = min(1.0, side_px / min(height, width))
    most = _MOST_ASPECT * side_px
    size = min(most, max(1, round(width * by))), min(most, max(1, round(height * by)))
    return pixels if size == (width, height) else cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
