"""What a picture looks like, as numbers: families of features, each of which may be chosen."""

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Literal, NamedTuple, TypeAlias

import cv2
import numpy as np
from pydantic import AfterValidator

from sensorium.core.arrays import FloatVector
from sensorium.encoders.image import color_histograms, edge_histogram, glcm, hog, lbp, palette
from sensorium.encoders.image.grid_cells import Pixels

SIDE_PX, COLOR_SIDE_PX = 96, 64
"""Pictures are made square; colours need fewer pixels."""

Family: TypeAlias = Literal[
    "colours",
    "colour-histograms",
    "colour-moments",
    "palette",
    "texture",
    "co-occurrence",
    "shape",
    "edges",
]
DEFAULT_FAMILIES: tuple[Family, ...] = ("colours", "texture", "shape")


class _Part(NamedTuple):
    """One family: its columns, what computes them, and of which pixels."""

    dimension: int
    row: Callable[[Pixels], FloatVector]
    in_grey: bool = False
    """Of grey ones [SIDE_PX, SIDE_PX]; else of RGB ones [COLOR_SIDE_PX, COLOR_SIDE_PX, 3]."""


_PARTS: Mapping[Family, _Part] = {
    "colours": _Part(color_histograms.DIMENSION, color_histograms.color_row),
    "colour-histograms": _Part(color_histograms.N_HISTOGRAMS, color_histograms.histogram_row),
    "colour-moments": _Part(color_histograms.N_MOMENTS, color_histograms.moment_row),
    "palette": _Part(palette.DIMENSION, palette.palette_row),
    "texture": _Part(lbp.DIMENSION, lbp.lbp_row, in_grey=True),
    "co-occurrence": _Part(glcm.DIMENSION, glcm.glcm_row, in_grey=True),
    "shape": _Part(hog.DIMENSION, hog.hog_row, in_grey=True),
    "edges": _Part(edge_histogram.DIMENSION, edge_histogram.edge_row, in_grey=True),
}
"""Every family, in the order of its columns."""


def sort_families(families: tuple[Family, ...]) -> tuple[Family, ...]:
    """Return `families` in the order of their columns; `ValueError` if something would be there twice."""
    if len(set(families)) < len(families):
        raise ValueError("it names the same part twice")
    if "colours" in families and {"colour-histograms", "colour-moments"} & set(families):
        raise ValueError("'colours' holds the histograms and moments already")
    return tuple(family for family in _PARTS if family in families)


Families: TypeAlias = Annotated[tuple[Family, ...], AfterValidator(sort_families)]
"""A choice of families; the same choice in another order is the same."""


def image_parts(families: Sequence[Family] = DEFAULT_FAMILIES) -> Mapping[str, tuple[int, int]]:
    """Return the column ranges of `image_row`."""
    stops = np.cumsum([_PARTS[family].dimension for family in families]).tolist()
    return {
        family: (stop - _PARTS[family].dimension, stop) for family, stop in zip(families, stops, strict=True)
    }


def image_row(rgb: Pixels, families: Sequence[Family] = DEFAULT_FAMILIES) -> FloatVector:
    """Return the features [d] of a picture [height, width, 3] RGB; 100 px a side are enough."""
    small = cv2.resize(rgb, (SIDE_PX, SIDE_PX), interpolation=cv2.INTER_AREA)
    grey = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY)
    tiny = cv2.resize(small, (COLOR_SIDE_PX, COLOR_SIDE_PX), interpolation=cv2.INTER_AREA)
    pieces = [_PARTS[family].row(grey if _PARTS[family].in_grey else tiny) for family in families]
    return np.concatenate([*pieces, np.empty(0)], dtype=np.float32)
