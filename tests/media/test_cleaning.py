"""Cleaning takes noise away and evens out loudness and light, and leaves what is clean as it is."""

import cv2
import numpy as np
import pytest

from sensorium.media.cleaning import (
    TARGET_LUFS,
    clean_frames,
    clean_picture,
    clean_sound,
    integrated_loudness,
)

RATE_HZ = 22_050


def scene(seed=0):
    """A smooth picture with shapes of several colours."""
    rng = np.random.default_rng(seed)
    ground = cv2.resize(
        rng.integers(60, 200, (4, 5, 3)).astype(np.uint8), (160, 120), interpolation=cv2.INTER_CUBIC
    )
    for _ in range(6):
        x, y, size = rng.integers(10, 110), rng.integers(10, 80), rng.integers(10, 30)
        cv2.rectangle(
            ground, (int(x), int(y)), (int(x + size), int(y + size)), rng.integers(40, 220, 3).tolist(), -1
        )
    return ground


def noisy(picture, level, seed=1):
    rng = np.random.default_rng(seed)
    return np.clip(picture + rng.normal(0, level, picture.shape), 0, 255).astype(np.uint8)


def distance(first, second):
    return float(np.sqrt(np.square(first.astype(float) - second.astype(float)).mean()))


def tune(seed=0):
    """Four seconds of notes with gaps."""
    time_s = np.arange(4 * RATE_HZ) / RATE_HZ
    notes = np.sin(2 * np.pi * np.repeat([220, 440, 330, 660], RATE_HZ) * time_s)
    return (0.3 * notes * (time_s % 0.5 < 0.3)).astype(np.float32)


@pytest.mark.parametrize("level", [10, 20])
def test_noise_is_taken_from_a_picture(level):
    clean = scene()
    assert distance(clean_picture(noisy(clean, level), ["denoise"]), clean) < 0.6 * distance(
        noisy(clean, level), clean
    )


def test_a_clean_picture_is_left_as_it_is():
    np.testing.assert_array_equal(clean_picture(scene(), ["denoise"]), scene())
    np.testing.assert_array_equal(clean_picture(scene(), []), scene())


@pytest.mark.parametrize("cast", [(1.0, 0.8, 0.6), (0.7, 0.9, 1.0)])
def test_the_colour_of_the_light_is_taken_from_a_picture(cast):
    plain = scene()
    in_the_light = np.clip(plain * np.array(cast), 0, 255).astype(np.uint8)
    balanced = clean_picture(in_the_light, ["white_balance"])
    own = clean_picture(plain, ["white_balance"])
    ratio = lambda one: one.reshape(-1, 3).mean(axis=0) / one.mean()  # noqa: E731
    assert np.abs(ratio(balanced) - ratio(own)).max() < 0.03
    assert np.abs(ratio(in_the_light) - ratio(own)).max() > 0.1


def test_a_clip_is_balanced_as_a_whole():
    red, blue = np.full((48, 64, 3), (180, 60, 60), np.uint8), np.full((48, 64, 3), (60, 60, 180), np.uint8)
    frames = clean_frames(np.stack([red, blue]), ["white_balance"])
    assert frames[0, 0, 0, 0] > 1.5 * frames[0, 0, 0, 2], "a red scene stays red"
    assert frames.dtype == np.uint8


@pytest.mark.parametrize("level", [0.01, 0.03])
def test_hiss_is_taken_from_a_sound(level):
    hiss = np.random.default_rng(0).normal(0, level, len(tune())).astype(np.float32)
    cleaned = clean_sound(tune() + hiss, RATE_HZ, ["denoise"])
    assert cleaned.shape == tune().shape
    assert cleaned.dtype == np.float32
    assert np.square(cleaned - tune()).mean() < 0.35 * np.square(hiss).mean()


def test_a_sound_without_hiss_hardly_changes():
    cleaned = clean_sound(tune(), RATE_HZ, ["denoise"])
    assert np.square(cleaned - tune()).mean() < 0.01 * np.square(tune()).mean()


@pytest.mark.parametrize("gain", [0.02, 0.3, 1.0, 3.0])
def test_sounds_of_any_level_come_out_equally_loud(gain):
    sound = clean_sound(tune() * np.float32(gain), RATE_HZ, ["normalise_loudness"])
    assert integrated_loudness(sound, RATE_HZ) == pytest.approx(TARGET_LUFS, abs=0.1)
    assert np.abs(sound).max() <= 1.0


@pytest.mark.parametrize("rate_hz", [22_050, 48_000])
def test_loudness_is_that_of_the_standard(rate_hz):
    """A sine of 997 Hz at full scale in one channel is -3.01 LUFS (BS.1770-4)."""
    time_s = np.arange(5 * rate_hz) / rate_hz
    sine = np.sin(2 * np.pi * 997 * time_s).astype(np.float32)
    assert integrated_loudness(sine, rate_hz) == pytest.approx(-3.01, abs=0.1)
    assert integrated_loudness(sine * np.float32(0.1), rate_hz) == pytest.approx(-23.01, abs=0.1)


def test_silence_and_moments_of_sound_stay_as_they_are():
    silence = np.zeros(RATE_HZ, dtype=np.float32)
    everything = ["denoise", "normalise_loudness"]
    np.testing.assert_array_equal(clean_sound(silence, RATE_HZ, everything), silence)
    short = np.full(64, 0.1, dtype=np.float32)
    assert clean_sound(short, RATE_HZ, everything).shape == short.shape
    assert integrated_loudness(silence, RATE_HZ) is None
