"""Compaction: a bundle and its segments as one new bundle, which answers as both did."""

from collections.abc import Iterable
from functools import partial
from pathlib import Path

from sensorium.serving.bundle import bundle_version, read_manifest, write_bundle
from sensorium.serving.fitted_model import FittedModel
from sensorium.serving.growing import grown_parts
from sensorium.serving.persistence import load_parts
from sensorium.serving.segment import Segment, require_next
from sensorium.serving.state_changes import with_changes
from sensorium.serving.write_model import write_model


def compact_bundle(bundle: Path, segments: Iterable[Segment], root: Path, *, verify: bool = True) -> Path:
    """Write the bundle in `bundle` with the items of its `segments` as a new one below `root`; return it.

    Nothing is learnt anew: it answers as the view with these segments does. Overlays are not part of it.

    Raises
    ------
    DataError
        If a segment belongs to another bundle or is missing, or, with `verify`, a file was changed.
    """
    manifest = read_manifest(bundle, verify=verify)
    version, after = bundle_version(manifest), 0
    parts = load_parts(bundle, manifest)
    for segment in segments:
        model = FittedModel(**parts)
        require_next(segment, version, after, len(model.catalog))
        after = segment.sequence
        catalog, indices = model.catalog.with_rows(segment.rows)
        features = model.item_features.with_rows(indices, segment.features)
        fusion = type(model.fusion)(model.fusion.config)
        fusion.restore(with_changes(model.fusion.state(), segment.model))
        knowledge = model.search_knowledge.with_items(indices)
        knowledge.words(catalog)
        grown = grown_parts(model, catalog, features, fusion)
        kept = {name: value for name, value in grown.items() if not name.startswith("_")}
        parts |= {**kept, "search_knowledge": knowledge}
    return write_bundle(root, partial(write_model, FittedModel(**parts)))
