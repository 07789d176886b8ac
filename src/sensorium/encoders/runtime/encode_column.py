"""Encodes one column of texts, labels or numbers as a whole: such encoders learn from all of it."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from sensorium.core.arrays import FloatMatrix
from sensorium.core.component import State
from sensorium.core.hashing import canonical_json, hash_array, hash_json, hash_strings
from sensorium.core.progress import Progress, Stage
from sensorium.encoders.base import Encoder
from sensorium.features.block import FeatureBlock
from sensorium.features.store import FeatureStore

_BATCH = 1024


class EncodedColumn(NamedTuple):
    """One block of values, the fitted encoder, and what failed."""

    block: FeatureBlock
    encoder: Encoder[Any, Any]
    is_fresh: bool
    """Whether it was made in this run."""
    failures: dict[int, str]
    """Item -> reason."""


def encode_column(
    name: str, encoder: Encoder[Any, Any], inputs: Sequence[Any], store: FeatureStore, progress: Progress
) -> EncodedColumn:
    """Return the block of a column of values; None and NaN are missing.

    An encoder that is fitted already is used as it is: new items then get rows that compare with the
    old ones. One that is not fitted learns from `inputs`.
    """
    given = [None if value != value else value for value in inputs]  # NaN
    content = hash_strings(canonical_json(value) for value in given)
    fitted = hash_state(encoder.state()) if encoder.is_fitted else None
    address = hash_json([name, encoder.spec(), fitted, content])
    block, state = store.block(address), store.encoder_state(address)
    with progress.stage(name, total=sum(value is not None for value in given)) as stage:
        if block is not None and state is not None:
            stage.advance(sum(value is not None for value in given))
            store.keep_only(name, address)
            known = encoder if fitted else type(encoder)(encoder.config).restore(state)
            return EncodedColumn(block, known, is_fresh=False, failures=store.failures(address))
        if fitted is None:
            encoder = type(encoder)(encoder.config).fit(given)
        failures: dict[int, str] = {}
        block = _written(name, encoder, given, store, address, failures, stage)
    store.keep_only(name, address)
    return EncodedColumn(block, encoder, is_fresh=True, failures=failures)


def hash_state(state: State) -> str:
    """Return a hash of what an encoder has learned."""
    arrays = {name: hash_array(array) for name, array in sorted(state.arrays.items())}
    return hash_json([arrays, dict(state.values)])


def _written(
    name: str,
    encoder: Encoder[Any, Any],
    inputs: list[Any],
    store: FeatureStore,
    address: str,
    failures: dict[int, str],
    stage: Stage,
) -> FeatureBlock:
    state = encoder.state()
    present = np.array([value is not None for value in inputs], dtype=np.bool_)
    shape = np.broadcast_to(np.float32(0), (len(inputs), encoder.dimension))
    spec = encoder.spec() | {"state": hash_state(state)}
    described = FeatureBlock(name, shape, present, spec, dict(encoder.parts))

    def fill(out: FloatMatrix) -> None:
        for start in range(0, len(inputs), _BATCH):
            batch = inputs[start : start + _BATCH]
            encoded = encoder.encode(batch)
            out[start : start + len(batch)] = encoded.values
            present[start : start + len(batch)] &= encoded.values.any(axis=1)
            failures.update((start + row, reason) for row, reason in encoded.failures.items())
            stage.advance(sum(value is not None for value in batch))

    return store.write_block(address, described, fill, failures=failures, state=state)
