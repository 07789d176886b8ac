"""Moving pictures, as sites use them for short clips: GIF, WebP, APNG and AVIF, by Pillow."""

import warnings
from collections.abc import Iterator
from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from sensorium.core.errors import MediaError
from sensorium.media.color_managed_image import open_picture, put_on_white
from sensorium.media.limits import MAX_FRAME_PIXELS

MOVING_PICTURES = ("gif", "webp", "png", "avif")
"""Formats that hold one picture or several."""
_STILL_KINDS = ("png", "avif")
"""Of these a single picture is no clip; GIF and WebP are clips of one frame then."""
_SHORTEST_S, _INSTEAD_S = 0.011, 0.1
"""Browsers show a frame that asks for less than the first for the second."""


class MovingPicture:
    """The frames of a moving picture, each laid on white and turned upright."""

    pixel_aspect: float | None = None
    can_seek: bool = False

    def __init__(self, content: bytes, kind: str, where: str) -> None:
        self._content, self._lengths_s = content, list[float]()
        with open_picture(content, kind, where) as picture:
            width, height = picture.size
            if not 0 < width * height <= MAX_FRAME_PIXELS:
                raise MediaError(f"frames of {width} x {height} pixels", where=where)
            n_announced: int = getattr(picture, "n_frames", 1)
            if kind in _STILL_KINDS and n_announced < 2:
                raise MediaError(f"not a clip but {kind}", where=where)
            for index in range(n_announced):
                length_s = _go_to(picture, index)
                if length_s is None:  # a damaged rest: what came before it is used
                    break
                self._lengths_s.append(length_s)
        if not self._lengths_s:
            raise MediaError("undecodable clip", where=where)
        self.duration_s, self.n_frames = sum(self._lengths_s), len(self._lengths_s)

    def frames(self, from_s: float = 0.0) -> Iterator[tuple[Any, float]]:
        """Yield frames and when they are shown; always from the first one."""
        import av

        del from_s
        shown_s = 0.0
        with Image.open(BytesIO(self._content)) as picture:
            for index, length_s in enumerate(self._lengths_s):
                pixels = _pixels_at(picture, index)
                if pixels is None:
                    return
                yield av.VideoFrame.from_ndarray(pixels, format="rgb24"), shown_s
                shown_s += length_s


def _go_to(picture: Any, index: int) -> float | None:
    """Go to a frame and return for how many seconds it is shown; None if it is broken."""
    try:
        picture.seek(index)
        picture.load()
    except Exception:  # broken files surface as almost any error of the parsers
        return None
    length_s = float(picture.info.get("duration") or 0) / 1000
    return length_s if length_s >= _SHORTEST_S else _INSTEAD_S


def _pixels_at(picture: Any, index: int) -> NDArray[np.uint8] | None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return None if _go_to(picture, index) is None else put_on_white(picture)
