"""How the stored frames of a clip are shown: turned, mirrored, with pixels that need not be square."""

from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from sensorium.media.limits import MAX_FRAME_PIXELS

_MOST_STRETCHED = 8.0
"""Pixels longer or shorter than this are a broken header."""


class Display(NamedTuple):
    """What a player does to a frame before it is shown."""

    width: int
    """As shown, in pixels."""
    height: int
    is_transposed: bool = False
    """Whether rows become columns; before it is mirrored."""
    flips_columns: bool = False
    flips_rows: bool = False

    @classmethod
    def of(cls, frame: Any, pixel_aspect: float | None) -> Self:
        """Return how `frame`, and the others of its clip, is shown.

        Parameters
        ----------
        frame
            A decoded frame of FFmpeg; its display matrix says how it is turned.
        pixel_aspect
            Width of a stored pixel by its height; None or 0 if unknown.
        """
        aspect = pixel_aspect or 1.0
        if not 1 / _MOST_STRETCHED <= aspect <= _MOST_STRETCHED:
            aspect = 1.0
        width, height = max(1, round(frame.width * aspect)), frame.height
        if width * height > MAX_FRAME_PIXELS:
            width = frame.width
        turn = _turn_of(frame)
        return cls(height, width, *turn) if turn[0] else cls(width, height, *turn)

    def at_most(self, max_side_px: int | None) -> tuple[int, int]:
        """Return width and height as shown, the longer of which is at most `max_side_px`."""
        longer = max(self.width, self.height)
        if max_side_px is None or longer <= max_side_px:
            return self.width, self.height
        factor = max_side_px / longer
        return max(2, round(self.width * factor)), max(2, round(self.height * factor))

    def pixels(self, frame: Any, scaler: Any, size: tuple[int, int]) -> NDArray[np.uint8]:
        """Return `frame` as it is shown [height, width, 3] RGB, scaled to `size` (width, height)."""
        # "area" keeps texture honest when shrinking; a changed resolution mid-stream is scaled to the first.
        scaled = scaler.reformat(frame, *self.stored(size), "rgb24", interpolation="AREA")
        return self.upright(np.asarray(scaled.to_ndarray(), dtype=np.uint8))

    def stored(self, size: tuple[int, int]) -> tuple[int, int]:
        """Return width and height of the stored frame that is shown in `size`."""
        return (size[1], size[0]) if self.is_transposed else size

    def upright(self, stored: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Return the pixels of a stored frame [height, width, ...] as they are shown."""
        shown = stored.swapaxes(0, 1) if self.is_transposed else stored
        shown = shown[:, ::-1] if self.flips_columns else shown
        return np.ascontiguousarray(shown[::-1] if self.flips_rows else shown)


def _turn_of(frame: Any) -> tuple[bool, bool, bool]:
    """Return whether a frame is transposed, and then mirrored along rows and columns, by its matrix.

    The matrix maps a stored place (x, y) to (a x + c y, b x + d y); it is read to the nearest quarter turn.
    """
    from av.sidedata.sidedata import Type

    for data in frame.side_data:
        if data.type == Type.DISPLAYMATRIX:
            a, b, _, c, d = np.frombuffer(bytes(data), dtype=np.int32)[:5].astype(np.int64).tolist()
            if abs(b) + abs(c) > abs(a) + abs(d):
                return True, c < 0, b < 0
            return False, a < 0, d < 0
    return False, False, False
