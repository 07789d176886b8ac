"""How good a recording is: level, clipping, silence, noise."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from sensorium.core.arrays import FloatVector
from sensorium.media.quality.measures import Scores

SILENCE_DBFS = -60.0
_FLOOR_DBFS = -120.0
_STRETCH_S = 0.05
_WINDOW_S = 0.046
_AVERAGED = 5
_BIAS = 1.4
"""Of the tenth percentile of the power of noise, averaged over five windows that overlap by half."""
_CLEANEST_DB = 60.0


def sound_quality(samples: FloatVector, rate_hz: int) -> Scores:
    """Return the scores of mono `samples` [n] in [-1, 1]; `measures` says what they mean."""
    stretch = max(1, int(_STRETCH_S * rate_hz))
    n_stretches = max(1, len(samples) // stretch)
    power = (
        np.square(samples[: n_stretches * stretch], dtype=np.float64).reshape(n_stretches, -1).mean(axis=1)
    )
    loud = 10 * np.log10(np.maximum(power, 1e-20)) > SILENCE_DBFS
    loudness = 10 * np.log10(power[loud].mean()) if loud.any() else _FLOOR_DBFS
    return {
        "silent": 1 - float(loud.mean()),
        "clipped": _clipped(samples),
        "loudness_dbfs": float(loudness),
        "offset": abs(float(samples.mean(dtype=np.float64))),
        **_noise(samples, rate_hz),
    }


def _clipped(samples: FloatVector) -> float:
    peak = np.abs(samples).max(initial=0)
    at_limit = np.abs(samples) >= max(0.98, 0.999 * peak)
    flat = at_limit[1:] & at_limit[:-1] & (np.abs(np.diff(samples)) < 1e-3)
    return float(flat.mean()) if len(flat) else 0.0


def _noise(samples: FloatVector, rate_hz: int) -> Scores:
    """Return how far a sound stands above the hiss beneath it, in dB; nothing for one that is too short.

    The quietest tenth of each frequency's moments is taken for noise (minimum statistics, Martin 2001).
    Hiss has the same power at all frequencies; rain and engines have not. So the power at the frequency
    that is quieter than 70% of the others is taken for that of all.
    """
    window = int(_WINDOW_S * rate_hz)
    if len(samples) < window * (_AVERAGED + 3):
        return {}
    windows = sliding_window_view(samples, window)[:: window // 2]  # [n_moments, window]
    waves = np.fft.rfft(windows * np.hanning(window).astype(np.float32), axis=1)
    power = np.square(np.abs(waves), dtype=np.float64).T  # [n_frequencies, n_moments]
    total = power.sum(axis=0)
    power = power[:, total > 1e-9 * total.max(initial=0)]  # digital silence is no noise
    if power.shape[1] < 2 * _AVERAGED:
        return {}
    sums = np.cumsum(np.pad(power, ((0, 0), (1, 0))), axis=1)
    averaged = (sums[:, _AVERAGED:] - sums[:, :-_AVERAGED]) / _AVERAGED
    floor = _BIAS * np.percentile(averaged, 10, axis=1)
    hiss, loudness = np.percentile(floor, 30) * len(floor), power.mean(axis=1).sum()
    above = 10 * np.log10(loudness / max(float(hiss), 1e-12 * loudness))
    return {"above_noise_db": float(np.clip(above, 0, _CLEANEST_DB))}
