"""Near sounds: encoded again, quieter, later; other sounds are other sounds."""

import io

import numpy as np
import pytest
import soundfile

from sensorium.duplicates.audio import group_near_sounds
from sensorium.media.audio import decode_audio
from sensorium.media.fingerprints.audio import sound_fingerprint

RATE_HZ = 16_000


def recording(seed):
    """Four seconds of murmurs that swell and fade, each in bands of its own."""
    rng = np.random.default_rng(seed)
    noise = np.convolve(rng.normal(size=4 * RATE_HZ), np.hanning(5), "same")
    swell = np.interp(np.arange(len(noise)), np.linspace(0, len(noise), 30), rng.uniform(0.2, 1, 30))
    samples = noise * swell
    return (0.5 * samples / np.abs(samples).max()).astype(np.float32)


def compressed(samples, kind, subtype):
    file = io.BytesIO()
    soundfile.write(file, samples, RATE_HZ, format=kind, subtype=subtype)
    return decode_audio(file.getvalue(), where=kind, sample_rate_hz=None)


COPIES = {
    "mp3": lambda samples: compressed(samples, "MP3", "MPEG_LAYER_III"),
    "ogg": lambda samples: compressed(samples, "OGG", "VORBIS"),
    "quieter": lambda samples: (samples * 0.05, RATE_HZ),
    "half the rate": lambda samples: (samples.reshape(-1, 2).mean(axis=1), RATE_HZ // 2),
    "later": lambda samples: (np.pad(samples, (12_345, 0)), RATE_HZ),
    "cut": lambda samples: (samples[5_432:-3_000], RATE_HZ),
}


@pytest.fixture(scope="module")
def prints():
    return [sound_fingerprint(recording(seed), RATE_HZ) for seed in range(12)]


def test_different_sounds_are_different(prints):
    assert group_near_sounds(prints).group.tolist() == list(range(12))


@pytest.mark.parametrize("name", COPIES)
def test_a_copy_joins_its_original_and_no_other(prints, name):
    copies = [sound_fingerprint(*COPIES[name](recording(seed))) for seed in range(12)]
    assert group_near_sounds([*prints, *copies]).group.tolist() == [*range(12)] * 2


def test_a_part_is_not_the_whole(prints):
    part = sound_fingerprint(recording(0)[: 2 * RATE_HZ], RATE_HZ)
    assert group_near_sounds([prints[0], part]).group.tolist() == [0, 1]


def test_silence_and_a_click_have_no_fingerprint():
    assert sound_fingerprint(np.zeros(RATE_HZ, dtype=np.float32), RATE_HZ) is None
    assert sound_fingerprint(np.zeros(64, dtype=np.float32), RATE_HZ) is None


def test_nothing_is_near_among_none_or_one(prints):
    assert group_near_sounds([]).group.tolist() == []
    assert group_near_sounds(prints[:1]).group.tolist() == [0]


@pytest.mark.slow
def test_every_real_recording_is_near_its_copy_and_no_other(real_data):
    files = sorted((real_data / "esc10/audio").iterdir())[::6]
    decoded = [decode_audio(file.read_bytes(), where=file.name, sample_rate_hz=None) for file in files]
    made = [sound_fingerprint(*each) for each in decoded]
    copies = [sound_fingerprint(samples[::2] * 0.3, rate_hz // 2) for samples, rate_hz in decoded]
    kept = [n for n, each in enumerate(made) if each is not None]
    group = group_near_sounds([*(made[n] for n in kept), *(copies[n] for n in kept)]).group.tolist()
    assert group == [*range(len(kept))] * 2
    assert len(kept) >= 38
