"""Quality of sound: real recordings have hardly a fault, and each score follows how far they are degraded."""

import io

import numpy as np
import pytest
import soundfile

from sensorium.core.roles import Role
from sensorium.media.audio import decode_audio
from sensorium.media.inspection import inspect_medium
from sensorium.media.quality.audio import sound_quality
from sensorium.media.quality.measures import MEASURES, find_faults
from sensorium.testing.degrade import add_hiss, mute, overdrive

RATE_HZ = 22_050


def tone(seconds=2.0, level=0.3):
    """A tone that comes and goes four times a second."""
    time_s = np.arange(int(seconds * RATE_HZ)) / RATE_HZ
    return (level * np.sin(2 * np.pi * 440 * time_s) * (0.55 + 0.45 * np.cos(8 * np.pi * time_s))).astype(
        np.float32
    )


def sound_faults(samples, rate_hz=RATE_HZ):
    return list(find_faults(Role.AUDIO, sound_quality(samples, rate_hz)).values())


def examined(*channels):
    stream = io.BytesIO()
    soundfile.write(stream, np.stack(channels, axis=1), RATE_HZ, format="WAV", subtype="FLOAT")
    scores = inspect_medium(stream.getvalue(), Role.AUDIO).scores
    return scores, list(find_faults(Role.AUDIO, scores).values())


def test_a_good_sound_has_no_fault():
    assert sound_faults(tone()) == []


def test_each_score_of_a_sound_has_a_meaning():
    scores, _ = examined(tone(), tone()[::-1])
    assert scores.keys() == {measure.name for measure in MEASURES[Role.AUDIO]}


def test_clipping_follows_how_far_a_sound_is_driven():
    shares = [sound_quality(overdrive(tone(), times), RATE_HZ)["clipped"] for times in (1, 1.5, 3, 8)]
    assert shares[0] == 0
    assert shares == sorted(shares)
    assert sound_faults(overdrive(tone(), 1.5)) == ["clipped"]


def test_loudness_follows_the_level_in_decibels():
    loud, soft = (sound_quality(tone(level=level), RATE_HZ)["loudness_dbfs"] for level in (0.5, 0.05))
    assert loud - soft == pytest.approx(20, abs=0.1)
    assert sound_faults(tone(level=0.004)) == ["very quiet"]
    assert sound_faults(tone(level=0.00003)) == ["silent"]
    assert sound_faults(np.zeros(10, dtype=np.float32)) == ["silent"]


def test_the_share_of_silence_is_measured():
    assert sound_quality(mute(tone(), 0.5), RATE_HZ)["silent"] == pytest.approx(0.5, abs=0.03)


def test_noise_is_told_within_three_decibels_of_what_was_added():
    rng = np.random.default_rng(0)
    for ratio_db in (30, 20, 10):
        found = sound_quality(add_hiss(tone(5), ratio_db, rng), RATE_HZ)["above_noise_db"]
        assert found == pytest.approx(ratio_db, abs=3)
    assert sound_faults(add_hiss(tone(), 5, rng)) == ["noisy"]


def test_an_offset_is_told():
    assert sound_faults(tone() + np.float32(0.1)) == ["offset from zero"]


def test_faults_between_the_channels_are_told():
    left, right = tone(), np.roll(tone(), 5_000)
    assert examined(left, right)[1] == []
    assert examined(left, 0 * right)[1] == ["one channel silent or much quieter"]
    assert examined(left, -left)[1] == ["silent", "channels cancel each other"]
    assert examined(left, 0.5 * left)[0]["balance_db"] == pytest.approx(6, abs=0.1)


def test_two_equal_channels_are_mono_and_no_fault():
    scores, found = examined(tone(), tone())
    assert scores["in_phase"] == pytest.approx(1)
    assert scores["balance_db"] == pytest.approx(0)
    assert found == []
    assert "in_phase" not in examined(tone())[0]


@pytest.fixture(scope="module")
def recordings(real_data):
    files = sorted((real_data / "esc10" / "audio").rglob("*.*"))[::8]
    return [decode_audio(file.read_bytes(), where=file.name, sample_rate_hz=None) for file in files]


@pytest.mark.slow
def test_of_real_recordings_hardly_one_has_a_fault_and_most_have_when_overdriven(recordings):
    assert np.mean([bool(sound_faults(*sound)) for sound in recordings]) < 0.05
    assert np.mean([bool(sound_faults(overdrive(samples, 4), rate)) for samples, rate in recordings]) > 0.8


@pytest.mark.slow
def test_scores_of_real_recordings_follow_how_far_they_are_degraded(recordings):
    rng = np.random.default_rng(0)
    clipped = [
        [sound_quality(overdrive(s, times), r)["clipped"] for times in (1, 2, 4, 8)] for s, r in recordings
    ]
    assert all(np.diff(np.median(clipped, axis=0)) > 0)
    above = [
        [sound_quality(add_hiss(s, ratio, rng), r)["above_noise_db"] for ratio in (30, 20, 10, 5, 0)]
        for s, r in recordings
    ]
    assert all(np.diff(np.median(above, axis=0)) < 0)
