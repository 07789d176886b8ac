"""Good media made poor by a known amount, to see whether scores of quality follow."""

from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from sensorium.core.arrays import FloatVector
from sensorium.media.video import VideoSample

Picture = NDArray[np.uint8]
"""[height, width, 3] RGB."""


def blur(picture: Picture, share: float) -> Picture:
    """Return it blurred by a Gaussian as wide as `share` of the longer side."""
    sigma_px = share * max(picture.shape[:2])
    return picture if sigma_px == 0 else _to_picture(cv2.GaussianBlur(picture, (0, 0), sigma_px))


def compress(picture: Picture, quality: int) -> Picture:
    """Return it as JPEG of `quality`, 1 to 100, gives it back."""
    coded = cv2.imencode(".jpg", picture[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    decoded = cv2.imdecode(coded, cv2.IMREAD_COLOR)
    assert decoded is not None
    return _to_picture(decoded[:, :, ::-1])


def change_exposure(picture: Picture, times: float) -> Picture:
    """Return it with `times` the light."""
    return _to_picture(picture * np.float32(times))


def reduce_contrast(picture: Picture, share: float) -> Picture:
    """Return it with `share` of its contrast, around its mean."""
    mean = np.float32(picture.mean())
    return _to_picture(mean + (picture - mean) * np.float32(share))


def add_bars(picture: Picture, share: float) -> Picture:
    """Return it with `share` of the result in black bars at top and bottom."""
    bar_px = round(picture.shape[0] * share / (1 - share) / 2)
    return np.pad(picture, ((bar_px, bar_px), (0, 0), (0, 0)))


def add_noise(picture: Picture, deviation: float, rng: np.random.Generator) -> Picture:
    """Return it with noise of this standard deviation, in levels of 255."""
    return _to_picture(picture + rng.normal(0, deviation, picture.shape))


def sharpen(picture: Picture, times: float) -> Picture:
    """Return it with `times` its difference from a slight blur added."""
    light = picture.astype(np.float32)
    return _to_picture(light + times * (light - cv2.GaussianBlur(light, (0, 0), 1.5)))


def change_saturation(picture: Picture, times: float) -> Picture:
    """Return it with its colours `times` as far from grey."""
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)[:, :, None].astype(np.float32)
    return _to_picture(grey + (picture - grey) * np.float32(times))


def posterize(picture: Picture, n_levels: int) -> Picture:
    """Return it with `n_levels` of each colour; 256 leave it as it is."""
    step = 256 // n_levels
    return _to_picture(picture // step * step + step // 2) if step > 1 else picture


def add_lettering(picture: Picture, n_lines: int) -> Picture:
    """Return it with lines of white text with a dark rim, each a fourteenth of its height."""
    drawn = np.ascontiguousarray(picture).copy()
    height, width = picture.shape[:2]
    size = height / 410
    for line in range(n_lines):
        place = int(0.04 * width), int(height * (0.9 - 0.12 * line))
        for color, thickness in (((0, 0, 0), 3.6), ((255, 255, 255), 1.2)):
            weight = max(1, int(thickness * height / 308))
            cv2.putText(drawn, "Sample text 2024", place, _FONT, size, color, weight, cv2.LINE_AA)
    return drawn


def add_watermark(picture: Picture, opacity: float) -> Picture:
    """Return it beneath a slanted word that repeats all over it, in white or black."""
    height, width = picture.shape[:2]
    ink = np.zeros((2 * height, 2 * width), dtype=np.uint8)
    weight = max(1, round(height / 200))
    for line, y in enumerate(range(0, 2 * height, max(8, height // 6))):
        for x in range(-(line % 2) * width // 5, 2 * width, max(8, int(width / 2.5))):
            cv2.putText(ink, "SAMPLE", (x, y), _FONT, height / 500, 255, weight, cv2.LINE_AA)
    turn = cv2.getRotationMatrix2D((width, height), 30, 1)
    ink = np.asarray(cv2.warpAffine(ink, turn, (2 * width, 2 * height)), dtype=np.float32) / 255
    cover = opacity * ink[height // 2 : height // 2 + height, width // 2 : width // 2 + width, None]
    color = 255.0 if picture.mean() < 128 else 0.0
    return _to_picture(picture * (1 - cover) + color * cover)


def overdrive(samples: FloatVector, times: float) -> FloatVector:
    """Return sound brought to full scale, made `times` as loud, and cut off there."""
    peak = float(np.abs(samples).max(initial=0)) or 1.0
    return np.clip(samples / np.float32(peak) * np.float32(0.9 * times), -1, 1)


def add_hiss(samples: FloatVector, ratio_db: float, rng: np.random.Generator) -> FloatVector:
    """Return sound with white noise so much below it."""
    power = float(np.square(samples, dtype=np.float64).mean()) / 10 ** (ratio_db / 10)
    return (samples + rng.normal(0, np.sqrt(power), len(samples))).astype(np.float32)


def mute(samples: FloatVector, share: float) -> FloatVector:
    """Return sound of which the last `share` is silent."""
    kept = samples.copy()
    kept[round(len(samples) * (1 - share)) :] = 0
    return kept


def shake(clip: VideoSample, share: float, rng: np.random.Generator) -> VideoSample:
    """Return a clip whose every frame is moved at random, by `share` of the diagonal (standard deviation)."""
    height, width = clip.frames.shape[1:3]

    def moved(frames: NDArray[np.uint8]) -> NDArray[np.uint8]:
        ways = rng.normal(0, share * np.hypot(height, width), (len(frames), 2))
        return np.stack([_shift(frame, x, y) for frame, (x, y) in zip(frames, ways, strict=True)])

    return _replace_frames(clip, moved(clip.frames), moved(clip.following), moved(clip.later))


def freeze(clip: VideoSample, share: float) -> VideoSample:
    """Return a clip of which the last `share` stands still."""
    start = len(clip.frames) - round(len(clip.frames) * share)
    frames, following, later = clip.frames.copy(), clip.following.copy(), clip.later.copy()
    if start < len(frames):
        frames[start:] = following[start:] = later[start:] = frames[start]
    return _replace_frames(clip, frames, following, later)


def blacken(clip: VideoSample, share: float) -> VideoSample:
    """Return a clip of which the last `share` is black."""
    start = len(clip.frames) - round(len(clip.frames) * share)
    frames, following, later = clip.frames.copy(), clip.following.copy(), clip.later.copy()
    frames[start:] = following[start:] = later[start:] = 0
    return _replace_frames(clip, frames, following, later)


_FONT = cv2.FONT_HERSHEY_SIMPLEX


def _to_picture(values: NDArray[np.generic]) -> Picture:
    return np.clip(values, 0, 255).astype(np.uint8)


def _shift(frame: Picture, x: float, y: float) -> Picture:
    way = np.array([[1, 0, x], [0, 1, y]], dtype=np.float32)
    return _to_picture(cv2.warpAffine(frame, way, frame.shape[1::-1], borderMode=cv2.BORDER_REFLECT))


def _replace_frames(clip: VideoSample, frames: Picture, following: Picture, later: Picture) -> VideoSample:
    return replace(clip, frames=frames, following=following, later=later)
