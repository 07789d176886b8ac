"""Keys are heard, and near ones lie near one another."""

import numpy as np
import pytest

from sensorium.encoders.audio.chroma import N_HARMONY, harmony, key, key_fits, tonal_centroid
from sensorium.encoders.audio.frames import SoundFrames
from sensorium.media.audio_stretches import Recording

RATE_HZ = 22_050
CADENCES = {
    "major": ((0, 4, 7), (5, 9, 0), (7, 11, 2), (0, 4, 7)),
    "minor": ((0, 3, 7), (5, 8, 0), (7, 10, 2), (0, 3, 7)),
}


def cadence(tonic, mode="major"):
    """Four chords of half a second with three harmonics each."""
    time_s = np.arange(RATE_HZ // 2) / RATE_HZ
    chords = []
    for chord in CADENCES[mode]:
        pitches = [261.63 * 2 ** (((tonic + step) % 12) / 12) for step in chord]
        chords.append(sum(np.sin(2 * np.pi * hz * n * time_s) / n**2 for hz in pitches for n in (1, 2, 3)))
    return np.concatenate(chords).astype(np.float32) * 0.2


def heard(samples):
    return harmony(SoundFrames.from_recording(Recording((samples,), RATE_HZ, len(samples) / RATE_HZ)))


@pytest.mark.parametrize("tonic", range(12))
@pytest.mark.parametrize("mode", ["major", "minor"])
def test_the_key_of_a_cadence_is_heard(tonic, mode):
    row = heard(cadence(tonic, mode))
    assert row.shape == (N_HARMONY,)
    assert key_fits(row[:12]).argmax() == tonic + 12 * (mode == "minor")
    assert (row[-2] > 0) == (mode == "major")
    assert row[-1] > 0.7


def test_near_keys_lie_near_one_another():
    c_major, g_major, f_sharp_major, a_minor, e_flat_minor = (
        heard(cadence(*each))[-4:-2]
        for each in ((0, "major"), (7, "major"), (6, "major"), (9, "minor"), (3, "minor"))
    )
    far = np.linalg.norm(c_major - f_sharp_major)
    assert np.linalg.norm(c_major - g_major) < 0.5 * far
    assert np.linalg.norm(c_major - a_minor) < 0.5 * far
    assert np.linalg.norm(c_major - e_flat_minor) > 0.8 * far


def test_noise_has_no_key():
    noise = heard(np.random.default_rng(0).normal(0, 0.1, 2 * RATE_HZ).astype(np.float32))
    assert np.linalg.norm(noise[-4:-2]) < 0.5 * np.linalg.norm(heard(cadence(0))[-4:-2])
    assert np.isfinite(key(np.zeros(12, dtype=np.float32))).all()


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_pitch_classes_lead_to_the_key_that_librosas_lead_to():
    import librosa

    for tonic, mode in ((0, "major"), (2, "minor"), (7, "major"), (10, "minor")):
        samples = cadence(tonic, mode)
        theirs = librosa.feature.chroma_stft(y=samples, sr=RATE_HZ).mean(axis=1)
        assert key_fits(theirs).argmax() == key_fits(heard(samples)[:12]).argmax()


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_the_tonal_centroid_is_librosas():
    import librosa

    share = np.random.default_rng(0).dirichlet(np.ones(12), size=5).astype(np.float32)
    expected = librosa.feature.tonnetz(chroma=share.T).T
    np.testing.assert_allclose(tonal_centroid(share), expected, atol=1e-5)
