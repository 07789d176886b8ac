"""Encodes one batch; what breaks is noted and the rest goes on."""

from collections.abc import Sequence
from typing import Any, cast

import numpy as np

from sensorium.core.arrays import BoolVector
from sensorium.core.errors import ConfigError, UserError
from sensorium.encoders.base import Encoded, Encoder, InputT


def encode_batch(encoder: Encoder[Any, InputT], inputs: Sequence[InputT]) -> Encoded:
    """Return the rows of a batch; if it fails as a whole, one by one, so that only the culprit is lost."""
    try:
        return encode_rows(encoder, inputs)
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


def encode_rows(encoder: Encoder[Any, InputT], inputs: Sequence[InputT | None]) -> Encoded:
    """Return the rows of `inputs` as they must be; a row that is not finite is a failure.

    Raises
    ------
    ConfigError
        If they do not fit the encoder's own `parts`: it cannot be used.
    """
    encoded = cast("object", encoder.encode_batch(inputs))
    shape = (len(inputs), encoder.dimension)
    if not isinstance(encoded, Encoded) or np.shape(encoded.values) != shape:
        given = np.shape(encoded.values) if isinstance(encoded, Encoded) else type(encoded).__name__
        raise ConfigError(
            f"encoder {encoder.name!r} gives {given} where its parts ask for rows {shape}",
            remedy="Choose another under [encoders], or mend it",
        )
    wrong: BoolVector = ~np.all(np.isfinite(encoded.values), axis=1)
    if not wrong.any():
        return encoded
    failures = {int(row): "its row is not finite" for row in np.flatnonzero(wrong)}
    values = np.where(wrong[:, None], np.float32(0), encoded.values)
    return Encoded(values, {**failures, **encoded.failures}, encoded.retry)
