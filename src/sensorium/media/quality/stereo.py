"""Faults between two channels: one silent, one much louder, or both cancelling each other."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sensorium.core.errors import MediaError
from sensorium.media.container import decoded_frames, first_stream, open_container
from sensorium.media.quality.measures import Scores
from sensorium.media.sound_file import prepare_sound

LOUDEST_DIFFERENCE_DB = 60.0
_SILENT_POWER = 1e-8


def stereo_quality(pair: NDArray[np.float32]) -> Scores:
    """Return the scores of left and right samples [n, 2] in [-1, 1]; none if both are silent."""
    power = np.square(pair, dtype=np.float64).mean(axis=0)
    if power.max(initial=0) < _SILENT_POWER:
        return {}
    quieter = max(float(power.min()), 1e-20)
    balance = min(10 * np.log10(float(power.max()) / quieter), LOUDEST_DIFFERENCE_DB)
    if balance >= LOUDEST_DIFFERENCE_DB:
        return {"balance_db": balance}
    together = float(np.mean(pair[:, 0].astype(np.float64) * pair[:, 1]))
    return {"balance_db": float(balance), "in_phase": together / float(np.sqrt(power.prod()))}


def front_pair(content: bytes, max_duration_s: float) -> NDArray[np.float32] | None:
    """Return left and right samples [n, 2]; None of a sound with one channel, or without any.

    What lies behind the front, as in films, is mixed into the pair. For sound that `decode_audio` reads.
    """
    import av
    from av.error import FFmpegError

    pieces: list[NDArray[np.float32]] = []
    try:
        _, content = prepare_sound(content, where="")
        with open_container(content) as container:
            stream = first_stream(container, "audio")
            if stream is None or not stream.rate or stream.codec_context.channels < 2:
                return None
            resampler = av.AudioResampler(format="flt", layout="stereo", rate=int(stream.rate))
            wanted = int(max_duration_s * stream.rate)
            for frame in decoded_frames(container, stream):
                pieces += [_pair(mixed) for mixed in resampler.resample(frame)]
                wanted -= frame.samples
                if wanted <= 0:
                    break
    except (FFmpegError, MediaError, AttributeError, ValueError, MemoryError):  # what came before is enough
        pass
    return np.nan_to_num(np.concatenate(pieces)) if pieces else None


def _pair(frame: Any) -> NDArray[np.float32]:
    return np.asarray(frame.to_ndarray(), dtype=np.float32).reshape(-1, 2)
