"""The landscapes: what stands below the sky of a postcard."""

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from sensorium.demo.palettes import Color, Tones, mix_colors

Canvas = NDArray[np.uint8]
Terrain = Callable[[Canvas, Tones, int, np.random.Generator], None]
"""(canvas, colours, row of the horizon, chance): draws over the lower part of the canvas."""
WHITE: Color = np.full(3, 255, dtype=np.float32)


def draw_ridge(width: int, roughness: float, rng: np.random.Generator) -> NDArray[np.float32]:
    """Return a smooth random skyline [width] in about [-1, 1]; larger `roughness` is more jagged."""
    x = np.linspace(0, 1, width, dtype=np.float32)
    line = np.zeros(width, dtype=np.float32)
    for octave in range(7):
        frequency = 2.0**octave
        line += roughness**octave * np.sin(
            2 * np.pi * (frequency * x * rng.uniform(0.6, 1.1) + rng.uniform())
        )
    return line / (1 + roughness + roughness**2)


def fill_below(canvas: Canvas, skyline: NDArray[np.float32], color: Color) -> None:
    """Fill everything under the skyline [width] (in pixels from the top)."""
    height, width = canvas.shape[:2]
    line = np.stack([np.arange(width), skyline], axis=1)
    corners = np.array([[width, height], [0, height]])
    cv2.fillPoly(canvas, [np.concatenate([line, corners]).astype(np.int32)], color.tolist(), cv2.LINE_AA)


def draw_mountains(canvas: Canvas, tones: Tones, horizon: int, rng: np.random.Generator) -> None:
    """Draw peaks with lit and shaded sides before a range of hills."""
    height, width = canvas.shape[:2]
    fill_below(
        canvas,
        horizon - height * (0.05 + 0.04 * draw_ridge(width, 0.5, rng)),
        mix_colors(tones.far, tones.sky_low, 0.5),
    )
    n_peaks = int(rng.integers(3, 6))
    for x in rng.permutation(np.linspace(0.05, 0.95, n_peaks) + rng.uniform(-0.05, 0.05, n_peaks)):
        tall = height * rng.uniform(0.22, 0.42)
        _peak(canvas, tones, (x * width, horizon - tall), tall, rng)
    _meadow(canvas, tones, horizon, rng)


def _peak(
    canvas: Canvas, tones: Tones, top: tuple[float, float], tall: float, rng: np.random.Generator
) -> None:
    x, y = top
    half, foot = tall * rng.uniform(0.7, 1.0), y + tall * 1.15
    crease = x + half * rng.uniform(-0.15, 0.2)
    lit, shaded = mix_colors(tones.far, tones.near, 0.25), mix_colors(tones.far, tones.near, 0.6)
    _polygon(canvas, [(x, y), (x + half, foot), (crease, foot)], shaded)
    _polygon(canvas, [(x, y), (crease, foot), (x - half, foot)], lit)
    snow = rng.uniform(0.18, 0.34)
    zigzag = [(x - half * snow, y + tall * snow * 1.15)]
    for step, dip in zip(np.linspace(-0.6, 0.6, 4), (0.55, 1.2, 0.7, 1.15), strict=True):
        zigzag.append((x + half * snow * step, y + tall * snow * (0.75 + 0.5 * dip)))
    zigzag.append((x + half * snow, y + tall * snow * 1.15))
    _polygon(canvas, [(x, y), *reversed(zigzag)], mix_colors(tones.sky_low, WHITE, 0.6))


def draw_dunes(canvas: Canvas, tones: Tones, horizon: int, rng: np.random.Generator) -> None:
    """Draw sweeping dunes, each with a lit face and a shaded one."""
    height, width = canvas.shape[:2]
    x = np.linspace(0, 1, width, dtype=np.float32)
    for layer, depth in enumerate(np.linspace(0.0, 1.0, 4)):
        crest = horizon + height * (0.02 + 0.36 * depth) - height * 0.04
        wave = np.sin(2 * np.pi * (x * rng.uniform(0.6, 1.3) + rng.uniform())) * 0.05
        wave += np.sin(2 * np.pi * (x * rng.uniform(1.4, 2.4) + rng.uniform())) * 0.018
        line = (crest + height * wave * (0.6 + depth)).astype(np.float32)
        body = mix_colors(tones.far, tones.near, 0.1 + 0.75 * depth)
        fill_below(canvas, line, mix_colors(body, tones.sky_low, 0.35 - 0.2 * depth))
        shade = line + height * (0.03 + 0.12 * (0.5 + 0.5 * np.sin(2 * np.pi * (x * 0.9 + layer * 0.3))))
        fill_below(canvas, shade.astype(np.float32), body)
    if rng.uniform() < 0.6:
        _palms(canvas, tones, horizon + int(height * 0.25), rng)


