"""Encodes one batch in this process; what breaks is noted and the rest goes on."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from sensorium.core.errors import UserError
from sensorium.encoders.base import Encoded, Encoder, InputT


def encode_batch(encoder: Encoder[Any, InputT], inputs: Sequence[InputT]) -> Encoded:
    """Return the rows of a batch; if it fails as a whole, one by one, so that only the culprit is lost."""
    try:
        return encoder.encode_batch(inputs)
    except UserError:  # a missing model is no fault of the input
        raise
    except Exception as error:  # one input must not end the run; the reason is reported
        if len(inputs) == 1:
            values = np.zeros((1, encoder.dimension), dtype=np.float32)
            return Encoded(values, {0: f"{type(error).__name__}: {error}"}, retry=frozenset({0}))
    singles = [encode_batch(encoder, [one]) for one in inputs]
    return Encoded(
        np.concatenate([single.values for single in singles]),
        {row: single.failures[0] for row, single in enumerate(singles) if 0 in single.failures},
        frozenset(row for row, single in enumerate(singles) if 0 in single.retry),
    )
