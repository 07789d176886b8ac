"""Which part of a picture and which seconds of a sound or clip make it like something: by leaving each out.

A window is taken out of the medium, the rest is encoded anew, and the cosine to the other row falls by as
much as the window had a share in it (occlusion: Zeiler and Fergus 2014, arXiv 1311.2901). Windows overlap by
half; what a cell counts is the mean over its windows. It works with every encoder: it asks for rows only.
"""

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import soundfile as sf
from numpy.typing import NDArray

from sensorium.core.arrays import FloatMatrix, FloatVector
from sensorium.core.errors import MediaError
from sensorium.encoders.base import Encoder
from sensorium.features.scaling import Scaling
from sensorium.media.audio import decode_audio
from sensorium.media.clip_frames import decode_clip_frames, encode_clip
from sensorium.media.image import decode_image

CELLS = 6
"""Cells on each side of a picture; windows are two by two."""
MOMENTS = 12
"""Cells of a sound or clip; windows are two long."""
PICTURE_PX = 320
CLIP_PX = 160
MAX_SOUND_S = 120.0
"""Of a longer sound the beginning is looked into."""
MAX_CLIP_S = 30.0


@dataclass(frozen=True)
class RowSimilarity:
    """Tells how similar media are to one row."""

    encoder: Encoder[Any, bytes]
    scaling: Scaling
    row: FloatVector
    """The other item's scaled row [d]."""
    where: str

    def of(self, media: Sequence[bytes]) -> FloatVector:
        """Return the cosine of each of `media` [n]; `MediaError` if one cannot be encoded."""
        made = self.encoder.encode_batch(media)
        for reason in made.failures.values():
            raise MediaError(reason, where=self.where)
        return self.scaling.apply(made.values) @ self.row


def picture_shares(content: bytes, similarity: RowSimilarity) -> FloatMatrix:
    """Return each cell's share in the similarity [CELLS, CELLS], rows from the top; they sum to 1, or are 0.

    A window is painted over with the picture's mean colour.
    """
    picture = _at_most(decode_image(content, where=similarity.where, min_side_px=PICTURE_PX), PICTURE_PX)
    ys, xs = _edges(picture.shape[0], CELLS), _edges(picture.shape[1], CELLS)
    mean = picture.reshape(-1, 3).mean(axis=0).astype(np.uint8)
    covered = [picture]
    for top in range(CELLS - 1):
        for left in range(CELLS - 1):
            without = picture.copy()
            without[ys[top] : ys[top + 2], xs[left] : xs[left + 2]] = mean
            covered.append(without)
    lost = _cosine_losses(similarity.of([_png(each) for each in covered])).reshape(CELLS - 1, CELLS - 1)
    return _shares(_mean_over_windows(_mean_over_windows(lost).T).T)


def sound_shares(content: bytes, similarity: RowSimilarity) -> tuple[FloatVector, float]:
    """Return each cell's share in the similarity [MOMENTS], and a cell's length in seconds.

    A window is cut out, so that no silence is added that was not there.
    """
    samples, rate = decode_audio(content, where=similarity.where, max_duration_s=MAX_SOUND_S)

    def without(start: int, stop: int) -> bytes:
        return _wav(np.concatenate([samples[:start], samples[stop:]]), rate)

    return _moment_shares(len(samples), without, similarity), len(samples) / rate / MOMENTS


def clip_shares(content: bytes, similarity: RowSimilarity) -> tuple[FloatVector, float]:
    """Return each cell's share in the similarity [MOMENTS], and a cell's length in seconds.

    In a window the picture before it stands still. The sound track is left out.
    """
    frames, rate = decode_clip_frames(
        content, where=similarity.where, max_side_px=CLIP_PX, max_duration_s=MAX_CLIP_S
    )

    def without(start: int, stop: int) -> bytes:
        held = frames.copy()
        held[start:stop] = frames[max(start - 1, 0)] if start else frames[min(stop, len(frames) - 1)]
        return encode_clip(held, rate)

    return _moment_shares(len(frames), without, similarity), len(frames) / rate / MOMENTS


def _moment_shares(
    length: int, without: Callable[[int, int], bytes], similarity: RowSimilarity
) -> FloatVector:
    """Return the shares of the cells of something `length` long [MOMENTS]."""
    edges = _edges(length, MOMENTS)
    media = [without(0, 0), *(without(edges[cell], edges[cell + 2]) for cell in range(MOMENTS - 1))]
    return _shares(_mean_over_windows(_cosine_losses(similarity.of(media))))


def _edges(length: int, n_cells: int) -> list[int]:
    return np.linspace(0, length, n_cells + 1).round().astype(int).tolist()


def _cosine_losses(cosines: FloatVector) -> FloatVector:
    """Return how far each cosine but the first, that of the whole, lies below it."""
    return cosines[0] - cosines[1:]


def _mean_over_windows(windows: NDArray[Any]) -> NDArray[Any]:
    """Return for each cell the mean over the windows that cover it [n + 1, ...]; a window covers two."""
    total = np.zeros((len(windows) + 1, *windows.shape[1:]))
    total[:-1] += windows
    total[1:] += windows
    total[1:-1] /= 2
    return total


def _shares(lost: NDArray[Any]) -> NDArray[np.float32]:
    """Return what is above zero, so that it adds up to 1."""
    above = np.maximum(lost, 0)
    return (above / (above.sum() or 1.0)).astype(np.float32)


def _at_most(picture: NDArray[np.uint8], side_px: int) -> NDArray[np.uint8]:
    scale = side_px / max(picture.shape[:2])
    if scale >= 1:
        return picture
    return np.asarray(cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)


def _png(picture: NDArray[np.uint8]) -> bytes:
    return cv2.imencode(".png", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))[1].tobytes()


def _wav(samples: FloatVector, rate: int) -> bytes:
    file = io.BytesIO()
    sf.write(file, samples, rate, format="WAV", subtype="PCM_16")
    return file.getvalue()
