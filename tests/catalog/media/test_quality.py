"""Quality: real media have hardly a fault, and the scores follow how far they are degraded."""

import cv2
import numpy as np
import pytest

from sensorium.catalog.media.audio import decode_audio
from sensorium.catalog.media.image import decode_image
from sensorium.catalog.media.quality.clip import clip_quality
from sensorium.catalog.media.quality.measures import faults
from sensorium.catalog.media.quality.picture import picture_quality
from sensorium.catalog.media.quality.sound import sound_quality
from sensorium.catalog.media.video import decode_video
from sensorium.catalog.roles import Role

RATE_HZ = 22_050
RNG = np.random.default_rng(0)


def scene(side_px=400):
    """A picture with edges and shades at all sizes, as photos have."""
    layers = [
        cv2.resize(
            RNG.normal(0, 60 / 1.5**k, (2 ** (k + 2), 2 ** (k + 2), 3)), (side_px, side_px), interpolation=0
        )
        for k in range(6)
    ]
    return np.clip(128 + sum(layers), 0, 255).astype(np.uint8)


def tone(seconds=2.0, level=0.3):
    time_s = np.arange(int(seconds * RATE_HZ)) / RATE_HZ
    return (level * np.sin(2 * np.pi * 440 * time_s)).astype(np.float32)


def blurred(picture, sigma_px):
    return picture if sigma_px == 0 else cv2.GaussianBlur(picture, (0, 0), sigma_px)


def picture_faults(picture):
    return list(faults(Role.IMAGE, picture_quality(picture)).values())


def sound_faults(samples, rate_hz):
    return list(faults(Role.AUDIO, sound_quality(samples, rate_hz)).values())


def clip_faults(frames, following, sound, rate_hz):
    return list(faults(Role.VIDEO, clip_quality(frames, following, sound, rate_hz)).values())


def test_a_good_picture_and_a_good_sound_have_no_fault():
    assert picture_faults(scene()) == []
    assert sound_faults(tone(), RATE_HZ) == []


def test_blur_follows_how_much_a_picture_is_blurred():
    scores = [picture_quality(blurred(scene(), sigma))["blur"] for sigma in (0, 1, 2, 4, 8)]
    assert scores == sorted(scores)
    assert picture_faults(blurred(scene(), 8)) == ["blurred"]


def test_brightness_and_contrast_follow_what_is_done_to_them():
    picture = scene().astype(np.float32)
    shades = [picture_quality((picture * share).astype(np.uint8))["dark"] for share in (1, 0.6, 0.3, 0.1)]
    assert shades == sorted(shades, reverse=True)
    contrasts = [
        picture_quality((128 + (picture - 128) * c).astype(np.uint8))["contrast"] for c in (1, 0.5, 0.1)
    ]
    assert contrasts == sorted(contrasts, reverse=True)
    assert "very dark" in picture_faults((picture * 0.1).astype(np.uint8))
    assert "very bright" in picture_faults((245 + picture / 26).astype(np.uint8))
    flat = (128 + (picture - 128) * 0.05).astype(np.uint8)
    assert picture_faults(flat) == ["hardly any contrast"]


@pytest.mark.parametrize("axis", [0, 1])
def test_black_bars_are_measured(axis):
    picture = scene()
    margin = [(60, 60) if side == axis else (0, 0) for side in range(3)]
    barred = np.pad(picture, margin)
    assert picture_quality(barred)["bars"] == pytest.approx(120 / 520, abs=0.01)
    assert picture_faults(barred) == ["black bars over 23%"]
    assert picture_quality(np.pad(picture, [(60, 0), (0, 0), (0, 0)]))["bars"] == 0  # a night sky


def test_a_tiny_picture_says_so():
    assert picture_faults(scene(50)) == ["only 50 pixels wide or high"]


@pytest.mark.parametrize("value", [0, 128, 255])
def test_a_picture_of_one_colour_has_hardly_any_contrast(value):
    quality = picture_quality(np.full((100, 100, 3), value, dtype=np.uint8))
    assert "hardly any contrast" in picture_faults(np.full((100, 100, 3), value, dtype=np.uint8))
    assert np.isfinite(quality["blur"])


