"""What is sampled is what is on screen at each moment, whatever the frame rate and wherever a file begins."""

import numpy as np
import pytest
from tests.media.clips import film, moving_picture

from sensorium.core.errors import MediaError
from sensorium.media.clip_frames import decode_clip_frames
from sensorium.media.fingerprints.video import clip_fingerprint
from sensorium.media.video import decode_video

RED, BLUE = (200, 20, 20), (20, 20, 200)
PATTERN = np.kron([[0, 40], [40, 0]], np.ones((24, 32)))[:, :, None]


def plain(colour):
    return np.clip(np.full((48, 64, 3), colour) + PATTERN, 0, 255).astype(np.uint8)


def grey(n, step=10):
    """Frames whose brightness tells their number."""
    return [np.full((48, 64, 3), 20 + step * index, dtype=np.uint8) for index in range(n)]


def numbers(frames, step=10):
    return np.rint((frames.mean(axis=(1, 2, 3)) - 20) / step).astype(int).tolist()


def n_red(frames):
    means = frames.mean(axis=(1, 2))
    return int((means[:, 0] > means[:, 2]).sum())


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
def test_a_moving_picture_is_seen_as_long_as_each_frame_lasts(kind):
    content = moving_picture([plain(RED), plain(BLUE)], [9.0, 1.0], kind)
    sample = decode_video(content, where="a", n_frames=16)
    assert (len(sample.frames), n_red(sample.frames)) == (16, 14)
    assert sample.duration_s == pytest.approx(10.0)
    assert (np.diff(sample.times_s) >= 0).all()


@pytest.mark.parametrize("container_format", ["mp4", "matroska", "webm", "mpegts", "avi"])
def test_a_film_of_uneven_frames_is_seen_as_long_as_each_frame_lasts(container_format):
    times_s = [0, *(9 + 0.05 * index for index in range(20))]
    content = film([plain(RED)] + [plain(BLUE)] * 20, times_s, container_format=container_format)
    sample = decode_video(content, where="a", n_frames=16)
    assert (len(sample.frames), n_red(sample.frames)) == (16, 14)
    assert sample.duration_s == pytest.approx(10.0, abs=0.1)


@pytest.mark.parametrize("n_frames", [1, 3, 8, 30])
def test_what_stays_on_screen_is_what_every_later_moment_sees(n_frames):
    lengths_s = [0.1, 2.0, 0.3, 4.0, 0.6, 3.0]
    starts_s = [0.0, *np.cumsum(lengths_s)[:-1]]
    moments_s = (np.arange(n_frames) + 0.5) * 10 / n_frames
    expected = np.searchsorted(starts_s, moments_s, side="right") - 1
    for content in (
        moving_picture(grey(6, 40), lengths_s, "GIF"),
        film([*grey(6, 40), *grey(6, 40)[-1:] * 2], [*starts_s, 9.8, 9.9]),
    ):
        seen = numbers(decode_video(content, where="a", n_frames=n_frames).frames, 40)
        if n_frames < 6:
            assert seen == expected.tolist()
        else:
            assert set(seen) == set(range(6)), "a clip with fewer frames gives all it has"
        if n_frames == 30:
            assert np.abs(np.bincount(seen) / 30 - np.array(lengths_s) / 10).max() < 0.1


@pytest.mark.parametrize("n", [2, 3, 5, 9])
@pytest.mark.parametrize("kind", ["mp4", "matroska", "webm", "GIF", "WEBP", "PNG", "AVIF"])
def test_a_clip_of_few_frames_gives_each_of_them_once(kind, n):
    if kind.isupper():
        content = moving_picture(grey(n, 20), [0.2] * n, kind)
    else:
        content = film(grey(n, 20), [0.2 * index for index in range(n)], container_format=kind)
    for n_frames in (n, n + 1, 16):
        sample = decode_video(content, where="a", n_frames=n_frames)
        assert numbers(sample.frames, 20) == list(range(n))
        np.testing.assert_allclose(sample.times_s, 0.2 * np.arange(n), atol=2e-3)


@pytest.mark.parametrize("begins_s", [0.0, 8.0, 100.0, 40_000.0])
@pytest.mark.parametrize("container_format", ["matroska", "webm", "mpegts", "mp4"])
def test_a_segment_that_begins_late_is_seen_whole(container_format, begins_s):
    times_s = [begins_s + 0.2 * index for index in range(20)]
    content = film(grey(20), times_s, container_format=container_format)
    sample = decode_video(content, where="a", n_frames=8)
    assert sample.duration_s == pytest.approx(4.0, abs=0.25)
    np.testing.assert_allclose(numbers(sample.frames), [1, 3, 6, 8, 11, 13, 16, 18], atol=1)
    np.testing.assert_allclose(sample.times_s, 0.25 + 0.5 * np.arange(8), atol=0.21)
    frames, rate = decode_clip_frames(content, where="a", max_side_px=99, max_duration_s=2)
    assert (len(frames), rate) == (10, pytest.approx(5, rel=0.05))


