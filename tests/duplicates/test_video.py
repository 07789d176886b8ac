"""Near clips: encoded again, smaller, trimmed; other clips, or other sound to the same pictures, are not."""

import io
from fractions import Fraction

import av
import cv2
import numpy as np
import pytest

from sensorium.core.errors import MediaError
from sensorium.duplicates.video import group_near_clips
from sensorium.media.fingerprints.audio import sound_fingerprint
from sensorium.media.fingerprints.video import clip_fingerprint

RATE_FPS, N_FRAMES = 12, 36


def frames(seed):
    """Three seconds of clouds that drift."""
    rng = np.random.default_rng(seed)
    grid = cv2.resize(rng.integers(255, size=(16, 16, 3), dtype=np.uint8), (480, 480))
    way = np.cumsum(rng.integers(0, 4, size=(N_FRAMES, 2)), axis=0)
    return [grid[y : y + 96, x : x + 144] for y, x in way.tolist()]


def clip(pictures, rate=RATE_FPS, crf=23):
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=Fraction(rate))
        stream.height, stream.width = (size - size % 2 for size in pictures[0].shape[:2])
        stream.pix_fmt, stream.options = "yuv420p", {"crf": str(crf), "preset": "ultrafast", "threads": "1"}
        for picture in pictures:
            even = np.ascontiguousarray(picture[: stream.height, : stream.width])
            container.mux(stream.encode(av.VideoFrame.from_ndarray(even, format="rgb24")))
        container.mux(stream.encode())
    return file.getvalue()


def fingerprint(content, sound=None):
    return clip_fingerprint(content, sound, where="")


def noise(seed):
    return sound_fingerprint(np.random.default_rng(seed).normal(0, 0.1, 48_000).astype(np.float32), 16_000)


@pytest.fixture(scope="module")
def prints():
    return [fingerprint(clip(frames(seed))) for seed in range(6)]


COPIES = {
    "encoded again": lambda pictures: clip(pictures, crf=38),
    "smaller": lambda pictures: clip([cv2.resize(each, (72, 48)) for each in pictures]),
    "cut": lambda pictures: clip(pictures[3:]),
    "half the frames": lambda pictures: clip(pictures[::2], RATE_FPS // 2),
    "brighter": lambda pictures: clip([cv2.convertScaleAbs(each, alpha=1.1, beta=10) for each in pictures]),
}


def test_different_clips_are_different(prints):
    assert group_near_clips(prints).group.tolist() == list(range(6))


@pytest.mark.parametrize("name", COPIES)
def test_a_copy_joins_its_original_and_no_other(prints, name):
    copies = [fingerprint(COPIES[name](frames(seed))) for seed in range(6)]
    assert group_near_clips([*prints, *copies]).group.tolist() == [*range(6)] * 2


def test_sound_has_to_be_the_same_where_both_have_one():
    content = clip(frames(0))
    with_one, with_other, without = (fingerprint(content, sound) for sound in (noise(1), noise(2), None))
    assert group_near_clips([with_one, with_other]).group.tolist() == [0, 1]
    assert group_near_clips([with_one, without]).group.tolist() == [0, 0]
    assert group_near_clips([with_one, fingerprint(content, noise(1))]).group.tolist() == [0, 0]


def test_a_black_clip_or_a_very_short_one_has_no_fingerprint():
    assert fingerprint(clip([np.zeros((96, 144, 3), np.uint8)] * N_FRAMES)) is None
    assert fingerprint(clip(frames(0)[:9])) is None


def test_what_is_no_clip_is_refused():
    with pytest.raises(MediaError, match="not a clip"):
        fingerprint(b"no clip")


def test_nothing_is_near_among_none_or_one(prints):
    assert group_near_clips([]).group.tolist() == []
    assert group_near_clips(prints[:1]).group.tolist() == [0]
