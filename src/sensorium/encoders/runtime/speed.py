"""How fast an encoder is on one core: some items of a column, read, decoded and encoded."""

import time
from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np

from sensorium.core.arrays import BoolVector
from sensorium.core.errors import MediaError
from sensorium.encoders.base import Encoder
from sensorium.media.quiet_decoders import quiet_decoders
from sensorium.media.reference import MediaRef

MAX_SAMPLE = 256
"""Items that are tried; evenly spaced ones of more."""
BUDGET_S = 1.0
"""No batch is begun after this."""
BATCH_VALUES = 64
"""Texts, labels and numbers that are encoded at once; media are encoded one by one."""


def items_per_second(encoder: Encoder[Any, Any], inputs: Sequence[Any], present: BoolVector) -> float | None:
    """Return the rate of a fitted encoder over a sample of its column; None where nothing can be tried.

    `inputs` are values, or references to media, of which those on the web are left out; `present`
    [n_items] says which of them have been encoded before and so are known to be harmless.
    """
    usable = [inputs[row] for row in np.flatnonzero(present).tolist()]
    usable = [given for given in usable if not (isinstance(given, MediaRef) and given.is_url)]
    sample = usable[:: max(1, -(-len(usable) // MAX_SAMPLE))]
    if not sample:
        return None
    size = 1 if encoder.traits.modality.is_media else BATCH_VALUES
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        with quiet_decoders():
            encoder.encode_batch([_content(sample[0])])  # what is set up once does not count
            return _rate(encoder, sample, size)
    finally:
        cv2.setNumThreads(threads)


def _rate(encoder: Encoder[Any, Any], sample: Sequence[Any], size: int) -> float:
    n, started_s = 0, time.perf_counter()
    for start in range(0, len(sample), size):
        batch = sample[start : start + size]
        encoder.encode_batch([_content(given) for given in batch])
        n += len(batch)
        if time.perf_counter() - started_s > BUDGET_S:
            break
    return n / max(time.perf_counter() - started_s, 1e-9)


def _content(given: Any) -> Any:
    """Return the bytes of a medium, None if it has gone since; other values as they are."""
    if not isinstance(given, MediaRef):
        return given
    try:
        return given.read()
    except MediaError:
        return None
