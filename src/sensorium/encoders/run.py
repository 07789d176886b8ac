"""Runs the encoders over a catalogue: resumable, and only over what is new."""

from collections.abc import Mapping
from typing import Any

from sensorium.catalog.catalog import Catalog
from sensorium.catalog.roles import Role
from sensorium.core.progress import SILENT, Progress
from sensorium.encoders.base import Encoder
from sensorium.encoders.column_run import encode_column
from sensorium.encoders.learning import learnt
from sensorium.encoders.media_run import encode_media
from sensorium.encoders.registry import default_encoders
from sensorium.encoders.report import BlockReport, EncodeFailure, EncodeReport, EncodeResult
from sensorium.encoders.text_run import encode_texts
from sensorium.features.block import FeatureBlock
from sensorium.features.store import FeatureStore


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
        column = name.partition(":")[2]
        if encoder.traits.modality.is_media:
            refs = catalog.media(column)
            encoder = learnt(name, encoder, refs, store, progress)
            media = encode_media(name, encoder, refs, store, progress, workers)
            places = ["" if ref is None else ref.location for ref in refs]
            _note(
                result,
                catalog,
                media.block,
                encoder,
                places,
                media.failures,
                len(media.fresh - media.failures.keys()),
            )
        elif encoder.traits.modality is Role.TEXT and not encoder.traits.learns:
            texts = encode_texts(name, encoder, catalog.texts(column), store, progress)
            n_fresh = len(texts.fresh - texts.failures.keys())
            _note(result, catalog, texts.block, encoder, None, texts.failures, n_fresh)
        else:
            inputs = _inputs(catalog, encoder.traits.modality, column)
            done = encode_column(name, encoder, inputs, store, progress)
            n_present = int(done.block.present.sum()) if done.is_fresh else 0
            _note(result, catalog, done.block, done.encoder, None, done.failures, n_present)
    return result


def _inputs(catalog: Catalog, role: Role, column: str) -> list[Any]:
    if role is Role.TEXT:
        return catalog.texts(column)
    if role is Role.CATEGORY:
        return catalog.categories(column)
    return catalog.numbers(column).tolist()


def _note(
    result: EncodeResult,
    catalog: Catalog,
    block: FeatureBlock,
    encoder: Encoder[Any, Any],
    places: list[str] | None,
    failures: Mapping[int, str],
    n_encoded: int,
) -> None:
    """Enter one finished block into the result."""
    n_present = int(block.present.sum())
    result.blocks[block.name], result.encoders[block.name] = block, encoder
    result.report.blocks[block.name] = BlockReport(
        encoded=n_encoded,
        reused=n_present - n_encoded,
        missing=len(block) - n_present - len(failures),
        failed=len(failures),
    )
    for row, reason in sorted(failures.items()):
        place = "" if places is None else places[row]
        result.report.failures.append(EncodeFailure(block.name, catalog.items.id(row), place, reason))
