"""Sound of every format comes out as mono floats; broken sound gives a short reason."""

import io

import numpy as np
import pytest
import soundfile
from tests.media.recordings import by_av

from sensorium.core.errors import MediaError
from sensorium.media.audio import decode_audio

RATE_HZ = 44_100
TONE = (0.5 * np.sin(2 * np.pi * 440 * np.arange(RATE_HZ) / RATE_HZ)).astype(np.float32)


def by_soundfile(samples, kind, rate_hz=RATE_HZ, **options):
    file = io.BytesIO()
    soundfile.write(file, samples, rate_hz, format=kind, **options)
    return file.getvalue()


def loudest_hz(samples, rate_hz):
    spectrum = np.abs(np.fft.rfft(samples))
    return np.argmax(spectrum) * rate_hz / len(samples)


@pytest.mark.parametrize("kind", ["WAV", "FLAC", "OGG", "MP3", "AIFF"])
def test_common_formats_keep_the_tone_at_the_asked_rate(kind):
    samples, rate_hz = decode_audio(by_soundfile(TONE, kind), where="a", sample_rate_hz=16_000)
    assert rate_hz == 16_000
    assert samples.dtype == np.float32
    assert len(samples) == pytest.approx(16_000, rel=0.1)
    assert loudest_hz(samples, rate_hz) == pytest.approx(440, abs=3)


@pytest.mark.parametrize(
    ("container_format", "codec"), [("ipod", "aac"), ("mp4", "aac"), ("adts", "aac"), ("webm", "libopus")]
)
def test_formats_that_soundfile_cannot_read_come_through_ffmpeg(container_format, codec):
    recorded_hz = 48_000 if codec == "libopus" else RATE_HZ  # the tone is higher if played faster
    content = by_av(np.resize(TONE, recorded_hz), container_format, codec, recorded_hz)
    samples, rate_hz = decode_audio(content, where="a")
    assert rate_hz == 22_050
    assert loudest_hz(samples, rate_hz) == pytest.approx(440 * recorded_hz / RATE_HZ, abs=3)
    assert np.sqrt(np.square(samples).mean()) == pytest.approx(0.5 / np.sqrt(2), rel=0.1)


@pytest.mark.parametrize("kind", ["WAV", "FLAC", "OGG"])
@pytest.mark.parametrize("shares", [(1, -1), (1, 0), (0, 1), (0.5, 1)])
def test_channels_are_averaged(kind, shares):
    stereo = np.stack([share * TONE for share in shares], axis=1)
    samples, rate_hz = decode_audio(by_soundfile(stereo, kind), where="a")
    level = abs(sum(shares)) / 2
    middle = samples[rate_hz // 4 : -rate_hz // 4]
    assert np.abs(middle).max() == pytest.approx(0.5 * level, abs=0.02)
    if level:
        assert loudest_hz(samples, rate_hz) == pytest.approx(440, abs=3)


def test_no_more_is_read_than_asked_for():
    samples, rate_hz = decode_audio(by_soundfile(np.tile(TONE, 4), "FLAC"), where="a", max_duration_s=1.5)
    assert len(samples) == pytest.approx(1.5 * rate_hz, abs=2)


def test_values_that_are_not_numbers_become_silence():
    broken = TONE.copy()
    broken[100] = np.nan
    samples, _ = decode_audio(by_soundfile(broken, "WAV", subtype="FLOAT"), where="a")
    assert np.isfinite(samples).all()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty file"),
        (b"words", "not sound"),
        (b"\x89PNG\r\n\x1a\n" + bytes(50), "not sound but png"),
        (b"RIFF\x24\x00\x00\x00WAVEfmt ", "undecodable sound"),
        (b"OggS" + bytes(200), "undecodable sound"),
        (b"ID3" + bytes(500), "undecodable sound"),
    ],
)
def test_what_is_no_sound_gives_a_short_reason(content, reason):
    with pytest.raises(MediaError) as raised:
        decode_audio(content, where="a.wav")
    assert raised.value.reason == reason


def test_sound_without_samples_is_refused():
    with pytest.raises(MediaError, match="no sound in it"):
        decode_audio(by_soundfile(TONE[:0], "WAV"), where="a")


@pytest.mark.parametrize("kind", ["WAV", "FLAC", "OGG", "MP3"])
def test_damaged_sound_gives_samples_or_a_media_error_and_nothing_else(kind):
    content = by_soundfile(TONE, kind)
    refused = []
    rng = np.random.default_rng(0)
    for _ in range(25):
        damaged = bytearray(content[: rng.integers(1, len(content))])
        for place in rng.integers(0, len(damaged), size=4):
            damaged[place] = rng.integers(256)
        try:
            samples, _ = decode_audio(bytes(damaged), where="a", max_duration_s=2)
        except MediaError as error:
            refused.append(error)
        else:
            assert samples.dtype == np.float32
            assert 0 < len(samples) <= 2 * 22_050
            assert np.isfinite(samples).all()
    assert all(error.where == "a" and error.reason for error in refused)
    whole, _ = decode_audio(content, where="a", max_duration_s=2)
    assert len(whole) == pytest.approx(22_050, rel=0.1), "what is whole is heard"
