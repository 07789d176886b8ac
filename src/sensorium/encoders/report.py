"""What a run of the encoders did: counts for each block, and every medium that failed."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, NamedTuple

from sensorium.encoders.base import Encoder
from sensorium.features.block import FeatureBlock


class EncodedBlock(NamedTuple):
    """One block, the encoder that is ready for more, and how items came by their rows."""

    block: FeatureBlock
    encoder: Encoder[Any, Any]
    fresh: set[int]
    """Items encoded in this run."""
    failures: Mapping[int, str]
    """Item -> reason; of a recipe, also where other members could read it."""


@dataclass(frozen=True)
class EncodeFailure:
    """One item whose medium or value could not be encoded, or not by one member of a recipe."""

    block: str
    item_id: str
    location: str
    """The path or URL; empty for text, labels and numbers."""
    reason: str


@dataclass(frozen=True)
class BlockReport:
    """How the items of one block came by their rows; the counts add up to the number of items."""

    encoded: int = 0
    """Encoded in this run."""
    reused: int = 0
    """Known from an earlier run, or from another item with the same content."""
    missing: int = 0
    """Without an entry in the column."""
    failed: int = 0
    """With an entry that could not be read or encoded."""


@dataclass(frozen=True)
class EncodeReport:
    """What happened, by block."""

    blocks: dict[str, BlockReport] = field(default_factory=dict[str, BlockReport])
    failures: list[EncodeFailure] = field(default_factory=list[EncodeFailure])


@dataclass(frozen=True)
class EncodeResult:
    """Blocks and the encoders that made them."""

    blocks: dict[str, FeatureBlock]
    """Raw features by block name, mapped from the store; see `features.scaling`."""
    encoders: dict[str, Encoder[Any, Any]]
    """Fitted, by block name: they encode new items and queries."""
    report: EncodeReport

    def to_json(self) -> dict[str, Any]:
        """Return what `sensorium encode --json` prints."""
        blocks = {
            name: {
                "encoder": self.encoders[name].title,
                "dimension": self.blocks[name].dimension,
                **asdict(counts),
            }
            for name, counts in self.report.blocks.items()
        }
        return {"blocks": blocks, "failures": [asdict(failure) for failure in self.report.failures]}
