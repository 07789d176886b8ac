"""Colours are those that the embedded profile means, not the bare numbers."""

import io
import struct

import cv2
import numpy as np
import pytest
from PIL import Image, ImageCms

from sensorium.media.color_profile import srgb_transform
from sensorium.media.image import decode_image

SRGB = np.array([[0.4360, 0.3851, 0.1431], [0.2225, 0.7169, 0.0606], [0.0139, 0.0971, 0.7141]])
ADOBE_RGB = np.array([[0.6097, 0.2053, 0.1492], [0.3111, 0.6257, 0.0632], [0.0195, 0.0609, 0.7446]])
WIDE_GAMUT = np.array([[0.7977, 0.1352, 0.0313], [0.2880, 0.7119, 0.0001], [0.0, 0.0, 0.8249]])
"""Linear RGB to XYZ under D50, columns are the primaries; the last is ProPhoto RGB."""

SMOOTH = cv2.GaussianBlur(np.random.default_rng(0).integers(0, 256, (60, 90, 3), dtype=np.uint8), (0, 0), 6)
SMOOTH = np.clip((SMOOTH.astype(float) - 128) * 14 + 128, 20, 235).astype(np.uint8)


def profile(space: bytes, connection: bytes, tags: dict[bytes, bytes]) -> bytes:
    """Return an ICC profile of version 2 (ICC.1:2001-04) for a display or printer."""
    kind = b"prtr" if space == b"CMYK" else b"mntr"
    white = b"XYZ " + bytes(4) + struct.pack(">3i", 63190, 65536, 54061)
    tags = {b"wtpt": white, b"cprt": b"text" + bytes(4) + b"none\0", b"desc": described(b"made")} | tags
    table, body, at = struct.pack(">I", len(tags)), b"", 128 + 4 + 12 * len(tags)
    for name, content in tags.items():
        content += bytes(-len(content) % 4)
        table += name + struct.pack(">II", at + len(body), len(content))
        body += content
    head = struct.pack(">I4sI4s4s4s", at + len(body), bytes(4), 0x02400000, kind, space, connection)
    head += (
        struct.pack(">6H4s", 2026, 1, 1, 0, 0, 0, b"acsp")
        + bytes(28)
        + struct.pack(">3i", 63190, 65536, 54061)
    )
    return head + bytes(128 - len(head)) + table + body


def described(text: bytes) -> bytes:
    return b"desc" + bytes(4) + struct.pack(">I", len(text) + 1) + text + bytes(1 + 4 + 4 + 2 + 1 + 67)


def display(primaries: np.ndarray, gamma: float) -> bytes:
    curve = b"curv" + bytes(4) + struct.pack(">IH", 1, round(gamma * 256))
    columns = {
        name: b"XYZ " + bytes(4) + struct.pack(">3i", *np.round(column * 65536).astype(int))
        for name, column in zip((b"rXYZ", b"gXYZ", b"bXYZ"), primaries.T, strict=True)
    }
    return profile(b"RGB ", b"XYZ ", columns | dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve))


def press(lightness_of_ink: float) -> bytes:
    """Return a printer's profile under which black is black, any other ink a grey of that CIE lightness."""
    line = bytes(range(256))
    inked = bytes([round(lightness_of_ink * 2.55), 128, 128])
    corners = b"".join(bytes([0, 128, 128]) if inks % 2 else inked for inks in range(16))
    corners = bytes([255, 128, 128]) + corners[3:]  # no ink at all
    table = (
        b"mft1" + bytes(4) + bytes([4, 3, 2, 0]) + struct.pack(">9i", *np.eye(3, dtype=int).ravel() * 65536)
    )
    return profile(b"CMYK", b"Lab ", {b"A2B0": table + line * 4 + corners + line * 3})


