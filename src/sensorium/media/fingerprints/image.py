"""Fingerprints of pictures: another size or compression, corrections or a trimmed edge change few bits."""

import cv2
import numpy as np
from numpy.typing import NDArray

TRIMMED = (0.0, 0.02, 0.04)
"""Shares cut off at each edge before a fingerprint is taken: a copy may lack its edges."""
_SIDE = 16
BITS = _SIDE * _SIDE


def picture_fingerprint(picture: NDArray[np.uint8]) -> bytes:
    """Return 3 x 256 bits for `picture` [height, width, 3] uint8 RGB: whole, and with its edges trimmed."""
    grey = np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), dtype=np.uint8)
    height, width = grey.shape
    found: list[bytes] = []
    for share in TRIMMED:
        rows, columns = round(height * share), round(width * share)
        found.append(_waves(grey[rows : height - rows, columns : width - columns]))
    return b"".join(found)


def _waves(grey: NDArray[np.uint8]) -> bytes:
    """Return the signs of the coarsest waves of `grey` [height, width], 256 bits.

    The lowest 16 x 16 frequencies of the cosine transform of its brightness, compared with their median
    (Zauner 2010, "Implementation and benchmarking of perceptual image hash functions").
    """
    small = cv2.resize(grey, (4 * _SIDE, 4 * _SIDE), interpolation=cv2.INTER_AREA)
    waves = cv2.dct(np.asarray(small, dtype=np.float32))[:_SIDE, :_SIDE].reshape(-1)
    return np.packbits(waves > np.median(waves[1:])).tobytes()
