"""How good a medium is, from its pixels and samples: scores, and the faults that follow from thresholds.

The thresholds are set so that hardly any of the real photos, posters, recordings and clips that they were
tried on has a fault, and all of them get it when they are degraded; `docs/media.md` says by how much.
"""

from itertools import pairwise
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from sensorium.core.arrays import FloatVector

MIN_SIDE_PX = 64
MAX_BLUR = 0.6
DARKEST, BRIGHTEST = 0.22, 0.92
MIN_CONTRAST = 0.12
MAX_BARS = 0.2
MAX_CLIPPED = 0.0005
SILENCE_DBFS = -60.0
MIN_LOUDNESS_DBFS = -45.0
MIN_MOTION = 0.3 / 255
_JUDGED_PX = 384
_BLACK = 24 / 255
_STRETCH_S = 0.05


class PictureQuality(NamedTuple):
    """Scores of a picture."""

    shorter_side_px: int
    blur: float
    """0 sharp to 1 blurred: how little a further blur takes away (Crete et al. 2007)."""
    dark: float
    """The brightness, 0 to 1, that only the brightest twentieth exceeds."""
    bright: float
    """The brightness, 0 to 1, that all but the darkest twentieth exceed."""
    bars: float
    """Share of the picture in black bars at opposite edges."""

    @property
    def contrast(self) -> float:
        """The distance between the two, 0 to 1."""
        return self.dark - self.bright

    def faults(self) -> list[str]:
        """Return what is wrong in a few words each; nothing for a good picture."""
        found: list[str] = []
        if self.shorter_side_px < MIN_SIDE_PX:
            found.append(f"only {self.shorter_side_px} pixels wide or high")
        if self.dark < DARKEST:
            found.append("very dark")
        elif self.bright > BRIGHTEST:
            found.append("very bright")
        if self.contrast < MIN_CONTRAST:
            found.append("hardly any contrast")
        elif self.blur > MAX_BLUR:
            found.append("blurred")
        if self.bars > MAX_BARS:
            found.append(f"black bars over {self.bars:.0%}")
        return found


def picture_quality(picture: NDArray[np.uint8], *, size_px: tuple[int, int] | None = None) -> PictureQuality:
    """Return the scores of `picture` [height, width, 3] uint8 RGB.

    `size_px` is the size of the whole picture where it was decoded smaller.
    """
    height, width = picture.shape[:2]
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    scale = _JUDGED_PX / max(height, width)
    if scale < 1:
        size = max(1, round(width * scale)), max(1, round(height * scale))
        grey = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
    light = np.asarray(grey, dtype=np.float32) / np.float32(255)
    bright, dark = np.percentile(light, [5, 95])
    return PictureQuality(
        min(size_px or (width, height)), _blur(light), float(dark), float(bright), _bars(light)
    )


def _blur(light: NDArray[np.float32]) -> float:
    """Return the larger blur of the two directions; 1 for a picture without any edge."""
    shares = [1.0]
    for axis, size in ((0, (1, 9)), (1, (9, 1))):
        again = cv2.blur(light, size)
        before, after = np.abs(np.diff(light, axis=axis)), np.abs(np.diff(np.asarray(again), axis=axis))
        total = float(before.sum())
        if total > 0:
            shares.append(1.0 - float(np.maximum(0, before - after).sum()) / total)
    return max(shares[1:], default=1.0)


def _bars(light: NDArray[np.float32]) -> float:
    """Return the share of black rows at top and bottom, or columns left and right; 0 if on one side only."""
    worst = 0.0
    for lines in (light.max(axis=1), light.max(axis=0)):
        lit = np.flatnonzero(lines > _BLACK)
        if len(lit) and lit[0] > 0 and lit[-1] < len(lines) - 1:
            worst = max(worst, 1 - (lit[-1] - lit[0] + 1) / len(lines))
    return worst


class SoundQuality(NamedTuple):
    """Scores of a recording."""

    clipped: float
    """Share of the samples that stand at the limit together with a neighbour."""
    silent: float
    """Share of the stretches of a twentieth of a second that are silent."""
    loudness_dbfs: float
    """Level of what is not silent; -inf if all is."""

    def faults(self) -> list[str]:
        """Return what is wrong in a few words each; nothing for a good recording."""
        if not np.isfinite(self.loudness_dbfs):
            return ["silent"]
        found = ["clipped"] if self.clipped > MAX_CLIPPED else []
        return [*found, "very quiet"] if self.loudness_dbfs < MIN_LOUDNESS_DBFS else found


def sound_quality(samples: FloatVector, rate_hz: int) -> SoundQuality:
    """Return the scores of mono `samples` [n] in [-1, 1]."""
    stretch = max(1, int(_STRETCH_S * rate_hz))
    n_stretches = max(1, len(samples) // stretch)
    power = (
        np.square(samples[: n_stretches * stretch], dtype=np.float64).reshape(n_stretches, -1).mean(axis=1)
    )
    levels = 10 * np.log10(np.maximum(power, 1e-20))
    loud = levels > SILENCE_DBFS
    loudness = 10 * np.log10(power[loud].mean()) if loud.any() else -np.inf
    peak = np.abs(samples).max(initial=0)
    at_limit = np.abs(samples) >= max(0.98, 0.999 * peak)
    flat = at_limit[1:] & at_limit[:-1] & (np.abs(np.diff(samples)) < 1e-3)
    clipped = float(flat.mean()) if len(flat) else 0.0
    return SoundQuality(clipped, 1 - float(loud.mean()), float(loudness))


class ClipQuality(NamedTuple):
    """Scores of a clip."""

    black: float
    """Share of the sampled frames that are black."""
    motion: float
    """Largest mean change between any two sampled frames in turn, 0 to 1."""
    sound: SoundQuality | None
    """None without a sound track."""

    def faults(self) -> list[str]:
        """Return what is wrong in a few words each; nothing for a good clip."""
        found: list[str] = []
        if self.black >= 0.5:
            found.append("black for half of it or more")
        elif self.motion < MIN_MOTION:
            found.append("nothing moves")
        if self.sound is None:
            return [*found, "no sound track"]
        return found + [f"sound {fault}" for fault in self.sound.faults()]


def clip_quality(
    frames: NDArray[np.uint8], following: NDArray[np.uint8], sound: FloatVector | None, rate_hz: int
) -> ClipQuality:
    """Return the scores of sampled frames [n, height, width, 3], the frames after them, and the sound."""
    black = float(np.mean([np.percentile(frame, 99) < 255 * _BLACK for frame in frames]))
    both = [*frames, following[-1]]
    motion = max(
        float(np.abs(first.astype(np.int16) - second).mean()) / 255 for first, second in pairwise(both)
    )
    return ClipQuality(black, motion, None if sound is None else sound_quality(sound, rate_hz))
