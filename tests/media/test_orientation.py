"""However a picture is stored and on whichever way it is decoded, it comes out upright."""

import io

import numpy as np
import pytest
from PIL import Image, ImageOps
from tests.media.test_color_profile import ADOBE_RGB, display

from sensorium.encoders.image.color_texture_shape import ColorTextureShape
from sensorium.encoders.image.feature_families import image_row
from sensorium.media.image import decode_image

TAG = 0x0112
STORED = np.zeros((192, 384, 3), dtype=np.uint8)
STORED[:96, :192], STORED[:96, 192:] = (200, 40, 40), (40, 200, 40)
STORED[96:, :192], STORED[96:, 192:] = (40, 40, 200), (200, 200, 200)
"""Red, green, blue, white: every turn and mirror image is another picture."""


def turned(kind, tag, mode="RGB", **options):
    """Return a file, and the pixels that a viewer shows."""
    exif = Image.Exif()
    exif[TAG] = tag
    picture = Image.fromarray(STORED).convert(mode)
    file = io.BytesIO()
    picture.save(file, kind, exif=exif, **options)
    marked = Image.fromarray(STORED)
    marked.getexif()[TAG] = tag
    return file.getvalue(), np.asarray(ImageOps.exif_transpose(marked))


def quarters(pixels):
    """Return the colour in the middle of each quarter [2, 2, 3]."""
    height, width = pixels.shape[:2]
    return np.asarray(
        [[pixels[height * y // 4, width * x // 4] for x in (1, 3)] for y in (1, 3)], dtype=float
    )


@pytest.mark.parametrize("tag", range(1, 9))
@pytest.mark.parametrize("min_side_px", [None, 192, 96, 48, 24])
def test_a_jpeg_is_upright_at_full_size_and_at_every_reduction(tag, min_side_px):
    content, shown = turned("JPEG", tag, quality=95)
    pixels = decode_image(content, where="a", min_side_px=min_side_px)
    factor = 192 // (min_side_px or 192)
    assert pixels.shape == (shown.shape[0] // factor, shown.shape[1] // factor, 3)
    np.testing.assert_allclose(quarters(pixels), quarters(shown), atol=12)


@pytest.mark.parametrize("tag", range(1, 9))
@pytest.mark.parametrize("min_side_px", [None, 48])
def test_a_jpeg_with_a_colour_profile_is_upright_too(tag, min_side_px):
    content, shown = turned("JPEG", tag, quality=95, icc_profile=display(ADOBE_RGB, 2.2))
    plain, _ = turned("JPEG", 1, quality=95, icc_profile=display(ADOBE_RGB, 2.2))
    pixels = decode_image(content, where="a", min_side_px=min_side_px)
    in_srgb = quarters(decode_image(plain, where="a"))
    stored = quarters(STORED).reshape(4, 3).tolist()
    expected = [in_srgb.reshape(4, 3)[stored.index(one)] for one in quarters(shown).reshape(4, 3).tolist()]
    np.testing.assert_allclose(quarters(pixels).reshape(4, 3), expected, atol=14)


@pytest.mark.parametrize("tag", range(1, 9))
@pytest.mark.parametrize(
    ("kind", "mode"), [("PNG", "RGB"), ("PNG", "RGBA"), ("WEBP", "RGB"), ("TIFF", "RGB"), ("AVIF", "RGB")]
)
def test_every_other_format_is_upright(kind, mode, tag):
    content, shown = turned(kind, tag, mode)
    pixels = decode_image(content, where="a", min_side_px=48)
    assert pixels.shape == shown.shape
    np.testing.assert_allclose(quarters(pixels), quarters(shown), atol=14)


@pytest.mark.parametrize("tag", range(2, 9))
def test_what_encoders_see_is_the_upright_picture(tag):
    content, shown = turned("JPEG", tag, quality=95)
    seen = ColorTextureShape().encode_batch([content]).values[0]
    expected, lying = image_row(shown), image_row(STORED)
    assert np.linalg.norm(seen - expected) < 0.3 * np.linalg.norm(lying - expected)
