"""Clips are seen as a player shows them: turned, mirrored and with square pixels, wherever they are seen."""

from fractions import Fraction

import cv2
import numpy as np
import pytest
from tests.media.clips import film

from sensorium.encoders.video.clip import Clip
from sensorium.media.clip_frames import decode_clip_frames
from sensorium.media.fingerprints.video import clip_fingerprint
from sensorium.media.video import decode_video

STORED = np.zeros((96, 192, 3), dtype=np.uint8)
STORED[:48, :96], STORED[:48, 96:] = (200, 40, 40), (40, 200, 40)
STORED[48:, :96], STORED[48:, 96:] = (40, 40, 200), (200, 200, 200)
"""Red, green, blue, white: every turn and mirror image is another picture."""
TURNS = [(turned, mirrored) for turned in (0, 90, 180, 270) for mirrored in (False, True)]


def shown(turned, mirrored):
    upright = np.rot90(STORED, turned // 90)
    return upright[:, ::-1] if mirrored else upright


def frames_of(picture, n=12):
    """The picture, over which a black bar moves from the left, with some texture."""
    rng = np.random.default_rng(0)
    texture = cv2.GaussianBlur(rng.normal(0, 60, picture.shape).astype(np.float32), (0, 0), 3)
    frames = []
    for index in range(n):
        frame = np.clip(picture + texture, 0, 255).astype(np.uint8)
        frame[:, index * 8 : index * 8 + 6] = 0
        frames.append(frame)
    return frames


def times_of(frames):
    return [0.1 * index for index in range(len(frames))]


def quarters(pixels):
    """Return the colour of each quarter [2, 2, 3], beside the bar."""
    height, width = pixels.shape[:2]
    parts = [[pixels[height * y // 4, width * x // 4] for x in (1, 3)] for y in (1, 3)]
    return np.asarray(parts, dtype=float)


@pytest.mark.parametrize("container_format", ["mp4", "mov", "matroska"])
@pytest.mark.parametrize(("turned", "mirrored"), TURNS)
def test_frames_are_turned_and_mirrored(turned, mirrored, container_format):
    content = film(
        [STORED] * 8,
        [0.1 * index for index in range(8)],
        turned=turned,
        mirrored=mirrored,
        container_format=container_format,
    )
    sample = decode_video(content, where="a", n_frames=3)
    expected = shown(turned, mirrored)
    assert sample.frames.shape[1:] == expected.shape
    for frames in (sample.frames, sample.following, sample.later):
        for frame in frames:
            np.testing.assert_allclose(quarters(frame), quarters(expected), atol=20)
    small = decode_video(content, where="a", n_frames=2, max_side_px=48).frames
    assert small.shape[1:3] == ((48, 24) if turned % 180 else (24, 48))


def phone_and_twin(turned, mirrored):
    """A clip that says how it is turned, its twin that is stored upright, and what is stored as it is."""
    stored = frames_of(STORED, 20)
    upright = [np.rot90(frame, turned // 90)[:, :: -1 if mirrored else 1] for frame in stored]
    times_s = times_of(stored)
    phone = film(stored, times_s, turned=turned, mirrored=mirrored)
    return phone, film(upright, times_s), film(stored, times_s)


@pytest.mark.parametrize(("turned", "mirrored"), TURNS[1:])
def test_a_turned_clip_has_the_row_of_its_upright_twin(turned, mirrored):
    rows = Clip().encode_batch(phone_and_twin(turned, mirrored)).values
    assert np.linalg.norm(rows[0] - rows[1]) < 0.3 * np.linalg.norm(rows[0] - rows[2])


@pytest.mark.parametrize(("turned", "mirrored"), TURNS[1:])
def test_a_turned_clip_has_the_fingerprint_of_its_upright_twin(turned, mirrored):
    prints = [clip_fingerprint(content, None, where="a") for content in phone_and_twin(turned, mirrored)]
    phone, twin, lying = (np.unpackbits(np.frombuffer(one, dtype=np.uint8)) for one in prints)
    assert (phone != twin).mean() < 0.1 < (phone != lying).mean()


def test_all_frames_of_a_clip_are_turned():
    frames, rate = decode_clip_frames(
        film(frames_of(STORED), times_of(range(12)), turned=90), where="a", max_side_px=1000, max_duration_s=9
    )
    assert frames.shape[1:] == (192, 96, 3)
    assert rate == pytest.approx(10, rel=0.05)


@pytest.mark.parametrize("container_format", ["mp4", "matroska", "mpegts", "avi"])
@pytest.mark.parametrize(
    ("pixel_aspect", "turned", "size"),
    [
        (Fraction(4, 3), 0, (96, 256)),
        (Fraction(8, 9), 0, (96, 171)),
        (Fraction(1, 2), 0, (96, 96)),
        (Fraction(4, 3), 90, (256, 96)),
        (Fraction(1, 1), 0, (96, 192)),
    ],
)
def test_pixels_are_square(pixel_aspect, turned, size, container_format):
    if turned and container_format in ("mpegts", "avi"):
        pytest.skip("a container without a display matrix cannot say that it is turned")
    content = film(
        [STORED] * 8,
        [0.1 * index for index in range(8)],
        pixel_aspect=pixel_aspect,
        turned=turned,
        container_format=container_format,
    )
    assert decode_video(content, where="a", n_frames=2).frames.shape[1:3] == size
    frames, _ = decode_clip_frames(content, where="a", max_side_px=1000, max_duration_s=9)
    assert frames.shape[1:3] == (size[0] // 2 * 2, size[1] // 2 * 2)
