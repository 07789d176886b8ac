"""Similarity and search by content: cosines of features, standardised where several are added."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self, TypeAlias

import numpy as np

from sensorium.core.arrays import FloatMatrix, FloatVector, IntVector
from sensorium.core.block_name import BlockName
from sensorium.core.errors import ConfigError, DataError
from sensorium.core.item_list import Part, Reason
from sensorium.core.linalg import standardize
from sensorium.core.roles import Role
from sensorium.core.source_kind import SourceKind
from sensorium.features.block import FeatureBlock
from sensorium.fusion.late_fusion import FusedScores
from sensorium.models.shared.content_similarity import cosine_by_part
from sensorium.serving.item_features import ItemFeatures

Medium: TypeAlias = str | Path | bytes
"""Words, or the path or the bytes of a media file."""
TASTE = "taste"
"""The source of a personalised search that is the user's own scores."""
SOURCES = frozenset([TASTE, *(role.value for role in (Role.TEXT, Role.IMAGE, Role.AUDIO, Role.VIDEO))])
"""The sources in the reasons of a search."""


def similarity_scores(item_features: ItemFeatures, index: int, by: str, *, where: str) -> FloatVector:
    """Return each item's similarity to item `index` [n_items] by a modality or block; NaN where unknown.

    `where` names the item in messages.

    Raises
    ------
    ConfigError
        If there is no such modality or block; the message names those there are.
    DataError
        If the item itself lacks it.
    """
    names = known_of(item_features, index, by, where)
    return _mean([_cosines(item_features, name, item_features.blocks[name].values[index]) for name in names])


def similar_reasons(
    item_features: ItemFeatures, item: tuple[int, str], by: str, items: IntVector
) -> Iterator[tuple[Reason, ...]]:
    """Yield the parts of the similarity of each of `items` to `item`, an index and an id."""
    index, item_id = item
    names = known_of(item_features, index, by, f"item {item_id}")
    for other in items.tolist():
        shared = [block for name in names if (block := item_features.blocks[name]).present[other]]
        yield tuple(
            Reason(
                block.name,
                SourceKind.of_modality(block.modality),
                float(block.values[index] @ block.values[other]) / len(shared),
                item_id,
                _parts(block, index, other, len(shared)),
                block.column,
            )
            for block in shared
        )


def _parts(block: FeatureBlock, index: int, other: int, n_blocks: int) -> tuple[Part, ...]:
    """Return what each named part adds to the cosine of two items; nothing for an undivided block."""
    if len(block.parts) < 2:
        return ()
    divided = cosine_by_part(block.values[[index]], block.values[[other]], block.parts)
    return tuple(Part(name, float(values[0, 0]) / n_blocks) for name, values in divided.items())


def known_of(item_features: ItemFeatures, index: int, by: str, where: str) -> list[str]:
    """Return the blocks that `by` names and that item `index` has."""
    modalities = item_features.modalities()
    names = (by,) if by in item_features.blocks else modalities.get(by, ())
    if not names:
        known = ", ".join([*modalities, *(name for name in item_features.blocks if BlockName(name).column)])
        raise ConfigError(f"nothing is known by {by!r}", where="by", remedy=f"Choose one of: {known}")
    usable = [name for name in names if item_features.blocks[name].present[index]]
    if not usable:
        raise DataError(f"it has no {by}", where=where, remedy="Choose another item, or leave `by` out")
    return usable


@dataclass(frozen=True)
class SearchScores:
    """What a search found in every item."""

    sources: Mapping[str, FloatVector]
    """Modality, or `taste` -> its scores [n_items]; NaN where unknown."""
    path: str
    """The sources, joined by `+`."""

    @property
    def scores(self) -> FloatMatrix:
        """The sources, standardised and added [1, n_items]; one alone is the cosine."""
        return sum_sources(self.sources)[None, :]

    def reasons(self, items: IntVector) -> tuple[tuple[Reason, ...], ...]:
        """Return the parts of the scores of `items`; nothing where there is one source."""
        return tuple(search_reasons(self.sources, items)) if len(self.sources) > 1 else ()

    def with_taste(self, taste: FusedScores) -> Self:
        """Return the search with the scores of one user joined in, with the same weight as a modality."""
        sources = {**self.sources, TASTE: taste.scores[0]}
        return type(self)(sources, f"{self.path}+{taste.query_paths[0]}")


