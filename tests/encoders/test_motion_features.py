"""Motion is told by how fast, whereto and whether the camera does it."""

import cv2
import numpy as np
import pytest

from sensorium.catalog.media.video import VideoSample
from sensorium.encoders.motion_features import DIRECTIONS, N_SPEEDS, N_STATISTICS, motion_row

TEXTURE = cv2.GaussianBlur(
    np.random.default_rng(0).integers(0, 256, (400, 400, 3), dtype=np.uint8), (0, 0), 3
)
SIDE = 128


def moving(step_px, axis=1, n=4, gap_s=0.1):
    """The whole picture shifts `step_px` between a frame and the next."""

    def at(offset):
        start = [100, 100]
        start[axis] += offset
        return TEXTURE[start[0] : start[0] + SIDE, start[1] : start[1] + SIDE]

    frames = np.stack([at(3 * index) for index in range(n)])
    following = np.stack([at(3 * index - step_px) for index in range(n)])
    times = np.arange(n, dtype=np.float32)
    gaps = np.full(n, gap_s, np.float32)
    return VideoSample(
        frames=frames,
        following=following,
        times_s=times,
        gaps_s=gaps,
        later=following,
        later_gaps_s=np.zeros(n, np.float32),
        duration_s=float(n),
        sound=None,
        sample_rate_hz=22_050,
    )


def directions(row):
    return row[N_SPEEDS : N_SPEEDS + DIRECTIONS]


@pytest.mark.parametrize(("step_px", "axis", "direction"), [(4, 1, 0), (4, 0, 2), (-4, 1, 4), (-4, 0, 6)])
def test_the_direction_of_motion_is_told(step_px, axis, direction):
    assert directions(motion_row(moving(step_px, axis))).argmax() == direction


def test_a_camera_that_pans_is_told_from_a_still_one():
    pan, still = motion_row(moving(4)), motion_row(moving(0))
    camera = N_SPEEDS + DIRECTIONS + 3
    assert pan[camera] > 0.1
    assert still[camera] < 0.01
    assert directions(still).max() < 0.2


def test_motion_is_measured_in_time_not_frames():
    slow, fast = motion_row(moving(4, gap_s=0.2)), motion_row(moving(4, gap_s=0.05))
    assert fast[N_SPEEDS + DIRECTIONS] > slow[N_SPEEDS + DIRECTIONS]


def test_a_single_frame_has_no_motion():
    row = motion_row(moving(0, n=1, gap_s=0.0))
    assert np.isfinite(row).all()
    assert not row[: 2 * N_STATISTICS].any()
