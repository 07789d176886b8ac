"""What events say of items in words, such as reviews: a feature block learnt from training events alone."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import polars as pl

from sensorium.catalog.event_details import texts_about_items
from sensorium.catalog.events import Events
from sensorium.core.hashing import hash_json, hash_strings
from sensorium.features.block import OF_EVENTS, FeatureBlock
from sensorium.features.scaling import Scaling
from sensorium.serving.item_features import ItemFeatures
from sensorium.training.event_text_reader import EventTextReader, block_of_texts

FEWEST_ITEMS = 3
"""With fewer items that anybody wrote about, there is nothing to learn from their words."""


def with_event_texts(features: ItemFeatures, events: Events) -> ItemFeatures:
    """Return `features` and, learnt from what `events` say in words, a text block of the items.

    It is read by `events.text_reader`, and kept by what it was learnt from: whoever holds events back
    learns it anew without them. Without texts, and where hardly any item has some, there is none.
    """
    own = {name: block for name, block in features.blocks.items() if OF_EVENTS not in block.spec}
    without = features if len(own) == len(features.blocks) else replace(features, blocks=own)
    texts, column = events.texts(), events.columns.text
    if texts is None or column is None:
        return without
    about = texts_about_items(texts, pl.Series(events.user), pl.Series(events.item))
    if about["item"].n_unique() < FEWEST_ITEMS:
        return without
    name = block_of_texts(column, own)
    learnt_from = hash_json([hash_strings(about["text"]), hash_strings(map(str, about["item"]))])
    if name in features.blocks and features.blocks[name].spec[OF_EVENTS] == learnt_from:
        return features
    read = (events.text_reader or EventTextReader.default()).read(about, len(events.items))
    spec = read.encoder.spec() | {OF_EVENTS: learnt_from}
    present = np.any(read.values, axis=1)
    raw = FeatureBlock(name, read.values, present, spec, read.parts)
    scaling = Scaling.fit(raw)
    return replace(
        features,
        blocks={**own, name: scaling.scaled(raw)},
        encoders={**features.encoders, name: read.encoder},
        scalings={**features.scalings, name: scaling},
    )


def with_event_text_block(blocks: Mapping[str, FeatureBlock], events: Events) -> Mapping[str, FeatureBlock]:
    """Return `blocks` with that of `with_event_texts`; one that was learnt from other events is replaced."""
    return with_event_texts(ItemFeatures(blocks, {}, {}), events).blocks
