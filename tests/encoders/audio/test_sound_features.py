"""The filter banks agree with librosa, and each part hears what it is named for."""

import numpy as np
import pytest

from sensorium.encoders.audio.frames import N_MELS, trim_silence
from sensorium.encoders.audio.sound_features import N_MFCC, cepstrum, sound_parts, sound_row
from sensorium.encoders.audio.spectrum import (
    bin_frequencies_hz,
    decibels,
    mel_filters,
    normalize_channel_energy,
    pitch_class_filters,
    power_spectrum,
    split_into_frames,
)
from sensorium.media.audio_stretches import Recording

RATE_HZ = 22_050
TIME_S = np.arange(3 * RATE_HZ) / RATE_HZ


def tone(pitch_hz, level=0.5):
    return (level * np.sin(2 * np.pi * pitch_hz * TIME_S)).astype(np.float32)


def clicks(beats_a_minute):
    phase = TIME_S * beats_a_minute / 60 % 1.0
    return (np.exp(-60 * phase) * np.random.default_rng(0).normal(size=len(TIME_S))).astype(np.float32)


def recording(*stretches):
    pieces = tuple(np.asarray(piece, dtype=np.float32) for piece in stretches)
    return Recording(pieces, RATE_HZ, sum(map(len, pieces)) / RATE_HZ)


def part(samples, name):
    start, stop = sound_parts()[name]
    return sound_row(recording(samples))[start:stop]


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_spectrum_and_cepstrum_agree_with_librosa():
    import librosa

    samples = clicks(100) * 0.2 + tone(300)
    expected = np.abs(librosa.stft(samples, pad_mode="constant")) ** 2
    power = power_spectrum(split_into_frames(samples))
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
    assert heard == pytest.approx(beats_a_minute, rel=0.1)


def test_of_a_tempo_and_its_half_the_more_usual_is_heard():
    assert 60 * 2 ** part(clicks(240), "rhythm")[24] == pytest.approx(120, rel=0.1)


def test_levels_follow_loudness_by_decibels():
    quiet, loud = part(tone(440, 0.05), "loudness"), part(tone(440, 0.5), "loudness")
    assert loud[2] - quiet[2] == pytest.approx(20, abs=0.1)


def test_brightness_follows_pitch():
    assert part(tone(4000), "spectrum")[0] > part(tone(200), "spectrum")[0]


@pytest.mark.parametrize("samples", [np.zeros(RATE_HZ), np.zeros(100), np.ones(64), tone(440)[:700]])
def test_silence_and_snippets_give_finite_rows(samples):
    row = sound_row(recording(samples))
    assert np.isfinite(row).all()
    assert row.any()


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_centroid_and_normalised_energy_agree_with_librosa():
    import librosa

    samples = clicks(100) * 0.2 + tone(300)
    power = power_spectrum(split_into_frames(samples))
    centroid = librosa.feature.spectral_centroid(S=np.sqrt(power.T), sr=RATE_HZ)
    assert part(samples, "spectrum")[0] == pytest.approx(np.log1p(centroid).mean(), rel=1e-3)
    mel = power @ mel_filters(RATE_HZ, N_MELS).T
    start = (1 - 0.025) * mel.T.mean(axis=1, keepdims=True)
    expected = librosa.pcen(mel.T, b=0.025, gain=0.8, bias=2, power=0.5, eps=1e-8, zi=start)
    np.testing.assert_allclose(normalize_channel_energy(mel).T, expected, rtol=1e-3, atol=1e-4)


def test_silence_before_and_after_hardly_changes_the_row():
    rng = np.random.default_rng(0)
    samples = clicks(110) * 0.3 + tone(300) * 0.2
    padded = np.concatenate([np.zeros(30_000), samples, rng.normal(0, 1e-5, 50_000)])
    row, again, other = (
        sound_row(recording(one)) for one in (samples, padded, clicks(80) * 0.1 + tone(500) * 0.2)
    )
    for start, stop in sound_parts().values():
        distance = np.linalg.norm(row[start:stop] - again[start:stop])
        assert distance < 0.3 * np.linalg.norm(row[start:stop] - other[start:stop])


def test_silence_within_a_sound_stays():
    gap = np.concatenate([tone(300), np.zeros(RATE_HZ), tone(300)])
    kept = trim_silence(recording(np.zeros(RATE_HZ), gap, np.zeros(100)))
    assert len(kept.stretches) == 1
    assert kept.duration_s == pytest.approx(7, abs=0.05)


def test_what_is_faint_everywhere_is_no_silence():
    faint = recording(tone(300) * 1e-4)
    assert trim_silence(faint).duration_s == pytest.approx(faint.duration_s, abs=0.05)


def test_every_stretch_of_a_recording_counts():
    low, high = tone(300), tone(3000)
    brightness = [
        sound_row(recording(*each))[sound_parts()["spectrum"][0]] for each in ((low, low), (low, high))
    ]
    assert brightness[1] - brightness[0] == pytest.approx(np.log(10) / 2, abs=0.3)


def test_a_beat_is_heard_within_stretches_not_across_them():
    beats = clicks(120)
    row = sound_row(recording(beats, beats[5000:], beats[9000:]))
    start, _ = sound_parts()["rhythm"]
    assert 60 * 2 ** row[start + 24] == pytest.approx(120, rel=0.1)


def test_dynamics_tell_a_steady_tone_from_bursts():
    steady, bursts = part(tone(440), "loudness"), part(clicks(60), "loudness")
    crest, dynamic_range = 11, 12
    assert steady[crest] == pytest.approx(3, abs=0.2)  # a sine: its peak is 3 dB above its mean
    assert bursts[crest] > 12
    assert bursts[dynamic_range] > steady[dynamic_range] + 20


def test_what_is_held_is_told_from_what_strikes():
    share = -5
    assert part(tone(440), "texture")[share] > 0.9
    assert part(clicks(120), "texture")[share] < 0.5


def test_texture_tells_slow_flutter_from_fast():
    def flutter(rate_hz):
        noise = np.random.default_rng(0).normal(0, 0.1, len(TIME_S))
        return (
            part(noise * (1.1 + np.sin(2 * np.pi * rate_hz * TIME_S)), "texture")[:-5].reshape(6, 8).mean(1)
        )

    assert flutter(1.5).argmax() == 1
    assert flutter(6).argmax() == 3
    assert flutter(11).argmax() == 4
