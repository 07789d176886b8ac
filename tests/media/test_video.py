"""Frames are sampled evenly over a clip, each with the one after it; broken clips give a short reason."""

import io

import av
import numpy as np
import pytest

from sensorium.core.errors import MediaError
from sensorium.media.video import decode_video

FPS = 10


def clip(n_frames, *, key_every=12, container_format="mp4", with_sound=False, fps=FPS):
    """A clip whose brightness tells the frame: frame i is grey (2 i) modulo 250."""
    file = io.BytesIO()
    with av.open(file, "w", format=container_format) as container:
        stream = container.add_stream(
            "libx264", rate=fps, options={"g": str(key_every), "preset": "ultrafast", "crf": "10"}
        )
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        sound = container.add_stream("aac", rate=22_050, layout="mono") if with_sound else None
        for index in range(n_frames):
            pixels = np.full((48, 64, 3), (2 * index) % 250, dtype=np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        container.mux(stream.encode())
        if sound is not None:
            tone = np.sin(np.arange(22_050 * n_frames // fps) / 20).astype(np.float32)[None, :] * 0.5
            frame = av.AudioFrame.from_ndarray(tone, format="flt", layout="mono")
            frame.sample_rate = 22_050
            for packet in sound.encode(frame) + sound.encode(None):
                container.mux(packet)
    return file.getvalue()


def frame_numbers(frames):
    return np.rint(frames.mean(axis=(1, 2, 3)) / 2).astype(int)


def test_frames_lie_in_the_middle_of_equal_stretches():
    sample = decode_video(clip(60), where="a", n_frames=6)
    assert sample.frames.shape == (6, 48, 64, 3)
    np.testing.assert_allclose(frame_numbers(sample.frames), [5, 15, 25, 35, 45, 55], atol=1)
    np.testing.assert_allclose(sample.times_s, [0.5, 1.5, 2.5, 3.5, 4.5, 5.5], atol=0.06)
    assert sample.duration_s == pytest.approx(6.0, abs=0.2)


def test_each_frame_comes_with_the_one_right_after_it():
    sample = decode_video(clip(60), where="a", n_frames=6)
    step = sample.following.astype(float).mean(axis=(1, 2, 3)) - sample.frames.astype(float).mean(
        axis=(1, 2, 3)
    )
    np.testing.assert_allclose(step, 2, atol=1.5)  # one frame is two levels of grey
    np.testing.assert_allclose(sample.gaps_s, 1 / FPS, atol=1e-3)


def test_spacing_sets_the_time_between_three_frames_whatever_the_rate():
    sample = decode_video(clip(60), where="a", n_frames=4, spacing_s=0.25)
    np.testing.assert_allclose(sample.gaps_s, 3 / FPS, atol=1e-3)  # the first frame that is late enough
    np.testing.assert_allclose(sample.later_gaps_s, 3 / FPS, atol=1e-3)
    numbers = [frame_numbers(part) for part in (sample.frames, sample.following, sample.later)]
    np.testing.assert_allclose(numbers[1] - numbers[0], 3, atol=1)
    np.testing.assert_allclose(numbers[2] - numbers[1], 3, atol=1)


@pytest.mark.parametrize("key_every", [12, 10_000])
def test_seeking_and_decoding_on_give_the_same_frames(key_every):
    """With a key frame now and then seeking helps; with a single one it cannot, and must not hurt."""
    sample = decode_video(clip(120, key_every=key_every), where="a", n_frames=4)
    np.testing.assert_allclose(frame_numbers(sample.frames), [15, 45, 75, 105], atol=1)


def test_a_clip_of_one_frame_is_its_own_successor():
    sample = decode_video(clip(1), where="a", n_frames=8)
    assert sample.frames.shape[0] == 1
    assert sample.gaps_s.tolist() == [0.0]
    np.testing.assert_array_equal(sample.frames, sample.following)


def test_a_short_clip_gives_the_frames_it_has():
    sample = decode_video(clip(5), where="a", n_frames=16)
    assert 4 <= len(sample.frames) <= 5
    np.testing.assert_allclose(np.diff(sample.times_s), 1 / FPS, atol=1e-3)
    np.testing.assert_allclose(frame_numbers(sample.frames), FPS * sample.times_s, atol=1)
    assert sample.times_s[-1] == pytest.approx(4 / FPS)


def test_frames_are_scaled_to_the_longer_side():
    assert decode_video(clip(10), where="a", n_frames=2, max_side_px=32).frames.shape == (2, 24, 32, 3)


def test_the_sound_track_comes_along_if_there_is_one():
    sample = decode_video(clip(20, with_sound=True), where="a", n_frames=2)
    assert sample.sound is not None
    assert len(sample.sound) == pytest.approx(2 * sample.sample_rate_hz, rel=0.1)
    assert decode_video(clip(20), where="a", n_frames=2).sound is None
    assert decode_video(clip(20, with_sound=True), where="a", n_frames=2, with_sound=False).sound is None


@pytest.mark.parametrize("container_format", ["matroska", "avi", "mpegts", "mov", "h264"])
def test_other_containers_are_read(container_format):
    content = clip(40, container_format=container_format)
    if container_format == "h264":
        with pytest.raises(MediaError, match="not a clip"):
            decode_video(content, where="a")
    else:
        numbers = frame_numbers(decode_video(content, where="a", n_frames=4).frames)
        np.testing.assert_allclose(numbers, [5, 15, 25, 35], atol=2)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty file"),
        (b"words", "not a clip"),
        (b"\xff\xd8\xff\xe0" + bytes(50), "not a clip but jpeg"),
        (b"\x00\x00\x00\x18ftypmp42" + bytes(300), "undecodable clip"),
    ],
)
def test_what_is_no_clip_gives_a_short_reason(content, reason):
    with pytest.raises(MediaError) as raised:
        decode_video(content, where="a.mp4")
    assert raised.value.reason == reason


def test_sound_alone_is_no_clip():
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as container:
        stream = container.add_stream("aac", rate=22_050, layout="mono")
        frame = av.AudioFrame.from_ndarray(
            np.zeros((1, 22_050), dtype=np.float32), format="flt", layout="mono"
        )
        frame.sample_rate = 22_050
        for packet in stream.encode(frame) + stream.encode(None):
            container.mux(packet)
    with pytest.raises(MediaError, match="no pictures in it"):
        decode_video(file.getvalue(), where="a")


def test_damaged_clips_give_frames_or_a_media_error_and_nothing_else():
    content = clip(30, with_sound=True)
    rng = np.random.default_rng(0)
    seen, refused = [], []
    for n_places in [0] * 3 + [1] * 10 + [10] * 12:
        damaged = bytearray(
            content if n_places < 10 else content[: rng.integers(len(content) // 2, len(content))]
        )
        for place in rng.integers(0, len(damaged), size=n_places):
            damaged[place] = rng.integers(256)
        try:
            sample = decode_video(bytes(damaged), where="a", n_frames=4)
        except MediaError as error:
            refused.append(error)
        else:
            seen.append(n_places)
            assert 1 <= len(sample.frames) <= 4
            assert sample.frames.shape[1:] == (48, 64, 3)
            assert sample.frames.dtype == np.uint8
    assert seen[:3] == [0, 0, 0], "what is whole is seen"
    assert refused
    assert all(error.where == "a" and error.reason for error in refused)
