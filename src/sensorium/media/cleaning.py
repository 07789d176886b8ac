"""Media cleaned before they are encoded: noise taken away, loudness and the colour of the light evened out.

All of it is off unless it is asked for: what takes noise away also takes detail away.
"""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from sensorium.core.arrays import FloatVector
from sensorium.media.cleaning_names import Cleaning
from sensorium.media.noise import noise_level

TARGET_LUFS = -23.0
"""Loudness of broadcasts (EBU R 128)."""
_QUIETEST_LUFS = -70.0
_RELATIVE_GATE_DB = -10.0
_MOST_GAIN_DB = 40.0
_LEAST_NOISE = 2.0
"""Levels of 255; a picture with less is left as it is."""
_MOST_CAST = 2.0
"""A channel is raised or lowered by no more than this: what is all red may be red."""
_MINKOWSKI = 6
_QUIETEST_SHARE = 0.1
_OF_THE_QUIETEST = 2.5
"""How much power noise has at most moments, by that of the quietest tenth."""
_FLOOR = 0.1
"""Of the amplitude: noise is turned down by 20 dB, not cut out, which would chirp."""
_WINDOW_S = 0.032


def clean_picture(picture: NDArray[np.uint8], cleaning: Sequence[Cleaning]) -> NDArray[np.uint8]:
    """Return `picture` [height, width, 3] uint8 RGB cleaned by what of `cleaning` is for pictures."""
    return clean_frames(picture[None], cleaning)[0] if cleaning else picture


def clean_frames(frames: NDArray[np.uint8], cleaning: Sequence[Cleaning]) -> NDArray[np.uint8]:
    """Return the frames of a clip [n, height, width, 3] cleaned; the light is that of all of them."""
    if "denoise" in cleaning:
        frames = np.stack([_denoised(frame) for frame in frames])
    if "white_balance" in cleaning:
        frames = _balanced(frames)
    return frames


def clean_sound(samples: FloatVector, rate_hz: int, cleaning: Sequence[Cleaning]) -> FloatVector:
    """Return mono `samples` [n] in [-1, 1] cleaned by what of `cleaning` is for sound."""
    if "denoise" in cleaning:
        samples = _without_hiss(samples, rate_hz)
    if "normalise_loudness" in cleaning:
        samples = _at_target_loudness(samples, rate_hz)
    return samples


