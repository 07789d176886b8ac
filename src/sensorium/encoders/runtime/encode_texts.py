"""Encodes a column of texts row by row: each text once, ever, by encoders that do not learn from the rest."""

from collections.abc import Sequence
from typing import Any

from sensorium.core.hashing import hash_bytes
from sensorium.core.progress import Progress
from sensorium.encoders.base import Encoded, Encoder
from sensorium.encoders.report import EncodedBlock
from sensorium.encoders.runtime.encode_batch import encode_batch
from sensorium.encoders.runtime.stored_rows import gather_block, open_rows
from sensorium.features.rows import RowStore
from sensorium.features.store import FeatureStore

BATCH_TEXTS = 256


def encode_texts(
    name: str,
    encoder: Encoder[Any, str],
    texts: Sequence[str | None],
    store: FeatureStore,
    progress: Progress,
) -> EncodedBlock:
    """Return the block of a column of texts; only texts that the store does not know are encoded.

    Interrupted at any moment, it keeps what is done.
    """
    rows = open_rows(encoder, store)
    keys = [None if text is None else hash_bytes(text.encode("utf-8", "surrogatepass")) for text in texts]
    items: dict[str, list[int]] = {}
    for item, key in enumerate(keys):
        if key is not None:
            items.setdefault(key, []).append(item)
    unknown = {
        key: texts[where[0]] or ""
        for key, where in items.items()
        if key not in rows and not rows.failure(key)
    }
    reasons: dict[str, str] = {}
    with progress.stage(name, total=sum(map(len, items.values()))) as stage:
        stage.advance(sum(len(where) for key, where in items.items() if key not in unknown))
        ordered = sorted(unknown, key=lambda key: len(unknown[key]))  # alike in length: little padding
        try:
            for start in range(0, len(ordered), BATCH_TEXTS):
                batch = ordered[start : start + BATCH_TEXTS]
                encoded = encode_batch(encoder, [unknown[key] for key in batch])
                reasons.update(_keep(rows, batch, encoded))
                stage.advance(sum(len(items[key]) for key in batch))
        finally:
            rows.flush()
    rows.merge()
    failed = {key: reasons.get(key) or rows.failure(key) for key in items if key not in rows}
    failures = {item: reason for key, reason in failed.items() if reason for item in items[key]}
    block = gather_block(name, encoder, [key if key and key in rows else None for key in keys], rows, store)
    fresh = {items[key][0] for key in unknown}
    return EncodedBlock(block, encoder, fresh - failures.keys(), failures)


def _keep(rows: RowStore, keys: Sequence[str], encoded: Encoded) -> dict[str, str]:
    """Put the rows of a batch into the store; return why others are to be tried again."""
    again: dict[str, str] = {}
    for row, key in enumerate(keys):
        reason = encoded.failures.get(row)
        if reason is None:
            rows.add(key, encoded.values[row])
        elif row in encoded.retry:
            again[key] = reason
        else:
            rows.add_failure(key, reason)
    return again