def in_space(srgb: np.ndarray, primaries: np.ndarray, gamma: float) -> np.ndarray:
    """Return the numbers that mean the colours of `srgb` in another space."""
    share = srgb / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    other = np.clip(linear @ (np.linalg.inv(primaries) @ SRGB).T, 0, 1)
    return np.round(255 * other ** (1 / gamma)).astype(np.uint8)


def saved(picture, kind, **options):
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("JPEG", {"quality": 98, "subsampling": 0}),
        ("PNG", {}),
        ("WEBP", {"lossless": True}),
        ("TIFF", {}),
        ("AVIF", {"quality": 98, "subsampling": "4:4:4"}),
    ],
)
@pytest.mark.parametrize(("primaries", "gamma"), [(ADOBE_RGB, 2.2), (WIDE_GAMUT, 1.8)])
def test_a_picture_in_a_wide_gamut_gets_the_colours_it_means(kind, options, primaries, gamma):
    stored = in_space(SMOOTH, primaries, gamma)
    content = saved(Image.fromarray(stored), kind, icc_profile=display(primaries, gamma), **options)
    assert np.abs(stored.astype(int) - SMOOTH).mean() > 6, "taken as they are, the numbers are wrong"
    assert np.abs(decode_image(content, where="a").astype(int) - SMOOTH).mean() < 4


def test_transparency_and_profile_go_together():
    alpha = np.full((60, 90), 255, np.uint8)
    alpha[:20] = 0
    stored = np.dstack([in_space(SMOOTH, ADOBE_RGB, 2.2), alpha])
    content = saved(Image.fromarray(stored), "PNG", icc_profile=display(ADOBE_RGB, 2.2))
    pixels = decode_image(content, where="a")
    assert (pixels[:20] == 255).all()
    assert np.abs(pixels[20:].astype(int) - SMOOTH[20:]).mean() < 2


def test_a_turned_and_reduced_photo_in_another_gamut_keeps_colours_and_size():
    exif = Image.Exif()
    exif[0x0112] = 6
    large = Image.fromarray(in_space(SMOOTH, ADOBE_RGB, 2.2)).resize((1200, 800))
    content = saved(large, "JPEG", quality=95, exif=exif, icc_profile=display(ADOBE_RGB, 2.2))
    pixels = decode_image(content, where="a", min_side_px=100)
    assert pixels.shape == (150, 100, 3)
    expected = np.rot90(np.asarray(Image.fromarray(SMOOTH).resize((150, 100))), -1)
    assert np.abs(pixels.astype(int) - expected).mean() < 4


def test_inks_are_those_of_the_press():
    inked = Image.new("CMYK", (40, 30), (255, 0, 0, 0))  # cyan by the numbers, middle grey on this press
    content = saved(inked, "JPEG", quality=95, icc_profile=press(53.6))
    assert np.abs(decode_image(content, where="a").astype(int) - 128).max() < 4
    assert decode_image(saved(inked, "JPEG", quality=95), where="a")[5, 5, 0] < 40


def test_grey_follows_the_curve_of_its_profile():
    curve = b"curv" + bytes(4) + struct.pack(">IH", 1, 256)  # linear light
    content = saved(
        Image.new("L", (20, 20), 55), "PNG", icc_profile=profile(b"GRAY", b"XYZ ", {b"kTRC": curve})
    )
    assert np.abs(decode_image(content, where="a").astype(int) - 128).max() <= 3


def test_a_profile_that_is_about_srgb_changes_nothing():
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    assert srgb_transform(srgb, "RGB") is None
    content = saved(Image.fromarray(SMOOTH), "PNG", icc_profile=srgb)
    np.testing.assert_array_equal(decode_image(content, where="a"), SMOOTH)


@pytest.mark.parametrize("broken", [b"no profile", display(ADOBE_RGB, 2.2)[:200], press(50)])
def test_a_profile_that_is_broken_or_of_another_kind_is_passed_over(broken):
    content = saved(Image.fromarray(SMOOTH), "PNG", icc_profile=broken)
    np.testing.assert_array_equal(decode_image(content, where="a"), SMOOTH)
