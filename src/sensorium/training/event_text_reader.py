"""How what events say of items becomes rows: by the encoder that is chosen for it."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, Self

import numpy as np
import polars as pl
from scipy import sparse

from sensorium.catalog.event_details import joined_texts
from sensorium.catalog.events import Events
from sensorium.core.arrays import FloatMatrix
from sensorium.core.block_name import BlockName
from sensorium.core.progress import LabeledProgress, Progress
from sensorium.core.roles import Role
from sensorium.encoders.base import Encoder
from sensorium.encoders.registry import default_type
from sensorium.encoders.report import BlockReport, EncodedBlock, EncodeFailure, EncodeResult
from sensorium.encoders.runtime.encode_batch import encode_rows
from sensorium.encoders.runtime.encode_texts import encode_texts
from sensorium.features.store import FeatureStore

SHOWN_LETTERS = 40
"""Of a text that could not be encoded."""


class ReadTexts(NamedTuple):
    """Rows of the items by what events say of them."""

    values: FloatMatrix
    """[n_items, d] float32; zeros where nothing is said."""
    encoder: Encoder[Any, str]
    """Fitted: it reads queries."""
    parts: Mapping[str, tuple[int, int]]


@dataclass(frozen=True)
class TextRows:
    """One row for each text, by an encoder that learns from none of them."""

    encoder: Encoder[Any, str]
    places: pl.DataFrame
    """`text` and `row`, of those that could be read."""
    values: FloatMatrix
    """[n_texts, d] float32, possibly memory-mapped."""

    @classmethod
    def of(cls, encoded: EncodedBlock, texts: pl.Series) -> Self:
        """Return the rows of the distinct `texts`."""
        places = pl.DataFrame({"text": texts, "row": np.arange(len(texts))})
        return cls(encoded.encoder, places.filter(pl.Series(encoded.block.present)), encoded.block.values)

    def mean(self, about: pl.DataFrame, n_items: int) -> FloatMatrix:
        """Return the mean row of the texts about each item [n_items, d]; zeros without any.

        `about` has a row for each `item` and `text`.
        """
        read = about.join(self.places, on="text", maintain_order="left")
        at = read["item"].to_numpy(), read["row"].to_numpy()
        shape = n_items, len(self.values)
        texts = sparse.csr_array((np.ones(len(read), dtype=np.float32), at), shape=shape)
        counts = np.bincount(at[0], minlength=n_items)[:, None]
        sums: FloatMatrix = texts @ self.values
        return (sums / np.maximum(counts, 1)).astype(np.float32)


@dataclass(frozen=True)
class EventTextReader:
    """Reads what events say of items.

    An encoder that learns, learns from what all training events say of each item, joined. One that does not,
    reads each text once; an item has the mean row of its texts, so that holding events back encodes nothing
    anew, and a text that is held back plays no part.
    """

    encoder: Encoder[Any, str]
    """Not fitted."""
    rows: tuple[TextRows | None, ...] = (None,)
    """Of each member of a recipe, else of the encoder; None: it reads the joined texts."""

    @classmethod
    def default(cls) -> Self:
        """Return what reads texts where nothing else is chosen."""
        return cls(default_type(Role.TEXT)())

    def read(self, about: pl.DataFrame, n_items: int) -> ReadTexts:
        """Return the rows of the items by the texts of `texts_about_items`."""
        joined = joined_texts(about, n_items)
        made = [
            _read_joined(member, joined) if rows is None else (rows.mean(about, n_items), rows.encoder)
            for member, rows in zip(_members(self.encoder), self.rows, strict=True)
        ]
        recipe = self.encoder.as_recipe
        if recipe is None:
            values, encoder = made[0]
            return ReadTexts(values, encoder, encoder.parts)
        values, parts = [values for values, _ in made], [encoder.parts for _, encoder in made]
        recipe = recipe.with_members(encoder for _, encoder in made).fit_reduction(values, parts)
        return ReadTexts(recipe.join(values, parts), recipe, recipe.parts)

    def in_memory(self) -> Self:
        """Return the reader with its rows in memory: they outlive the store that they are kept in."""
        held = (rows and replace(rows, values=np.array(rows.values)) for rows in self.rows)
        return replace(self, rows=tuple(held))


@dataclass(frozen=True)
class EventTexts:
    """What there is to read: all that events say in words, and the block that it is for."""

    block: BlockName
    texts: pl.Series
    """Each text once."""

    @classmethod
    def of(cls, parts: Iterable[Events], blocks: Collection[str]) -> Self | None:
        """Return what events in one or several parts say, beside other `blocks`; None if nothing."""
        parts = list(parts)
        found = [texts for part in parts if (texts := part.texts()) is not None]
        column = next((part.columns.text for part in parts if part.columns.text is not None), None)
        if column is None or not found:
            return None
        texts = pl.concat(found).drop_nulls().unique(maintain_order=True)
        return cls(block_of_texts(column, blocks), texts) if len(texts) else None

    def reader(self, encoder: Encoder[Any, str], store: FeatureStore, progress: Progress) -> EventTextReader:
        """Return what reads them by the unfitted `encoder`; what the store does not know is encoded."""
        made = self._encoded(encoder, store, progress).values()
        return EventTextReader(encoder, tuple(one and TextRows.of(one, self.texts) for one in made))

    def encode_into(
        self, result: EncodeResult, encoder: Encoder[Any, str], store: FeatureStore, progress: Progress
    ) -> None:
        """Encode what the store does not know, unless the encoder learns; enter how it went, by text."""
        for label, done in self._encoded(encoder, store, progress).items():
            if done is None:
                continue
            name = f"{self.block} {label}".strip()
            result.blocks[name], result.encoders[name] = done.block, done.encoder
            n_read = int(done.block.present.sum())
            result.report.blocks[name] = BlockReport(
                encoded=len(done.fresh), reused=n_read - len(done.fresh), failed=len(done.failures)
            )
            result.report.failures.extend(
                EncodeFailure(name, "", self.texts[row][:SHOWN_LETTERS], why)
                for row, why in sorted(done.failures.items())
            )

    def _encoded(
        self, encoder: Encoder[Any, str], store: FeatureStore, progress: Progress
    ) -> dict[str, EncodedBlock | None]:
        """Return a row for each text by each member of a recipe, or by the encoder; None where it learns.

        The keys are the labels of members.
        """
        recipe, texts = encoder.as_recipe, self.texts.to_list()
        labels = ("",) if recipe is None else recipe.labels
        made: dict[str, EncodedBlock | None] = dict.fromkeys(labels)
        for label, member in zip(labels, _members(encoder), strict=True):
            if texts and not member.traits.learns:
                shown = LabeledProgress(progress, label) if label else progress
                made[label] = encode_texts(self.block, member, texts, store, shown)
        return made


def block_of_texts(column: str, blocks: Collection[str]) -> BlockName:
    """Return the name of the block: `text:COLUMN`, unless it is one of the items' own `blocks`."""
    name = BlockName.of(Role.TEXT.value, column)
    return BlockName.of(Role.TEXT.value, f"{column} of events") if name in blocks else name


def _members(encoder: Encoder[Any, str]) -> tuple[Encoder[Any, str], ...]:
    recipe = encoder.as_recipe
    return (encoder,) if recipe is None else recipe.members


def _read_joined(
    encoder: Encoder[Any, str], joined: Sequence[str | None]
) -> tuple[FloatMatrix, Encoder[Any, str]]:
    """Return the rows of all that is said of each item as one text, and the encoder that learnt from it."""
    fitted = type(encoder)(encoder.config).fit(joined)
    return encode_rows(fitted, joined).values, fitted
