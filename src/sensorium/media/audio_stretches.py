"""What is listened to of a recording: all of a short one, stretches spread over a long one."""

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np

from sensorium.core.arrays import FloatVector
from sensorium.core.errors import MediaError
from sensorium.media.audio import (
    SAMPLE_RATE_HZ,
    decode_audio,
    read_mono,
    require_sample_rate,
    require_sound_stream,
    resample,
)
from sensorium.media.cleaning import clean_sound
from sensorium.media.cleaning_names import Cleaning
from sensorium.media.container import decoded_frames, open_container, read_timeline
from sensorium.media.sound_file import SOUNDFILE_FORMATS, is_chained, prepare_sound

SOUGHT_FORMATS = frozenset({"mp4", "m4a", "matroska", "avi", "asf", "caf", "wav", "aiff", "au"})
"""Containers in which FFmpeg finds a moment; of others, where it guesses, all is decoded."""
MIN_HEARD = 0.5
"""A stretch of which less can be read than this share is left out."""


@dataclass(frozen=True)
class Recording:
    """Stretches of one recording in the order of time."""

    stretches: tuple[FloatVector, ...]
    """Each [n_samples] mono float32 in [-1, 1]; at least one."""
    sample_rate_hz: int
    duration_s: float
    """How long the whole recording is."""

    def cleaned(self, cleaning: Sequence[Cleaning]) -> Self:
        """Return the recording with each stretch cleaned by what of `cleaning` is for sound."""
        if not cleaning:
            return self
        stretches = tuple(clean_sound(one, self.sample_rate_hz, cleaning) for one in self.stretches)
        return replace(self, stretches=stretches)


def decode_recording(
    content: bytes, *, where: str, n_stretches: int, stretch_s: float, sample_rate_hz: int = SAMPLE_RATE_HZ
) -> Recording:
    """Return a recording whole, or `n_stretches` in the middles of equal shares of a longer one.

    A long file is not decoded in between if its format lets one seek. Its length is that of the sound that is
    there, whatever its header says. Where stretches cannot be read its beginning is returned.

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
    kind, content = prepare_sound(content, where)
    pieces, rate_hz, duration_s = list[FloatVector](), 0, 0.0
    if kind in SOUNDFILE_FORMATS and not is_chained(content):
        pieces, rate_hz, duration_s = _by_soundfile(content, where, n_stretches, stretch_s)
    if not duration_s:  # libsndfile cannot read it, or its header lies
        pieces, rate_hz, duration_s = _by_av(content, kind, where, n_stretches, stretch_s)
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
                if len(channels) < int(stretch_s * rate_hz):
                    return [], 1, 0.0  # there is less than the header says
                pieces.append(channels.mean(axis=1, dtype=np.float32))
    except (soundfile.SoundFileError, RuntimeError, MemoryError, ValueError):
        return [], 1, 0.0
    return pieces, rate_hz, duration_s


def _by_av(content: bytes, kind: str, where: str, n_stretches: int, stretch_s: float) -> _Heard:
    from av.error import FFmpegError

    try:
        with open_container(content) as container:
            stream, rate_hz = require_sound_stream(container, where)
            timeline = read_timeline(container, stream)
        starts_s = _starts_s(timeline.duration_s, n_stretches, stretch_s)
        if not starts_s:
            return [], rate_hz, timeline.duration_s
        with open_container(content) as container:
            stream, rate_hz = require_sound_stream(container, where)
            if kind in SOUGHT_FORMATS and timeline.is_steady:
                begin_s, wanted = timeline.start_s, int(stretch_s * rate_hz)
                pieces = [
                    read_mono(_from(container, stream, start_s + begin_s), rate_hz, wanted)
                    for start_s in starts_s
                ]
            else:
                pieces = _on_the_way(container, stream, rate_hz, starts_s, stretch_s)
    except (FFmpegError, MediaError, ValueError, MemoryError):
        return [], 1, 0.0  # `decode_audio` says what is wrong with it
    return pieces, rate_hz, timeline.duration_s


def _from(container: Any, stream: Any, moment_s: float) -> Iterator[Any]:
    """Yield frames from `moment_s` of the file's own clock on."""
    container.seek(int(moment_s / stream.time_base), stream=stream)
    for frame in decoded_frames(container, stream):
        if frame.time is None or frame.time >= moment_s:  # seeking lands on the packet before
            yield frame


def _on_the_way(
    container: Any, stream: Any, rate_hz: int, starts_s: list[float], stretch_s: float
) -> list[FloatVector]:
    """Return the stretches of a stream that is decoded from its beginning."""
    kept: list[list[Any]] = [[] for _ in starts_s]
    now_s, at = 0.0, 0
    for frame in decoded_frames(container, stream):
        if now_s >= starts_s[at] + stretch_s:
            at += 1
            if at == len(starts_s):
                break
        if now_s >= starts_s[at]:
            kept[at].append(frame)
        now_s += frame.samples / frame.sample_rate
    return [read_mono(frames, rate_hz, int(stretch_s * rate_hz)) for frames in kept]
