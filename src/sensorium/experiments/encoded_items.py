"""Items with their content encoded, for experiments that start from a catalogue."""

import contextlib
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from sensorium.catalog.catalog import Catalog
from sensorium.catalog.events import Events
from sensorium.core.errors import ConfigError
from sensorium.core.progress import Progress
from sensorium.encoders.choice import EncoderChoice, chosen_encoders
from sensorium.encoders.encode_catalog import encode_catalog
from sensorium.encoders.report import EncodeReport
from sensorium.features.block import FeatureBlock
from sensorium.features.store import FeatureStore
from sensorium.serving.item_features import ItemFeatures


class EncodedItems(NamedTuple):
    """What is known of the items' content."""

    blocks: Mapping[str, FeatureBlock]
    """Scaled feature blocks by name."""
    encoding: EncodeReport
    """How they came about."""


def encode_items(
    catalog: Catalog,
    *,
    features: Mapping[str, FeatureBlock] | None,
    encoders: Mapping[str, EncoderChoice] | None,
    store: str | Path | None,
    progress: Progress,
) -> EncodedItems:
    """Return the catalogue's columns as feature blocks, with the ready `features` beside or instead."""
    with contextlib.ExitStack() as stack:
        if store is None:
            store = stack.enter_context(tempfile.TemporaryDirectory(prefix="sensorium-"))
        chosen = chosen_encoders(catalog, encoders or {})
        encoded = encode_catalog(catalog, FeatureStore(Path(store)), encoders=chosen, progress=progress)
        return EncodedItems(ItemFeatures.of(encoded, features).blocks, encoded.report)


def require_catalog(catalog: object, where: str) -> Catalog:
    """Return `catalog`; `ConfigError` if it is none, since frames come to mind first."""
    if not isinstance(catalog, Catalog):
        raise ConfigError(
            f"{type(catalog).__name__} is given where Catalog belongs",
            where=where,
            remedy="Make it with Catalog.from_frame",
        )
    return catalog


def as_events(events: object, catalog: Catalog) -> Events:
    """Return `events`; a frame is read with the columns found by their names."""
    return events if isinstance(events, Events) else Events.from_frame(events, items=catalog.items)
