"""Pictures of every kind come out upright and 8-bit RGB; broken ones give a short reason at no cost."""

import io
import struct
import tracemalloc
import zlib

import cv2
import numpy as np
import pytest
from PIL import Image

from sensorium.core.errors import MediaError
from sensorium.media.image import decode_image
from sensorium.media.image_header import read_picture_header
from sensorium.media.sniff import sniff_format

SMOOTH = cv2.GaussianBlur(np.random.default_rng(0).integers(0, 256, (60, 90, 3), dtype=np.uint8), (0, 0), 4)


def encoded(pixels, extension, *options):
    return cv2.imencode(extension, pixels[..., ::-1] if pixels.ndim == 3 else pixels, list(options))[
        1
    ].tobytes()


def by_pillow(picture, kind, **options):
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


def png_chunk(kind, body):
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


@pytest.mark.parametrize("extension", [".png", ".jpg", ".bmp", ".webp", ".tiff", ".jp2"])
def test_every_common_format_gives_its_pixels(extension):
    content = encoded(SMOOTH, extension)
    pixels = decode_image(content, where="a")
    assert pixels.shape == SMOOTH.shape
    assert np.abs(pixels.astype(int) - SMOOTH).mean() < 6
    header = read_picture_header(content, sniff_format(content).name)
    assert (header.width_px, header.height_px) == (90, 60)


@pytest.mark.parametrize("kind", ["GIF", "AVIF"])
def test_gif_and_avif_give_their_pixels(kind):
    pixels = decode_image(by_pillow(Image.fromarray(SMOOTH), kind), where="a")
    assert pixels.shape == SMOOTH.shape
    assert np.abs(pixels.astype(int) - SMOOTH).mean() < 12


@pytest.mark.parametrize("mode", ["L", "P", "1", "LA", "CMYK"])
def test_grey_palette_bilevel_and_cmyk_pictures_become_rgb(mode):
    picture = Image.fromarray(SMOOTH).convert(mode)
    pixels = decode_image(by_pillow(picture, "JPEG" if mode == "CMYK" else "PNG"), where="a")
    expected = np.asarray(picture.convert("RGB"))
    assert pixels.shape == expected.shape
    assert pixels.dtype == np.uint8
    assert np.abs(pixels.astype(int) - expected).mean() < 6


@pytest.mark.parametrize("extension", [".png", ".tiff"])
def test_sixteen_bits_keep_their_brightness(extension):
    content = encoded(SMOOTH.astype(np.uint16) * 257, extension)
    assert np.abs(decode_image(content, where="a").astype(int) - SMOOTH).max() <= 1


def test_what_is_transparent_is_white():
    rgba = np.zeros((20, 20, 4), dtype=np.uint8)
    rgba[:10] = (255, 0, 0, 255)
    pixels = decode_image(by_pillow(Image.fromarray(rgba), "PNG"), where="a")
    assert pixels[2, 2].tolist() == [255, 0, 0]
    assert pixels[15, 5].tolist() == [255, 255, 255]


def test_a_transparent_palette_colour_is_white():
    picture = Image.new("P", (8, 8), 0)
    picture.putpalette([0, 0, 0, 200, 30, 30])
    picture.putpixel((3, 3), 1)
    pixels = decode_image(by_pillow(picture, "PNG", transparency=0), where="a")
    assert pixels[0, 0].tolist() == [255, 255, 255]
    assert pixels[3, 3].tolist() == [200, 30, 30]


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "TIFF", "AVIF", "GIF", "JPEG2000"])
def test_transparency_is_white_in_every_format_that_has_it(kind):
    rgba = np.full((40, 60, 4), (200, 30, 30, 255), dtype=np.uint8)
    rgba[:20] = (0, 0, 0, 0)
    pixels = decode_image(by_pillow(Image.fromarray(rgba), kind), where="a").astype(int)
    assert pixels.shape == (40, 60, 3)
    assert np.abs(pixels[:16] - 255).mean() < 3
    assert np.abs(pixels[24:] - (200, 30, 30)).mean() < 3