def _palms(canvas: Canvas, tones: Tones, ground: int, rng: np.random.Generator) -> None:
    height, width = canvas.shape[:2]
    start = rng.uniform(0.1, 0.8)
    for _ in range(rng.integers(1, 4)):
        x, tall = int((start + rng.uniform(-0.06, 0.06)) * width), int(height * rng.uniform(0.16, 0.26))
        lean = int(rng.uniform(-0.3, 0.3) * tall)
        color = mix_colors(tones.near, np.zeros(3, np.float32), 0.25).tolist()
        cv2.line(canvas, (x, ground + 30), (x + lean, ground - tall), color, 7, cv2.LINE_AA)
        for reach in (-1.0, -0.75, -0.35, 0.35, 0.75, 1.0):
            _frond(canvas, (x + lean, ground - tall), reach * tall * 0.4, tall * 0.3, color)


def _frond(canvas: Canvas, crown: tuple[float, float], reach: float, drop: float, color: list[float]) -> None:
    """Draw a leaf that rises from the crown and bends down towards its tip."""
    t = np.linspace(0, 1, 12)
    x = crown[0] + reach * t
    rise = (1.6 - abs(reach) / (drop * 1.4)) * drop
    y = crown[1] - rise * t + (rise + drop * 0.7) * t**2
    thick = drop * 0.28 * np.sin(np.pi * t) ** 0.7
    leaf = [*zip(x, y - thick * 0.4, strict=True), *zip(x[::-1], (y + thick)[::-1], strict=True)]
    cv2.fillPoly(canvas, [np.array(leaf).astype(np.int32)], color, cv2.LINE_AA)


def draw_sea(canvas: Canvas, tones: Tones, horizon: int, rng: np.random.Generator) -> None:
    """Draw open water with glitter, islands and a few sails."""
    height, width = canvas.shape[:2]
    depth = np.linspace(0, 1, height - horizon, dtype=np.float32)[:, None]
    water = (
        mix_colors(tones.water, tones.sky_low, 0.45) * (1 - depth)
        + mix_colors(tones.water, tones.near, 0.45) * depth
    )
    canvas[horizon:] = np.repeat(water[:, None, :], width, axis=1).astype(np.uint8)
    for _ in range(rng.integers(1, 3)):
        middle, wide = rng.uniform(0.1, 0.9) * width, rng.uniform(0.12, 0.26) * width
        x = np.arange(width, dtype=np.float32)
        hump = np.exp(-(((x - middle) / (wide / 2)) ** 2)) * (1 + 0.12 * draw_ridge(width, 0.7, rng))
        island = horizon - hump * height * rng.uniform(0.08, 0.2)
        inside = hump > 0.04
        points = np.stack([x[inside], island[inside]], axis=1)
        _polygon(
            canvas,
            [(x[inside][0], horizon), *points.tolist(), (x[inside][-1], horizon)],
            mix_colors(tones.far, tones.near, 0.5),
        )
    light = mix_colors(tones.sky_low, WHITE, 0.3).tolist()
    for _ in range(70):
        down = rng.uniform(0.02, 1.0) ** 1.3
        y, half = int(horizon + down * (height - horizon)), int(4 + 26 * down * rng.uniform(0.4, 1))
        start = int(rng.uniform(0, width))
        cv2.line(canvas, (start - half, y), (start + half, y), light, 1 + int(2.5 * down), cv2.LINE_AA)
    for _ in range(rng.integers(1, 4)):
        _sail(canvas, tones, horizon, rng)


