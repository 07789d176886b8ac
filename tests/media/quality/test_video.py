"""Quality of clips: real ones have hardly a fault, and each score follows how far they are degraded."""

import numpy as np
import pytest

from sensorium.core.roles import Role
from sensorium.demo.media_files import mp4_bytes
from sensorium.media.inspection import WATCH_SPACING_S, inspect_medium
from sensorium.media.quality.measures import MEASURES, find_faults
from sensorium.media.quality.video import clip_quality
from sensorium.media.video import decode_video
from sensorium.testing.degrade import blacken, freeze, shake
from sensorium.testing.two_colour_media import red_or_blue_clip


def panned(n=8):
    """A clip whose camera moves evenly over a landscape."""
    rng = np.random.default_rng(0)
    land = np.kron(rng.integers(40, 220, size=(24, 80, 3)), np.ones((4, 4, 1))).astype(np.uint8)
    content = mp4_bytes([land[:, 4 * at :][:, :128] for at in range(3 * n)], 15)
    return decode_video(content, where="", n_frames=n, spacing_s=WATCH_SPACING_S)


def clip_faults(clip):
    return list(find_faults(Role.VIDEO, clip_quality(clip)).values())


def test_a_clip_with_a_moving_camera_has_no_fault():
    assert clip_faults(panned()) == []


def test_shake_follows_how_far_the_frames_are_shaken():
    rng = np.random.default_rng(0)
    scores = [clip_quality(shake(panned(), share, rng))["shake"] for share in (0, 0.005, 0.01, 0.02, 0.05)]
    assert scores == sorted(scores)
    assert clip_faults(shake(panned(), 0.03, rng)) == ["shaky"]


def test_the_shares_that_are_frozen_and_black_are_told():
    shares = (0, 0.25, 0.5, 1)
    assert [clip_quality(freeze(panned(), share))["frozen"] for share in shares] == pytest.approx(
        shares, abs=0.15
    )
    assert [clip_quality(blacken(panned(), share))["black"] for share in shares] == list(shares)
    assert clip_faults(freeze(panned(), 0.75)) == ["frozen for half of it or more"]
    assert clip_faults(freeze(panned(), 1)) == ["nothing moves"]
    assert clip_faults(blacken(panned(), 0.5)) == ["black for half of it or more"]


def test_a_clip_without_sound_says_so():
    content = red_or_blue_clip(0, np.random.default_rng(0))
    examination = inspect_medium(content, Role.VIDEO)
    assert examination.scores["has_sound"] == 0
    assert "no sound track" in find_faults(Role.VIDEO, examination.scores).values()


@pytest.mark.slow
def test_real_clips_have_hardly_a_fault_but_missing_or_silent_sound(real_data):
    files = sorted((real_data / "fight-clips" / "clips").rglob("*.*"))[::4]
    known, found = {measure.name for measure in MEASURES[Role.VIDEO]}, []
    for file in files:
        scores = inspect_medium(file.read_bytes(), Role.VIDEO).scores
        assert scores.keys() <= known
        found.append(find_faults(Role.VIDEO, scores).keys() - {"has_sound", "sound_silent"})
    assert np.mean([bool(each) for each in found]) < 0.05
    assert not any(name in each for each in found for name in ("black", "motion", "frozen"))


@pytest.mark.slow
def test_shake_of_real_clips_follows_how_far_they_are_shaken(real_data):
    rng = np.random.default_rng(0)
    for file in sorted((real_data / "fight-clips" / "clips").rglob("*.*"))[::15]:
        clip = decode_video(
            file.read_bytes(), where="", n_frames=8, max_side_px=256, spacing_s=WATCH_SPACING_S
        )
        scores = [clip_quality(shake(clip, share, rng))["shake"] for share in (0, 0.01, 0.02, 0.05)]
        assert scores == sorted(scores)
