"""A sound heard once from end to end: its shape, and an excerpt of half a minute as M4A."""

import io
from typing import Any, NamedTuple

import numpy as np

from sensorium.core.errors import MediaError
from sensorium.media.audio import MIN_SAMPLES, require_sound_stream
from sensorium.media.container import decoded_frames, open_container, read_timeline
from sensorium.media.limits import MAX_AUDIO_S
from sensorium.media.previews.waveform import Waveform
from sensorium.media.sound_file import prepare_sound

TYPE = "audio/mp4"
EXCERPT_S = 30.0
"""Of longer sound the middle; what is shorter is given whole."""
_RATE_HZ, _BITS_PER_S = 44_100, 96_000


class Heard(NamedTuple):
    """What was made of a sound."""

    peaks: bytes
    """JSON; see `Waveform.to_json`."""
    excerpt: bytes
    """M4A with AAC in stereo, without any tags."""


def hear(content: bytes, *, where: str) -> Heard:
    """Return shape and excerpt of a sound, or of the sound of a clip.

    Raises
    ------
    MediaError
        If it is empty, holds no sound, cannot be decoded, or is longer than `MAX_AUDIO_S`.
    """
    from av.error import FFmpegError

    _, content = prepare_sound(content, where)
    try:
        with open_container(content) as container:
            stream, rate_hz = require_sound_stream(container, where)
            duration_s = read_timeline(container, stream).duration_s
        start_s = max(0.0, (duration_s - EXCERPT_S) / 2)
        with open_container(content) as container:
            stream, rate_hz = require_sound_stream(container, where)
            return _hear(decoded_frames(container, stream), rate_hz, start_s, where)
    except (FFmpegError, ValueError, MemoryError) as error:
        raise MediaError("undecodable sound", where=where) from error


def _hear(frames: Any, rate_hz: int, start_s: float, where: str) -> Heard:
    import av

    waveform, file = Waveform(rate_hz), io.BytesIO()
    to_mono = av.AudioResampler(format="flt", layout="mono", rate=rate_hz)
    to_stereo = av.AudioResampler(format="fltp", layout="stereo", rate=_RATE_HZ)
    with av.open(file, "w", format="mp4") as out:
        stream: Any = out.add_stream("aac", rate=_RATE_HZ, layout="stereo")
        stream.bit_rate = _BITS_PER_S
        for frame in frames:
            now_s = waveform.n_samples / rate_hz
            for mono in to_mono.resample(frame):
                waveform.add(np.asarray(mono.to_ndarray(), dtype=np.float32).reshape(-1))
            if now_s > MAX_AUDIO_S:
                raise MediaError(f"longer than {MAX_AUDIO_S / 3600:g} hours", where=where)
            if start_s <= now_s < start_s + EXCERPT_S:
                for stereo in to_stereo.resample(frame):
                    stereo.pts = None
                    out.mux(stream.encode(stereo))
        out.mux(stream.encode(None))
    if waveform.n_samples < MIN_SAMPLES:
        raise MediaError("no sound in it", where=where)
    return Heard(waveform.to_json(), file.getvalue())