def test_a_segment_that_begins_late_has_the_fingerprint_of_one_that_does_not():
    rng = np.random.default_rng(0)
    frames = [
        np.kron(rng.integers(0, 255, (4, 9, 3)), np.ones((12, 8, 1))).astype(np.uint8) for _ in range(40)
    ]
    times_s = np.arange(40) / 8
    prints = [
        clip_fingerprint(film(frames, list(times_s + begins_s), container_format="matroska"), None, where="a")
        for begins_s in (0.0, 8.0)
    ]
    assert prints[0] is not None
    assert prints[0] == prints[1]


@pytest.mark.parametrize("container_format", ["webm", "matroska"])
def test_a_recording_of_a_browser_that_does_not_know_its_length_is_seen_whole(container_format):
    times_s = [0.2 * index for index in range(20)]
    content = film(
        grey(20), times_s, container_format=container_format, seekable=False, options={"live": "1"}
    )
    sample = decode_video(content, where="a", n_frames=5)
    assert sample.duration_s == pytest.approx(4.0, abs=0.25)
    np.testing.assert_allclose(numbers(sample.frames), [2, 6, 10, 14, 18], atol=1)


def test_a_film_in_fragments_is_seen_whole():
    options = {"movflags": "frag_keyframe+empty_moov+default_base_moof"}
    content = film(grey(20), [0.2 * index for index in range(20)], options=options, seekable=False)
    sample = decode_video(content, where="a", n_frames=5)
    assert sample.duration_s == pytest.approx(4.0, abs=0.25)
    np.testing.assert_allclose(numbers(sample.frames), [2, 6, 10, 14, 18], atol=1)


@pytest.mark.parametrize("kept", [0.5, 0.8])
def test_of_a_film_cut_short_what_is_there_is_sampled_evenly(kept):
    """Its header promises more than the file holds."""
    rng = np.random.default_rng(0)
    frames = [rng.integers(0, 256, (48, 64, 3), dtype=np.uint8) // 4 + 30 + 4 * index for index in range(40)]
    options = {"movflags": "empty_moov+frag_keyframe"}
    content = film(frames, [0.1 * index for index in range(40)], options=options)
    whole = decode_video(content, where="a", n_frames=4)
    assert whole.duration_s == pytest.approx(4.0, abs=0.15)
    cut = decode_video(content[: int(kept * len(content))], where="a", n_frames=4)
    assert cut.duration_s == pytest.approx(4.0 * kept, rel=0.15)
    np.testing.assert_allclose(np.diff(cut.times_s), cut.duration_s / 4, atol=0.11)


def test_a_still_picture_is_a_clip_only_where_the_format_is_of_moving_ones():
    for kind in ("GIF", "WEBP"):
        still = moving_picture([plain(RED)], [1.0], kind)
        assert len(decode_video(still, where="a", n_frames=4).frames) == 1
    with pytest.raises(MediaError, match="not a clip but png"):
        decode_video(moving_picture([plain(RED)], [1.0], "PNG"), where="a")


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG", "AVIF"])
def test_damaged_moving_pictures_give_frames_or_a_media_error_and_nothing_else(kind):
    rng = np.random.default_rng(0)
    frames = [rng.integers(0, 256, (48, 64, 3), dtype=np.uint8) for _ in range(6)]
    content = moving_picture(frames, [0.2] * 6, kind)
    assert len(decode_video(content, where="a", n_frames=9).frames) == 6
    seen = 0
    for _ in range(30):
        damaged = bytearray(content[: rng.integers(len(content) // 3, len(content) + 1)])
        for place in rng.integers(0, len(damaged), size=3):
            damaged[place] = rng.integers(256)
        try:
            sample = decode_video(bytes(damaged), where="a", n_frames=9)
        except MediaError:
            continue
        else:
            seen += 1
            assert 1 <= len(sample.frames) <= 9
            assert sample.frames.dtype == np.uint8
    assert seen or kind != "GIF", "the beginning of a damaged GIF is seen"


def test_transparent_frames_are_laid_on_white():
    from io import BytesIO

    from PIL import Image

    frames = [
        Image.fromarray(np.dstack([plain(RED), np.full((48, 64), alpha, np.uint8)])) for alpha in (0, 255)
    ]
    file = BytesIO()
    frames[0].save(file, "WEBP", save_all=True, append_images=frames[1:], duration=500, lossless=True)
    first, second = decode_video(file.getvalue(), where="a", n_frames=2).frames
    assert first.min() >= 250
    np.testing.assert_allclose(second, plain(RED), atol=3)


def test_frames_without_a_length_are_shown_as_browsers_show_them():
    content = moving_picture(grey(10, 20), [0.0] * 10, "GIF")
    assert decode_video(content, where="a", n_frames=3).duration_s == pytest.approx(1.0)
