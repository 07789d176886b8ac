"""What is listened to of a recording: all of a short one, stretches spread over a long one."""

import io
from dataclasses import dataclass
from typing import Any

import numpy as np

from sensorium.core.arrays import FloatVector
from sensorium.core.errors import MediaError
from sensorium.media.audio import (
    SAMPLE_RATE_HZ,
    SOUNDFILE_FORMATS,
    decode_audio,
    require_sample_rate,
    require_sound_format,
    resample,
)

MIN_HEARD = 0.5
"""A stretch of which less can be read than this share is left out."""


@dataclass(frozen=True)
class Recording:
    """Stretches of one recording in the order of time."""

    stretches: tuple[FloatVector, ...]
    """Each [n_samples] mono float32 in [-1, 1]; at least one."""
    sample_rate_hz: int
    duration_s: float
    """How long the whole recording is, as far as its file says so truly."""


def decode_recording(
    content: bytes, *, where: str, n_stretches: int, stretch_s: float, sample_rate_hz: int = SAMPLE_RATE_HZ
) -> Recording:
    """Return a recording whole, or `n_stretches` in the middles of equal shares of a longer one.

    A long file is not decoded in between: the stretches are found by seeking. Where that fails (a
    stream that does not know its length, a file whose header lies) its beginning is returned.

    Parameters
    ----------
    content
        The whole file, of any kind that `decode_audio` reads.
    where
        What to call the file in an error.
    n_stretches, stretch_s
        Recordings up to `n_stretches * stretch_s` seconds are decoded whole, as one stretch.
    sample_rate_hz
        Resample to this rate.

    Raises
    ------
    MediaError
        If it is empty, holds no sound, or cannot be decoded.
    """
    kind = require_sound_format(content, where)
    pieces, rate_hz, duration_s = list[FloatVector](), 0, 0.0
    if kind in SOUNDFILE_FORMATS:
        pieces, rate_hz, duration_s = _by_soundfile(content, where, n_stretches, stretch_s)
    if not duration_s:  # libsndfile cannot read it
        pieces, rate_hz, duration_s = _by_av(content, where, n_stretches, stretch_s)
    whole = [piece for piece in pieces if len(piece) >= MIN_HEARD * stretch_s * rate_hz]
    if not whole:
        samples, _ = decode_audio(
            content, where=where, sample_rate_hz=sample_rate_hz, max_duration_s=n_stretches * stretch_s
        )
        return Recording((samples,), sample_rate_hz, len(samples) / sample_rate_hz)
    stretches = tuple(resample(piece, rate_hz, sample_rate_hz) for piece in whole)
    return Recording(stretches, sample_rate_hz, duration_s)


_Heard = tuple[list[FloatVector], int, float]
"""Stretches at the file's own rate, that rate, and the file's length in seconds (0 if unknown)."""


def _starts_s(duration_s: float, n_stretches: int, stretch_s: float) -> list[float]:
    """Return where the stretches begin; none if the recording is short enough to be heard whole."""
    if duration_s <= n_stretches * stretch_s:
        return []
    return [(index + 0.5) * duration_s / n_stretches - stretch_s / 2 for index in range(n_stretches)]


def _by_soundfile(content: bytes, where: str, n_stretches: int, stretch_s: float) -> _Heard:
    import soundfile

    pieces: list[FloatVector] = []
    try:
        with soundfile.SoundFile(io.BytesIO(content)) as file:
            rate_hz = require_sample_rate(int(file.samplerate), where)
            duration_s = file.frames / rate_hz
            for start_s in _starts_s(duration_s, n_stretches, stretch_s):
                file.seek(int(start_s * rate_hz))
                channels = file.read(int(stretch_s * rate_hz), dtype="float32", always_2d=True)
                pieces.append(channels.mean(axis=1, dtype=np.float32))
    except (soundfile.SoundFileError, RuntimeError, MemoryError, ValueError):
        return pieces, 1, 0.0
    return pieces, rate_hz, duration_s


def _by_av(content: bytes, where: str, n_stretches: int, stretch_s: float) -> _Heard:
    import av
    from av.error import FFmpegError

    try:
        with av.open(io.BytesIO(content), mode="r", metadata_errors="ignore") as container:
            if not container.streams.audio:
                raise MediaError("no sound in it", where=where)
            stream = container.streams.audio[0]
            rate_hz = require_sample_rate(int(stream.rate or 0), where)
            if stream.duration and stream.time_base:
                duration_s = float(stream.duration * stream.time_base)
            else:
                duration_s = float(container.duration or 0) / av.time_base
            starts_s = _starts_s(duration_s, n_stretches, stretch_s)
            pieces = [_sought(container, stream, rate_hz, start_s, stretch_s) for start_s in starts_s]
    except (FFmpegError, AttributeError, ValueError, MemoryError):
        return [], 1, 0.0  # `decode_audio` says what is wrong with it
    return pieces, rate_hz, duration_s


def _sought(container: Any, stream: Any, rate_hz: int, start_s: float, stretch_s: float) -> FloatVector:
    """Return up to `stretch_s` seconds from `start_s` [n_samples]; fewer where the sound breaks off."""
    import av
    from av.error import FFmpegError

    first_s = float((stream.start_time or 0) * stream.time_base)
    container.seek(int((start_s + first_s) / stream.time_base), stream=stream)
    resampler = av.AudioResampler(format="flt", layout="mono", rate=rate_hz)
    pieces, n_samples, wanted = list[FloatVector](), 0, int(stretch_s * rate_hz)
    try:
        for frame in container.decode(stream):
            if frame.time is not None and frame.time - first_s < start_s:
                continue  # seeking lands on the packet before
            for mono in resampler.resample(frame):
                pieces.append(np.asarray(mono.to_ndarray(), dtype=np.float32).reshape(-1))
                n_samples += len(pieces[-1])
            if n_samples >= wanted:
                break
    except FFmpegError:  # a damaged stretch is as long as it goes
        pass
    return np.concatenate(pieces)[:wanted] if pieces else np.empty(0, dtype=np.float32)
