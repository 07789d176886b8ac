"""What the default encoder of clips says of clips whose pictures, cuts, motion and sound are known."""

import io

import av
import numpy as np
import pytest

from sensorium.encoders.audio.sound_features import sound_parts, sound_row
from sensorium.encoders.image.feature_families import image_parts, image_row
from sensorium.encoders.video.clip import Clip, ClipConfig
from sensorium.encoders.video.motion_features import DIRECTIONS
from sensorium.media.audio_stretches import decode_recording
from sensorium.media.clip_frames import encode_clip

RATE = 20
RED, BLUE = (200, 30, 30), (30, 30, 200)
CONFIG = ClipConfig(n_frames=8)


def still(colour, n_frames=40):
    return np.full((n_frames, 48, 64, 3), colour, dtype=np.uint8)


def encoded(content):
    """Return the parts of the row of a clip."""
    clip = Clip(CONFIG)
    found = clip.encode_batch([content])
    assert not found.failures
    return {name: found.values[0][start:stop] for name, (start, stop) in clip.parts.items()}


def looks(colour, name):
    start, stop = image_parts()[name]
    return image_row(still(colour, 1)[0])[start:stop]


def halves(part, width):
    """Return mean and spread of the columns of pictures, and what follows."""
    return part[:width], part[width : 2 * width], part[2 * width :]


def test_a_plain_clip_looks_like_its_picture_and_changes_nowhere():
    found = encoded(encode_clip(still(RED), RATE))
    for name in ("colours", "texture", "shape"):
        expected = looks(RED, name)
        mean, spread, change = halves(found[name], len(expected))
        np.testing.assert_allclose(mean, expected, atol=0.02)
        np.testing.assert_allclose(spread, 0, atol=1e-5)
        np.testing.assert_allclose(change, 0, atol=1e-5)
    assert np.linalg.norm(found["colours"][: len(looks(RED, "colours"))] - looks(BLUE, "colours")) > 1


def test_of_two_halves_the_looks_are_the_mean_and_the_spread_half_the_difference():
    found = encoded(encode_clip(np.concatenate([still(RED), still(BLUE)]), RATE))
    red, blue = looks(RED, "colours"), looks(BLUE, "colours")
    mean, spread, change = halves(found["colours"], len(red))
    np.testing.assert_allclose(mean, (red + blue) / 2, atol=0.03)
    np.testing.assert_allclose(spread, np.abs(red - blue) / 2, atol=0.03)
    n = len(change)
    np.testing.assert_allclose(change, np.abs(red - blue)[-n:] / (CONFIG.n_frames - 1), atol=0.02)


def test_cuts_are_counted_by_the_minute():
    one = encoded(encode_clip(np.concatenate([still(RED), still((220, 220, 220))]), RATE))["cutting"]
    assert np.expm1(one[0]) == pytest.approx(60 / 4, rel=0.1)
    assert one[1] == pytest.approx(1 / (CONFIG.n_frames - 1))
    assert encoded(encode_clip(still(RED, 80), RATE))["cutting"][0] == 0


@pytest.mark.parametrize(("right", "down", "direction"), [(2, 0, 0), (0, 2, 2), (-2, 0, 4), (0, -2, 6)])
def test_what_moves_is_told_whereto(right, down, direction):
    texture = np.random.default_rng(0).integers(0, 255, (6, 8, 3)).repeat(2, 0).repeat(2, 1)
    frames = still((90, 90, 90), 12)
    for moment, frame in enumerate(frames):
        top, left = 18 + down * (moment % 6), 24 + right * (moment % 6)
        frame[top : top + 12, left : left + 16] = texture
    found = encoded(encode_clip(frames[:6], RATE))
    assert found["course"][-DIRECTIONS:].argmax() == direction


@pytest.mark.parametrize(("right", "down"), [(1, 0), (-1, 0), (0, 1), (0, -1)])
def test_a_camera_that_pans_is_told_from_what_moves_with_its_sign(right, down):
    scene = np.kron(np.random.default_rng(1).integers(0, 255, (30, 40, 3)), np.ones((8, 8, 1)))
    frames = np.stack(
        [
            scene[80 - down * 2 * n : 80 - down * 2 * n + 96, 100 - right * 2 * n : 100 - right * 2 * n + 128]
            for n in range(12)
        ]
    ).astype(np.uint8)
    pan, tilt = encoded(encode_clip(frames, RATE))["camera"][:2]
    moved, other, sign = (pan, tilt, right) if right else (tilt, pan, down)
    assert moved * sign > 0.5
    assert abs(other) < 0.3 * abs(moved)


def with_sound(samples, rate_hz=22_050):
    file = io.BytesIO()
    with av.open(file, "w", format="matroska") as container:
        stream = container.add_stream("ffv1", rate=RATE)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        sound = container.add_stream("pcm_s16le", rate=rate_hz, layout="mono")
        for frame in still(RED):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        container.mux(stream.encode())
        whole = (samples * 32_000).astype(np.int16)[None, :]
        frame = av.AudioFrame.from_ndarray(whole, format="s16", layout="mono")
        frame.sample_rate = rate_hz
        for packet in [*sound.encode(frame), *sound.encode(None)]:
            container.mux(packet)
    return file.getvalue()


def test_the_sound_track_is_heard_as_sound_and_silence_is_zeros():
    tone = 0.5 * np.sin(2 * np.pi * 440 * np.arange(2 * 22_050) / 22_050)
    content = with_sound(tone)
    heard = decode_recording(content, where="a", n_stretches=CONFIG.n_stretches, stretch_s=CONFIG.stretch_s)
    found = encoded(content)["sound"]
    np.testing.assert_allclose(found, sound_row(heard), rtol=1e-5)
    start, _ = sound_parts()["harmony"]
    assert found[start : start + 12].argmax() == 9
    assert not encoded(encode_clip(still(RED), RATE))["sound"].any()