def _sail(canvas: Canvas, tones: Tones, horizon: int, rng: np.random.Generator) -> None:
    height, width = canvas.shape[:2]
    down = rng.uniform(0.12, 0.7)
    x, y = rng.uniform(0.08, 0.92) * width, horizon + down * (height - horizon)
    size = height * (0.05 + 0.13 * down)
    _polygon(
        canvas,
        [
            (x - size * 0.55, y),
            (x + size * 0.6, y),
            (x + size * 0.35, y + size * 0.22),
            (x - size * 0.35, y + size * 0.22),
        ],
        mix_colors(tones.near, np.zeros(3, np.float32), 0.2),
    )
    _polygon(
        canvas, [(x, y - size * 1.35), (x, y - size * 0.08), (x + size * 0.55, y - size * 0.08)], tones.accent
    )
    _polygon(
        canvas,
        [
            (x - size * 0.06, y - size * 1.15),
            (x - size * 0.06, y - size * 0.08),
            (x - size * 0.45, y - size * 0.08),
        ],
        mix_colors(tones.accent, WHITE, 0.6),
    )


def draw_forest(canvas: Canvas, tones: Tones, horizon: int, rng: np.random.Generator) -> None:
    """Draw rows of firs that darken towards the viewer, in mist."""
    height, width = canvas.shape[:2]
    for depth in np.linspace(0.0, 1.0, 4):
        base = horizon + height * (0.02 + 0.3 * depth) + height * 0.03 * draw_ridge(width, 0.4, rng)
        color = mix_colors(mix_colors(tones.far, tones.sky_low, 0.45 * (1 - depth)), tones.near, depth)
        fill_below(canvas, base.astype(np.float32), color)
        step = width * (0.022 + 0.03 * depth)
        for x in np.arange(-step, width + step, step):
            if rng.uniform() < 0.86 - 0.3 * depth:
                at = float(np.clip(x + rng.normal() * step * 0.3, 0, width - 1))
                _fir(
                    canvas,
                    (at, base[int(at)] + 6),
                    height * (0.09 + 0.2 * depth) * rng.uniform(0.7, 1.2),
                    color,
                )


def _fir(canvas: Canvas, foot: tuple[float, float], tall: float, color: Color) -> None:
    x, y = foot
    for lift, share in ((0.0, 0.30), (0.28, 0.23), (0.54, 0.15)):
        low = y - tall * lift
        _polygon(
            canvas,
            [(x - tall * share, low), (x + tall * share, low), (x, low - tall * (0.5 - 0.08 * lift))],
            color,
        )


def draw_town(canvas: Canvas, tones: Tones, horizon: int, rng: np.random.Generator) -> None:
    """Draw rows of gabled houses and towers with lit windows."""
    height, width = canvas.shape[:2]
    fill_below(
        canvas,
        horizon - height * (0.06 + 0.05 * draw_ridge(width, 0.45, rng)),
        mix_colors(tones.far, tones.sky_low, 0.35),
    )
    for depth in (0.0, 0.5, 1.0):
        base = horizon + height * (0.08 + 0.30 * depth)
        x = -rng.uniform(0, 0.05) * width
        while x < width:
            wide = width * rng.uniform(0.05, 0.09) * (0.7 + 0.7 * depth)
            tall = height * rng.uniform(0.10, 0.2) * (0.7 + 0.7 * depth)
            wall = mix_colors(
                mix_colors(tones.far, tones.near, 0.15 + 0.6 * depth), tones.sky_low, rng.uniform(0, 0.3)
            )
            _house(canvas, tones, (x, base), (wide, tall), wall, rng)
            x += wide
        fill_below(
            canvas, np.full(width, base, np.float32), mix_colors(tones.far, tones.near, 0.3 + 0.65 * depth)
        )


