"""A picture of labelled media as an encoder sees them: near is alike."""

from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from sensorium.catalog.labels_file import LabeledMedia
from sensorium.core.arrays import FloatMatrix, IntVector
from sensorium.core.errors import ConfigError, DataError, MediaError
from sensorium.core.roles import Role
from sensorium.features.block import FeatureBlock
from sensorium.features.scaling import Scaling
from sensorium.insight.palette import colour
from sensorium.media.image import decode_image

FORMATS = (".png", ".svg", ".pdf")
MAX_POINTS = 3000
"""Of more media a sample is drawn: the layout takes time, and points would hide one another."""
PERPLEXITY = 30.0
N_COMPONENTS = 50
SIDE_INCHES = 9.0
MAX_LABEL = 22
"""Letters of a label in the legend."""
GRID = 9
"""Thumbnails: at most one in each cell of a grid this wide."""
THUMBNAIL_PX = 48
HUES = (
    "#0072b2", "#d55e00", "#009e73", "#b8578b", "#b98300", "#56b4e9", "#6f4e37", "#7a5cc9", "#98a1b0",
    "#c2185b", "#4b8b00", "#1c2030",
)  # fmt: skip
SHAPES = ("o", "s", "^", "D", "P", "X")
"""With more labels than hues the shape changes too."""


def require_drawable(file: Path) -> None:
    """Raise `ConfigError` unless a picture can be written to `file`; asked before the work, not after."""
    if file.suffix.lower() not in FORMATS:
        raise ConfigError(
            f"cannot draw to {file.suffix or 'a file without extension'}",
            where=str(file),
            remedy=f"Give a name that ends in {', '.join(FORMATS)}",
        )
    if not file.resolve().parent.is_dir():
        raise ConfigError("there is no such folder", where=str(file.parent), remedy="Make it first")


def draw_map(file: Path, block: FeatureBlock, media: LabeledMedia, *, title: str, seed: int = 0) -> None:
    """Write a picture of `media` laid out by t-SNE of `block` (van der Maaten and Hinton 2008).

    Pictures are also shown as thumbnails, one for each place of the map. The same input gives the same
    layout on the same machine; another processor rounds differently and may turn or move it.

    Raises
    ------
    DataError
        If fewer than five media were encoded.
    """
    shown = _sample(np.flatnonzero(block.present), seed)
    if len(shown) < 5:
        raise DataError("too few media to draw", where=block.name, remedy="Give at least five")
    places = layout(Scaling.fit(block).scaled(block).values[shown], seed=seed)
    draw_places(file, places, shown, media, title=title)


def draw_places(
    file: Path, places: FloatMatrix, shown: IntVector, media: LabeledMedia, *, title: str
) -> None:
    """Write a picture in which the medium `shown[n]` is at `places[n]`, in [-1, 1] x [-1, 1]."""
    from matplotlib.figure import Figure

    from sensorium.insight.glyphs import use_fonts_with_glyphs, without_formulas  # it imports matplotlib

    figure = Figure(figsize=(SIDE_INCHES, SIDE_INCHES), layout="constrained", facecolor="white")
    axes = figure.add_subplot()
    _points(axes, places, media.label[shown], media.names)
    if media.role is Role.IMAGE:
        _thumbnails(axes, places, shown, media)
    axes.set_title(without_formulas(title), loc="left", color=colour("ink"), fontsize=13)
    axes.set_xlim(-1.06, 1.06)
    axes.set_ylim(-1.06, 1.06)
    axes.set_axis_off()
    use_fonts_with_glyphs(figure)
    figure.savefig(file, dpi=140)


def layout(rows: FloatMatrix, *, seed: int = 0) -> FloatMatrix:
    """Return a place in [-1, 1] x [-1, 1] for each row [n, 2]; rows that are alike are near."""
    from sklearn.decomposition import PCA
    from sklearn.manifold import TSNE

    n, d = rows.shape
    with threadpool_limits(1):  # so few rows are slower with threads, which mostly wait
        if min(n, d) > N_COMPONENTS:
            rows = PCA(N_COMPONENTS, random_state=seed).fit_transform(rows)
        start = "pca" if d > 1 else "random"
        mapping = TSNE(perplexity=min(PERPLEXITY, (n - 1) / 3), init=start, random_state=seed)
        places = mapping.fit_transform(rows)
    low, high = places.min(axis=0), places.max(axis=0)
    return np.asarray(2 * (places - low) / np.maximum(high - low, 1e-9) - 1, dtype=np.float32)


def _sample(indices: NDArray[np.int64], seed: int) -> IntVector:
    if len(indices) <= MAX_POINTS:
        return indices
    return np.sort(np.random.default_rng(seed).choice(indices, MAX_POINTS, replace=False))


def _points(axes: Any, places: FloatMatrix, label: IntVector, names: tuple[str, ...]) -> None:
    from sensorium.insight.figures import shorten_label  # it imports matplotlib

    for number, name in enumerate(names):
        members = places[label == number]
        axes.scatter(
            members[:, 0],
            members[:, 1],
            s=30,
            color=HUES[number % len(HUES)],
            marker=SHAPES[number // len(HUES) % len(SHAPES)],
            alpha=0.85,
            linewidths=0.4,
            edgecolors="white",
            label=shorten_label(name, MAX_LABEL),
        )
    columns = min(6, len(names))
    axes.legend(
        loc="upper center",
        bbox_to_anchor=(0.5, 0),
        ncols=columns,
        frameon=False,
        fontsize=9,
        handletextpad=0.2,
    )


def _thumbnails(axes: Any, places: FloatMatrix, shown: IntVector, media: LabeledMedia) -> None:
    from matplotlib.offsetbox import AnnotationBbox, OffsetImage

    cells = np.clip(((places + 1) / 2 * GRID).astype(np.int64), 0, GRID - 1)
    middles = (cells + 0.5) / GRID * 2 - 1
    distance = np.abs(places - middles).max(axis=1)
    chosen: dict[tuple[int, int], int] = {}
    for index in np.argsort(distance, kind="stable").tolist():
        chosen.setdefault((int(cells[index, 0]), int(cells[index, 1])), index)
    for index in chosen.values():
        picture = _small(media, int(shown[index]))
        if picture is not None:
            hue = HUES[int(media.label[shown[index]]) % len(HUES)]
            frame = {"edgecolor": hue, "linewidth": 2, "boxstyle": "square,pad=0.04"}
            axes.add_artist(
                AnnotationBbox(
                    OffsetImage(picture, zoom=0.75), tuple(places[index]), bboxprops=frame, pad=0.05
                )
            )


def _small(media: LabeledMedia, index: int) -> NDArray[np.uint8] | None:
    try:
        ref = media.refs[index]
        rgb = decode_image(ref.read(), where=ref.location, min_side_px=THUMBNAIL_PX)
    except MediaError:
        return None
    scale = THUMBNAIL_PX / max(rgb.shape[:2])
    height, width = (max(1, round(side * scale)) for side in rgb.shape[:2])
    return np.asarray(cv2.resize(rgb, (width, height), interpolation=cv2.INTER_AREA), dtype=np.uint8)
