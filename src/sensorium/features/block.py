"""One matrix of features: a row for each item, and which rows are real."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np

from sensorium.core.arrays import BoolVector, FloatMatrix
from sensorium.core.block_name import BlockName
from sensorium.core.errors import DataError
from sensorium.core.hashing import hash_array, hash_json

OF_EVENTS = "learnt from events"
"""The key of the spec of a block that was learnt from events: the hash of what they said."""


@dataclass(frozen=True)
class FeatureBlock:
    """The features of one column of the catalogue.

    Rows where `present` is false are zeros and mean "unknown", never "average".
    """

    name: BlockName
    """Such as `image:poster`; a plain text is turned into one."""
    values: FloatMatrix
    """[n_items, d] float32, possibly memory-mapped."""
    present: BoolVector
    """[n_items] bool: whether the item has this medium and it could be encoded."""
    spec: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """What made the block: encoder, version, config. Canonical JSON of it is part of its address."""
    parts: Mapping[str, tuple[int, int]] = field(default_factory=dict[str, tuple[int, int]])
    """Named column ranges `[start, stop)`, for example colours and textures; empty if undivided."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", BlockName(self.name))
        if self.values.ndim != 2 or self.present.shape != (len(self.values),):
            raise DataError(
                f"values {self.values.shape} and present {self.present.shape} do not belong together",
                where=f"feature block {self.name!r}",
                remedy="Give values [n_items, d] and present [n_items]",
            )

    def __len__(self) -> int:
        return len(self.values)

    @property
    def modality(self) -> str:
        """The modality that the name says."""
        return self.name.modality

    @property
    def column(self) -> str:
        """The column that the name says; empty for a block without one."""
        return self.name.column

    @property
    def dimension(self) -> int:
        """The number of features d."""
        return self.values.shape[1]

    @property
    def content_hash(self) -> str:
        """Hash of the values, the present rows and the spec."""
        return hash_json([hash_array(self.values), hash_array(self.present), dict(self.spec)])

    def rows(self, indices: "np.ndarray[Any, Any]") -> Self:
        """Return the block restricted to, and in the order of, the item `indices`."""
        return type(self)(self.name, self.values[indices], self.present[indices], self.spec, self.parts)
