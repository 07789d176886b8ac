"""Search by words, a picture, a sound or a clip: scores from 0 to 1, and nothing where nothing is close.

Each modality of the question gives a score s_m of each item, `calibration.CLOSE` or more where it matches.

- Words: how much the item says of them (`word_index`), w. Text encoders that have learnt from the catalogue
  alone reorder what matches by their cosine d: w + (1 - w) d / 4. Others, which know more words than the
  catalogue, find by themselves: 1 - (1 - w)(1 - d).
- Media: the cosine with the nearest of the item's blocks, calibrated.

    match_i = sqrt(mean of s_mi^2 over the modalities m that are known of the item)
        times the product of 1 - |w_n| s_ni over what is not wanted
    score_i = match_i, or with a user match_i (1 + taste_i) / 2

The mean is weighted where the parts of a question have weights w (see `search_parts`). `taste` is the share
of what matches that the user's scores put no higher: it reorders, and brings in nothing.

Where nothing matches, the `NEAREST` items with the largest match are offered, and of those whose match is the
same, such as 0, those with the largest mean of similarities beneath the scores: cosines, or, of words that
nothing knows, how much a word of the item is spelt like one of them. What has nothing in common with the
question, a similarity of 0, is not offered.
"""

import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple, Self, TypeAlias

import numpy as np

from sensorium.catalog.catalog import Catalog
from sensorium.core.arrays import BoolVector, FloatMatrix, FloatVector, IntVector
from sensorium.core.errors import ConfigError, DataError
from sensorium.core.item_list import Reason
from sensorium.core.roles import Role
from sensorium.core.source_kind import SourceKind
from sensorium.fusion.late_fusion import FusedScores
from sensorium.ranking.top_k import best_items
from sensorium.serving.calibration import CLOSE
from sensorium.serving.item_features import ItemFeatures
from sensorium.serving.search_knowledge import SearchKnowledge, queries_beyond_words

Medium: TypeAlias = str | Path | bytes
"""Words, or the path or the bytes of a media file."""
TASTE = "taste"
"""The source of a personalised search that is the user's own scores."""
SOURCES = frozenset([TASTE, *(role.value for role in (Role.TEXT, Role.IMAGE, Role.AUDIO, Role.VIDEO))])
"""The sources in the reasons of a search."""
ITEM = "item"
"""What the names of sources begin with that are items to which others are to be alike."""
NEAREST = 3
"""How many items are offered where nothing is close."""
_REORDERS = np.float32(0.25)
"""How far from its score to 1 an item is moved by text features that know only the catalogue's words."""


@dataclass(frozen=True)
class Searched:
    """What is searched: the items, their features, and what is known of both."""

    catalog: Catalog
    item_features: ItemFeatures
    knowledge: SearchKnowledge


@dataclass(frozen=True)
class SearchScores:
    """What a search found in every item."""

    sources: Mapping[str, FloatVector]
    """Modality, or part of the question -> its scores [n_items] from 0 to 1; NaN where unknown."""
    path: str
    """The sources, joined by `+`."""
    taste: FloatVector | None = None
    """A user's own scores [n_items]; NaN where unknown."""
    similarities: Mapping[str, FloatVector] = field(default_factory=dict[str, FloatVector])
    """Modality -> the similarities beneath its scores [n_items]; NaN where unknown, or nothing in common."""
    weights: Mapping[str, float] = field(default_factory=dict[str, float])
    """Source -> how much it counts, above zero for what is wanted and from -1 on for what is not; else 1."""

    @property
    def match(self) -> FloatVector:
        """How well each item matches [n_items], from 0 to 1; NaN where no source knows it."""
        if len(self.sources) == 1:
            return next(iter(self.sources.values()))
        wanted = {name: self.weights.get(name, 1.0) for name in self.sources}
        near = [(np.square(self.sources[name]), weight) for name, weight in wanted.items() if weight > 0]
        match = np.sqrt(_mean([values for values, _ in near], [weight for _, weight in near]))
        for name, weight in wanted.items():
            if weight < 0:
                match = match * (1 + np.float32(weight) * np.nan_to_num(self.sources[name]))
        return match.astype(np.float32)

    def with_taste(self, taste: FusedScores) -> Self:
        """Return the search with the scores of one user, which reorder what matches."""
        return replace(self, taste=taste.scores[0], path=f"{self.path}+{taste.query_paths[0]}")

    def found(self, eligible: BoolVector) -> "FoundItems":
        """Return what to show of the `eligible` items [n_items]."""
        match: FloatVector = np.where(eligible, self.match, np.float32(np.nan)).astype(np.float32)
        close = match >= CLOSE
        if not close.any():
            return self._nearest(match)
        match = np.where(close, match, np.float32(np.nan))
        if self.taste is None:
            return FoundItems(match[None, :], self.sources, weights=self.weights)
        taste = _shares_below(self.taste, close)
        scores = (match * (1 + taste) * np.float32(0.5))[None, :]
        return FoundItems(scores, self.sources, taste, weights=self.weights)

    def _nearest(self, match: FloatVector) -> "FoundItems":
        """Return the items with the largest `match` [n_items] as offers, since nothing is close."""
        near = np.full(len(match), -np.inf)
        wanted = [values for name, values in self.similarities.items() if self.weights.get(name, 1.0) > 0]
        if wanted:
            near = np.nan_to_num(_mean(wanted), nan=-np.inf)
        candidates = np.flatnonzero((match > 0) | (np.isfinite(match) & np.isfinite(near)))
        best = candidates[np.lexsort((-near[candidates], -match[candidates]))]
        return FoundItems(match[None, :], self.sources, offered=best[:NEAREST], weights=self.weights)