def search_items(item_features: ItemFeatures, asked: Mapping[str, Medium]) -> SearchScores:
    """Return what `asked`, by modality, finds."""
    sources = search_scores(item_features, asked)
    return SearchScores(sources, "+".join(sources))


def query_media(
    text: str | None, image: Medium | None, audio: Medium | None, video: Medium | None
) -> dict[str, Medium]:
    """Return those of the media that are given, by modality; `ConfigError` for what can be none."""
    media = {"text": text, "image": image, "audio": audio, "video": video}
    given: dict[str, Any] = {modality: one for modality, one in media.items() if one is not None}
    for modality, medium in given.items():
        words = modality == "text"
        kinds: tuple[type, ...] = (str,) if words else (str, bytes, os.PathLike)
        if not isinstance(medium, kinds):
            raise ConfigError(
                f"a {type(medium).__name__} is no {'text' if words else modality}",
                where=modality,
                remedy=f"Give {'words as text' if words else 'the path or the bytes of a file'}",
            )
    return given


def search_scores(item_features: ItemFeatures, asked: Mapping[str, Medium]) -> dict[str, FloatVector]:
    """Return, for each modality asked for, the similarity of each item [n_items]; NaN where unknown."""
    if not asked:
        raise ConfigError("nothing to search for", remedy="Give words, a picture, a sound or a clip")
    found: dict[str, FloatVector] = {}
    for modality, wanted in asked.items():
        value = wanted if modality == "text" and isinstance(wanted, str) else _bytes_of(wanted, modality)
        if isinstance(value, str) and not value.strip():
            raise ConfigError("the text is empty", where=modality, remedy="Give at least one word")
        rows = item_features.query(
            Role(modality), value, where=modality if isinstance(wanted, bytes) else f"{modality} {wanted}"
        )
        similarities = {name: _cosines(item_features, name, row) for name, row in rows.items()}
        if len({item_features.blocks[name].modality for name in rows}) > 1:
            similarities = {name: standardize(values) for name, values in similarities.items()}
        found[modality] = _mean(list(similarities.values()))
    return found


def sum_sources(sources: Mapping[str, FloatVector]) -> FloatVector:
    """Return the sum of the standardised sources [n_items]; one source stays as it is.

    An item that a source does not know gets the mean of the sources that know it.
    """
    if len(sources) == 1:
        return next(iter(sources.values()))
    return _mean([standardize(values) for values in sources.values()]) * np.float32(len(sources))


def search_reasons(sources: Mapping[str, FloatVector], items: IntVector) -> Iterator[tuple[Reason, ...]]:
    """Yield the parts of each item's score by source; they add up to it."""
    columns = {name: standardize(values)[items] for name, values in sources.items()}
    for row in range(len(items)):
        parts = {name: float(values[row]) for name, values in columns.items() if np.isfinite(values[row])}
        share = len(sources) / max(len(parts), 1)
        yield tuple(Reason(name, _kind(name), value * share) for name, value in parts.items())


def _cosines(item_features: ItemFeatures, name: str, row: FloatVector) -> FloatVector:
    block = item_features.blocks[name]
    return np.where(block.present, block.values @ row, np.float32(np.nan)).astype(np.float32)


def _mean(rows: list[FloatVector]) -> FloatVector:
    table: FloatMatrix = np.stack(rows)
    known = np.isfinite(table)
    total = np.where(known, table, 0).sum(axis=0)
    count = known.sum(axis=0)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan).astype(np.float32)


def _bytes_of(wanted: Medium, where: str) -> bytes:
    if isinstance(wanted, bytes):
        return wanted
    path = Path(wanted)
    if not path.is_file():
        raise DataError(
            "there is no such file" if not path.exists() else "not a file",
            where=f"{where} {path}",
            remedy="Give the path of a media file",
        )
    return path.read_bytes()


def _kind(source: str) -> SourceKind:
    """Return the kind of a source of a search: a modality, or the behaviour that makes a taste."""
    return SourceKind.BEHAVIOUR if source == TASTE else SourceKind(source)
