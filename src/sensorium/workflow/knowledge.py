"""What is known of the items' content: scaled blocks, and how to bring new items and queries to the same rows."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

import numpy as np

from sensorium.catalog.catalog import Catalog
from sensorium.catalog.roles import Role
from sensorium.core.arrays import FloatVector
from sensorium.core.component import State
from sensorium.core.errors import DataError
from sensorium.encoders.base import Encoder
from sensorium.encoders.registry import load_encoder, save_encoder
from sensorium.encoders.run import EncodeResult, column_inputs
from sensorium.features.block import FeatureBlock
from sensorium.features.scaling import Scaling


@dataclass(frozen=True)
class Knowledge:
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

    def modalities(self) -> dict[str, tuple[str, ...]]:
        """Return the block names of each modality."""
        found: dict[str, tuple[str, ...]] = {}
        for name, block in self.blocks.items():
            found[block.modality] = (*found.get(block.modality, ()), name)
        return found

    def extended(self, new_items: Catalog) -> Self:
        """Return the knowledge with the rows of `new_items` appended; nothing is learnt anew."""
        grown = {
            name: replace(
                block,
                values=np.concatenate([block.values, rows.values]),
                present=np.concatenate([block.present, rows.present]),
            )
            for name, block, rows in ((n, b, self._new_rows(n, new_items)) for n, b in self.blocks.items())
        }
        return replace(self, blocks=grown)

    def _new_rows(self, name: str, items: Catalog) -> FeatureBlock:
        block, encoder = self.blocks[name], self.encoders.get(name)
        values = np.zeros((len(items), block.dimension), dtype=np.float32)
        present = np.zeros(len(items), dtype=np.bool_)
        if encoder is not None and block.column in items.roles:
            inputs = column_inputs(items, encoder.traits.modality, block.column)
            there = [i for i, value in enumerate(inputs) if value is not None]
            encoded = encoder.encode([inputs[i] for i in there])
            ok = [row for row in range(len(there)) if row not in encoded.failures]
            at = np.asarray(there, dtype=np.int64)[ok]
            values[at] = self.scalings[name].apply(encoded.values[ok])
            present[at] = values[at].any(axis=1)
        return FeatureBlock(name, values, present, block.spec, block.parts)

    def query(self, modality: Role, content: str | bytes, *, where: str) -> dict[str, FloatVector]:
        """Return one scaled row [d] for each block of `modality` that an encoder can make of `content`.

        Raises
        ------
        DataError
            If the catalogue has no such modality or `content` cannot be encoded.
        """
        rows: dict[str, FloatVector] = {}
        reason = ""
        for name, encoder in self.encoders.items():
            if encoder.traits.modality is modality:
                encoded = encoder.encode([content])
                reason = encoded.failures.get(0, "")
                row = self.scalings[name].apply(encoded.values)[0]
                if not reason and row.any():
                    rows[name] = row
        if not rows:
            known = ", ".join(sorted({encoder.traits.modality.value for encoder in self.encoders.values()}))
            raise DataError(
                reason or f"nothing in the catalogue can be compared with this {modality.value}",
                where=where,
                remedy=f"Search by what the catalogue knows: {known or 'nothing was encoded'}",
            )
        return rows

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
    def load(cls, folder: Path) -> Self:
        """Read what `save` wrote."""
        blocks: dict[str, FeatureBlock] = {}
        encoders: dict[str, Encoder[Any, Any]] = {}
        scalings: dict[str, Scaling] = {}
        for place in sorted(folder.glob("[0-9][0-9][0-9]")):
            state = State.load(place / "block")
            name = str(state.values["name"])
            parts = {part: (int(start), int(stop)) for part, (start, stop) in state.values["parts"].items()}
            blocks[name] = FeatureBlock(
                name,
                state.arrays["values"],
                state.arrays["present"].astype(np.bool_),
                state.values["spec"],
                parts,
            )
            scalings[name] = Scaling.from_state(State.load(place / "scaling"))
            if (place / "encoder").is_dir():
                encoders[name] = load_encoder(place / "encoder")
        return cls(blocks, encoders, scalings)