@dataclass(frozen=True)
class FoundItems:
    """The scores of what may be shown."""

    scores: FloatMatrix
    """[1, n_items] float32 from 0 to 1; NaN for what is not shown."""
    sources: Mapping[str, FloatVector]
    taste: FloatVector | None = None
    """[n_items] from 0 to 1."""
    offered: IntVector | None = None
    """The items that are nearest, best first, where none matches; None where some do."""
    weights: Mapping[str, float] = field(default_factory=dict[str, float])
    """As in `SearchScores`."""

    def best(self, k: int) -> tuple[IntVector, FloatVector]:
        """Return the items to show, best first and `k` at most, and their scores."""
        if self.offered is not None:
            return self.offered[:k], self.scores[0][self.offered[:k]]
        return best_items(self.scores, k)

    def reasons(self, items: IntVector) -> tuple[tuple[Reason, ...], ...]:
        """Return the parts of the scores of `items`, which add up; nothing where there is one source."""
        if len(self.sources) < 2 and self.taste is None:
            return ()
        return tuple(self._reasons_of(item) for item in items.tolist())

    def _reasons_of(self, item: int) -> tuple[Reason, ...]:
        known = {
            name: float(values[item]) for name, values in self.sources.items() if np.isfinite(values[item])
        }
        weights = {name: self.weights.get(name, 1.0) for name in known}
        squares = {name: weights[name] * value**2 for name, value in known.items() if weights[name] > 0}
        total = sum(weights[name] for name in squares)
        match = math.sqrt(sum(squares.values()) / total) if squares else 0.0
        share = 1.0 if self.taste is None else 0.5
        parts = [
            Reason(name, _kind(name), share * square / (match * total) if match else 0.0)
            for name, square in squares.items()
        ]
        for name in known:
            if weights[name] < 0:
                less = weights[name] * known[name] * match
                parts.append(Reason(name, _kind(name), share * less))
                match += less
        if self.taste is not None:
            parts.append(Reason(TASTE, SourceKind.BEHAVIOUR, share * match * float(self.taste[item])))
        return tuple(parts)


class _Similarity(NamedTuple):
    """What one modality of a question says of every item."""

    scores: FloatVector
    """[n_items] from 0 to 1; NaN where unknown."""
    beneath: FloatVector
    """[n_items]: what they were made of, cosines, or how alike words are spelt; NaN where unknown."""


def _kind(source: str) -> SourceKind:
    """Return the kind of a source: of `text` and of `text:2`, a second part of the question, the modality."""
    first = source.partition(":")[0]
    return SourceKind(first) if first in SOURCES else SourceKind.CONTENT


def is_search(source: str) -> bool:
    """Return whether a source of reasons is one of a search."""
    return source.partition(":")[0] in (*SOURCES, ITEM)


def search_items(searched: Searched, asked: Mapping[str, Medium]) -> SearchScores:
    """Return what `asked`, by modality, finds."""
    found = _similarities(searched, asked)
    sources = {name: one.scores for name, one in found.items()}
    beneath = {name: np.where(one.beneath == 0, np.nan, one.beneath) for name, one in found.items()}
    return SearchScores(sources, "+".join(sources), similarities=beneath)


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


def medium_scores(searched: Searched, modality: str, wanted: Medium) -> tuple[FloatVector, FloatVector]:
    """Return how well each item matches one medium, and the similarities beneath it: each [n_items]."""
    found = _similarities(searched, {modality: wanted})[modality]
    return found.scores, np.where(found.beneath == 0, np.nan, found.beneath)


def item_scores(searched: Searched, index: int) -> tuple[FloatVector, FloatVector]:
    """Return how alike each item is to item `index` in what both have, and the cosines: each [n_items].

    The largest over the blocks of features that the item has; nothing for itself.
    """
    features = searched.item_features
    names = [name for name, block in features.blocks.items() if block.present[index]]
    if not names:
        what = "nothing is known of what it is like"
        raise DataError(what, where=f"item {searched.catalog.items.id(index)}", remedy="Name another item")
    rows = {name: np.asarray(features.blocks[name].values[index]) for name in names}
    scores: list[FloatVector] = []
    for name, row in rows.items():
        reach = searched.knowledge.reach(features, name)
        scores.append(reach.scores(_cosines(searched, name, row), features.blocks[name].modality))
    best, near = _largest(scores), _largest([_cosines(searched, name, row) for name, row in rows.items()])
    best[index] = near[index] = np.nan
    return best, near


