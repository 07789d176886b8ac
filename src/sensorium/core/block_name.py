"""The name of a feature block: which modality it comes from, and which column."""

from collections.abc import Collection
from typing import Self


class BlockName(str):
    """`modality:column`, such as `image:poster`; the bare modality for a block without a column.

    A text like any other, so that it keys mappings and stands in files.
    """

    __slots__ = ()

    @classmethod
    def of(cls, modality: str, column: str = "") -> Self:
        """Return the name of the block that `column` gives in `modality`."""
        return cls(f"{modality}:{column}" if column else modality)

    @property
    def modality(self) -> str:
        """The part before the colon."""
        return self.partition(":")[0]

    @property
    def column(self) -> str:
        """The part after the colon; empty for a block without a column."""
        return self.partition(":")[2]

    def is_in(self, names: Collection[str]) -> bool:
        """Return whether `names` hold the block or its modality."""
        return self in names or self.modality in names
