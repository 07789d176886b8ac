"""The shape of a sound: the lowest and highest sample of each of many stretches, as players draw it."""

import json
from typing import Any

import numpy as np

from sensorium.core.arrays import FloatVector

TYPE = "application/json"
MOST_BINS = 1_000
_BLOCK_SAMPLES = 64
"""The shortest stretch; longer ones are made of several."""
_SCALE, _LOWEST, _HIGHEST = 128, -128, 127


class Waveform:
    """Takes samples piece by piece, so that hours of sound need little memory."""

    def __init__(self, rate_hz: int) -> None:
        self._rate_hz = rate_hz
        self._rest: FloatVector = np.empty(0, dtype=np.float32)
        self._low: list[FloatVector] = []
        self._high: list[FloatVector] = []
        self.n_samples = 0

    def add(self, samples: FloatVector) -> None:
        """Take the next samples [n] of one channel, from -1 to 1."""
        self.n_samples += len(samples)
        known = np.nan_to_num(np.concatenate([self._rest, samples]), nan=0.0, posinf=1.0, neginf=-1.0)
        n_whole = len(known) // _BLOCK_SAMPLES * _BLOCK_SAMPLES
        self._rest = known[n_whole:]
        if n_whole:
            blocks = known[:n_whole].reshape(-1, _BLOCK_SAMPLES)
            self._low.append(blocks.min(axis=1))
            self._high.append(blocks.max(axis=1))

    def to_json(self) -> bytes:
        """Return the shape in the format of audiowaveform (version 2), which peaks.js and others draw.

        `data` holds the lowest and the highest value of each of up to `MOST_BINS` stretches in turn, from
        -128 to 127; a stretch has `samples_per_pixel` samples, and there are `sample_rate` in a second.
        """
        ends = [self._rest] if len(self._rest) else []
        low = np.concatenate([*self._low, *(one.min(keepdims=True) for one in ends)])
        high = np.concatenate([*self._high, *(one.max(keepdims=True) for one in ends)])
        n_blocks = max(1, -(-len(low) // MOST_BINS))
        starts = np.arange(0, len(low), n_blocks)
        pairs = np.stack([np.minimum.reduceat(low, starts), np.maximum.reduceat(high, starts)], axis=1)
        data = np.clip(np.round(pairs * _SCALE), _LOWEST, _HIGHEST).astype(int)
        said: dict[str, Any] = {
            "version": 2,
            "channels": 1,
            "sample_rate": self._rate_hz,
            "samples_per_pixel": n_blocks * _BLOCK_SAMPLES,
            "bits": 8,
            "length": len(data),
            "data": data.ravel().tolist(),
        }
        return json.dumps(said, separators=(",", ":")).encode()
