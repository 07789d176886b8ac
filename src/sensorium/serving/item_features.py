"""What is known of the items' content: scaled blocks, and how new items and queries come to such rows."""

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import numpy as np

from sensorium.catalog.catalog import Catalog
from sensorium.core.arrays import FloatVector, IntVector
from sensorium.core.block_name import BlockName
from sensorium.core.component import State
from sensorium.core.errors import DataError
from sensorium.core.file_rows import with_rows_at, with_rows_behind
from sensorium.core.linalg import unit_rows
from sensorium.core.roles import Role
from sensorium.encoders.base import Encoder, Track
from sensorium.encoders.encode_catalog import encode_catalog
from sensorium.encoders.persistence import SavedEncoders, save_encoder
from sensorium.encoders.query import encode_queries
from sensorium.encoders.report import EncodeResult
from sensorium.features.block import FeatureBlock
from sensorium.features.scaling import Scaling
from sensorium.features.store import FeatureStore

NOTHING_READY: Mapping[str, FeatureBlock] = {}
SEARCHABLE = (Role.TEXT, Role.IMAGE, Role.AUDIO, Role.VIDEO)
"""What a search may be given."""


@dataclass(frozen=True)
class ItemFeatures:
    """Scaled feature blocks with the encoders and scalings that made them.

    A block that was brought along ready-made (a split folder's `image.npy`) has a scaling and no encoder.
    """

    blocks: Mapping[str, FeatureBlock]
    """Scaled: rows of unit length, so that a dot product is a cosine."""
    encoders: Mapping[str, Encoder[Any, Any]]
    scalings: Mapping[str, Scaling]

    @classmethod
    def of(cls, encoded: EncodeResult, ready_made: Mapping[str, FeatureBlock] | None = None) -> Self:
        """Scale the blocks of an encoding run and any blocks that came ready-made."""
        raw = {**encoded.blocks, **(ready_made or {})}
        scalings = {name: Scaling.fit(block) for name, block in raw.items()}
        blocks = {name: scalings[name].scaled(block) for name, block in raw.items()}
        return cls(blocks, dict(encoded.encoders), scalings)

    def asked_by(self, name: str) -> "ItemFeatures":
        """Return the features that a modality or block is looked for in.

        For `audio` the sound tracks of clips are blocks of their own, such as `audio:trailer`, too.
        """
        return self._with_tracks if BlockName(name).modality == Role.AUDIO.value else self

    @cached_property
    def _with_tracks(self) -> "ItemFeatures":
        blocks, encoders, scalings = dict(self.blocks), dict(self.encoders), dict(self.scalings)
        for name in self.modalities().get(Role.VIDEO.value, ()):
            for track in encoders[name].tracks if name in encoders else ():
                own = BlockName(BlockName.of(track.modality, BlockName(name).column))
                blocks[own] = _part_of(self.blocks[name], own, track)
                encoders[own], scalings[own] = track.encoder, self.scalings[name].narrowed(track.columns)
        return ItemFeatures(blocks, encoders, scalings)

    def modalities(self) -> dict[str, tuple[str, ...]]:
        """Return the block names of each modality."""
        found: dict[str, tuple[str, ...]] = {}
        for name, block in self.blocks.items():
            found[block.modality] = (*found.get(block.modality, ()), name)
        return found

    def rows_of(
        self, items: Catalog, ready: Mapping[str, FeatureBlock] = NOTHING_READY
    ) -> dict[str, FeatureBlock]:
        """Return the scaled rows of `items` in every block; nothing is learnt anew.

        `ready` are vectors that are there already, by the name of the block that they belong to; they are
        taken instead of encoding.
        """
        self._require_alike(ready)
        with tempfile.TemporaryDirectory() as folder:
            store = FeatureStore(Path(folder))
            encoders = {n: e for n, e in self._applicable(items).items() if n not in ready}
            made = {**encode_catalog(items, store, encoders=encoders, workers=1).blocks, **ready}
            return {name: self._scaled(name, made.get(name), len(items)) for name in self.blocks}

    def with_rows(self, indices: IntVector, rows: Mapping[str, FeatureBlock]) -> Self:
        """Return the features with the `rows` of items at `indices` [n_rows], the new ones behind all others.

        New items have the next indices, in order; others are those whose rows are replaced.
        """
        blocks = {name: _with_rows(block, indices, rows[name]) for name, block in self.blocks.items()}
        return replace(self, blocks=blocks)

    def _require_alike(self, ready: Mapping[str, FeatureBlock]) -> None:
        """Raise `DataError` unless the blocks `ready` are some of those that there are, and as wide."""
        for name, block in ready.items():
            where = f"features {name!r}"
            if name not in self.blocks:
                known = ", ".join(self.blocks)
                raise DataError("the model knows no such block", where=where, remedy=f"Known are: {known}")
            if block.dimension != self.blocks[name].dimension:
                raise DataError(
                    f"vectors of {block.dimension} where the model's have {self.blocks[name].dimension}",
                    where=where,
                    remedy="Make them as those that the model has learnt from",
                )

    def _applicable(self, items: Catalog) -> dict[str, Encoder[Any, Any]]:
        return {n: e for n, e in self.encoders.items() if self.blocks[n].column in items.roles}

    def _scaled(self, name: str, made: FeatureBlock | None, n_rows: int) -> FeatureBlock:
        """Return the scaled rows of `made`: zeros and absent where it is None."""
        block = self.blocks[name]
        if made is not None:
            new = self.scalings[name].scaled(made)
            return replace(block, values=new.values, present=new.present)
        values = np.zeros((n_rows, block.dimension), dtype=np.float32)
        return replace(block, values=values, present=np.zeros(n_rows, dtype=np.bool_))

    def query(self, modality: Role, content: str | bytes, *, where: str) -> dict[str, FloatVector]:
        """Return one scaled row [d] for each block with which `content` can be compared.

        These are the blocks of its `modality`, and those whose encoder shares one space with it:
        words also find pictures where a model with both towers looked at them.

        A block whose encoder cannot read it (no word of it is known there) is passed over while another can.

        Raises
        ------
        DataError
            If the catalogue has no such modality or no block can read `content`.
        """
        rows: dict[str, FloatVector] = {}
        reasons: dict[str, None] = {}
        for name, encoder in self.encoders.items():
            if modality not in encoder.query_modalities:
                continue
            try:
                row = encode_queries(encoder, self.scalings[name], [content], modality=modality)[0]
            except DataError as error:
                reasons[error.what] = None
                continue
            if row.any():
                rows[name] = row
        if not rows:
            raise self._unanswered(modality, list(reasons), where)
        return rows

    def _unanswered(self, modality: Role, reasons: Sequence[str], where: str) -> DataError:
        """Return why no block has a row for a query."""
        if reasons:
            return DataError("; ".join(reasons), where=where, remedy=f"Give another {modality.value}")
        known = {role for encoder in self.encoders.values() for role in encoder.query_modalities}
        known |= {track.modality for encoder in self.encoders.values() for track in encoder.tracks}
        if modality in known:
            what = f"nothing in the catalogue resembles this {modality.value}"
            return DataError(what, where=where, remedy=f"Give another {modality.value}")
        names = ", ".join(role.value for role in SEARCHABLE if role in known)
        return DataError(
            f"the catalogue has no {modality.value} column to compare with",
            where=where,
            remedy=f"It can be searched by: {names}" if names else "It cannot be searched by content",
        )

    def save(self, folder: Path) -> None:
        """Write blocks, scalings and encoders below `folder`, one numbered folder for each block."""
        for number, (name, block) in enumerate(self.blocks.items()):
            place = folder / f"{number:03d}"
            state = State(
                arrays={"values": block.values, "present": block.present},
                values={
                    "name": name,
                    "spec": dict(block.spec),
                    "parts": {k: list(v) for k, v in block.parts.items()},
                },
            )
            state.save(place / "block")
            self.scalings[name].state().save(place / "scaling")
            if name in self.encoders:
                save_encoder(self.encoders[name], place / "encoder")

    @classmethod
    def load(cls, folder: Path, *, mapped: bool = False) -> Self:
        """Read what `save` wrote; `mapped` as for `State.load`."""
        blocks: dict[str, FeatureBlock] = {}
        encoders: dict[str, Path] = {}
        scalings: dict[str, Scaling] = {}
        for place in sorted(folder.glob("[0-9][0-9][0-9]")):
            state = State.load(place / "block", mapped=mapped)
            name = BlockName(state.values["name"])
            parts = {part: (int(start), int(stop)) for part, (start, stop) in state.values["parts"].items()}
            blocks[name] = FeatureBlock(
                name,
                state.arrays["values"],
                state.arrays["present"].astype(np.bool_, copy=False),
                state.values["spec"],
                parts,
            )
            scalings[name] = Scaling.from_state(State.load(place / "scaling"))
            if (place / "encoder").is_dir():
                encoders[name] = place / "encoder"
        return cls(blocks, SavedEncoders(encoders), scalings)


def _with_rows(block: FeatureBlock, indices: IntVector, rows: FeatureBlock) -> FeatureBlock:
    """Return `block` with `rows` at `indices`, as `ItemFeatures.with_rows`."""
    values, present = block.values, block.present
    known, new = np.flatnonzero(indices < len(block)), np.flatnonzero(indices >= len(block))
    if len(known):
        values = with_rows_at(values, indices[known], rows.values[known])
        present = with_rows_at(present, indices[known], rows.present[known])
    return replace(
        block,
        values=with_rows_behind(values, rows.values[new]),
        present=with_rows_behind(present, rows.present[new]),
    )


def _part_of(block: FeatureBlock, name: BlockName, track: Track) -> FeatureBlock:
    """Return the columns of a track as a block of its own: rows of unit length, of the items that have it."""
    start, stop = track.columns
    values = unit_rows(block.values[:, start:stop])
    present = block.present & values.any(axis=1)
    return FeatureBlock(name, values, present, track.encoder.spec(), {"all": (0, stop - start)})
