"""The process that makes features of items: one beside each worker, kept, so that a view is opened once.

A medium that ends it harms nobody else; another one is started.
"""

import multiprocessing
import os
from collections.abc import Mapping, Sequence, Set
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import Literal

import polars as pl

from sensorium.core.hashing import hash_json
from sensorium.core.roles import Role
from sensorium.service.catalogue.cells import attribute_rows, text_cells
from sensorium.serving.engine_view import EngineView

ONCE_MORE = "it is read once more: who read it first was killed"
MOST_SEGMENTS = 16
"""So many segments are merged into one, which is opened quicker."""


@dataclass(frozen=True)
class Cell:
    """A medium by its place."""

    item_id: str
    column: str
    sha256: str


@dataclass(frozen=True)
class Encoded:
    """What has become of a medium."""

    cell: Cell
    encoder: str
    """The encoder's name, version and a hash of its settings."""
    status: Literal["pending", "ready", "failed"]
    why: str
    """Why there are no features; empty where there are."""


@dataclass(frozen=True)
class Wanted:
    """Rows of items to be brought to a bundle."""

    bundle: Path
    segments: Path
    rows: Sequence[Mapping[str, str | None]]
    media: Sequence[Cell]
    """Those whose state is asked for; their items are among the rows, or in the view."""
    sequence: int


def encode_aside(wanted: Wanted) -> list[Encoded]:
    """Write a segment of the rows that the bundle and its segments lack; return what became of the media.

    Raises
    ------
    BrokenProcessPool
        If the process ended; the next call starts another one.
    """
    pool = _Pool.pool or ProcessPoolExecutor(
        1, multiprocessing.get_context("spawn"), initializer=_end_with_parent
    )
    _Pool.pool = pool
    try:
        return pool.submit(encode, wanted).result()
    except BrokenProcessPool:
        _Pool.pool = None
        pool.shutdown(wait=False)
        raise


def _end_with_parent() -> None:
    """End when the worker has ended, also where it was killed."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        Thread(target=lambda: (parent.join(), os._exit(1)), daemon=True).start()


class _Pool:
    pool: ProcessPoolExecutor | None = None


class _Last:
    """Of this process: the view that was worked on last, and the folder of its bundle."""

    folder: Path | None = None
    view: EngineView | None = None


def encode(wanted: Wanted) -> list[Encoded]:
    """Do what `encode_aside` says, in this process."""
    view = _view(wanted)
    again = {cell.item_id for cell in wanted.media if media_state(view, cell).status == "failed"}
    if wanted.sequence <= view.last_segment:  # by one that was killed, perhaps with what read its media
        return [
            Encoded(cell, "", "pending", ONCE_MORE) if cell.item_id in again else media_state(view, cell)
            for cell in wanted.media
        ]
    fresh = _lacking(view, wanted.rows, again)
    if fresh is not None and view.model.item_features.blocks:
        segment = view.segment(fresh, sequence=wanted.sequence)
        segment.save(wanted.segments)
        view = view.with_segments([segment])
        _Last.view = view
        _merge_now_and_then(view, wanted.segments)
    return [media_state(view, cell) for cell in wanted.media]


def media_state(view: EngineView, cell: Cell) -> Encoded:
    """Return whether the view has features of a medium, and what made them."""
    features, items = view.model.item_features, view.model.catalog.items
    blocks = {name: block for name, block in features.blocks.items() if block.column == cell.column}
    if not blocks or cell.item_id not in items:
        return Encoded(cell, "", "pending", "the model does not read it; features come with the next fit")
    specs = [features.encoders[name].spec() for name in blocks if name in features.encoders]
    encoder = ", ".join(f"{s['encoder']} {s['version']} {hash_json(s)[:8]}" for s in specs)
    row = items.index(cell.item_id)
    if any(block.present[row] for block in blocks.values()):
        return Encoded(cell, encoder, "ready", "")
    return Encoded(cell, encoder, "failed", "no features could be made of it")


def _view(wanted: Wanted) -> EngineView:
    """Return the view of the bundle with all segments that there are."""
    view = _Last.view if _Last.folder == wanted.bundle else None
    view = (view or EngineView.open(wanted.bundle)).caught_up(wanted.segments)
    _Last.folder, _Last.view = wanted.bundle, view
    return view


def _lacking(
    view: EngineView, rows: Sequence[Mapping[str, str | None]], again: Set[str]
) -> pl.DataFrame | None:
    """Return those of `rows` that the view does not have as they are; None where it has all.

    Those of the items `again` are returned in any case: a medium that nothing could be made of may be mended.
    """
    catalog = view.model.catalog
    columns = catalog.frame.columns
    known = [row[catalog.id_column] for row in rows if row[catalog.id_column] in catalog.items]
    held = dict(attribute_rows(catalog.only(catalog.items.indices(known)))) if known else {}
    labelled = set(catalog.columns(Role.CATEGORY))
    fresh: list[dict[str, str | None]] = []
    for row in rows:
        told = {name: row.get(name) for name in columns}
        before = held.get(str(row[catalog.id_column]))
        if before is not None and row[catalog.id_column] not in again:
            was = {catalog.id_column: row[catalog.id_column], **text_cells(before, labelled)}
            if all(was.get(name) == value for name, value in told.items()):
                continue
        fresh.append(told)
    return pl.DataFrame(fresh, schema=dict.fromkeys(columns, pl.String)) if fresh else None


def _merge_now_and_then(view: EngineView, segments: Path) -> None:
    """Put one segment in the place of many, as whoever opens the bundle anew reads all of them."""
    folder = segments / view.bundle
    merged = _merged_upto(folder)
    n_since = sum(int(path.name.split("-")[0]) >= merged for path in folder.glob("[0-9]*-[0-9]*"))
    if n_since >= MOST_SEGMENTS:
        view.merged().save(segments)


def _merged_upto(folder: Path) -> int:
    """Return the last change in the longest segment that goes on from the bundle itself."""
    return max((int(path.name.split("-")[1]) for path in folder.glob("000000000000-[0-9]*")), default=0)
