"""Sound from bytes: any common format to one channel of floats."""

import io
from collections.abc import Iterable
from math import gcd
from typing import Any

import numpy as np

from sensorium.core.arrays import FloatVector
from sensorium.core.errors import MediaError
from sensorium.media.container import decoded_frames, first_stream, open_container
from sensorium.media.limits import MAX_AUDIO_S, MAX_CHANNELS, SAMPLE_RATES_HZ
from sensorium.media.sound_file import SOUNDFILE_FORMATS, is_chained, prepare_sound

SAMPLE_RATE_HZ = 22_050
MIN_SAMPLES = 64
_PIECE_SAMPLES = 1 << 18


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
    kind, content = prepare_sound(content, where)
    decoded = None
    if kind in SOUNDFILE_FORMATS and not is_chained(content):
        decoded = _by_soundfile(content, where, max_duration_s)
    if decoded is None:
        decoded = _by_av(content, where, max_duration_s)
    samples, rate_hz = decoded
    if len(samples) < MIN_SAMPLES:
        raise MediaError("no sound in it", where=where)
    wanted_hz = sample_rate_hz or rate_hz
    return resample(samples, rate_hz, wanted_hz), wanted_hz


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
    from av.error import FFmpegError

    try:
        with open_container(content) as container:
            stream, rate_hz = require_sound_stream(container, where)
            wanted = _n_wanted(max_duration_s, rate_hz)
            samples = read_mono(decoded_frames(container, stream), rate_hz, wanted)
    except (FFmpegError, ValueError, MemoryError) as error:
        raise MediaError("undecodable sound", where=where) from error
    _refuse_endless(len(samples), rate_hz, max_duration_s, where)
    return samples, rate_hz


def require_sound_stream(container: Any, where: str) -> tuple[Any, int]:
    """Return the first stream of sound and its rate; MediaError if there is none that can be decoded."""
    stream = first_stream(container, "audio")
    if stream is None:
        raise MediaError("no sound in it", where=where)
    if stream.codec_context is None:  # a codec that this FFmpeg does not know
        raise MediaError("unknown audio codec", where=where)
    return stream, require_sample_rate(int(stream.rate or 0), where)


def read_mono(frames: Iterable[Any], rate_hz: int, wanted: int) -> FloatVector:
    """Return the first `wanted` samples of decoded `frames` as one channel [n], or all that there are."""
    import av

    resampler = av.AudioResampler(format="flt", layout="mono", rate=rate_hz)
    pieces, n_samples = list[FloatVector](), 0
    for frame in frames:
        for mono in resampler.resample(frame):
            pieces.append(np.asarray(mono.to_ndarray(), dtype=np.float32).reshape(-1))
            n_samples += len(pieces[-1])
        if n_samples >= wanted:
            break
    return np.concatenate(pieces)[:wanted] if pieces else np.empty(0, dtype=np.float32)
