"""Runs the encoders over a catalogue: resumable, and only over what is new."""

from collections.abc import Mapping
from typing import Any

from sensorium.catalog.catalog import Catalog
from sensorium.core.block_name import BlockName
from sensorium.core.progress import SILENT, Progress
from sensorium.core.roles import Role
from sensorium.encoders.base import Encoder
from sensorium.encoders.choice import default_encoders
from sensorium.encoders.report import BlockReport, EncodedBlock, EncodeFailure, EncodeReport, EncodeResult
from sensorium.encoders.runtime.encode_block import encode_block
from sensorium.features.store import FeatureStore
from sensorium.media.reference import MediaRef


def encode_catalog(
    catalog: Catalog,
    store: FeatureStore,
    *,
    encoders: Mapping[str, Encoder[Any, Any]] | None = None,
    progress: Progress = SILENT,
    workers: int | None = None,
) -> EncodeResult:
    """Return one block of features for each column that has an encoder.

    Parameters
    ----------
    catalog
        The items.
    store
        Where features are kept. Media are encoded once for each content, ever; texts, labels and
        numbers once for each content of their column.
    encoders
        Block name -> encoder; the defaults if not given. Fitted ones are not fitted again.
    progress
        Gets one stage for each block.
    workers
        Processes; one for each core if not given.

    Notes
    -----
    A medium that cannot be read or decoded is reported with its reason, and the run goes on. After
    `KeyboardInterrupt`, or a kill, the next run takes up where this one stood.
    """
    chosen = default_encoders(catalog) if encoders is None else dict(encoders)
    result = EncodeResult({}, {}, EncodeReport())
    for name, encoder in chosen.items():
        inputs = inputs_of(catalog, encoder.traits.modality, BlockName(name).column)
        _enter(result, catalog, encode_block(name, encoder, inputs, store, progress, workers), inputs)
    return result


def inputs_of(catalog: Catalog, role: Role, column: str) -> list[Any]:
    """Return what encoders of `role` take for each item: values, or references to media."""
    if role.is_media:
        return list(catalog.media(column))
    if role is Role.TEXT:
        return catalog.texts(column)
    if role is Role.CATEGORY:
        return catalog.categories(column)
    return catalog.numbers(column).tolist()


def _enter(result: EncodeResult, catalog: Catalog, done: EncodedBlock, inputs: list[Any]) -> None:
    """Enter one finished block into the result."""
    block, present = done.block, done.block.present
    n_present, n_encoded = int(present.sum()), len(done.fresh)
    n_failed = sum(not present[row] for row in done.failures)
    result.blocks[block.name], result.encoders[block.name] = block, done.encoder
    result.report.blocks[block.name] = BlockReport(
        encoded=n_encoded,
        reused=n_present - n_encoded,
        missing=len(block) - n_present - n_failed,
        failed=n_failed,
    )
    for row, reason in sorted(done.failures.items()):
        place = inputs[row].location if isinstance(inputs[row], MediaRef) else ""
        result.report.failures.append(EncodeFailure(block.name, catalog.items.id(row), place, reason))
