"""A picture of where two media are alike: a heat map over pictures, shaded seconds of sounds and clips."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sensorium.insight.glyphs import use_fonts_with_glyphs, without_formulas
from sensorium.insight.palette import colour

NAMED = 3
"""How many parts of a medium are labelled with their share."""
STRONG = 0.75
"""How much of a shade covers what counts most."""


def draw_regions(
    file: Path,
    pictures: Sequence[NDArray[np.uint8]],
    regions: Sequence[Sequence[tuple[float, float, float, float, float]]],
    titles: Sequence[str],
) -> None:
    """Write two pictures [height, width, 3] side by side; what made them alike stays bright.

    A region is x, y, width, height as parts of the picture, and its share.
    """
    figure, axes = _figure(len(pictures), height_inches=4.2)
    titles = [without_formulas(title) for title in titles]
    for axis, picture, found, title in zip(axes, pictures, regions, titles, strict=True):
        height, width = picture.shape[:2]
        axis.imshow(picture, extent=(0, width, height, 0))
        axis.imshow(_veil(found), extent=(0, width, height, 0), interpolation="bilinear")
        for x, y, w, h, share in found[:NAMED]:
            box = _rectangle((x * width, y * height), w * width, h * height)
            axis.add_patch(box)
            axis.annotate(
                f"{share:.0%}",
                ((x + w / 2) * width, (y + h / 2) * height),
                color="white",
                ha="center",
                va="center",
            )
        axis.set_title(title, fontsize=9)
        axis.set_axis_off()
    use_fonts_with_glyphs(figure)
    figure.savefig(file, dpi=150)


def draw_moments(
    file: Path,
    lengths_s: Sequence[float],
    moments: Sequence[Sequence[tuple[float, float, float]]],
    titles: Sequence[str],
    *,
    curves: Sequence[NDArray[Any]] = (),
    strips: Sequence[NDArray[np.uint8]] = (),
) -> None:
    """Write two sounds as loudness, or clips as strips of pictures; what made them alike is shaded.

    Parameters
    ----------
    moments
        Start and stop in seconds, and the share.
    curves, strips
        What to draw over each length: loudness [n], or else pictures side by side [height, width, 3].
    """
    figure, axes = _figure(1, height_inches=4.2, rows=len(moments))
    titles = [without_formulas(title) for title in titles]
    for index, (axis, found, length_s, title) in enumerate(
        zip(axes, moments, lengths_s, titles, strict=True)
    ):
        if strips:
            axis.imshow(strips[index], extent=(0, length_s, 0, 1), aspect="auto")
        else:
            times = np.linspace(0, length_s, len(curves[index]))
            top = float(np.max(curves[index])) or 1.0
            axis.fill_between(times, curves[index] / top, color=colour("muted"), linewidth=0)
        most = max((share for _, _, share in found), default=1.0)
        for start, stop, share in found:
            axis.axvspan(start, stop, color="#d55e00", alpha=0.6 * share / most, linewidth=0)
        for start, stop, share in found[:NAMED]:
            axis.annotate(f"{share:.0%}", ((start + stop) / 2, 0.9), ha="center", fontsize=8)
        axis.set(title=title, xlim=(0, length_s), ylim=(0, 1), yticks=[], xlabel="seconds")
        axis.title.set_fontsize(9)
    use_fonts_with_glyphs(figure)
    figure.savefig(file, dpi=150)


def _figure(columns: int, *, height_inches: float, rows: int = 1) -> tuple[Any, list[Any]]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8.0, height_inches), layout="constrained")
    return figure, list(np.atleast_1d(figure.subplots(rows, columns)).ravel())


def _rectangle(corner: tuple[float, float], width: float, height: float) -> Any:
    from matplotlib.patches import Rectangle

    return Rectangle(corner, width, height, fill=False, edgecolor="white", linewidth=1.5)


def _veil(regions: Sequence[tuple[float, float, float, float, float]]) -> NDArray[np.float32]:
    """Return black [n, n, 4], the more opaque the less a region counts."""
    n = round(1 / regions[0][2]) if regions else 1
    shares = np.zeros((n, n), dtype=np.float32)
    for x, y, _, _, share in regions:
        shares[round(y * n), round(x * n)] = share
    veil = np.zeros((n, n, 4), dtype=np.float32)
    if not regions:
        return veil
    veil[..., 3] = STRONG * (1 - shares / (float(shares.max()) or 1.0))
    return veil
