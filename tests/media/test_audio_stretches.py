"""All of a short recording is heard, and stretches from everywhere of a long one, in every format."""

import io
import time

import numpy as np
import pytest
import soundfile
from tests.media.recordings import by_av

from sensorium.core.errors import MediaError
from sensorium.encoders.audio.sound import Sound
from sensorium.media.audio_stretches import decode_recording

RATE_HZ = 24_000
SECTION_S = 4
PITCHES_HZ = (300, 400, 500, 600, 700, 800)


def sections(section_s=SECTION_S):
    """One pitch after the other."""
    time_s = np.arange(section_s * RATE_HZ) / RATE_HZ
    return np.concatenate([0.4 * np.sin(2 * np.pi * hz * time_s) for hz in PITCHES_HZ]).astype(np.float32)


def by_soundfile(samples, kind):
    file = io.BytesIO()
    with soundfile.SoundFile(file, "w", RATE_HZ, 1, format=kind) as writer:
        for start in range(0, len(samples), RATE_HZ):  # libsndfile cannot take much Vorbis at once
            writer.write(samples[start : start + RATE_HZ])
    return file.getvalue()


FORMATS = {
    "wav": lambda samples: by_soundfile(samples, "WAV"),
    "flac": lambda samples: by_soundfile(samples, "FLAC"),
    "ogg": lambda samples: by_soundfile(samples, "OGG"),
    "opus": lambda samples: by_av(samples, "ogg", "libopus", RATE_HZ),
    "mp3": lambda samples: by_av(samples, "mp3", "libmp3lame", RATE_HZ),
    "m4a": lambda samples: by_av(samples, "ipod", "aac", RATE_HZ),
    "aac": lambda samples: by_av(samples, "adts", "aac", RATE_HZ),
    "mka": lambda samples: by_av(samples, "matroska", "libopus", RATE_HZ),
}


def pitch_hz(samples, rate_hz):
    return np.abs(np.fft.rfft(samples)).argmax() * rate_hz / len(samples)


@pytest.mark.parametrize("kind", FORMATS)
def test_stretches_come_from_all_over_a_long_recording(kind):
    content = FORMATS[kind](sections())
    recording = decode_recording(content, where="a", n_stretches=6, stretch_s=1.0)
    heard = [pitch_hz(stretch, recording.sample_rate_hz) for stretch in recording.stretches]
    np.testing.assert_allclose(heard, PITCHES_HZ, atol=3)
    assert all(len(one) == pytest.approx(recording.sample_rate_hz, rel=0.1) for one in recording.stretches)
    assert recording.duration_s == pytest.approx(6 * SECTION_S, rel=0.05)


@pytest.mark.parametrize("kind", FORMATS)
def test_a_short_recording_is_heard_whole(kind):
    content = FORMATS[kind](sections(1))
    recording = decode_recording(content, where="a", n_stretches=6, stretch_s=2.0)
    assert len(recording.stretches) == 1
    assert len(recording.stretches[0]) == pytest.approx(6 * recording.sample_rate_hz, rel=0.03)
    assert recording.duration_s == pytest.approx(6, rel=0.03)


def spent_s(content):
    """Return the least time of this process that three encodings took."""
    spent = []
    for _ in range(3):
        started = time.process_time()
        Sound().encode_batch([content])
        spent.append(time.process_time() - started)
    return min(spent)


def test_the_middle_of_twenty_minutes_matters_and_costs_little():
    section_s = 200
    plain = sections(section_s)
    changed = plain.copy()
    changed[3 * section_s * RATE_HZ : 4 * section_s * RATE_HZ] *= np.float32(0.05)
    contents = [by_soundfile(samples, "FLAC") for samples in (plain, changed)]
    rows = Sound().encode_batch(contents).values
    assert np.abs(rows[0] - rows[1]).max() > 0.5
    two_minutes = by_soundfile(sections(section_s // 10), "FLAC")
    assert spent_s(contents[0]) < 5 * spent_s(two_minutes), "ten times as long"


@pytest.mark.parametrize("kind", ["wav", "flac", "ogg", "mp3", "m4a"])
def test_a_file_cut_short_gives_what_is_there(kind):
    content = FORMATS[kind](sections())
    cut = content[: len(content) * 2 // 3]
    if kind == "m4a":  # its index stands at the end
        with pytest.raises(MediaError, match="undecodable sound"):
            decode_recording(cut, where="a", n_stretches=3, stretch_s=1.0)
        return
    recording = decode_recording(cut, where="a", n_stretches=3, stretch_s=1.0)
    assert 1 <= len(recording.stretches) <= 3
    assert pitch_hz(recording.stretches[0], recording.sample_rate_hz) < 600


@pytest.mark.parametrize("content", [b"", b"words", b"RIFF" + bytes(60), b"OggS" + bytes(200)])
def test_what_is_no_sound_gives_a_reason(content):
    with pytest.raises(MediaError):
        decode_recording(content, where="a", n_stretches=3, stretch_s=1.0)
