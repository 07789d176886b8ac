"""Renders the clip of a postcard: the place after dark, and what moves there."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from sensorium.demo.palettes import PALETTES, Tones, draw_tones, mix_colors
from sensorium.demo.terrain import draw_ridge, fill_below

Frame = NDArray[np.uint8]
Positions = NDArray[np.floating[Any]]
"""[n, 3]: x and y as shares of the frame, and size as a share of a particle's."""

WIDTH_PX, HEIGHT_PX = 160, 120
FPS = 12
N_FRAMES = 24
SCALE = 2
"""Lights are drawn this many times larger and reduced, which makes small ones round."""
SUBPIXEL_BITS = 4
NIGHT = np.array([58, 34, 26], dtype=np.float32)
"""A dark blue, in which all clips begin."""
CANDLE = np.array([170, 225, 255], dtype=np.float32)
"""The colour of a warm light."""


@dataclass(frozen=True)
class ClipMotion:
    """How the lights of a clip move; every motion comes back to where it began."""

    name: str
    path: Callable[[Positions, NDArray[np.float64], float], Positions]
    """(where the particles begin, a number in [0, 1] for each, moment in [0, 1)) -> where they are."""
    n_particles: int
    size_px: float


def render_clip(motion: ClipMotion, rng: np.random.Generator) -> list[Frame]:
    """Return the frames of a loop, each [120, 160, 3] uint8, blue, green, red.

    The lamps have the colours of any palette: what a place looks like by day is its picture's to say.
    """
    tones = draw_tones(PALETTES[rng.integers(len(PALETTES))], rng)
    ground = _night(tones, rng)
    n = int(motion.n_particles * rng.uniform(0.8, 1.2))
    start = np.column_stack([rng.uniform(size=(n, 2)), rng.uniform(0.6, 1.3, size=n)])
    own = rng.uniform(size=n)
    colors = [mix_colors(tones.accent, CANDLE, share) * np.float32(0.85) for share in (0.1, 0.4, 0.7)]
    frames: list[Frame] = []
    for step in range(N_FRAMES):
        light = np.zeros((HEIGHT_PX * SCALE, WIDTH_PX * SCALE, 3), dtype=np.uint8)
        places = motion.path(start, own, step / N_FRAMES)
        for index, (x, y, size) in enumerate(places.tolist()):
            _dot(light, x, y, size * motion.size_px, colors[index % 3].tolist())
        core = cv2.resize(light, (WIDTH_PX, HEIGHT_PX), interpolation=cv2.INTER_AREA)
        quarter = cv2.resize(core, (WIDTH_PX // 4, HEIGHT_PX // 4), interpolation=cv2.INTER_AREA)
        halo = cv2.resize(cv2.GaussianBlur(quarter, (5, 5), 1.0), (WIDTH_PX, HEIGHT_PX))
        frames.append(np.asarray(cv2.add(cv2.add(ground, core), halo), dtype=np.uint8))
    return frames


def _night(tones: Tones, rng: np.random.Generator) -> Frame:
    """Return the still ground: a night sky over two dark ridges, faintly tinted."""
    depth = np.linspace(0, 1, HEIGHT_PX, dtype=np.float32)[:, None]
    low = mix_colors(NIGHT, tones.far, 0.3)
    column = NIGHT * (1 - depth) + low * depth
    ground = np.repeat(column[:, None, :], WIDTH_PX, axis=1).astype(np.uint8)
    for height, share in ((0.72, 0.55), (0.84, 0.3)):
        line = HEIGHT_PX * (height + 0.05 * draw_ridge(WIDTH_PX, 0.45, rng))
        fill_below(ground, line, mix_colors(NIGHT, tones.near, 0.25) * np.float32(share))
    return ground


def _dot(light: Frame, x: float, y: float, size_px: float, color: list[float]) -> None:
    one = SCALE << SUBPIXEL_BITS
    centre = (round(x * WIDTH_PX * one), round(y * HEIGHT_PX * one))
    cv2.circle(light, centre, max(1, round(size_px * one)), color, -1, cv2.LINE_AA, SUBPIXEL_BITS)


def _moved(start: Positions, x: NDArray[np.floating[Any]], y: NDArray[np.floating[Any]]) -> Positions:
    """Return the particles at `x`, `y`, wrapped so that they leave on one side and enter on the other."""
    return np.column_stack([(x + 0.05) % 1.1 - 0.05, (y + 0.05) % 1.1 - 0.05, start[:, 2]])


def _fall(start: Positions, own: NDArray[np.float64], moment: float) -> Positions:
    sway = 0.02 * np.sin(2 * np.pi * (moment + own))
    return _moved(start, start[:, 0] + sway, start[:, 1] + 1.1 * moment)


def _rise(start: Positions, own: NDArray[np.float64], moment: float) -> Positions:
    sway = 0.02 * np.sin(2 * np.pi * (moment + own))
    return _moved(start, start[:, 0] + sway, start[:, 1] - 1.1 * moment)


def _drift(start: Positions, own: NDArray[np.float64], moment: float) -> Positions:
    bob = 0.015 * np.sin(2 * np.pi * (moment + own))
    return _moved(start, start[:, 0] + 1.1 * moment, start[:, 1] + bob)


def _flock(start: Positions, own: NDArray[np.float64], moment: float) -> Positions:
    """Move left in wedges, all at one pace."""
    rank = np.arange(len(start)) % 7 - 3
    leader = np.arange(len(start)) // 7
    x = 0.35 * leader + 0.035 * np.abs(rank) - 1.1 * moment
    y = 0.3 + 0.22 * (leader % 3) + 0.045 * rank + 0.008 * np.sin(4 * np.pi * (moment + own))
    return _moved(start, x, y)


def _spin(start: Positions, _own: NDArray[np.float64], moment: float) -> Positions:
    """Turn around the middle, three arms that go a third of the way round in one loop."""
    arm = np.arange(len(start)) % 3
    radius = 0.06 + 0.42 * (np.arange(len(start)) // 3) / (len(start) / 3)
    angle = 2 * np.pi * (arm + moment * 2 + 0.25 * radius) / 3
    return np.column_stack([0.5 + 0.75 * radius * np.cos(angle), 0.48 + radius * np.sin(angle), start[:, 2]])


def _burst(start: Positions, own: NDArray[np.float64], moment: float) -> Positions:
    """Open from the middle like a firework, and fade by shrinking."""
    age = (moment + np.round(own * 2) / 2) % 1.0
    angle = 2 * np.pi * start[:, 0]
    radius = 0.55 * np.sqrt(age) * (0.6 + 0.4 * start[:, 1])
    size = start[:, 2] * (1 - age) * 1.4
    return np.column_stack([0.5 + 0.75 * radius * np.cos(angle), 0.45 + radius * np.sin(angle), size])


def _swarm(start: Positions, own: NDArray[np.float64], moment: float) -> Positions:
    """Wander on small loops of one's own, blinking."""
    turn = 2 * np.pi * (moment * np.where(own < 0.5, 1, -1) + own)
    x = start[:, 0] + 0.07 * np.cos(turn) + 0.04 * np.sin(2 * turn)
    y = 0.1 + 0.7 * start[:, 1] + 0.09 * np.sin(turn)
    blink = 0.35 + 0.65 * np.sin(2 * np.pi * (moment + own * 3)) ** 2
    return np.column_stack([x, y, start[:, 2] * blink])


def _swing(start: Positions, _own: NDArray[np.float64], moment: float) -> Positions:
    """Swing from side to side together, like lanterns on strings."""
    string = np.arange(len(start)) % 6
    down = 0.12 + 0.6 * (np.arange(len(start)) // 6 + 1) / (len(start) / 6 + 1)
    angle = 0.55 * np.sin(2 * np.pi * moment + 0.15 * string)
    return np.column_stack(
        [(string + 0.5) / 6 + 0.5 * down * np.sin(angle), down * np.cos(angle), start[:, 2]]
    )


MOTIONS = (
    ClipMotion("fall", _fall, 30, 2.2),
    ClipMotion("rise", _rise, 18, 3.6),
    ClipMotion("drift", _drift, 24, 2.8),
    ClipMotion("flock", _flock, 21, 1.9),
    ClipMotion("spin", _spin, 30, 2.4),
    ClipMotion("burst", _burst, 44, 2.4),
    ClipMotion("swarm", _swarm, 34, 1.8),
    ClipMotion("swing", _swing, 24, 3.2),
)
"""Every motion; which one an item has is its trait for the clip."""
