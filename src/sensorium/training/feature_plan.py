"""Which features of the items there will be, before anything is encoded; and making them."""

import contextlib
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, Self

from sensorium.catalog.catalog import Catalog
from sensorium.core.block_name import BlockName
from sensorium.core.progress import LOG, Progress
from sensorium.encoders.base import Encoder
from sensorium.encoders.choice import EncoderChoice, chosen_encoders
from sensorium.encoders.encode_catalog import encode_catalog
from sensorium.encoders.report import EncodeReport
from sensorium.features.block import FeatureBlock
from sensorium.features.ready_vectors import Features, ready_blocks
from sensorium.features.store import FeatureStore
from sensorium.serving.item_features import ItemFeatures

SHOWN_FAILURES = 5
"""Media that cannot be read, of which the log names each."""


class MadeFeatures(NamedTuple):
    """The features of the items, and how they came about."""

    items: ItemFeatures
    encoding: EncodeReport


@dataclass(frozen=True)
class FeaturePlan:
    """What encodes each column, and the vectors that are there already."""

    catalog: Catalog
    ready: Mapping[str, FeatureBlock]
    """Block name -> vectors that somebody brought along."""
    encoders: Mapping[str, Encoder[Any, Any]]
    """Block name -> what encodes the column: all columns that no `ready` block stands for."""

    @classmethod
    def of(
        cls, catalog: Catalog, features: Features | None, encoders: Mapping[str, EncoderChoice] | None
    ) -> Self:
        """Return the plan of what is given to `sensorium.fit` and `sensorium.evaluate`, which see."""
        ready = ready_blocks(catalog, features)
        chosen = chosen_encoders(catalog, encoders or {})
        return cls(
            catalog, ready, {name: one for name, one in chosen.items() if not BlockName(name).is_in(ready)}
        )

    @property
    def blocks(self) -> tuple[str, ...]:
        """The names of all feature blocks."""
        return (*self.encoders, *self.ready)

    def make(self, store: str | Path | None, progress: Progress) -> MadeFeatures:
        """Encode what the folder `store` lacks, a passing one if None; log media that cannot be read."""
        with contextlib.ExitStack() as stack:
            if store is None:
                store = stack.enter_context(tempfile.TemporaryDirectory(prefix="sensorium-"))
            kept = FeatureStore(Path(store))
            encoded = encode_catalog(self.catalog, kept, encoders=self.encoders, progress=progress)
            _log_failures(encoded.report)
            return MadeFeatures(ItemFeatures.of(encoded, self.ready), encoded.report)


def _log_failures(report: EncodeReport) -> None:
    for failure in report.failures[:SHOWN_FAILURES]:
        LOG.warning("%s: item %s: %s", failure.block, failure.item_id, failure.reason)
    if len(report.failures) > SHOWN_FAILURES:
        LOG.warning("%s media in all cannot be read", f"{len(report.failures):,}")
