"""What the default encoder of sound says of sounds whose pitch, level and timing are known."""

import io

import numpy as np
import pytest
import soundfile

from sensorium.encoders.audio.frames import N_MELS
from sensorium.encoders.audio.sound import Sound
from sensorium.encoders.audio.sound_features import (
    AUDIBLE_DB,
    BANDS,
    N_MFCC,
    cepstrum,
    sound_parts,
    sound_row,
)
from sensorium.media.audio_stretches import Recording

RATE_HZ = 22_050
TIME_S = np.arange(3 * RATE_HZ) / RATE_HZ
RNG = np.random.default_rng(7)
NOISE = RNG.normal(0, 1, len(TIME_S)).astype(np.float32)


def tone(pitch_hz, level=0.5):
    return (level * np.sin(2 * np.pi * pitch_hz * TIME_S)).astype(np.float32)


def part(samples, name):
    start, stop = sound_parts()[name]
    samples = np.asarray(samples, dtype=np.float32)
    return sound_row(Recording((samples,), RATE_HZ, len(samples) / RATE_HZ))[start:stop]


def test_the_encoder_says_what_its_parts_say():
    file = io.BytesIO()
    soundfile.write(file, tone(440), RATE_HZ, format="WAV", subtype="FLOAT")
    encoder = Sound()
    (row,) = encoder.encode_batch([file.getvalue()]).values
    for name, (start, stop) in encoder.parts.items():
        np.testing.assert_allclose(row[start:stop], part(tone(440), name), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("faint_db", [-AUDIBLE_DB - 8, -AUDIBLE_DB - 20])
def test_the_timbre_is_that_of_the_loud_and_not_of_the_faint(faint_db):
    loud = tone(440) + 0.05 * NOISE
    faint = (0.35 * 10 ** (faint_db / 20)) * NOISE
    alone, both = part(loud, "timbre"), part(np.concatenate([loud, faint]), "timbre")
    faint_alone = part(NOISE * 0.01, "timbre")
    steady = slice(0, N_MFCC)
    assert np.linalg.norm(both[steady] - alone[steady]) < 0.1 * np.linalg.norm(
        faint_alone[steady] - alone[steady]
    )


def test_the_first_cepstra_are_level_tilt_and_curve():
    flat = cepstrum(np.full((1, N_MELS), -30.0, dtype=np.float32))[0]
    np.testing.assert_allclose(flat[0], -30 * np.sqrt(N_MELS), rtol=1e-5)
    np.testing.assert_allclose(flat[1:], 0, atol=1e-3)
    wave = np.cos(np.pi * 3 * (2 * np.arange(N_MELS) + 1) / (2 * N_MELS)).astype(np.float32)
    third = cepstrum(wave[None])[0]
    assert third[3] == pytest.approx(np.sqrt(N_MELS / 2), rel=1e-4)
    np.testing.assert_allclose(np.delete(third, 3), 0, atol=1e-3)


def test_the_timbre_holds_means_then_spreads_then_changes():
    steady = part(tone(440), "timbre")
    quiet, loud = part(0.05 * NOISE, "timbre"), part(0.1 * NOISE, "timbre")
    assert loud[0] - quiet[0] == pytest.approx(20 * np.log10(2) * np.sqrt(N_MELS), rel=0.01)
    alternating = np.concatenate([tone(300)[:RATE_HZ], tone(3000)[:RATE_HZ]] * 2)
    spreads, changes = (part(alternating, "timbre")[n * N_MFCC : (n + 1) * N_MFCC].sum() for n in (1, 2))
    for n, moving in ((1, spreads), (2, changes)):
        assert moving > 1.5 * steady[n * N_MFCC : (n + 1) * N_MFCC].sum()


@pytest.mark.parametrize("pitch_hz", [500, 2000, 6000])
def test_the_spectrum_of_a_tone_is_at_its_pitch(pitch_hz):
    found = part(tone(pitch_hz), "spectrum")
    mean = dict(
        zip(("centroid", "bandwidth", "rolloff", "flatness", "crossings", "flux"), found[:12:2], strict=True)
    )
    assert np.expm1(mean["centroid"]) == pytest.approx(pitch_hz, rel=0.1)
    assert np.expm1(mean["rolloff"]) == pytest.approx(pitch_hz, rel=0.1)
    assert mean["crossings"] ** 2 == pytest.approx(2 * pitch_hz / RATE_HZ, rel=0.08)
    assert mean["flux"] < 0.1
    assert mean["flatness"] < -4


def test_white_noise_is_flat_and_has_its_middle_in_the_middle():
    found = part(0.1 * NOISE, "spectrum")
    assert np.expm1(found[0]) == pytest.approx(RATE_HZ / 4, rel=0.05)
    assert np.expm1(found[4]) == pytest.approx(0.85 * RATE_HZ / 2, rel=0.05)
    assert found[6] == pytest.approx(-0.577, abs=0.1)  # the mean of the logarithm of an exponential
    assert found[8] ** 2 == pytest.approx(0.5, abs=0.05)


@pytest.mark.parametrize(
    ("pitch_hz", "band"), [(100, 0), (300, 1), (600, 2), (1200, 3), (2400, 4), (9000, 6)]
)
def test_a_tone_is_in_contrast_in_its_own_band(pitch_hz, band):
    contrasts = part(tone(pitch_hz) + 0.01 * NOISE, "spectrum")[12::2]
    assert contrasts.argmax() == band


@pytest.mark.parametrize("pitch_hz", [300, 1000, 5000])
def test_what_strikes_stands_out_in_the_band_of_its_pitch(pitch_hz):
    strikes = tone(pitch_hz) * (TIME_S % 0.5 < 0.05)
    peaks = part(strikes + 1e-3 * NOISE, "foreground")[2 * BANDS :]
    top_mel = 15 + np.log(RATE_HZ / 2 / 1000) / (np.log(6.4) / 27)
    mel = pitch_hz * 3 / 200 if pitch_hz < 1000 else 15 + np.log(pitch_hz / 1000) / (np.log(6.4) / 27)
    assert peaks.argmax() == pytest.approx(mel / top_mel * BANDS - 0.5, abs=1)


@pytest.mark.parametrize("beats_a_minute", [60, 90, 120, 180])
def test_beats_are_counted_by_the_second(beats_a_minute):
    phase = TIME_S * beats_a_minute / 60 % 1.0
    beats = np.exp(-60 * phase) * NOISE * 0.3
    found = part(beats, "rhythm")
    assert np.expm1(found[26]) == pytest.approx(beats_a_minute / 60, rel=0.25)
    likeness = found[:24]
    period = np.geomspace(0.2, 2.0, 24)
    nearest = int(np.abs(np.log(period * beats_a_minute / 60)).argmin())
    assert likeness[max(nearest - 1, 0) : nearest + 2].max() == pytest.approx(found[25], abs=0.35)


def test_levels_are_decibels_of_full_scale():
    found = part(tone(440), "loudness")
    np.testing.assert_allclose(found[1:4], 20 * np.log10(0.5 / np.sqrt(2)), atol=0.1)
    assert found[8] == pytest.approx(20 * np.log10(0.5 / np.sqrt(2)), abs=0.2)


@pytest.mark.parametrize(
    ("drop_db", "within"), [(15, (0.5, 1, 1)), (30, (0.5, 0.5, 1)), (50, (0.5, 0.5, 0.5))]
)
def test_how_much_of_the_time_is_loud_is_told_at_three_depths(drop_db, within):
    halves = np.concatenate([tone(440), tone(440) * 10 ** (-drop_db / 20)])
    np.testing.assert_allclose(part(halves, "loudness")[5:8], within, atol=0.03)


def test_where_the_energy_is_in_time_and_how_long_it_lasts():
    faint = tone(440) * 0.05
    early, late = np.concatenate([tone(440), faint]), np.concatenate([faint, tone(440)])
    assert part(early, "loudness")[-2] == pytest.approx(0.25, abs=0.02)
    assert part(late, "loudness")[-2] == pytest.approx(0.75, abs=0.02)
    assert part(early, "loudness")[-1] == pytest.approx(np.log2(6), abs=0.02)
