"""Encodes one column of texts, labels or numbers as a whole: such encoders learn from all of it."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from sensorium.core.arrays import FloatMatrix
from sensorium.core.block_name import BlockName
from sensorium.core.hashing import canonical_json, hash_json, hash_strings
from sensorium.core.progress import Progress, Stage
from sensorium.encoders.base import Encoder
from sensorium.encoders.report import EncodedBlock
from sensorium.encoders.runtime.encode_batch import encode_rows
from sensorium.features.block import FeatureBlock
from sensorium.features.store import FeatureStore

_BATCH = 1024


def encode_column(
    name: str, encoder: Encoder[Any, Any], inputs: Sequence[Any], store: FeatureStore, progress: Progress
) -> EncodedBlock:
    """Return the block of a column of values; None and NaN are missing.

    An encoder that is fitted already is used as it is: new items then get rows that compare with the
    old ones. One that is not fitted learns from `inputs`.
    """
    given = [None if value != value else value for value in inputs]  # NaN
    content = hash_strings(canonical_json(value) for value in given)
    fitted = encoder.state().content_hash if encoder.is_fitted else None
    address = hash_json([name, encoder.spec(), fitted, content])
    block, state = store.block(address), store.encoder_state(address)
    with progress.stage(name, total=sum(value is not None for value in given)) as stage:
        if block is not None and state is not None:
            stage.advance(sum(value is not None for value in given))
            store.keep_only(name, address)
            known = encoder if fitted else type(encoder)(encoder.config).restore(state)
            return EncodedBlock(block, known, set(), store.failures(address))
        if fitted is None:
            encoder = type(encoder)(encoder.config).fit(given)
        failures: dict[int, str] = {}
        block = _write_block(name, encoder, given, store, address, failures, stage)
    store.keep_only(name, address)
    return EncodedBlock(block, encoder, set(np.flatnonzero(block.present).tolist()), failures)


def _write_block(
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
    spec = encoder.spec() | {"state": state.content_hash}
    described = FeatureBlock(BlockName(name), shape, present, spec, dict(encoder.parts))

    def fill(out: FloatMatrix) -> None:
        for start in range(0, len(inputs), _BATCH):
            batch = inputs[start : start + _BATCH]
            encoded = encode_rows(encoder, batch)
            out[start : start + len(batch)] = encoded.values
            present[start : start + len(batch)] &= encoded.values.any(axis=1)
            failures.update((start + row, reason) for row, reason in encoded.failures.items())
            stage.advance(sum(value is not None for value in batch))

    return store.write_block(address, described, fill, failures=failures, state=state)