def test_clipping_follows_how_far_a_sound_is_driven():
    shares = [
        sound_quality(np.clip(tone(level=gain), -1, 1), RATE_HZ)["clipped"] for gain in (0.9, 1.5, 3, 8)
    ]
    assert shares[0] == 0
    assert shares == sorted(shares)
    assert sound_faults(np.clip(tone(level=1.5), -1, 1), RATE_HZ) == ["clipped"]


def test_loudness_follows_the_level_in_decibels():
    loud, soft = sound_quality(tone(level=0.5), RATE_HZ), sound_quality(tone(level=0.05), RATE_HZ)
    assert loud["loudness_dbfs"] == pytest.approx(20 * np.log10(0.5 / np.sqrt(2)), abs=0.1)
    assert loud["loudness_dbfs"] - soft["loudness_dbfs"] == pytest.approx(20, abs=0.1)
    assert sound_faults(tone(level=0.003), RATE_HZ) == ["very quiet"]
    assert sound_faults(tone(level=0.00003), RATE_HZ) == ["silent"]
    assert sound_faults(np.zeros(10, dtype=np.float32), RATE_HZ) == ["silent"]


def test_the_share_of_silence_is_measured():
    half = np.concatenate([tone(1.0), np.zeros(RATE_HZ, dtype=np.float32)])
    assert sound_quality(half, RATE_HZ)["silent"] == pytest.approx(0.5, abs=0.03)


def test_a_clip_that_is_black_or_frozen_or_mute_says_so():
    moving = np.stack([scene(64) for _ in range(4)])
    assert clip_faults(moving, moving, tone(), RATE_HZ) == []
    assert clip_faults(moving, moving, None, RATE_HZ) == ["no sound track"]
    assert clip_faults(moving, moving, 0 * tone(), RATE_HZ) == ["sound silent"]
    frozen = np.stack([moving[0]] * 4)
    assert clip_faults(frozen, frozen, tone(), RATE_HZ) == ["nothing moves"]
    black = moving // 40
    assert clip_faults(black, black, tone(), RATE_HZ) == ["black for half of it or more"]


@pytest.mark.slow
@pytest.mark.parametrize("folder", ["clothing-photos/photos", "movielens-100k/posters"])
def test_of_real_pictures_hardly_one_has_a_fault_and_all_have_when_degraded(real_data, folder):
    files = sorted((real_data / folder).rglob("*.*"))[::20][:60]
    pictures = [decode_image(file.read_bytes(), where=file.name, min_side_px=256) for file in files]
    assert np.mean([bool(picture_faults(picture)) for picture in pictures]) < 0.05
    for degrade, share in [
        (lambda p: cv2.GaussianBlur(p, (0, 0), 0.02 * max(p.shape[:2])), 0.9),
        (lambda p: (p / 8).astype(np.uint8), 1.0),
        (lambda p: (120 + (p.astype(np.float32) - 120) / 10).astype(np.uint8), 1.0),
    ]:
        assert np.mean([bool(picture_faults(degrade(picture))) for picture in pictures]) >= share


@pytest.mark.slow
def test_of_real_recordings_hardly_one_has_a_fault_and_most_have_when_overdriven(real_data):
    files = sorted((real_data / "esc10" / "audio").rglob("*.*"))[::10]
    sounds = [decode_audio(file.read_bytes(), where=file.name) for file in files]
    assert np.mean([bool(sound_faults(*sound)) for sound in sounds]) < 0.05
    driven = [(np.clip(samples / np.abs(samples).max() * 4, -1, 1), rate) for samples, rate in sounds]
    assert np.mean([bool(sound_faults(*sound)) for sound in driven]) > 0.8


@pytest.mark.slow
def test_real_clips_move(real_data):
    files = sorted((real_data / "fight-clips" / "clips").rglob("*.*"))[::25]
    for file in files:
        clip = decode_video(file.read_bytes(), where=file.name, n_frames=8, max_side_px=256)
        found = clip_faults(clip.frames, clip.following, clip.sound, clip.sample_rate_hz)
        assert "nothing moves" not in found
