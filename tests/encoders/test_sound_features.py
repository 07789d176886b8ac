"""The filter banks agree with librosa, and each part hears what it is named for."""

import numpy as np
import pytest

from sensorium.encoders.sound_features import N_MELS, N_MFCC, cepstrum, sound_parts, sound_row
from sensorium.encoders.spectrum import (
    bin_frequencies_hz,
    decibels,
    framed,
    mel_filters,
    pitch_class_filters,
    power_spectrum,
)

RATE_HZ = 22_050
TIME_S = np.arange(3 * RATE_HZ) / RATE_HZ


def tone(pitch_hz, level=0.5):
    return (level * np.sin(2 * np.pi * pitch_hz * TIME_S)).astype(np.float32)


def clicks(beats_a_minute):
    phase = TIME_S * beats_a_minute / 60 % 1.0
    return (np.exp(-60 * phase) * np.random.default_rng(0).normal(size=len(TIME_S))).astype(np.float32)


def part(samples, name):
    start, stop = sound_parts()[name]
    return sound_row(samples, RATE_HZ)[start:stop]


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_spectrum_and_cepstrum_agree_with_librosa():
    import librosa

    samples = clicks(100) * 0.2 + tone(300)
    expected = np.abs(librosa.stft(samples, pad_mode="constant")) ** 2
    power = power_spectrum(framed(samples))
    np.testing.assert_allclose(power.T, expected, rtol=1e-3, atol=1e-4)
    filters = librosa.filters.mel(sr=RATE_HZ, n_fft=2048, n_mels=N_MELS)
    np.testing.assert_allclose(mel_filters(RATE_HZ, N_MELS), filters, atol=1e-6)
    mel_db = decibels(power @ filters.T)
    mfcc = librosa.feature.mfcc(S=mel_db.T, n_mfcc=N_MFCC)
    np.testing.assert_allclose(cepstrum(mel_db).T, mfcc, rtol=1e-3, atol=1e-2)


@pytest.mark.parametrize(
    ("pitch_hz", "pitch_class"), [(261.63, 0), (440.0, 9), (880.0, 9), (349.23, 5), (123.47, 11)]
)
def test_a_tone_falls_into_its_pitch_class_in_every_octave(pitch_hz, pitch_class):
    assert part(tone(pitch_hz), "harmony")[:12].argmax() == pitch_class


def test_pitch_class_filters_are_finite_and_silent_at_zero_hertz():
    filters = pitch_class_filters(RATE_HZ)
    assert np.isfinite(filters).all()
    assert not filters[:, 0].any()
    assert len(bin_frequencies_hz(RATE_HZ)) == filters.shape[1]


@pytest.mark.parametrize("beats_a_minute", [90, 120, 170])
def test_the_tempo_of_clicks_is_heard(beats_a_minute):
    rhythm = part(clicks(beats_a_minute), "rhythm")
    heard = 60 * 2 ** rhythm[24]
    assert min(abs(np.log2(heard / beats_a_minute) - octave) for octave in (-1, 0, 1)) < 0.1


def test_levels_follow_loudness_by_decibels():
    quiet, loud = part(tone(440, 0.05), "loudness"), part(tone(440, 0.5), "loudness")
    assert loud[2] - quiet[2] == pytest.approx(20, abs=0.1)


def test_brightness_follows_pitch():
    assert part(tone(4000), "spectrum")[0] > part(tone(200), "spectrum")[0]


@pytest.mark.parametrize("samples", [np.zeros(RATE_HZ), np.zeros(100), np.ones(64), tone(440)[:700]])
def test_silence_and_snippets_give_finite_rows(samples):
    row = sound_row(samples.astype(np.float32), RATE_HZ)
    assert np.isfinite(row).all()
    assert row.any()
