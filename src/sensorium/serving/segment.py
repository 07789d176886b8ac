"""Segments: items that came after a bundle or were changed, each lot one folder that is written once.

A segment belongs to one bundle, whose scalings and models made it, and says which other segment must be there
before it. It holds rows of the catalogue, the scaled rows of each block of features, and what its items
change in the states of the models, so that whoever serves computes nothing anew.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import numpy as np
import polars as pl

from sensorium.core.arrays import IntVector
from sensorium.core.block_name import BlockName
from sensorium.core.component import State
from sensorium.core.errors import DataError
from sensorium.features.block import FeatureBlock
from sensorium.serving.bundle import MANIFEST, read_manifest, write_folder

ROWS, FEATURES, MODEL = "rows.arrow", "features", "model"
_REMEDY = "Delete the folder and write the items again"


@dataclass(frozen=True)
class Segment:
    """A lot of items for the bundle `bundle`; made by `EngineView.segment`."""

    bundle: str
    """The version of the bundle that it belongs to."""
    sequence: int
    """Its place among segments and overlays."""
    after: int
    """The segment that must be there before it; 0: none."""
    n_items: tuple[int, int]
    """How many items there are before and after it."""
    indices: IntVector = field(repr=False, compare=False)
    """[n_rows] int64: where its items stand; below `n_items[0]` are items whose rows it replaces."""
    rows: pl.DataFrame = field(repr=False, compare=False)
    """[n_rows]: what the catalogue says of them."""
    features: Mapping[str, FeatureBlock] = field(repr=False, compare=False)
    """Block -> its scaled rows [n_rows]."""
    model: State = field(repr=False, compare=False)
    """What they change in the state of the fusion; see `state_changes`."""

    def __len__(self) -> int:
        return len(self.indices)

    def save(self, root: Path) -> Path:
        """Write the segment below `root`, by its bundle and its place, and return its folder.

        It is there in one step, whole. `DataError` if there is one with this place.
        """
        folder = segment_folder(root, self)
        folder.parent.mkdir(parents=True, exist_ok=True)
        write_folder(folder, self._fill)
        return folder

    def _fill(self, folder: Path) -> dict[str, Any]:
        self.rows.write_ipc(folder / ROWS)
        arrays: dict[str, Any] = {"indices": self.indices}
        for number, block in enumerate(self.features.values()):
            arrays |= {f"{number}.values": block.values, f"{number}.present": block.present}
        State(arrays, {"names": list(self.features)}).save(folder / FEATURES)
        self.model.save(folder / MODEL)
        return {
            "bundle": self.bundle,
            "sequence": self.sequence,
            "after": self.after,
            "n_items": list(self.n_items),
        }

    @classmethod
    def open(cls, folder: Path, *, verify: bool = True) -> Self:
        """Return the segment in a folder.

        Raises
        ------
        DataError
            If a file is missing or, with `verify`, was changed.
        """
        manifest = read_manifest(folder, verify=verify, remedy=_REMEDY)
        state = State.load(folder / FEATURES)
        blocks: dict[str, FeatureBlock] = {}
        for number, name in enumerate(state.values["names"]):
            values, present = state.arrays[f"{number}.values"], state.arrays[f"{number}.present"]
            blocks[name] = FeatureBlock(BlockName(name), values, present.astype(np.bool_))
        before, after = manifest["n_items"]
        return cls(
            manifest["bundle"],
            manifest["sequence"],
            manifest["after"],
            (before, after),
            state.arrays["indices"],
            pl.read_ipc(folder / ROWS),
            blocks,
            State.load(folder / MODEL),
        )


def segment_folder(root: Path, segment: Segment) -> Path:
    """Return where a segment belongs: its bundle, the segment before it, and its own number."""
    return root / segment.bundle / f"{segment.after:012d}-{segment.sequence:012d}"


def open_segments(root: Path, bundle: str, *, after: int = 0, verify: bool = True) -> list[Segment]:
    """Return the segments of a bundle below `root` that go on from the number `after`, in order.

    Of several that do, such as one and another that it was merged into, it is the one that leads farthest.
    What is not whole is not there yet.
    """
    farthest: dict[int, tuple[int, Path]] = {}
    for folder in (root / bundle).glob("[0-9]*-[0-9]*"):
        if (folder / MANIFEST).is_file():
            first, last = map(int, folder.name.split("-"))
            farthest[first] = max(farthest.get(first, (0, folder)), (last, folder))
    found: list[Segment] = []
    while after in farthest:
        after, folder = farthest[after]
        found.append(Segment.open(folder, verify=verify))
    return found


def require_next(segment: Segment, bundle: str, after: int, n_items: int) -> None:
    """Raise `DataError` unless a segment is the next one of a `bundle` with `n_items` items."""
    where = f"segment {segment.sequence}"
    if segment.bundle != bundle:
        what = f"it belongs to the bundle {segment.bundle}, and this one is {bundle}"
        raise DataError(what, where=where, remedy="Write its items again, for this bundle")
    if segment.after != after or segment.n_items[0] != n_items or segment.sequence <= after:
        what = f"it comes after segment {segment.after}, and the last one here is {after}"
        raise DataError(what, where=where, remedy="Bring all segments, in order")