def _house(
    canvas: Canvas,
    tones: Tones,
    foot: tuple[float, float],
    size: tuple[float, float],
    wall: Color,
    rng: np.random.Generator,
) -> None:
    (x, y), (wide, tall) = foot, size
    if rng.uniform() < 0.12:
        tall *= 1.9
        wide *= 0.75
    roof = tall * rng.uniform(0.22, 0.5)
    roof_color = mix_colors(tones.near, tones.accent, float(rng.choice([0.0, 0.25, 0.75])))
    _polygon(canvas, [(x, y), (x, y - tall), (x + wide, y - tall), (x + wide, y)], wall)
    _polygon(
        canvas,
        [(x - wide * 0.06, y - tall), (x + wide / 2, y - tall - roof), (x + wide * 1.06, y - tall)],
        roof_color,
    )
    pane = wide * 0.2
    for row in range(int(tall / (pane * 2.1))):
        for column in (0.2, 0.6):
            if rng.uniform() < 0.75:
                left, top = x + wide * column, y - tall + pane * (0.7 + 2 * row)
                _polygon(
                    canvas,
                    [
                        (left, top),
                        (left + pane, top),
                        (left + pane, top + pane * 1.2),
                        (left, top + pane * 1.2),
                    ],
                    mix_colors(tones.accent, WHITE, 0.25)
                    if rng.uniform() < 0.6
                    else mix_colors(wall, tones.near, 0.6),
                )


def draw_viaduct(canvas: Canvas, tones: Tones, horizon: int, rng: np.random.Generator) -> None:
    """Draw a valley crossed by a bridge of arches, with a small train."""
    height, width = canvas.shape[:2]
    for depth in (0.0, 0.5):
        line = horizon - height * (0.1 - 0.14 * depth) - height * 0.08 * draw_ridge(width, 0.42, rng)
        fill_below(
            canvas,
            line.astype(np.float32),
            mix_colors(mix_colors(tones.far, tones.near, 0.3 * depth), tones.sky_low, 0.4 - 0.4 * depth),
        )
    deck = horizon - int(height * rng.uniform(0.0, 0.06))
    stone = mix_colors(tones.far, tones.near, 0.6)
    n_arches = int(rng.integers(4, 7))
    span, thick = width / n_arches, int(height * 0.03)
    cv2.rectangle(canvas, (0, deck - thick), (width, deck + thick), stone.tolist(), -1)
    for arch in range(n_arches + 1):
        x, pier = arch * span, span * 0.13
        _polygon(
            canvas,
            [(x - pier, deck), (x + pier, deck), (x + pier * 1.3, height), (x - pier * 1.3, height)],
            stone,
        )
        left = np.linspace(np.pi, 0, 24)
        bow = [
            (x + span / 2 + np.cos(a) * (span / 2 - pier), deck + thick + span * 0.36 * (1 - np.sin(a)))
            for a in left
        ]
        _polygon(canvas, [(x, deck), *bow, (x + span, deck)], stone)
    start = rng.uniform(0.05, 0.6) * width
    for wagon in range(int(rng.integers(3, 6))):
        x, wide, tall = start + wagon * width * 0.072, width * 0.064, height * 0.05
        color = tones.accent if wagon == 0 else mix_colors(tones.accent, tones.near, 0.35)
        _polygon(
            canvas,
            [
                (x, deck - thick),
                (x, deck - thick - tall),
                (x + wide, deck - thick - tall),
                (x + wide, deck - thick),
            ],
            color,
        )
        cv2.line(
            canvas,
            (int(x + wide * 0.15), int(deck - thick - tall * 0.6)),
            (int(x + wide * 0.85), int(deck - thick - tall * 0.6)),
            mix_colors(tones.sky_low, WHITE, 0.5).tolist(),
            5,
            cv2.LINE_AA,
        )
    _meadow(canvas, tones, horizon + int(height * 0.16), rng)


def _meadow(canvas: Canvas, tones: Tones, horizon: int, rng: np.random.Generator) -> None:
    """Draw rolling ground that darkens towards the viewer."""
    height, width = canvas.shape[:2]
    for depth in np.linspace(0, 1, 3):
        line = horizon + height * (0.02 + 0.3 * depth) + height * 0.035 * draw_ridge(width, 0.4, rng)
        fill_below(canvas, line.astype(np.float32), mix_colors(tones.far, tones.near, 0.45 + 0.5 * depth))


def _polygon(canvas: Canvas, points: list[tuple[float, float]], color: Color) -> None:
    cv2.fillPoly(canvas, [np.array(points).astype(np.int32)], color.tolist(), cv2.LINE_AA)