def search_scores(searched: Searched, asked: Mapping[str, Medium]) -> dict[str, FloatVector]:
    """Return each modality's score of each item [n_items], from 0 to 1; NaN where unknown."""
    return {name: one.scores for name, one in _similarities(searched, asked).items()}


def _similarities(searched: Searched, asked: Mapping[str, Medium]) -> dict[str, _Similarity]:
    if not asked:
        raise ConfigError("nothing to search for", remedy="Give words, a picture, a sound or a clip")
    found: dict[str, _Similarity] = {}
    for modality, wanted in asked.items():
        if modality == Role.TEXT.value and isinstance(wanted, str):
            found[modality] = _of_words(searched, wanted)
            continue
        where = modality if isinstance(wanted, bytes) else f"{modality} {wanted}"
        features = searched.item_features.asked_by(modality)
        among = replace(searched, item_features=features)
        rows = features.query(Role(modality), _bytes_of(wanted, modality), where=where)
        found[modality] = _Similarity(
            _largest([_scores(among, name, row, Role(modality)) for name, row in rows.items()]),
            _largest([_cosines(among, name, row) for name, row in rows.items()]),
        )
    return found


def word_scores(searched: Searched, text: str) -> FloatVector:
    """Return how much each item says of words [n_items], by its own words alone: what takes no time."""
    if not text.strip():
        raise ConfigError("the text is empty", where=Role.TEXT.value, remedy="Give at least one word")
    return searched.knowledge.words(searched.catalog).match(text)[: len(searched.catalog)]


def _of_words(searched: Searched, text: str) -> _Similarity:
    said, words = word_scores(searched, text), searched.knowledge.words(searched.catalog)
    try:
        rows = searched.item_features.query(Role.TEXT, text, where=f"{Role.TEXT.value} {text}")
    except DataError:
        if not words.places:
            raise
        rows = {}
    cosines = {name: _cosines(searched, name, row) for name, row in rows.items()}
    own: list[FloatVector] = []
    beyond: list[FloatVector] = []
    for name, row in rows.items():
        if Role.TEXT in queries_beyond_words(searched.item_features, name):
            beyond.append(_scores(searched, name, row, Role.TEXT))
        else:
            own.append(np.clip(cosines[name], 0, 1))
    if own:
        near = np.nan_to_num(_largest(own))
        below = np.maximum(said, near * np.float32(CLOSE * 0.99))
        said = np.where(said >= CLOSE, said + (1 - said) * near * _REORDERS, below)
    if beyond:
        said = 1 - (1 - said) * (1 - np.nan_to_num(_largest(beyond)))
    beneath = _largest(list(cosines.values())) if cosines else np.zeros_like(said)
    if said.max(initial=0) < CLOSE and not np.nan_to_num(beneath).any():
        beneath = words.spelt_alike(text)[: len(searched.catalog)]
    return _Similarity(said, beneath)


def _scores(searched: Searched, name: str, row: FloatVector, modality: Role) -> FloatVector:
    """Return the calibrated similarity of each item to a query [n_items]; NaN where it has no such medium."""
    reach = searched.knowledge.reach(searched.item_features, name, modality, catalog=searched.catalog)
    return reach.scores(_cosines(searched, name, row), modality.value)


def _cosines(searched: Searched, name: str, row: FloatVector) -> FloatVector:
    block = searched.item_features.blocks[name]
    return np.where(block.present, block.values @ row, np.float32(np.nan)).astype(np.float32)


def _shares_below(values: FloatVector, among: BoolVector) -> FloatVector:
    """Return which share of the items in `among` has no higher value than each of them [n_items]; else 0."""
    shares = np.zeros(len(values), dtype=np.float32)
    own = np.nan_to_num(values[among], nan=-np.inf)
    shares[among] = np.searchsorted(np.sort(own), own, side="right") / len(own)
    return shares


def _largest(rows: list[FloatVector]) -> FloatVector:
    found = rows[0]
    for row in rows[1:]:
        found = np.fmax(found, row)
    return found


def _mean(rows: list[FloatVector], weights: Sequence[float] | None = None) -> FloatVector:
    table: FloatMatrix = np.stack(rows)
    known = np.isfinite(table)
    each = np.ones(len(rows)) if weights is None else np.asarray(weights)
    total = (np.where(known, table, 0) * each[:, None]).sum(axis=0)
    count = (known * each[:, None]).sum(axis=0)
    return np.divide(total, count, out=np.full(len(total), np.nan), where=count > 0).astype(np.float32)


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
