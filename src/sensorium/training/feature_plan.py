"""Which features of the items there will be, before anything is encoded; and making them."""

import contextlib
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple, Self

from sensorium.catalog.catalog import Catalog
from sensorium.catalog.events import Events
from sensorium.catalog.searches import Finder
from sensorium.core.block_name import BlockName
from sensorium.core.progress import LOG, Progress
from sensorium.encoders.base import Encoder
from sensorium.encoders.choice import EncoderChoice, chosen_encoders, default_encoders
from sensorium.encoders.encode_catalog import encode_catalog
from sensorium.encoders.report import EncodeReport, EncodeResult
from sensorium.evaluation.splits import Split
from sensorium.features.block import FeatureBlock
from sensorium.features.ready_vectors import Features, ready_blocks
from sensorium.features.store import FeatureStore
from sensorium.media.cleaning_names import Cleaning
from sensorium.serving.found_items import item_finder, with_found_items
from sensorium.serving.item_features import ItemFeatures
from sensorium.training.event_text_reader import EventTextReader, EventTexts

SHOWN_FAILURES = 5
"""Media that cannot be read, of which the log names each."""


class MadeFeatures(NamedTuple):
    """The features of the items, and how they came about."""

    items: ItemFeatures
    encoding: EncodeReport
    text_reader: EventTextReader | None
    """What reads the words of events; None: they say nothing."""
    find: Finder
    """What finds the items that the words of a search match."""

    def read(self, events: Events) -> Events:
        """Return `events`, whose words are read as it was planned, and whose searches are looked up."""
        return with_found_items(replace(events, text_reader=self.text_reader), self.find)

    def read_in(self, splits: Iterable[Split]) -> list[Split]:
        """Return `splits` of such events."""
        return [one.with_parts(map(self.read, one.parts)) for one in splits]


@dataclass(frozen=True)
class FeaturePlan:
    """What encodes each column and what events say, and the vectors that are there already."""

    catalog: Catalog
    ready: Mapping[str, FeatureBlock]
    """Block name -> vectors that somebody brought along."""
    encoders: Mapping[str, Encoder[Any, Any]]
    """Block name -> what encodes the column: all columns that no `ready` block stands for."""
    texts: EventTexts | None
    """What events say in words."""
    text_encoder: Encoder[Any, Any] | None
    """What reads that."""

    @classmethod
    def of(
        cls,
        catalog: Catalog,
        features: Features | None,
        encoders: Mapping[str, EncoderChoice] | None,
        events: Iterable[Events],
        *,
        folder: Path | None = None,
        where: str = "encoders",
        cleaning: Sequence[Cleaning] = (),
    ) -> Self:
        """Return the plan of what is given to `sensorium.fit` and `sensorium.evaluate`, which see.

        `events` may come in several parts; the rest is as in `chosen_encoders`.
        """
        ready = ready_blocks(catalog, features)
        own = [name for name in default_encoders(catalog) if not BlockName(name).is_in(ready)]
        texts = EventTexts.of(events, [*own, *ready])
        chosen = chosen_encoders(
            catalog,
            encoders or {},
            folder=folder,
            where=where,
            cleaning=cleaning,
            event_texts=texts and texts.block,
        )
        reads_texts = None if texts is None else chosen[texts.block]
        return cls(catalog, ready, {name: chosen[name] for name in own}, texts, reads_texts)

    @property
    def blocks(self) -> tuple[str, ...]:
        """The names of the items' own feature blocks."""
        return (*self.encoders, *self.ready)

    @property
    def sources(self) -> tuple[str, ...]:
        """The names of all blocks that a model can be of: also that of what events say."""
        return self.blocks if self.texts is None else (*self.blocks, self.texts.block)

    def make(self, store: str | Path | None, progress: Progress) -> MadeFeatures:
        """Encode what the folder `store` lacks, a passing one if None; log media that cannot be read."""
        with contextlib.ExitStack() as stack:
            if store is not None:
                made = self.make_in(FeatureStore(Path(store)), progress)
            else:
                passing = stack.enter_context(tempfile.TemporaryDirectory(prefix="sensorium-"))
                made = self.make_in(FeatureStore(Path(passing)), progress)
                made = made._replace(text_reader=made.text_reader and made.text_reader.in_memory())
            _log_failures(made.encoding)
            return made

    def make_in(self, store: FeatureStore, progress: Progress) -> MadeFeatures:
        """Encode what `store` lacks."""
        encoded, reader = self.encode(store, progress), None
        if self.texts is not None and self.text_encoder is not None:
            reader = self.texts.reader(self.text_encoder, store, progress)
        items = ItemFeatures.of(encoded, self.ready)
        return MadeFeatures(items, encoded.report, reader, item_finder(self.catalog, items))

    def encode(self, store: FeatureStore, progress: Progress) -> EncodeResult:
        """Encode of the catalogue's columns what `store` lacks."""
        return encode_catalog(self.catalog, store, encoders=self.encoders, progress=progress)

    def encode_texts(self, store: FeatureStore, progress: Progress, result: EncodeResult) -> None:
        """Encode of what events say what `store` lacks, unless its encoder learns; enter it in `result`."""
        if self.texts is not None and self.text_encoder is not None:
            self.texts.encode_into(result, self.text_encoder, store, progress)


def _log_failures(report: EncodeReport) -> None:
    for failure in report.failures[:SHOWN_FAILURES]:
        LOG.warning("%s: item %s: %s", failure.block, failure.item_id, failure.reason)
    if len(report.failures) > SHOWN_FAILURES:
        LOG.warning("%s media in all cannot be read", f"{len(report.failures):,}")
