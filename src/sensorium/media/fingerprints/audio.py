"""Fingerprints of sounds: volume, codecs and resampling change few bits."""

from math import gcd

import numpy as np

from sensorium.core.arrays import FloatMatrix, FloatVector
from sensorium.media.fingerprints.timed import BITS_PER_STEP, NearnessRule, TimedFingerprint, pack_signs

MAX_HEARD_S = 30.0
STEP_S = 0.064
NEAR = NearnessRule(max_shift=round(3 / STEP_S), min_steps=8, overlap=0.6, max_errors=0.3)
"""Copies of real recordings differ in 22% of their bits at most, different ones in 37% or more."""
_RATE_HZ = 8_000
_WINDOW, _STEP = 4_096, round(STEP_S * _RATE_HZ)
_LOWEST_HZ, _HIGHEST_HZ = 200.0, 3_400.0
_QUIET = 1e-5
"""Of the loudest step's power: 50 dB below it a step says nothing, since codecs fill it as they like."""


def sound_fingerprint(samples: FloatVector, rate_hz: int) -> bytes | None:
    """Return the fingerprint of the first 30 seconds of mono `samples` [n]; None for silence.

    32 bits for every 64 ms: whether the step from one band of pitch to the next grew since the step before,
    33 bands from 200 to 3,400 Hz over half a second (Haitsma and Kalker 2002, "A highly robust audio
    fingerprinting system"). Volume and codecs change few of them.
    """
    samples = _resample(samples[: int(MAX_HEARD_S * rate_hz)], rate_hz)
    if len(samples) < _WINDOW + NEAR.min_steps * _STEP:
        samples = np.pad(samples, (0, _WINDOW + NEAR.min_steps * _STEP - len(samples)))
    powers = _band_powers(samples)
    total = powers.sum(axis=1)
    loud = total > _QUIET * total.max()
    slopes = np.diff(powers, axis=1)
    words = pack_signs(np.diff(slopes, axis=0))
    words[~loud[1:]] = 0
    if np.count_nonzero(words) < NEAR.min_steps or not total.max() > 0:
        return None
    spectrum = np.sqrt(np.sqrt(powers[loud])).mean(axis=0)
    return TimedFingerprint(spectrum / np.linalg.norm(spectrum), words).to_bytes()


def _resample(samples: FloatVector, rate_hz: int) -> FloatVector:
    from scipy.signal import resample_poly

    common = gcd(_RATE_HZ, rate_hz)
    return np.asarray(resample_poly(samples, _RATE_HZ // common, rate_hz // common), dtype=np.float32)


def _band_powers(samples: FloatVector) -> FloatMatrix:
    """Return the power of each of 33 bands in each step [n_steps, 33]."""
    windows = np.lib.stride_tricks.sliding_window_view(samples, _WINDOW)[::_STEP]
    spectrum = np.abs(np.fft.rfft(windows * np.hanning(_WINDOW).astype(np.float32), axis=1)) ** 2
    edges = np.geomspace(_LOWEST_HZ, _HIGHEST_HZ, BITS_PER_STEP + 2) * _WINDOW / _RATE_HZ
    inside = spectrum[:, : int(edges[-1]) + 1]
    return np.add.reduceat(inside, edges[:-1].astype(np.int64), axis=1).astype(np.float32)
