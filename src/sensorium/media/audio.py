"""Sound from bytes: any common format to one channel of floats."""

import io
from math import gcd
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sensorium.core.arrays import FloatVector
from sensorium.core.errors import MediaError
from sensorium.core.roles import Role
from sensorium.media.limits import (
    MAX_AUDIO_BYTES,
    MAX_AUDIO_S,
    MAX_CHANNELS,
    SAMPLE_RATES_HZ,
)
from sensorium.media.sniff import sniff_format

SAMPLE_RATE_HZ = 22_050
MIN_SAMPLES = 64
_PIECE_SAMPLES = 1 << 18
SOUNDFILE_FORMATS = frozenset({"wav", "flac", "ogg", "mp3", "aiff", "au", "caf"})
"""What libsndfile reads; all else is left to FFmpeg."""


def decode_audio(
    content: bytes,
    *,
    where: str,
    sample_rate_hz: int | None = SAMPLE_RATE_HZ,
    max_duration_s: float | None = None,
) -> tuple[FloatVector, int]:
    """Return mono samples [n_samples] float32 in [-1, 1] and their rate in hertz.

    Parameters
    ----------
    content
        The whole file: WAV, FLAC, Ogg, MP3, AAC, M4A, or a clip, whose sound track is read.
    where
        What to call the file in an error.
    sample_rate_hz
        Resample to this rate; None keeps the file's own.
    max_duration_s
        Read no more than this from the start.

    Raises
    ------
    MediaError
        If it is empty, holds no sound, or cannot be decoded.
    """
    kind = require_sound_format(content, where)
    decoded = None
    if kind in SOUNDFILE_FORMATS:
        decoded = _by_soundfile(content, where, max_duration_s)
    if decoded is None:
        decoded = _by_av(content, where, max_duration_s)
    samples, rate_hz = decoded
    if len(samples) < MIN_SAMPLES:
        raise MediaError("no sound in it", where=where)
    wanted_hz = sample_rate_hz or rate_hz
    return resample(samples, rate_hz, wanted_hz), wanted_hz


def require_sound_format(content: bytes, where: str) -> str:
    """Return the name of the format, such as `wav`; MediaError if it is empty, too large, or no sound."""
    if not content:
        raise MediaError("empty file", where=where)
    if len(content) > MAX_AUDIO_BYTES:
        raise MediaError(f"larger than {MAX_AUDIO_BYTES >> 20} MiB", where=where)
    kind = sniff_format(content)
    if kind is None or not {Role.AUDIO, Role.VIDEO} & set(kind.roles):
        raise MediaError(f"not sound{f' but {kind.name}' if kind else ''}", where=where)
    return kind.name


def resample(samples: FloatVector, from_hz: int, to_hz: int) -> FloatVector:
    """Return samples at another rate [n_samples]; those that are no numbers become silence."""
    from scipy.signal import resample_poly

    samples = np.nan_to_num(samples, nan=0.0, posinf=1.0, neginf=-1.0)
    if from_hz == to_hz:
        return samples
    common = gcd(from_hz, to_hz)
    return np.asarray(resample_poly(samples, to_hz // common, from_hz // common), dtype=np.float32)


def _by_soundfile(content: bytes, where: str, max_duration_s: float | None) -> tuple[FloatVector, int] | None:
    """Return samples and rate, or None where libsndfile cannot; PyAV then has its try."""
    import soundfile

    try:
        with soundfile.SoundFile(io.BytesIO(content)) as file:
            rate_hz = require_sample_rate(int(file.samplerate), where)
            if file.channels > MAX_CHANNELS:
                raise MediaError(f"{file.channels} channels are too many", where=where)
            wanted = _n_wanted(max_duration_s, rate_hz)
            pieces, n_samples = list[FloatVector](), 0
            while n_samples < wanted:  # piece by piece: what a header announces need not be there
                channels = file.read(min(_PIECE_SAMPLES, wanted - n_samples), dtype="float32", always_2d=True)
                if not len(channels):
                    break
                pieces.append(channels.mean(axis=1, dtype=np.float32))
                n_samples += len(channels)
            _refuse_endless(n_samples, rate_hz, max_duration_s, where)
    except (soundfile.SoundFileError, RuntimeError, MemoryError, ValueError):
        return None
    return np.concatenate(pieces) if pieces else np.empty(0, dtype=np.float32), rate_hz


def require_sample_rate(rate_hz: int, where: str) -> int:
    """Return the rate if there is such sound; MediaError if not."""
    lowest, highest = SAMPLE_RATES_HZ
    if not lowest <= rate_hz <= highest:
        raise MediaError(f"a sample rate of {rate_hz:,} Hz", where=where)
    return rate_hz


def _n_wanted(max_duration_s: float | None, rate_hz: int) -> int:
    """Return how many samples to read at most: one more than allowed, if all are asked for."""
    return int(MAX_AUDIO_S * rate_hz) + 1 if max_duration_s is None else int(max_duration_s * rate_hz)


def _refuse_endless(n_samples: int, rate_hz: int, max_duration_s: float | None, where: str) -> None:
    if max_duration_s is None and n_samples > MAX_AUDIO_S * rate_hz:
        raise MediaError(f"longer than {MAX_AUDIO_S / 3600:g} hours", where=where)


def _by_av(content: bytes, where: str, max_duration_s: float | None) -> tuple[FloatVector, int]:
    import av
    from av.error import FFmpegError

    pieces: list[NDArray[np.float32]] = []
    try:
        with av.open(io.BytesIO(content), mode="r", metadata_errors="ignore") as container:
            if not container.streams.audio:
                raise MediaError("no sound in it", where=where)
            stream = container.streams.audio[0]
            codec: Any = stream.codec_context  # None for a codec that this FFmpeg does not know
            if codec is None:
                raise MediaError("unknown audio codec", where=where)
            rate_hz = require_sample_rate(int(stream.rate or 0), where)
            wanted = _n_wanted(max_duration_s, rate_hz)
            resampler = av.AudioResampler(format="flt", layout="mono", rate=rate_hz)
            n_samples = 0
            for frame in container.decode(stream):
                for mono in resampler.resample(frame):
                    piece = np.asarray(mono.to_ndarray(), dtype=np.float32).reshape(-1)
                    pieces.append(piece)
                    n_samples += len(piece)
                if n_samples >= wanted:
                    break
            _refuse_endless(n_samples, rate_hz, max_duration_s, where)
    except (FFmpegError, ValueError, MemoryError) as error:
        if not pieces:
            raise MediaError("undecodable sound", where=where) from error
        raise MediaError("sound broken part way", where=where) from error
    samples = np.concatenate(pieces) if pieces else np.empty(0, dtype=np.float32)
    return samples[:wanted], rate_hz
