"""Media are refused beyond the limits that the documentation names, and not before."""

import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
import soundfile

from sensorium.core.errors import MediaError
from sensorium.media import limits
from sensorium.media.audio import decode_audio, require_sample_rate
from sensorium.media.image import inspect_image

DOCS = Path(__file__).parents[2] / "docs" / "media.md"


def chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def png(width: int, height: int, comment: bytes = b"") -> bytes:
    """The head and the end of a grey picture that says how large it is."""
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return (
        b"\x89PNG\r\n\x1a\n"
        + head
        + chunk(b"IDAT", zlib.compress(b""))
        + chunk(b"teXt", comment)
        + chunk(b"IEND", b"")
    )


def test_they_are_those_of_the_documentation():
    lines = DOCS.read_text(encoding="utf-8").splitlines()
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines if line.count("|") == 5]
    table = {row[0].partition(",")[0]: row[1:] for row in rows}
    sizes = (limits.MAX_IMAGE_BYTES, limits.MAX_AUDIO_BYTES, limits.MAX_VIDEO_BYTES)
    assert table["bytes"] == [f"{size >> 20} MiB" for size in sizes]
    lowest, highest = (rate // 1_000 for rate in limits.SAMPLE_RATES_HZ)
    assert table["size"][0] == f"{limits.MAX_IMAGE_PIXELS // 1_000_000} megapixels"
    assert table["size"][1] == f"{limits.MAX_CHANNELS} channels, {lowest} to {highest} kHz"
    width, _, height = table["size"][2].split()[:3]
    assert int(width) * int(height) == limits.MAX_FRAME_PIXELS
    assert f"{limits.MAX_AUDIO_S / 3600:g} hours" in table["length"][1]


def test_a_picture_has_as_many_pixels_as_is_allowed_and_no_more():
    header, _ = inspect_image(png(10_000, 10_000), where="a")
    assert header.n_pixels == limits.MAX_IMAGE_PIXELS
    with pytest.raises(MediaError, match="10001 x 10000 pixels are too many"):
        inspect_image(png(10_001, 10_000), where="a")


def test_a_picture_has_as_many_bytes_as_is_allowed_and_no_more():
    room = limits.MAX_IMAGE_BYTES - len(png(3, 3))
    assert inspect_image(png(3, 3, bytes(room)), where="a")[0].width_px == 3
    with pytest.raises(MediaError, match="larger than 64 MiB"):
        inspect_image(png(3, 3, bytes(room + 1)), where="a")


@pytest.mark.parametrize("rate_hz", [999, 768_001])
def test_sound_of_another_rate_is_refused(rate_hz):
    with pytest.raises(MediaError, match="a sample rate of"):
        require_sample_rate(rate_hz, "a")
    assert require_sample_rate(limits.SAMPLE_RATES_HZ[rate_hz > 999], "a") in limits.SAMPLE_RATES_HZ


def test_sound_of_more_than_six_hours_is_refused_where_all_is_asked_for():
    file = io.BytesIO()
    soundfile.write(file, np.zeros(6 * 3600 * 1_000 + 1, np.int16), 1_000, format="WAV", subtype="PCM_U8")
    with pytest.raises(MediaError, match="longer than 6 hours"):
        decode_audio(file.getvalue(), where="a", sample_rate_hz=1_000)
