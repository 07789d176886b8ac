"""What kind of source a score comes from: a modality, behaviour or popularity; declared, never guessed."""

from collections.abc import Iterable
from enum import StrEnum
from typing import NamedTuple, Self

from sensorium.core.block_name import BlockName
from sensorium.core.roles import Role


class SourceKind(StrEnum):
    """Where a score comes from."""

    TEXT = "text"
    IMAGE = "image"
    AUDIO = "audio"
    VIDEO = "video"
    CATEGORY = "category"
    NUMBER = "number"
    CONTENT = "content"
    """Several modalities at once."""
    BEHAVIOUR = "behaviour"
    """What other users did."""
    POPULARITY = "popularity"
    """The same for every user."""
    ATTRIBUTES = "attributes"
    """What people with the same attributes choose."""
    FOLLOWS = "follows"
    """What those choose whom the user follows."""
    SEARCHES = "searches"
    """What the user searched for in words, and what goes with it."""
    CIRCUMSTANCES = "circumstances"
    """What is chosen under such circumstances more often than else."""
    SECOND_LEVEL = "second-level"
    """What ordering the best items anew changes in the weighted sum: no reason of its own for any item."""
    BASELINE = "baseline"
    """The means that z-scores subtract: part of every score, and no reason for any item."""

    @classmethod
    def of_modality(cls, modality: str) -> "SourceKind":
        """Return the kind of a feature block; `content` where ready-made features name no known modality."""
        return cls(modality) if modality in _MODALITIES else cls.CONTENT


_MODALITIES = frozenset(role.value for role in Role if role.makes_features)


class SourceOrigin(NamedTuple):
    """What a source stands for: its kind and, if it reads one feature block, the column of that block."""

    kind: SourceKind
    column: str = ""

    @classmethod
    def of_blocks(cls, names: Iterable[BlockName]) -> Self:
        """Return the origin of what reads the feature blocks `names`; `content` if they are not alike."""
        read = list(names)
        modalities = {name.modality for name in read}
        kind = SourceKind.of_modality(modalities.pop()) if len(modalities) == 1 else SourceKind.CONTENT
        return cls(kind, read[0].column if len(read) == 1 else "")
