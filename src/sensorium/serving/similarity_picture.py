"""The picture of where two media are alike, drawn from the media themselves."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sensorium.core.block_name import BlockName
from sensorium.core.roles import Role
from sensorium.insight.similarity_figure import draw_moments, draw_regions
from sensorium.media.audio import decode_audio
from sensorium.media.clip_frames import decode_clip_frames
from sensorium.media.image import decode_image
from sensorium.serving.occlusion import MAX_CLIP_S, MAX_SOUND_S
from sensorium.serving.similarity_explanation import SimilarityExplanation, outstanding_parts

CURVE_POINTS = 600
STRIP_PICTURES = 12
SHOWN_PX = 640


def draw_similarity(file: Path, found: SimilarityExplanation, titles: list[str]) -> None:
    """Write the picture of `found` to `file`, which ends in .png, .svg or .pdf."""
    modality = Role(BlockName(found.block).modality)
    if modality is Role.IMAGE:
        pictures = [decode_image(media, where="", min_side_px=SHOWN_PX) for media in found.media]
        draw_regions(file, pictures, [outstanding_parts(parts) for parts in found.regions], titles)
        return
    moments = [outstanding_parts(parts) for parts in found.moments]
    if modality is Role.AUDIO:
        heard = [decode_audio(media, where="", max_duration_s=MAX_SOUND_S) for media in found.media]
        curves = [_loudness(samples) for samples, _ in heard]
        draw_moments(file, [len(s) / rate for s, rate in heard], moments, titles, curves=curves)
        return
    seen = [decode_clip_frames(m, where="", max_side_px=120, max_duration_s=MAX_CLIP_S) for m in found.media]
    strips = [np.concatenate([*frames[_evenly_spaced(len(frames))]], axis=1) for frames, _ in seen]
    draw_moments(file, [len(f) / rate for f, rate in seen], moments, titles, strips=strips)


def _loudness(samples: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the root mean square of even pieces of a sound."""
    pieces = np.array_split(samples, min(CURVE_POINTS, len(samples)))
    return np.asarray([np.sqrt(np.mean(np.square(piece))) for piece in pieces])


def _evenly_spaced(n: int) -> NDArray[np.int64]:
    return np.linspace(0, n - 1, min(n, STRIP_PICTURES)).round().astype(np.int64)
