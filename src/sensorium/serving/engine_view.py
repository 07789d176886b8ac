"""The engine: a bundle, the segments of items that came after it, and overlays, at one moment.

A view never changes, and whoever holds one is answered by it. What came meanwhile makes another view, which
shares all that has not changed; a service puts it in the place of the former one, as a whole. The arrays of a
bundle are mapped into memory, so that all processes share them, and the rows of new items lie right behind
those of the bundle: every answer is that of one array. A view keeps nothing of users: what they did comes
with the question, as an `Asking`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Self

import numpy as np

from sensorium.core.arrays import IntVector
from sensorium.features.block import FeatureBlock
from sensorium.features.ready_vectors import Features, ready_blocks
from sensorium.models.shared.imputation import impute_missing
from sensorium.serving.bundle import LATEST, MANIFEST, bundle_version, latest_bundle, read_manifest
from sensorium.serving.growing import require_content, widen_training_data
from sensorium.serving.overlay import Overlaid, Overlay, edited_rows
from sensorium.serving.segment import Segment, open_segments, require_next
from sensorium.serving.state_changes import changes_between
from sensorium.serving.view_answers import ViewAnswers
from sensorium.serving.viewed_model import ViewedModel

COMPACT_FROM = 0.05
"""With so many new or changed items, as a share of those of the bundle, a view is better made a bundle."""


@dataclass(frozen=True)
class EngineView(ViewAnswers):
    """What answers: see the module. Made by `open`, `with_segments` and `with_overlay`."""

    last_segment: int = field(repr=False)
    """The last segment that is in it; 0: none."""
    changed: IntVector = field(repr=False, compare=False)
    """The items that segments brought or changed, growing."""
    base: ViewedModel = field(repr=False, compare=False)
    """The bundle's own model."""

    @classmethod
    def open(cls, folder: str | Path, *, verify: bool = True) -> Self:
        """Return the view of a bundle alone: of what `FittedModel.save` wrote, or the newest of several.

        Raises
        ------
        NotReadyError
            If there is no bundle.
        DataError
            If a file of the bundle is missing or, with `verify`, was changed.
        """
        place = Path(folder)
        if not (place / MANIFEST).is_file() and (place / LATEST).is_file():
            place = latest_bundle(place)
        manifest = read_manifest(place, verify=verify)
        model = ViewedModel.open(place, manifest)
        nothing, none = Overlaid.nothing(len(model.catalog)), np.zeros(0, dtype=np.int64)
        return cls(bundle_version(manifest), 0, model, nothing, 0, none, model)

    def __len__(self) -> int:
        return len(self.model.catalog)

    def with_segments(self, segments: Iterable[Segment]) -> Self:
        """Return the view with the items of `segments`, which go on from those that it has, in order.

        A deleted item of which a segment has a row is there again.

        Raises
        ------
        DataError
            If a segment belongs to another bundle, or one before it is missing.
        """
        view = self
        for segment in segments:
            require_next(segment, view.bundle, view.last_segment, len(view))
            overlaid = view.overlaid.with_items(segment.indices, segment.n_items[1])
            view = replace(
                view,
                sequence=max(view.sequence, segment.sequence),
                model=view.model.with_segment(segment, overlaid),
                overlaid=overlaid,
                last_segment=segment.sequence,
                changed=np.union1d(view.changed, segment.indices),
            )
        return view

    def caught_up(self, root: Path, *, verify: bool = True) -> Self:
        """Return the view with the segments of its bundle below `root` that go on from those that it has."""
        return self.with_segments(open_segments(root, self.bundle, after=self.last_segment, verify=verify))

    def with_overlay(self, overlay: Overlay) -> Self:
        """Return the view in which items are hidden, shown, deleted and edited as `overlay` says.

        Raises
        ------
        DataError
            If the catalogue has no such column.
        """
        overlaid = self.overlaid.after(overlay, self.model.catalog.items)
        model = self.model.with_rows(edited_rows(self.model.catalog, overlay), overlaid)
        return replace(self, sequence=max(self.sequence, overlay.sequence), model=model, overlaid=overlaid)

    def segment(
        self, rows: object, *, features: Features | None = None, sequence: int | None = None
    ) -> Segment:
        """Return the segment of the items in `rows`; it goes on from this view, which stays as it is.

        Parameters
        ----------
        rows
            A polars, pandas or Arrow frame with the catalogue's columns; missing ones are empty. A row of a
            known item takes the place of the former one.
        features
            Vectors of these items, as given to `sensorium.fit`, of blocks that the model knows; their media
            are not encoded then.
        sequence
            Its number among segments and overlays; the next one if not given.

        Raises
        ------
        DataError
            If an id is empty or stands twice, `features` do not fit, or the catalogue has no content that
            could tell what a new item is like.
        """
        require_content(self.model.item_features, "segment")
        catalog, indices = self.model.catalog.with_rows(rows)
        fresh = catalog.only(indices)
        made = self.model.item_features.rows_of(fresh, ready_blocks(fresh, features))
        blocks = self._imputed(self.model.item_features.with_rows(indices, made).blocks, len(catalog))
        before = self.model.fusion
        # A known item with other features may be one that others came to be neighbours of: all is made anew.
        goes_on = bool((indices >= len(self)).all())
        after = (before if goes_on else self.base.fusion).extend(blocks)
        n_items = len(self), len(catalog)
        return Segment(
            self.bundle,
            self.sequence + 1 if sequence is None else sequence,
            self.last_segment,
            n_items,
            indices,
            catalog.frame[indices],
            made,
            changes_between(before.state(), after.state(), n_items),
        )

    def merged(self) -> Segment:
        """Return one segment in the place of all that this view has: from the bundle to the last of them.

        Who opens many small segments had better open it.
        """
        model, indices = self.model, self.changed
        n_items = len(self.base.catalog), len(self)
        rows = {name: block.rows(indices) for name, block in model.item_features.blocks.items()}
        changes = changes_between(self.base.fusion.state(), model.fusion.state(), n_items)
        frame = model.catalog.frame[indices]
        return Segment(self.bundle, self.last_segment, 0, n_items, indices, frame, rows, changes)

    @property
    def needs_compacting(self) -> bool:
        """Whether so much came with segments that `compact_bundle` had better make a bundle of it."""
        return len(self.changed) > COMPACT_FROM * len(self.base.catalog)

    def _imputed(self, blocks: Mapping[str, FeatureBlock], n_items: int) -> Mapping[str, FeatureBlock]:
        """Return `blocks` as models take them: completed by what users like together, if a fit was so."""
        rule = self.model.record.impute
        return impute_missing(widen_training_data(self.base.data, n_items, blocks), rule).blocks
