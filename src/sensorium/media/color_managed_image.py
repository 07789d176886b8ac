"""Pictures that need more than pixels read: colour profiles, transparency, turned AVIF; decoded by Pillow."""

import warnings
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from sensorium.core.errors import MediaError
from sensorium.media.color_profile import srgb_transform

_STRAIGHT: Mapping[str, str] = {"RGBa": "RGBA", "La": "LA"}
"""Modes whose colours are multiplied by alpha -> the mode with plain colours."""


def decode_color_managed(content: bytes, kind: str, *, where: str, reduced_by: int = 1) -> NDArray[np.uint8]:
    """Return the first picture of the file as [height, width, 3] uint8 sRGB, upright, alpha laid on white.

    Parameters
    ----------
    content
        The whole file, whose header was found to be sound.
    kind
        Its format, by the name that `sniff` gives.
    where
        What to call the file in an error.
    reduced_by
        1, 2, 4 or 8: how much smaller a JPEG may be decoded.

    Raises
    ------
    MediaError
        If Pillow does not know the format, or the file is broken.
    """
    with open_picture(content, kind, where) as picture:
        if reduced_by > 1:
            picture.draft(picture.mode, (picture.width // reduced_by, picture.height // reduced_by))
        return put_on_white(picture)


def has_other_colors(content: bytes, kind: str, *, where: str) -> bool:
    """Return whether a colour profile in the file gives other colours than its numbers say."""
    with open_picture(content, kind, where) as picture:
        profile = picture.info.get("icc_profile")
        return profile is not None and srgb_transform(profile, _color_mode(picture)) is not None


@contextmanager
def open_picture(content: bytes, kind: str, where: str) -> Generator[Image.Image]:
    """Open a picture; whatever Pillow raises over it inside becomes a `MediaError`."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # sizes are checked before, and the rest is about metadata
            with Image.open(BytesIO(content)) as picture:
                yield picture
    except UnidentifiedImageError as error:
        raise MediaError(f"no decoder for this {kind}", where=where) from error
    except (MediaError, MemoryError):
        raise
    except Exception as error:  # broken files surface as almost any error of the parsers
        raise MediaError(f"undecodable {kind}", where=where) from error


def put_on_white(picture: Image.Image) -> NDArray[np.uint8]:
    """Return a picture, or one of a moving one, as [height, width, 3] uint8 sRGB, upright, alpha on white."""
    profile = picture.info.get("icc_profile")
    picture = _to_eight_bit(ImageOps.exif_transpose(picture))
    alpha = picture.convert("RGBA").getchannel("A") if picture.has_transparency_data else None
    rgb = np.asarray(_convert_to_srgb(picture, profile))
    if alpha is None:
        return rgb
    share = np.asarray(alpha)[:, :, None].astype(np.uint16)
    return ((rgb * share + 255 * (255 - share) + 127) // 255).astype(np.uint8)


def _to_eight_bit(picture: Image.Image) -> Image.Image:
    if picture.mode == "I" or picture.mode.startswith("I;16"):  # 16-bit grey
        return Image.fromarray(np.clip(np.asarray(picture).astype(np.int64) >> 8, 0, 255).astype(np.uint8))
    if picture.mode in _STRAIGHT:
        return picture.convert(_STRAIGHT[picture.mode])
    return picture


def _convert_to_srgb(picture: Image.Image, profile: bytes | None) -> Image.Image:
    mode = _color_mode(picture)
    plain = picture if picture.mode == mode else picture.convert(mode)
    transform = srgb_transform(profile, mode) if profile else None
    if transform is None:
        return plain.convert("RGB")
    changed: Any = ImageCms.applyTransform(plain, transform)  # None only where it works in place
    return changed


def _color_mode(picture: Image.Image) -> str:
    if picture.mode == "CMYK":
        return "CMYK"
    return "L" if picture.mode.startswith(("1", "L", "I")) and picture.mode != "LAB" else "RGB"
