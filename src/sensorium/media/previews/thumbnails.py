"""Thumbnails: a picture in a few widths, upright, in sRGB, and without what its file says beside it."""

import io
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from sensorium.media.previews.names import WIDTHS_PX

TYPE = "image/webp"
HEIGHT_BY_WIDTH = 2
"""A picture that is higher than so many times its width is made narrower instead."""
_QUALITY = 80


def thumbnails(picture: NDArray[np.uint8]) -> Mapping[int, bytes]:
    """Return a WebP for each of `WIDTHS_PX`; none is wider than `picture` [height, width, 3] RGB."""
    whole = Image.fromarray(picture)
    found: dict[int, bytes] = {}
    for width in WIDTHS_PX:
        small = whole.copy()
        small.thumbnail((width, HEIGHT_BY_WIDTH * width), Image.Resampling.LANCZOS, reducing_gap=3.0)
        file = io.BytesIO()
        small.save(file, "WEBP", quality=_QUALITY)
        found[width] = file.getvalue()
    return found
