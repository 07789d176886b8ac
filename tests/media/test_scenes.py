"""Cuts are found, and samples are spread over scenes; in every container and with the codecs usual there."""

import io

import av
import cv2
import numpy as np
import pytest

from sensorium.media.scenes import even_moments, misses_a_scene, scene_moments
from sensorium.media.video import decode_video

FPS = 20
FORMATS = {
    "mp4": ("mp4", "libx264"),
    "mp4 of old": ("mp4", "mpeg4"),
    "hevc": ("mp4", "libx265"),
    "webm": ("webm", "libvpx"),
    "webm of today": ("webm", "libvpx-vp9"),
    "av1": ("webm", "libsvtav1"),
    "mkv": ("matroska", "libx264"),
    "mov": ("mov", "libx264"),
    "mov of a camera": ("mov", "mjpeg"),
    "avi": ("avi", "mpeg4"),
}


def scenery(seed):
    """A picture larger than the frame, in colours of its own."""
    rng = np.random.default_rng(seed)
    tint = np.array([(200, 60, 50), (50, 170, 80), (60, 80, 210), (190, 180, 60), (30, 30, 30)][seed])
    rough = cv2.resize(rng.normal(0, 40, (20, 30, 3)), (180, 120), interpolation=cv2.INTER_CUBIC)
    return np.clip(tint + rough, 0, 255).astype(np.uint8)


def filmed(lengths, speed_px=1):
    """Scenes of so many frames each, one after the other; the camera pans."""
    frames = []
    for seed, length in enumerate(lengths):
        picture = scenery(seed)
        frames += [picture[20:92, (speed_px * step) % 80 :][:, :96] for step in range(length)]
    return frames


def encoded(frames, container_format="mp4", codec="libx264", with_sound=False):
    file = io.BytesIO()
    with av.open(file, "w", format=container_format) as container:
        stream = container.add_stream(codec, rate=FPS)
        stream.width, stream.height = 96, 72
        stream.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
        sound = container.add_stream("aac", rate=22_050, layout="mono") if with_sound else None
        for frame in frames:
            pixels = np.ascontiguousarray(frame)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        container.mux(stream.encode())
        if sound is not None:
            tone = np.sin(np.arange(22_050 * len(frames) // FPS) / 20).astype(np.float32)[None, :]
            heard = av.AudioFrame.from_ndarray(tone, format="flt", layout="mono")
            heard.sample_rate = 22_050
            for packet in sound.encode(heard) + sound.encode(None):
                container.mux(packet)
    return file.getvalue()


def scenes_of(sample):
    """Which scenery each sampled frame is nearest to."""
    means = sample.frames.mean(axis=(1, 2))
    tints = np.stack([scenery(seed).mean(axis=(0, 1)) for seed in range(5)])
    return np.linalg.norm(means[:, None] - tints[None], axis=2).argmin(axis=1).tolist()


@pytest.mark.parametrize("kind", FORMATS)
def test_cuts_are_found_in_every_format(kind):
    sample = decode_video(encoded(filmed((30, 20, 30)), *FORMATS[kind]), where="a", n_frames=8)
    np.testing.assert_allclose(sample.cuts_s, [1.5, 2.5], atol=0.03)
    assert scenes_of(sample) == [0, 0, 0, 1, 1, 2, 2, 2]
    assert sample.watched_s == pytest.approx(3.95, abs=0.06)
    assert sample.duration_s == pytest.approx(4.0, abs=0.2)


def test_a_scene_that_even_samples_would_miss_has_its_own():
    content = encoded(filmed((72, 8)))
    sample = decode_video(content, where="a", n_frames=4)
    assert 1 in scenes_of(sample)
    assert len(sample.frames) == 4
    assert (np.diff(sample.times_s) > 0).all()


def test_the_frames_after_a_sample_are_of_its_scene():
    sample = decode_video(encoded(filmed((20, 20, 20))), where="a", n_frames=30, spacing_s=0.1)
    for before, gaps in (
        (sample.times_s, sample.gaps_s),
        (sample.times_s + sample.gaps_s, sample.later_gaps_s),
    ):
        for start_s, gap_s in zip(before.tolist(), gaps.tolist(), strict=True):
            assert not any(start_s + 0.01 < cut_s <= start_s + gap_s for cut_s in sample.cuts_s.tolist())
    assert (sample.gaps_s == 0).any()
    assert (sample.gaps_s > 0).mean() > 0.7


@pytest.mark.parametrize("speed_px", [0, 1, 8])
def test_a_camera_that_pans_fast_is_no_cut(speed_px):
    assert not len(decode_video(encoded(filmed((60,), speed_px)), where="a").cuts_s)


def test_a_flash_is_no_cut():
    frames = filmed((60,))
    for index in (20, 21, 40):
        frames[index] = np.full_like(frames[index], 250)
    assert not len(decode_video(encoded(frames), where="a").cuts_s)


def test_cuts_of_a_long_clip_are_counted_where_it_is_watched():
    lengths = np.random.default_rng(0).integers(12, 38, size=48)  # a cut every 1.25 seconds for a minute
    frames = []
    for index, length in enumerate(lengths.tolist()):
        picture = scenery(index % 5)
        frames += [picture[20:92, step % 80 :][:, :96] for step in range(length)]
    sample = decode_video(encoded(frames), where="a", n_frames=12, ahead_s=2.0)
    assert 20 < sample.watched_s < 40
    assert len(sample.cuts_s) / sample.watched_s == pytest.approx(1 / 1.25, rel=0.3)
    assert sample.duration_s == pytest.approx(lengths.sum() / FPS, abs=0.2)


@pytest.mark.parametrize("kind", ["mp4", "mkv", "mov"])
def test_the_sound_track_is_found_in_every_container(kind):
    content = encoded(filmed((30,)), *FORMATS[kind], with_sound=True)
    sample = decode_video(content, where="a", n_frames=2)
    assert sample.sound is not None
    assert len(sample.sound) == pytest.approx(1.5 * sample.sample_rate_hz, rel=0.1)


def test_moments_are_shared_out_by_length():
    assert even_moments(3, 6.0) == [1, 3, 5]
    assert scene_moments(4, [9.0], 12.0) == [1.5, 4.5, 7.5, 10.5]
    assert scene_moments(3, [9.9], 10.0) == pytest.approx([2.475, 7.425, 9.95])
    assert scene_moments(2, [1.0, 5.0], 8.0) == [3.0, 6.5]  # the two longest of three scenes
    assert misses_a_scene([1, 3, 5], [5.5], 3)
    assert not misses_a_scene([1, 3, 5], [2.0], 3)
    assert not misses_a_scene([1, 3], [0.5, 2.0, 2.5], 2)  # four scenes, two moments: as many as can be
