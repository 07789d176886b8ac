"""Rows that are kept by the content they were made from, and the blocks that are gathered from them."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from sensorium.core.block_name import BlockName
from sensorium.core.hashing import hash_json
from sensorium.encoders.base import Encoder
from sensorium.features.block import FeatureBlock
from sensorium.features.rows import RowStore
from sensorium.features.store import FeatureStore


def open_rows(encoder: Encoder[Any, Any], store: FeatureStore) -> RowStore:
    """Return the rows that the encoder has made; a model that made some need not be loaded for that."""
    spec = encoder.spec()
    return store.rows(spec, store.dimension(spec) or encoder.dimension)


def gather_block(
    name: str,
    encoder: Encoder[Any, Any],
    keys: Sequence[str | None],
    rows: RowStore,
    store: FeatureStore,
) -> FeatureBlock:
    """Return the block of the rows that `keys` name, one for each item; None has none."""
    spec = encoder.spec()
    address = hash_json([name, spec, keys])
    block = store.block(address)
    if block is None:
        present = np.array([key is not None for key in keys], dtype=np.bool_)
        shape = np.broadcast_to(np.float32(0), (len(keys), rows.dimension))
        described = FeatureBlock(BlockName(name), shape, present, spec, dict(encoder.parts))
        block = store.write_block(address, described, lambda out: rows.gather(keys, out))
    store.keep_only(name, address)
    return block
