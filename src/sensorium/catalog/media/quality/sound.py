"""How good a recording is: level, clipping, silence."""

import numpy as np

from sensorium.catalog.media.quality.measures import Scores
from sensorium.core.arrays import FloatVector

SILENCE_DBFS = -60.0
_FLOOR_DBFS = -120.0
_STRETCH_S = 0.05


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
    }


def _clipped(samples: FloatVector) -> float:
    peak = np.abs(samples).max(initial=0)
    at_limit = np.abs(samples) >= max(0.98, 0.999 * peak)
    flat = at_limit[1:] & at_limit[:-1] & (np.abs(np.diff(samples)) < 1e-3)
    return float(flat.mean()) if len(flat) else 0.0
