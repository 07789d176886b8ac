"""Motion is told by how fast and how jerky it is, whereto, and whether the camera does it."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from sensorium.encoders.video.camera_motion import camera_motion
from sensorium.encoders.video.motion_features import DIRECTIONS, SPEED_EDGES, motion_parts, motion_row
from sensorium.encoders.video.optical_flow import optical_flow, small_grey
from sensorium.encoders.video.shot_changes import shot_change_row
from sensorium.media.video import VideoSample

GAP_S = 0.05
GATHERED = 4 * 4
"""Where the course tells how much of the motion is in the tenth of the picture that moves most."""
TEXTURE = cv2.GaussianBlur(
    np.random.default_rng(0).integers(0, 256, (400, 400, 3), dtype=np.uint8), (0, 0), 3
)


def sample_of(first, second, third, n=4):
    """The same moment, `n` times."""
    gaps = np.full(n, GAP_S, dtype=np.float32)
    return VideoSample(
        is_whole=True,
        frames=np.stack([first] * n),
        following=np.stack([second] * n),
        times_s=np.arange(n, dtype=np.float32),
        gaps_s=gaps,
        later=np.stack([third] * n),
        later_gaps_s=gaps,
        duration_s=float(n),
        cuts_s=np.empty(0, dtype=np.float32),
        watched_s=float(n),
        sound=None,
        sample_rate_hz=22_050,
    )


def patch_at(right_px, down_px=0):
    """A bright patch on texture before a plain ground."""
    texture = np.random.default_rng(0).normal(0, 30, (12, 16, 3)).repeat(2, 0).repeat(2, 1)
    frame = np.full((96, 128, 3), 60.0)
    frame[36 + down_px : 60 + down_px, 40 + right_px : 72 + right_px] = 170 + texture
    return frame.clip(0, 255).astype(np.uint8)


def patch_along(*places):
    return sample_of(*(patch_at(*place) if isinstance(place, tuple) else patch_at(place) for place in places))


def viewed(*, turn_degrees=0.0, growth=1.0, right_px=0.0, down_px=0.0):
    """The texture as a camera shows it that turns, zooms and shifts about its middle."""
    matrix = cv2.getRotationMatrix2D((200, 200), -turn_degrees, growth)  # OpenCV turns against the clock
    matrix[:, 2] += (right_px, down_px)
    return cv2.warpAffine(TEXTURE, matrix, (400, 400), borderMode=cv2.BORDER_REFLECT)[152:248, 136:264]


def camera_of(before, after):
    greys = [small_grey(frame, 64, 48) for frame in (before, after)]
    return camera_motion(optical_flow(*greys, GAP_S), GAP_S)


def part(sample, name):
    start, stop = motion_parts()[name]
    return motion_row(sample)[start:stop]


def test_parts_cover_the_row():
    assert max(stop for _, stop in motion_parts().values()) == len(motion_row(patch_along(0, 0, 0)))


def test_a_still_clip_is_all_still():
    still = patch_along(0, 0, 0)
    for name in ("speeds", "jolts"):
        assert part(still, name)[0] == pytest.approx(1.0)
        assert not part(still, name)[1:].any()
    assert part(still, "camera")[5] == 1.0  # every place agrees that the camera stands


def test_what_moves_evenly_has_speed_and_fewer_jolts_than_what_turns_back():
    even, back = patch_along(0, 6, 12), patch_along(0, 6, 0)
    assert min((part(sample, "speeds")[-4:] ** 2).sum() for sample in (even, back)) > 0.02
    jolting = [(part(sample, "jolts")[-4:] ** 2).sum() for sample in (even, back)]
    assert jolting[1] > 1.5 * jolting[0]


def test_speed_is_in_picture_widths_a_second():
    shares = part(patch_along(0, 6, 12), "speeds") ** 2
    true_speed = 6 / 128 / GAP_S  # about 0.94
    assert SPEED_EDGES[5] < true_speed < SPEED_EDGES[6]
    assert shares[5:].argmax() in (0, 1)


@pytest.mark.parametrize(("right_px", "down_px", "direction"), [(5, 0, 0), (0, 5, 2), (-5, 0, 4), (0, -5, 6)])
def test_the_direction_of_motion_is_told(right_px, down_px, direction):
    places = [(right_px * step, down_px * step) for step in range(3)]
    assert part(patch_along(*places), "course")[-DIRECTIONS:].argmax() == direction


def test_directions_of_next_to_no_motion_hardly_count():
    slow, fast = (part(patch_along(0, px, 2 * px), "course")[-DIRECTIONS:].sum() for px in (1, 6))
    assert slow < 0.75 < fast < 1


def test_how_much_of_the_motion_is_in_the_tenth_that_moves_most_is_told():
    assert 0.3 < part(patch_along(0, 6, 12), "course")[GATHERED] < 0.6


@pytest.mark.parametrize(("right_px", "down_px"), [(4, 0), (-4, 0), (0, 4), (0, -4)])
def test_pan_and_tilt_are_measured_in_picture_widths_a_second(right_px, down_px):
    camera = camera_of(viewed(), viewed(right_px=right_px, down_px=down_px))
    assert camera.pan == pytest.approx(right_px / 128 / GAP_S, abs=0.12)
    assert camera.tilt == pytest.approx(down_px / 128 / GAP_S, abs=0.12)
    assert abs(camera.zoom) < 0.3
    assert abs(camera.roll) < 0.3


@pytest.mark.parametrize("growth", [1.05, 1 / 1.05])
def test_zoom_is_the_growth_a_second(growth):
    camera = camera_of(viewed(), viewed(growth=growth))
    assert camera.zoom == pytest.approx(np.log(growth) / GAP_S, rel=0.25)
    assert abs(camera.roll) < 0.3


@pytest.mark.parametrize("turn_degrees", [3, -3])
def test_roll_is_measured_clockwise_in_radians_a_second(turn_degrees):
    camera = camera_of(viewed(), viewed(turn_degrees=turn_degrees))
    assert camera.roll == pytest.approx(np.radians(turn_degrees) / GAP_S, rel=0.25)
    assert abs(camera.zoom) < 0.3


def test_what_the_camera_does_is_no_motion_of_the_things():
    still = sample_of(viewed(), viewed(), viewed())
    for name, once, twice in (("right_px", 3, 6), ("growth", 1.04, 1.08), ("turn_degrees", 2, 4)):
        moved = sample_of(viewed(), viewed(**{name: once}), viewed(**{name: twice}))
        assert (part(moved, "speeds")[4:] ** 2).sum() < 0.25  # above 0.2 widths a second: only at the edges
        assert np.abs(part(moved, "camera") - part(still, "camera")).max() > 0.5


def test_a_shaking_camera_is_told_from_one_that_pans():
    pan = sample_of(viewed(), viewed(right_px=3), viewed(right_px=6))
    shake = sample_of(viewed(), viewed(right_px=3), viewed())
    assert part(shake, "camera")[-1] > 2 * part(pan, "camera")[-1]


def test_a_clip_without_three_frames_has_no_motion():
    sample = replace(patch_along(0, 6, 12), later_gaps_s=np.zeros(4, dtype=np.float32))
    assert not motion_row(sample).any()


def test_cuts_are_counted_by_the_minute_that_was_watched():
    sample = patch_along(0, 0, 0)
    cut = replace(sample, cuts_s=np.array([1.0, 2.0], dtype=np.float32))
    assert shot_change_row(sample)[0] == 0
    assert np.expm1(shot_change_row(cut)[0]) == pytest.approx(30)
    assert np.expm1(shot_change_row(replace(cut, watched_s=8.0))[0]) == pytest.approx(15)


def test_new_pictures_between_samples_are_seen():
    sample = patch_along(0, 0, 0)
    frames = sample.frames.copy()
    frames[2:] = 255 - frames[2:]
    row = shot_change_row(replace(sample, frames=frames))
    assert row[1] == pytest.approx(1 / 3)
    assert row[2] > 0.1
    assert row[3] == pytest.approx(row[2] * 2**0.5), "the spread of one change in three steps"
    assert row[4] > 0.1