def test_what_is_half_transparent_is_half_white():
    rgba = np.full((9, 9, 4), (100, 0, 0, 51), dtype=np.uint8)
    assert decode_image(by_pillow(Image.fromarray(rgba), "PNG"), where="a")[4, 4].tolist() == [224, 204, 204]


def test_a_bitmap_with_an_alpha_mask_is_laid_on_white():
    masks = struct.pack("<IIII", 0xFF0000, 0xFF00, 0xFF, 0xFF000000)
    info = struct.pack("<IiiHHIIiiII", 108, 2, 1, 1, 32, 3, 8, 0, 0, 0, 0) + masks + bytes(52)
    body = bytes([30, 20, 10, 255]) + bytes([0, 0, 0, 0])
    head = b"BM" + struct.pack("<IHHI", 14 + len(info) + len(body), 0, 0, 14 + len(info))
    pixels = decode_image(head + info + body, where="a.bmp")
    assert pixels.tolist() == [[[10, 20, 30], [255, 255, 255]]]


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP", "AVIF", "TIFF"])
def test_of_an_animated_picture_the_first_is_seen(kind):
    frames = [Image.new("RGB", (32, 24), colour) for colour in ((220, 20, 20), (20, 20, 220), (20, 220, 20))]
    content = by_pillow(frames[0], kind, save_all=True, append_images=frames[1:])
    assert np.abs(decode_image(content, where="a").astype(int) - (220, 20, 20)).max() < 8


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_sixteen_bits_of_grey_keep_their_brightness(kind):
    content = by_pillow(Image.fromarray(SMOOTH[..., 0].astype(np.uint16) * 257), kind)
    assert np.abs(decode_image(content, where="a")[..., 1].astype(int) - SMOOTH[..., 0]).max() <= 1


def test_sixteen_bits_with_transparency_keep_both():
    deep = np.dstack([SMOOTH[..., ::-1].astype(np.uint16) * 257, np.full(SMOOTH.shape[:2], 65535, np.uint16)])
    deep[:20, :, 3] = 0
    pixels = decode_image(cv2.imencode(".png", deep)[1].tobytes(), where="a")
    assert (pixels[:20] == 255).all()
    assert np.abs(pixels[20:].astype(int) - SMOOTH[20:]).max() <= 1


@pytest.mark.parametrize(("tag", "corner"), [(1, (0, 0)), (3, (-1, -1)), (6, (0, -1)), (8, (-1, 0))])
def test_a_turned_photo_is_set_upright(tag, corner):
    stored = np.zeros((32, 64, 3), dtype=np.uint8)
    stored[:8, :8] = 255
    exif = Image.Exif()
    exif[0x0112] = tag
    pixels = decode_image(by_pillow(Image.fromarray(stored), "JPEG", quality=95, exif=exif), where="a")
    assert pixels.shape[:2] == ((32, 64) if tag in (1, 3) else (64, 32))
    assert pixels[corner].mean() > 200


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "TIFF", "AVIF"])
@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_a_turned_picture_is_set_upright_in_every_format(kind, mode):
    stored = np.zeros((32, 64, 3), dtype=np.uint8)
    stored[:8, :8] = 255
    exif = Image.Exif()
    exif[0x0112] = 6
    pixels = decode_image(by_pillow(Image.fromarray(stored).convert(mode), kind, exif=exif), where="a")
    assert pixels.shape == (64, 32, 3)
    assert pixels[:6, -6:].mean() > 200
    assert pixels[20:].mean() < 20


def test_a_large_jpeg_is_reduced_no_further_than_asked():
    content = encoded(cv2.resize(SMOOTH, (1200, 800)), ".jpg")
    assert decode_image(content, where="a", min_side_px=100).shape == (100, 150, 3)
    assert decode_image(content, where="a", min_side_px=101).shape == (200, 300, 3)


