"""What events say of items in words, such as reviews: a feature block learnt from training events alone."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import polars as pl

from sensorium.catalog.event_details import texts_of_items
from sensorium.catalog.events import Events
from sensorium.core.block_name import BlockName
from sensorium.core.hashing import hash_strings
from sensorium.core.roles import Role
from sensorium.encoders.registry import default_type
from sensorium.features.block import OF_EVENTS, FeatureBlock
from sensorium.features.scaling import Scaling
from sensorium.serving.item_features import ItemFeatures

FEWEST_ITEMS = 3
"""With fewer items that anybody wrote about, there is nothing to learn from their words."""


def with_event_texts(features: ItemFeatures, events: Events) -> ItemFeatures:
    """Return `features` and, learnt from what `events` say in words, a text block of the items.

    It is read as other columns of text are, and kept by what it was learnt from: whoever holds events back
    learns it anew without them. Without texts, and where hardly any item has some, nothing changes.
    """
    column = events.columns.text
    if column is None or events.details is None or column not in events.details.columns:
        return features
    said = texts_of_items(
        events.details[column], pl.Series(events.user), pl.Series(events.item), len(events.items)
    )
    present = np.asarray([text is not None for text in said], dtype=np.bool_)
    if present.sum() < FEWEST_ITEMS:
        return features
    name, learnt_from = block_of_texts(column, features.blocks), hash_strings(text or "" for text in said)
    if name in features.blocks and features.blocks[name].spec[OF_EVENTS] == learnt_from:
        return features
    encoder = default_type(Role.TEXT)().fit(said)
    spec = encoder.spec() | {OF_EVENTS: learnt_from}
    raw = FeatureBlock(name, encoder.encode_batch(said).values, present, spec, encoder.parts)
    scaling = Scaling.fit(raw)
    return replace(
        features,
        blocks={**features.blocks, name: scaling.scaled(raw)},
        encoders={**features.encoders, name: encoder},
        scalings={**features.scalings, name: scaling},
    )


def with_event_text_block(blocks: Mapping[str, FeatureBlock], events: Events) -> Mapping[str, FeatureBlock]:
    """Return `blocks` with that of `with_event_texts`; one that was learnt from other events is replaced."""
    return with_event_texts(ItemFeatures(blocks, {}, {}), events).blocks


def block_of_texts(column: str, blocks: Mapping[str, FeatureBlock]) -> BlockName:
    """Return the name of the block: `text:COLUMN`, unless a column of the items is called so."""
    name = BlockName.of(Role.TEXT.value, column)
    taken = name in blocks and OF_EVENTS not in blocks[name].spec
    return BlockName.of(Role.TEXT.value, f"{column} of events") if taken else name
