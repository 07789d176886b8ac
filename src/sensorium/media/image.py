"""Pictures from bytes: any common format to sRGB, upright, on white."""

from collections.abc import Mapping

import cv2
import numpy as np
from numpy.typing import NDArray

from sensorium.core.errors import MediaError
from sensorium.core.roles import Role
from sensorium.media.color_managed_image import decode_color_managed, has_other_colors
from sensorium.media.image_header import PictureHeader, read_picture_header
from sensorium.media.limits import MAX_IMAGE_BYTES, MAX_IMAGE_PIXELS
from sensorium.media.sniff import MediaFormat, sniff_format

_REDUCED: Mapping[int, int] = {
    1: cv2.IMREAD_COLOR,
    2: cv2.IMREAD_REDUCED_COLOR_2,
    4: cv2.IMREAD_REDUCED_COLOR_4,
    8: cv2.IMREAD_REDUCED_COLOR_8,
}
_ALWAYS_CAREFULLY = ("gif", "avif")
"""Of these OpenCV drops transparency, and the way an AVIF is turned."""


def decode_image(
    content: bytes, *, where: str, min_side_px: int | None = None, max_pixels: int = MAX_IMAGE_PIXELS
) -> NDArray[np.uint8]:
    """Return the picture as [height, width, 3] uint8 sRGB, upright by its EXIF tag, alpha laid on white.

    Of an animated picture the first one. Colours are those of its ICC profile, if there is one.

    Parameters
    ----------
    content
        The whole file.
    where
        What to call the file in an error.
    min_side_px
        Allow a picture reduced by 2, 4 or 8 whose shorter side keeps at least this length;
        a JPEG is then decoded several times faster. None for full size.
    max_pixels
        Refuse a picture whose header announces more.

    Raises
    ------
    MediaError
        If it is empty, no picture, too large, truncated or undecodable.
    """
    header, kind = inspect_image(content, where=where, max_pixels=max_pixels)
    factor = _reduction(header, kind, min_side_px)
    if header.has_alpha or kind.name in _ALWAYS_CAREFULLY or _has_other_colors(header, kind, content, where):
        return decode_color_managed(content, kind.name, where=where, reduced_by=factor)
    try:
        decoded = cv2.imdecode(np.frombuffer(content, dtype=np.uint8), _REDUCED[factor])
    except cv2.error as error:
        raise MediaError(f"undecodable {kind.name}", where=where) from error
    if decoded is None or decoded.size == 0:
        raise MediaError(f"undecodable {kind.name}", where=where)
    return np.asarray(cv2.cvtColor(decoded, cv2.COLOR_BGR2RGB), dtype=np.uint8)


def inspect_image(
    content: bytes, *, where: str, max_pixels: int = MAX_IMAGE_PIXELS
) -> tuple[PictureHeader, MediaFormat]:
    """Return header and format, at no cost; `MediaError` for what decoding would refuse unopened."""
    if not content:
        raise MediaError("empty file", where=where)
    if len(content) > MAX_IMAGE_BYTES:
        raise MediaError(f"larger than {MAX_IMAGE_BYTES >> 20} MiB", where=where)
    kind = sniff_format(content)
    if kind is None or Role.IMAGE not in kind.roles:
        raise MediaError(f"not a picture{f' but {kind.name}' if kind else ''}", where=where)
    header = read_picture_header(content, kind.name)
    if header is None:
        known = kind.name != "heic"
        raise MediaError("unreadable header" if known else "heic pictures are not supported", where=where)
    if header.n_pixels > max_pixels:
        raise MediaError(f"{header.width_px} x {header.height_px} pixels are too many", where=where)
    if not header.is_whole:
        raise MediaError(f"truncated {kind.name}", where=where)
    return header, kind


def _has_other_colors(header: PictureHeader, kind: MediaFormat, content: bytes, where: str) -> bool:
    return header.has_profile and has_other_colors(content, kind.name, where=where)


def _reduction(header: PictureHeader, kind: MediaFormat, min_side_px: int | None) -> int:
    # Only JPEG gains: its decoder scales before it computes pixels; others would decode in full first.
    if min_side_px and kind.name == "jpeg":
        shorter = min(header.width_px, header.height_px)
        for factor in (8, 4, 2):
            if shorter // factor >= min_side_px:
                return factor
    return 1
