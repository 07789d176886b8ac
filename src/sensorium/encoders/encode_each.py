"""One input after the other into one matrix; what breaks is noted and the rest goes on."""

from collections.abc import Callable, Sequence

import numpy as np

from sensorium.core.arrays import FloatVector
from sensorium.core.errors import MediaError
from sensorium.encoders.base import Encoded, InputT


def encode_each(
    inputs: Sequence[InputT | None], row_of: Callable[[InputT], FloatVector], dimension: int
) -> Encoded:
    """Return `row_of` each input as a row [n, dimension]; zeros for None and for a failure."""
    values = np.zeros((len(inputs), dimension), dtype=np.float32)
    failures: dict[int, str] = {}
    for index, given in enumerate(inputs):
        if given is None:
            continue
        try:
            row = row_of(given)
        except MediaError as error:
            failures[index] = error.reason
            continue
        if np.isfinite(row).all():
            values[index] = row
        else:
            failures[index] = "its features are not finite"
    return Encoded(values, failures)
