"""Motion by speeds and jolts: on clips whose motion is known."""

import numpy as np
import pytest

from sensorium.catalog.media.video import VideoSample
from sensorium.encoders.jolt_features import DIMENSION, SPEED_EDGES, jolt_parts, jolt_row

GAP_S = 0.05


def clip_of(offsets_px, n: int = 4) -> VideoSample:
    """A bright patch on texture, at three places in turn; `offsets_px` are how far right it is."""
    rng = np.random.default_rng(0)
    texture = rng.normal(0, 30, (12, 16, 3)).repeat(2, 0).repeat(2, 1)
    frames = []
    for offset in offsets_px:
        frame = np.full((96, 128, 3), 60.0)
        frame[36:60, 40 + offset : 72 + offset] = 170 + texture
        frames.append(np.stack([frame.clip(0, 255).astype(np.uint8)] * n))
    gaps = np.full(n, GAP_S, dtype=np.float32)
    return VideoSample(
        frames=frames[0],
        following=frames[1],
        times_s=np.arange(n, dtype=np.float32),
        gaps_s=gaps,
        later=frames[2],
        later_gaps_s=gaps,
        duration_s=float(n),
        sound=None,
        sample_rate_hz=22_050,
    )


def part(row, name):
    start, stop = jolt_parts()[name]
    return row[start:stop]


def test_parts_cover_the_row():
    assert max(stop for _, stop in jolt_parts().values()) == DIMENSION == len(jolt_row(clip_of((0, 0, 0))))


def test_a_still_clip_is_all_still():
    row = jolt_row(clip_of((0, 0, 0)))
    for name in ("speeds", "jolts"):
        assert part(row, name)[0] == pytest.approx(1.0)
        assert not part(row, name)[1:].any()


def test_what_moves_evenly_has_speed_and_fewer_jolts_than_what_turns_back():
    even, back = jolt_row(clip_of((0, 6, 12))), jolt_row(clip_of((0, 6, 0)))
    fast = [(part(row, "speeds")[-4:] ** 2).sum() for row in (even, back)]
    jolting = [(part(row, "jolts")[-4:] ** 2).sum() for row in (even, back)]
    assert min(fast) > 0.02
    assert jolting[1] > 1.5 * jolting[0]


def test_speed_is_in_picture_widths_a_second():
    row = part(jolt_row(clip_of((0, 6, 12))), "speeds") ** 2
    true_speed = 6 / 128 / GAP_S  # about 0.94
    moving = row[5:] / row[5:].sum()
    assert SPEED_EDGES[5] < true_speed < SPEED_EDGES[6]
    assert moving.argmax() in (0, 1)


def test_a_clip_without_three_frames_has_no_motion():
    sample = clip_of((0, 6, 12))
    sample.later_gaps_s[:] = 0
    assert not jolt_row(sample).any()
