"""The colours of the postcards."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Color = NDArray[np.float32]
"""[3] float32, blue, green, red in [0, 255]: OpenCV's order."""


@dataclass(frozen=True)
class ScenePalette:
    """Six colours that go together, as hexadecimal RGB."""

    name: str
    sky_top: str
    sky_low: str
    far: str
    near: str
    water: str
    accent: str


PALETTES = (
    ScenePalette("rose dawn", "f2a9a0", "fdeadb", "e0a0a4", "7d4660", "e9bdb5", "ffd27a"),
    ScenePalette("deep teal", "0e3d52", "6fbfb5", "3f8f95", "082b38", "1f6673", "f6dc6a"),
    ScenePalette("meadow", "bfe3d0", "f8fae4", "a5cf97", "2c6a4a", "8cc9b4", "f08a66"),
    ScenePalette("amber", "f0b95e", "fdf0cc", "e3a35c", "74391d", "d99a52", "2f8f8d"),
    ScenePalette("violet night", "1d1440", "8a5fa8", "5b3f8c", "150d30", "3a2a6b", "ffe6a8"),
    ScenePalette("winter", "bccbda", "f4f7fa", "a9bccd", "40566e", "8fa6bb", "d64a5a"),
    ScenePalette("crimson dusk", "4a0f33", "f0705a", "9c2a4a", "2b0719", "7a1f42", "ffc06b"),
    ScenePalette("lemon and ink", "ffe257", "fff6c4", "6f8fb5", "1c2c45", "4f74a0", "ee6449"),
)


@dataclass(frozen=True)
class Tones:
    """A palette's colours as numbers, for one picture."""

    sky_top: Color
    sky_low: Color
    far: Color
    near: Color
    water: Color
    accent: Color


def draw_tones(palette: ScenePalette, rng: np.random.Generator) -> Tones:
    """Return the palette with a slight shift of hue, strength and light, the same for all colours."""
    names = ("sky_top", "sky_low", "far", "near", "water", "accent")
    rgb = np.array([_rgb(getattr(palette, name)) for name in names], dtype=np.float32)[None]
    hls = cv2.cvtColor(rgb / 255.0, cv2.COLOR_RGB2HLS)
    hls[..., 0] = (hls[..., 0] + rng.uniform(-7, 7)) % 360
    hls[..., 1] *= rng.uniform(0.95, 1.03)
    hls[..., 2] *= rng.uniform(0.85, 1.1)
    hls[..., 1:] = np.clip(hls[..., 1:], 0, 1)
    bgr = cv2.cvtColor(hls, cv2.COLOR_HLS2BGR)[0] * 255.0
    return Tones(*(np.asarray(color, dtype=np.float32) for color in bgr))


def mix_colors(a: Color, b: Color, share: float) -> Color:
    """Return the colour `share` of the way from `a` to `b`."""
    return (a + (b - a) * share).astype(np.float32)


def _rgb(code: str) -> tuple[int, int, int]:
    return int(code[0:2], 16), int(code[2:4], 16), int(code[4:6], 16)
