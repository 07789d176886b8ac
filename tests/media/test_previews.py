"""What stands for a medium on a page: thumbnails, the shape of a sound, excerpts."""

import io
import json

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from tests.media.clips import film
from tests.media.recordings import by_av

from sensorium.core.roles import Role
from sensorium.media.audio import decode_audio
from sensorium.media.previews.making import IsolatedPreviews, make_previews
from sensorium.media.previews.waveform import MOST_BINS, Waveform
from sensorium.media.video import decode_video

RATE_HZ = 8_000
COLORS = [(200, 40, 40), (40, 200, 40), (40, 40, 200)]


def made(content: bytes, role: Role) -> dict[str, bytes]:
    return {one.name: one.content for one in make_previews(content, role).made}


def test_a_thumbnail_is_upright_small_and_says_nothing_of_where_it_was_taken():
    pixels = np.zeros((500, 1000, 3), dtype=np.uint8)
    pixels[:, :500] = (200, 40, 40)
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "the owner's camera"
    exif.get_ifd(0x8825)[1] = "N"
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", exif=exif, comment=b"secret", quality=95)
    found = made(file.getvalue(), Role.IMAGE)
    assert list(found) == ["thumbnail-160", "thumbnail-320", "thumbnail-640"]
    for name, width in (("thumbnail-160", 160), ("thumbnail-320", 320), ("thumbnail-640", 500)):
        small = Image.open(io.BytesIO(found[name]))
        assert (small.format, small.size) == ("WEBP", (width, 2 * width))
        assert small.info.keys().isdisjoint({"exif", "comment", "xmp", "icc_profile"})
        top, bottom = (np.asarray(small)[row, width // 2] for row in (width // 4, 7 * width // 4))
        np.testing.assert_allclose([top, bottom], [(200, 40, 40), (0, 0, 0)], atol=15)


def test_a_thumbnail_is_not_larger_than_its_picture_and_not_a_tower():
    for size, expected in (((40, 30), (40, 30)), ((100, 3000), (11, 320))):
        file = io.BytesIO()
        Image.new("RGBA", size, (0, 0, 0, 0)).save(file, "PNG")
        small = Image.open(io.BytesIO(made(file.getvalue(), Role.IMAGE)["thumbnail-160"]))
        assert small.size == expected
        assert small.getpixel((5, 5)) == (255, 255, 255), "what is transparent is laid on white"


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 200_000), st.integers(1, 70_000))
def test_the_shape_of_a_sound_is_that_of_all_its_samples(n, piece):
    samples = np.random.default_rng(n).uniform(-1, 1, n).astype(np.float32)
    waveform = Waveform(RATE_HZ)
    for start in range(0, n, piece):
        waveform.add(samples[start : start + piece])
    said = json.loads(waveform.to_json())
    step = said["samples_per_pixel"]
    bins = [samples[start : start + step] for start in range(0, n, step)]
    assert said["length"] == len(bins) <= MOST_BINS
    expected = np.array([[one.min(), one.max()] for one in bins]) * 128
    np.testing.assert_allclose(np.reshape(said["data"], (-1, 2)), expected, atol=1.01)


def test_the_middle_of_a_long_sound_is_its_excerpt():
    seconds = np.arange(90 * RATE_HZ) / RATE_HZ
    loud = np.where((seconds >= 30) & (seconds < 60), 0.5, 0.05)
    samples = (loud * np.sin(2 * np.pi * 440 * seconds)).astype(np.float32)
    found = made(by_av(samples, "mp3", "libmp3lame", RATE_HZ), Role.AUDIO)
    excerpt, rate_hz = decode_audio(found["preview"], where="a")
    assert len(excerpt) / rate_hz == pytest.approx(30, abs=0.3)
    thirds = [np.abs(part).max() for part in np.array_split(excerpt[rate_hz:-rate_hz], 3)]
    np.testing.assert_allclose(thirds, 0.5, atol=0.05)
    peaks = json.loads(found["peaks"])
    assert (peaks["version"], peaks["bits"], peaks["channels"]) == (2, 8, 1)
    assert peaks["length"] * peaks["samples_per_pixel"] / peaks["sample_rate"] == pytest.approx(90, abs=0.3)
    highest = np.reshape(peaks["data"], (-1, 2))[:, 1]
    assert highest[:300].max() < 10 < 55 < highest[400:600].min()


def test_the_middle_of_a_clip_stands_for_it_and_its_excerpt_is_silent_and_small():
    colors = [COLORS[second // 6] for second in range(18)]
    frames = [np.full((360, 640, 3), color, dtype=np.uint8) for color in colors]
    tone = np.sin(np.arange(18 * RATE_HZ, dtype=np.float32)) / 2
    clip = film(frames, list(range(18)), turned=90, sound=(tone, RATE_HZ))
    found = make_previews(clip, Role.VIDEO)
    files = {one.name: one.content for one in found.made}
    assert (found.why_not, set(files) > {"peaks", "preview"}) == ({}, True)
    small = Image.open(io.BytesIO(files["thumbnail-320"]))
    assert small.size == (320, 569)
    np.testing.assert_allclose(small.getpixel((160, 280)), COLORS[1], atol=12)
    with av.open(io.BytesIO(files["preview"])) as container:
        assert [stream.type for stream in container.streams] == ["video"]
    excerpt = decode_video(files["preview"], where="a", n_frames=6)
    assert excerpt.duration_s == pytest.approx(6, abs=0.1)
    assert excerpt.frames.shape[1:3] == (320, 180)
    np.testing.assert_allclose(excerpt.frames.mean(axis=(0, 1, 2)), COLORS[1], atol=12)


def test_a_moving_picture_has_an_excerpt_and_no_sound():
    file = io.BytesIO()
    pictures = [Image.new("RGB", (31, 21), color) for color in COLORS]
    pictures[0].save(file, "GIF", save_all=True, append_images=pictures[1:], duration=500)
    found = make_previews(file.getvalue(), Role.VIDEO)
    assert found.why_not == {"peaks": "not sound but gif"}
    excerpt = decode_video({one.name: one.content for one in found.made}["preview"], where="a")
    assert (excerpt.duration_s, excerpt.frames.shape[1:3]) == (pytest.approx(1.5, abs=0.05), (20, 30))


def test_what_cannot_be_opened_has_reasons_and_the_next_one_is_made_all_the_same():
    file = io.BytesIO()
    Image.new("RGB", (20, 20)).save(file, "PNG")
    with IsolatedPreviews() as previews:
        for role, missing in (
            (Role.IMAGE, {"thumbnail"}),
            (Role.AUDIO, {"peaks", "preview"}),
            (Role.VIDEO, {"thumbnail", "peaks", "preview"}),
        ):
            broken = previews(b"RIFF____WAVE nothing", role)
            assert (broken.made, set(broken.why_not)) == ((), missing)
        assert len(previews(file.getvalue(), Role.IMAGE).made) == 3
