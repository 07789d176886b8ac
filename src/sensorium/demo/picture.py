"""Draws the picture side of a postcard: a landscape in the colours of its palette."""

from collections.abc import Mapping

import cv2
import numpy as np

from sensorium.demo.palettes import ScenePalette, Tones, draw_tones, mix_colors
from sensorium.demo.terrain import (
    Canvas,
    Terrain,
    draw_dunes,
    draw_forest,
    draw_mountains,
    draw_sea,
    draw_town,
    draw_viaduct,
)

WIDTH_PX, HEIGHT_PX = 320, 240
SCALE = 2
"""Drawn this many times larger and reduced, which smooths every edge."""

LANDSCAPES: Mapping[str, tuple[Terrain, ...]] = {
    "rose dawn": (draw_viaduct, draw_dunes),
    "deep teal": (draw_sea, draw_mountains),
    "meadow": (draw_forest, draw_viaduct),
    "amber": (draw_dunes, draw_town),
    "violet night": (draw_town, draw_mountains),
    "winter": (draw_forest, draw_mountains),
    "crimson dusk": (draw_sea, draw_viaduct),
    "lemon and ink": (draw_town, draw_sea),
}
"""The landscapes that a palette is used for: looks are colours and shapes together."""


def draw_picture(palette: ScenePalette, rng: np.random.Generator) -> Canvas:
    """Return a picture [240, 320, 3] uint8, blue, green, red."""
    tones = draw_tones(palette, rng)
    width, height = WIDTH_PX * SCALE, HEIGHT_PX * SCALE
    horizon = int(height * rng.uniform(0.52, 0.66))
    canvas = _sky(tones, width, height, horizon)
    is_night = float(tones.sky_top.mean()) < 110
    if is_night:
        _stars(canvas, tones, horizon, rng)
    _sun(canvas, tones, horizon, rng)
    if rng.uniform() < 0.5:
        _clouds(canvas, tones, horizon, rng)
    if rng.uniform() < 0.4:
        _birds(canvas, tones, horizon, rng)
    terrains = LANDSCAPES[palette.name]
    terrains[rng.integers(len(terrains))](canvas, tones, horizon, rng)
    small = cv2.resize(canvas, (WIDTH_PX, HEIGHT_PX), interpolation=cv2.INTER_AREA)
    return _on_paper(np.asarray(small, dtype=np.uint8), rng)


def _sky(tones: Tones, width: int, height: int, horizon: int) -> Canvas:
    """Return a canvas filled with the gradient of the sky."""
    depth = np.clip(np.arange(height, dtype=np.float32) / horizon, 0, 1)[:, None] ** 0.9
    column = tones.sky_top * (1 - depth) + tones.sky_low * depth
    return np.broadcast_to(column[:, None, :].astype(np.uint8), (height, width, 3)).copy()


def _sun(canvas: Canvas, tones: Tones, horizon: int, rng: np.random.Generator) -> None:
    """Put a sun or moon with a soft halo above the horizon."""
    height, width = canvas.shape[:2]
    radius = int(height * rng.uniform(0.05, 0.12))
    centre = (int(width * rng.uniform(0.15, 0.85)), int(horizon * rng.uniform(0.3, 0.85)))
    disc_color = mix_colors(tones.accent, np.full(3, 255, np.float32), rng.uniform(0.0, 0.5))
    reach = radius * 7  # beyond it the halo is fainter than one step of brightness
    top, left = max(centre[1] - reach, 0), max(centre[0] - reach, 0)
    around = canvas[top : centre[1] + reach, left : centre[0] + reach]
    y, x = np.ogrid[: around.shape[0], : around.shape[1]]
    squares = (x - (centre[0] - left)) ** 2 + (y - (centre[1] - top)) ** 2
    glow = 0.45 * np.exp(squares.astype(np.float32) * np.float32(-1 / (radius * 3.2) ** 2))[..., None]
    around[:] = (around + (disc_color - around) * glow).astype(np.uint8)
    cv2.circle(canvas, centre, radius, disc_color.tolist(), -1, cv2.LINE_AA)


def _clouds(canvas: Canvas, tones: Tones, horizon: int, rng: np.random.Generator) -> None:
    """Lay a few flat clouds of overlapping ellipses over the sky."""
    height, width = canvas.shape[:2]
    veil = canvas.copy()
    color = mix_colors(tones.sky_low, np.full(3, 255, np.float32), 0.55).tolist()
    for _ in range(rng.integers(2, 5)):
        x, y = rng.uniform(0, width), rng.uniform(0.1, 0.6) * horizon
        length = width * rng.uniform(0.10, 0.2)
        for _ in range(5):
            centre = (int(x + rng.normal() * length * 0.5), int(y - abs(rng.normal()) * height * 0.012))
            axes = (int(length * rng.uniform(0.25, 0.5)), int(height * rng.uniform(0.012, 0.03)))
            cv2.ellipse(veil, centre, axes, 0, 0, 360, color, -1, cv2.LINE_AA)
    cv2.addWeighted(veil, 0.7, canvas, 0.3, 0, dst=canvas)


def _stars(canvas: Canvas, tones: Tones, horizon: int, rng: np.random.Generator) -> None:
    """Scatter small lights over the upper sky."""
    color = mix_colors(tones.sky_low, np.full(3, 255, np.float32), 0.6).tolist()
    for _ in range(rng.integers(20, 45)):
        centre = (int(rng.uniform(0, canvas.shape[1])), int(rng.uniform(0, 0.7) * horizon))
        cv2.circle(canvas, centre, int(rng.integers(1, 4)), color, -1, cv2.LINE_AA)


def _birds(canvas: Canvas, tones: Tones, horizon: int, rng: np.random.Generator) -> None:
    """Draw a loose flock of birds as pairs of small arcs."""
    middle = np.array([rng.uniform(0.25, 0.75) * canvas.shape[1], rng.uniform(0.2, 0.5) * horizon])
    color = mix_colors(tones.near, tones.far, 0.2).tolist()
    for _ in range(rng.integers(4, 9)):
        x, y = (middle + rng.normal(size=2) * [70, 28]).astype(int).tolist()
        span = int(rng.integers(7, 13))
        for side in (-1, 1):
            wing = (x + side * span, y)
            cv2.ellipse(canvas, wing, (span, span // 2), 0, 200, 340, color, 3, cv2.LINE_AA)


def _on_paper(canvas: Canvas, rng: np.random.Generator) -> Canvas:
    """Return the picture with the light fall-off and grain of a print."""
    height, width = canvas.shape[:2]
    y = np.linspace(-1, 1, height, dtype=np.float32)[:, None]
    x = np.linspace(-1, 1, width, dtype=np.float32)
    light = 1 - 0.05 * (x**2 + y**2) ** 1.5
    grain = 2.2 * rng.standard_normal(size=(height, width), dtype=np.float32)
    printed = canvas * light[..., None] + grain[..., None]
    return np.clip(printed, 0, 255).astype(np.uint8)