@pytest.mark.parametrize(("order", "mark"), [("<", b"II"), (">", b"MM")])
def test_a_tiff_may_be_written_in_either_byte_order(order, mark):
    grey = SMOOTH[..., 0]
    short, long = {256: 90, 257: 60, 258: 8, 259: 1, 262: 1, 277: 1, 278: 60}, {273: 8, 279: grey.size}
    entries = [struct.pack(f"{order}HHIHH", tag, 3, 1, value, 0) for tag, value in short.items()]
    entries += [struct.pack(f"{order}HHII", tag, 4, 1, value) for tag, value in long.items()]
    entries.sort(key=lambda entry: struct.unpack_from(f"{order}H", entry))
    head = mark + struct.pack(f"{order}HI", 42, 8 + grey.size)
    table = struct.pack(f"{order}H", len(entries)) + b"".join(entries) + bytes(4)
    pixels = decode_image(head + grey.tobytes() + table, where="a.tiff")
    np.testing.assert_array_equal(pixels[..., 1], grey)


def test_a_bitmap_may_be_stored_from_the_top():
    body = bytes([3, 2, 1, 0]) + bytes([30, 20, 10, 0])  # two rows of one pixel, each filled to four bytes
    info = struct.pack("<IiiHHIIiiII", 40, 1, -2, 1, 24, 0, len(body), 0, 0, 0, 0)
    head = b"BM" + struct.pack("<IHHI", 14 + len(info) + len(body), 0, 0, 14 + len(info))
    assert decode_image(head + info + body, where="a.bmp").tolist() == [[[1, 2, 3]], [[10, 20, 30]]]


def bomb(side):
    header = png_chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0))
    return (
        b"\x89PNG\r\n\x1a\n"
        + header
        + png_chunk(b"IDAT", zlib.compress(bytes(1 << 20)))
        + png_chunk(b"IEND", b"")
    )


def test_a_decompression_bomb_is_refused_by_its_header():
    content = bomb(60_000)
    tracemalloc.start()
    with pytest.raises(MediaError) as raised:
        decode_image(content, where="bomb.png")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert raised.value.reason == "60000 x 60000 pixels are too many"
    assert peak < 1 << 20


@pytest.mark.parametrize("extension", [".png", ".jpg", ".webp"])
@pytest.mark.parametrize("share", [0.3, 0.6, 0.95])
def test_a_truncated_picture_is_refused(extension, share, capfd):
    noise = np.random.default_rng(1).integers(0, 256, (80, 80, 3), dtype=np.uint8)
    content = encoded(noise, extension)
    with pytest.raises(MediaError, match="truncated|undecodable"):
        decode_image(content[: int(len(content) * share)], where="a")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty file"),
        (b"hello, this is text", "not a picture"),
        (b"RIFF\x24\x00\x00\x00WAVEfmt ", "not a picture but wav"),
        (b"\x89PNG\r\n\x1a\n", "unreadable header"),
        (b"GIF89a\x00\x00\x00\x00", "unreadable header"),
        (b"GIF89a\x10\x00\x10\x00", "no decoder for this gif"),
        (b"\x00\x00\x00\x18ftypheic" + bytes(100), "heic pictures are not supported"),
    ],
)
def test_what_is_no_picture_gives_a_short_reason(content, reason):
    with pytest.raises(MediaError) as raised:
        decode_image(content, where="a.jpg")
    assert raised.value.reason == reason
    assert raised.value.where == "a.jpg"


@pytest.mark.parametrize(
    ("kind", "mode"),
    [(kind, "RGB") for kind in ("PNG", "JPEG", "WEBP", "BMP", "TIFF", "JPEG2000", "GIF", "AVIF")]
    + [(kind, "RGBA") for kind in ("PNG", "WEBP", "TIFF", "GIF", "AVIF")],
)
def test_flipped_bytes_give_a_picture_or_a_media_error_and_nothing_else(kind, mode, capfd):
    content = by_pillow(Image.fromarray(SMOOTH).convert(mode), kind)
    refused = []
    rng = np.random.default_rng(2)
    for _ in range(40):
        damaged = bytearray(content)
        for place in rng.integers(0, len(damaged), size=8):
            damaged[place] = rng.integers(256)
        try:
            pixels = decode_image(bytes(damaged), where="a")
        except MediaError as error:
            refused.append(error)
        else:
            assert pixels.dtype == np.uint8
            assert pixels.ndim == 3
            assert pixels.shape[2] == 3
    assert all(error.where == "a" and error.reason for error in refused)
    whole = decode_image(content, where="a")
    assert np.abs(whole.astype(int) - SMOOTH).mean() < 12, "what is whole is seen"
