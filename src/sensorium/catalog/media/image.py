"""Pictures from bytes: any common format to RGB, upright, on white."""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from sensorium.catalog.media.header import PictureHeader, picture_header
from sensorium.catalog.media.limits import MAX_IMAGE_BYTES, MAX_IMAGE_PIXELS
from sensorium.catalog.media.sniff import MediaFormat, sniff
from sensorium.catalog.roles import Role
from sensorium.core.errors import MediaError

_REDUCED = {2: cv2.IMREAD_REDUCED_COLOR_2, 4: cv2.IMREAD_REDUCED_COLOR_4, 8: cv2.IMREAD_REDUCED_COLOR_8}


def decode_image(
    content: bytes, *, where: str, min_side_px: int | None = None, max_pixels: int = MAX_IMAGE_PIXELS
) -> NDArray[np.uint8]:
    """Return the picture as [height, width, 3] uint8 RGB, upright by its EXIF tag, alpha laid on white.

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
    flag = _reading_flag(header, kind, min_side_px)
    try:
        decoded = cv2.imdecode(np.frombuffer(content, dtype=np.uint8), flag)
    except cv2.error as error:
        raise MediaError(f"undecodable {kind.name}", where=where) from error
    if decoded is None or decoded.size == 0:
        raise MediaError(f"undecodable {kind.name}", where=where)
    pixels = _to_eight_bits(decoded)
    if pixels.ndim == 3 and pixels.shape[2] == 4:
        return _on_white(pixels)
    code = cv2.COLOR_GRAY2RGB if pixels.ndim == 2 or pixels.shape[2] == 1 else cv2.COLOR_BGR2RGB
    return np.asarray(cv2.cvtColor(pixels, code), dtype=np.uint8)


def inspect_image(
    content: bytes, *, where: str, max_pixels: int = MAX_IMAGE_PIXELS
) -> tuple[PictureHeader, MediaFormat]:
    """Return header and format, at no cost; `MediaError` for what decoding would refuse unopened."""
    if not content:
        raise MediaError("empty file", where=where)
    if len(content) > MAX_IMAGE_BYTES:
        raise MediaError(f"larger than {MAX_IMAGE_BYTES >> 20} MiB", where=where)
    kind = sniff(content)
    if kind is None or Role.IMAGE not in kind.roles:
        raise MediaError(f"not a picture{f' but {kind.name}' if kind else ''}", where=where)
    header = picture_header(content, kind.name)
    if header is None:
        known = kind.name != "heic"
        raise MediaError("unreadable header" if known else "heic pictures are not supported", where=where)
    if header.n_pixels > max_pixels:
        raise MediaError(f"{header.width_px} x {header.height_px} pixels are too many", where=where)
    if not header.is_whole:
        raise MediaError(f"truncated {kind.name}", where=where)
    return header, kind


def _reading_flag(header: PictureHeader, kind: MediaFormat, min_side_px: int | None) -> int:
    if header.has_alpha:
        return cv2.IMREAD_UNCHANGED
    # Only JPEG gains: its decoder scales before it computes pixels; others would decode in full first.
    if min_side_px and kind.name == "jpeg":
        shorter = min(header.width_px, header.height_px)
        for factor in (8, 4, 2):
            if shorter // factor >= min_side_px:
                return _REDUCED[factor]
    return cv2.IMREAD_COLOR


def _to_eight_bits(pixels: NDArray[Any]) -> NDArray[np.uint8]:
    if pixels.dtype == np.uint8:
        return np.asarray(pixels, dtype=np.uint8)
    if pixels.dtype == np.uint16:
        return (pixels.astype(np.uint16) >> 8).astype(np.uint8)
    scaled = np.nan_to_num(pixels.astype(np.float32)) * (255.0 if pixels.dtype.kind == "f" else 1.0)
    return np.clip(scaled, 0, 255).astype(np.uint8)


def _on_white(bgra: NDArray[np.uint8]) -> NDArray[np.uint8]:
    alpha = bgra[:, :, 3:].astype(np.uint16)
    colours = bgra[:, :, 2::-1].astype(np.uint16)
    return ((colours * alpha + 255 * (255 - alpha) + 127) // 255).astype(np.uint8)
