"""Adam: steps up a gradient, each number at a pace of its own."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from sensorium.core.arrays import FloatMatrix, IntVector

DECAY = (0.9, 0.999)
"""How fast means and squares of gradients are forgotten."""
TINY = 1e-8


class Adam:
    """Moves `value` up its gradients, in place (Kingma and Ba 2015, arXiv 1412.6980).

    `rows` moves only the rows that a batch touches. A negative `rate` goes down.
    """

    def __init__(self, value: FloatMatrix, rate: float) -> None:
        self.value = value
        self.rate = rate
        self.mean, self.square = np.zeros_like(value), np.zeros_like(value)
        self.done = 0

    def all(self, gradients: NDArray[Any]) -> None:
        """Add a step for the whole value, up its `gradients` [n, d]."""
        self._step(slice(None), gradients)

    def rows(self, rows: IntVector, gradients: NDArray[Any]) -> None:
        """Add a step for `rows` [n], which may repeat, up their `gradients` [n, d]."""
        touched, place = np.unique(rows, return_inverse=True)
        ones = np.ones(len(rows), dtype=np.float32)
        sums = sparse.csr_array((ones, (place, np.arange(len(rows)))), shape=(len(touched), len(rows)))
        self._step(touched, sums @ gradients)

    def _step(self, touched: IntVector | slice, gradients: NDArray[Any]) -> None:
        self.done += 1
        first, second = DECAY
        self.mean[touched] = first * self.mean[touched] + (1 - first) * gradients
        self.square[touched] = second * self.square[touched] + (1 - second) * np.square(gradients)
        scale = self.rate * np.sqrt(1 - second**self.done) / (1 - first**self.done)
        self.value[touched] += scale * self.mean[touched] / (np.sqrt(self.square[touched]) + TINY)