def _denoised(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return a noisy picture by non-local means (Buades et al. 2005), as strong as its noise."""
    noise = noise_level(np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), dtype=np.uint8))
    if noise is None or noise < _LEAST_NOISE:
        return picture
    found = cv2.fastNlMeansDenoisingColored(picture, None, noise, noise, 5, 15)
    return np.asarray(found, dtype=np.uint8)


def _balanced(frames: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return frames whose channels have the same Minkowski mean (shades of grey, Finlayson 2004)."""
    values = frames.reshape(-1, 3).astype(np.float64) / 255
    inside = values[
        (values.max(axis=1) < 0.99) & (values.max(axis=1) > 0.02)
    ]  # what is burnt out has no colour
    if len(inside) < 16:
        return frames
    means = np.power(np.power(inside, _MINKOWSKI).mean(axis=0), 1 / _MINKOWSKI)
    gains = np.clip(means.mean() / np.maximum(means, 1e-6), 1 / _MOST_CAST, _MOST_CAST)
    levels = np.clip(np.arange(256)[:, None] * gains[None, :], 0, 255).round().astype(np.uint8)  # [256, 3]
    return np.stack([levels[frames[..., channel], channel] for channel in range(3)], axis=-1)


def _without_hiss(samples: FloatVector, rate_hz: int) -> FloatVector:
    """Return samples with steady noise turned down (Wiener's gain, minimum statistics by Martin 2001).

    In each frequency the quietest tenth of the moments is taken for noise. A sound that is steady itself is
    taken for noise, too.
    """
    from scipy import signal

    window = max(16, int(_WINDOW_S * rate_hz) // 2 * 2)
    if len(samples) < 8 * window:
        return samples
    transform = signal.ShortTimeFFT(np.hanning(window + 1)[:-1], window // 4, rate_hz)
    waves = transform.stft(samples.astype(np.float64))  # [n_frequencies, n_moments]
    power = np.square(np.abs(waves))
    kernel = np.ones(5) / 5
    smooth = np.apply_along_axis(lambda row: np.convolve(row, kernel, mode="same"), 1, power)
    audible = smooth.sum(axis=0) > 1e-9 * smooth.sum(axis=0).max(initial=0)
    if audible.sum() < 10:
        return samples
    noise = _OF_THE_QUIETEST * np.quantile(smooth[:, audible], _QUIETEST_SHARE, axis=1)[:, None]
    gain = np.maximum(1 - noise / np.maximum(smooth, 1e-20), _FLOOR)
    cleaned = transform.istft(waves * gain, k1=len(samples))
    return np.asarray(cleaned[: len(samples)], dtype=np.float32)


def _at_target_loudness(samples: FloatVector, rate_hz: int) -> FloatVector:
    """Return samples at `TARGET_LUFS`, or as near as their peaks allow; silence stays silence."""
    loudness = integrated_loudness(samples, rate_hz)
    peak = float(np.abs(samples).max(initial=0))
    if loudness is None or peak <= 0:
        return samples
    gain_db = min(TARGET_LUFS - loudness, _MOST_GAIN_DB)
    gain = min(10 ** (gain_db / 20), 1 / peak) if gain_db > 0 else 10 ** (gain_db / 20)
    return (samples * np.float32(gain)).astype(np.float32)


def integrated_loudness(samples: FloatVector, rate_hz: int) -> float | None:
    """Return the loudness of mono `samples` [n] in LUFS (ITU-R BS.1770-4); None for silence."""
    block, hop = max(1, int(0.4 * rate_hz)), max(1, int(0.1 * rate_hz))
    weighted = _weighted_like_hearing(samples, rate_hz)
    if len(weighted) < block:
        weighted = np.pad(weighted, (0, block - len(weighted)))
    sums = np.cumsum(np.square(np.pad(weighted, (1, 0))))
    starts = np.arange(0, len(weighted) - block + 1, hop)
    power = (sums[starts + block] - sums[starts]) / block
    power = power[_lufs(power) > _QUIETEST_LUFS]
    if not len(power):
        return None
    return float(_lufs(power[_lufs(power) > _lufs(power.mean()) + _RELATIVE_GATE_DB].mean()))


def _lufs(power: NDArray[np.float64]) -> NDArray[np.float64]:
    return -0.691 + 10 * np.log10(np.maximum(power, 1e-20))


def _weighted_like_hearing(samples: FloatVector, rate_hz: int) -> NDArray[np.float64]:
    """Return samples through the two filters of BS.1770: a shelf for the head, then a high-pass."""
    from scipy import signal

    found = np.asarray(samples, dtype=np.float64)
    for hz, q, gain_db in (
        (1681.974450955533, 0.7071752369554196, 3.999843853973347),
        (38.13547087602444, 0.5003270373238773, None),
    ):
        if hz >= rate_hz / 2:
            continue
        k = np.tan(np.pi * hz / rate_hz)
        bottom = np.array([1 + k / q + k * k, 2 * (k * k - 1), 1 - k / q + k * k])
        if gain_db is None:
            top = np.array([1.0, -2.0, 1.0]) * bottom[0]
        else:
            high, band = 10 ** (gain_db / 20), 10 ** (gain_db / 20 * 0.4996667741545416)
            top = np.array([high + band * k / q + k * k, 2 * (k * k - high), high - band * k / q + k * k])
        found = np.asarray(signal.lfilter(top / bottom[0], bottom / bottom[0], found), dtype=np.float64)
    return found
