"""A question of several parts: words, photos, sounds, clips and items, each wanted or not wanted."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np

from sensorium.catalog.item_lookup import item_index
from sensorium.core.arrays import FloatVector
from sensorium.core.deadline import require_time
from sensorium.core.errors import ConfigError
from sensorium.core.roles import Role
from sensorium.serving.search import (
    ITEM,
    Medium,
    Searched,
    SearchScores,
    item_scores,
    medium_scores,
    query_media,
    word_scores,
)

PartKind: TypeAlias = Literal["words", "photo", "sound", "clip", "item"]
MODALITIES: Mapping[str, str] = {
    "words": Role.TEXT.value,
    "photo": Role.IMAGE.value,
    "sound": Role.AUDIO.value,
    "clip": Role.VIDEO.value,
}
"""Kind of a part -> the modality that it is looked for in."""
WORDS: PartKind = "words"
_Found: TypeAlias = tuple[FloatVector, FloatVector]
"""The scores of a part, and the similarities beneath them: each [n_items]."""


@dataclass(frozen=True)
class SearchPart:
    """One part of a question."""

    kind: PartKind
    value: Medium
    """Words, the path or the bytes of a file, or the id of an item."""
    weight: float = 1.0
    """How much it counts beside the others; below zero: items like that are not wanted."""

    def __post_init__(self) -> None:
        """Refuse what is no kind and no weight."""
        if self.kind not in (*MODALITIES, ITEM):
            remedy = f"Choose one of: {', '.join([*MODALITIES, ITEM])}"
            raise ConfigError(f"{self.kind!r} is no kind of question", where="search", remedy=remedy)
        given: Any = self.weight
        is_number = isinstance(given, int | float) and not isinstance(given, bool)
        if not is_number or not math.isfinite(given) or not given:
            remedy = "Give a number above zero, or below for what is not wanted"
            raise ConfigError(f"{given!r} is no weight", where=f"search by {self.kind}", remedy=remedy)


def search_by_parts(searched: Searched, parts: Sequence[SearchPart]) -> SearchScores:
    """Return what a question of several `parts` finds.

    Weights above zero are those of a mean. A part below zero takes its score, times its weight as a share of
    the largest weight and 1 at most, off what an item would have without it. Items that parts name are never
    found: whoever asks knows them, and nothing is compared with itself.

    Raises
    ------
    ConfigError
        If nothing is wanted.
    DataError
        If a medium cannot be read, or the catalogue has nothing to compare it with.
    OutOfTimeError
        If a deadline is past before all parts were looked for.
    """
    if max((part.weight for part in parts), default=0.0) <= 0:
        what = "nothing is looked for" if not parts else "all parts say what is not wanted"
        raise ConfigError(what, where="search", remedy="Give a part with a weight above zero")
    found: list[_Found] = []
    for part in parts:
        require_time()
        found.append(_found(searched, part))
    return _joined(parts, found, named_items(searched, parts))


def search_by_words(searched: Searched, parts: Sequence[SearchPart]) -> SearchScores | None:
    """Return what the words of a question alone find, by what items say; None if it wants none.

    It takes no time: what answers when time is up.
    """
    words = [part for part in parts if part.kind == WORDS]
    if max((part.weight for part in words), default=0.0) <= 0:
        return None
    said = [word_scores(searched, str(part.value)) for part in words]
    unknown = np.full(len(searched.catalog), np.nan, dtype=np.float32)
    return _joined(words, [(scores, unknown) for scores in said], named_items(searched, parts))


def named_items(searched: Searched, parts: Sequence[SearchPart]) -> list[int]:
    """Return where the items stand that parts name."""
    return [item_index(searched.catalog, part.value) for part in parts if part.kind == ITEM]


def _joined(parts: Sequence[SearchPart], found: Sequence[_Found], named: Sequence[int]) -> SearchScores:
    """Return what all parts found, `named` items left out."""
    largest = max(part.weight for part in parts)
    scores: dict[str, FloatVector] = {}
    beneath: dict[str, FloatVector] = {}
    weights: dict[str, float] = {}
    for part, (values, below) in zip(parts, found, strict=True):
        name = _name(part, scores)
        scores[name], beneath[name] = _without(values, named), _without(below, named)
        weights[name] = max(part.weight / largest, -1.0)
    path = "+".join(name for name, weight in weights.items() if weight > 0)
    return SearchScores(scores, path, similarities=beneath, weights=weights)


def _found(searched: Searched, part: SearchPart) -> _Found:
    """Return what a part finds."""
    if part.kind == ITEM:
        return item_scores(searched, item_index(searched.catalog, part.value))
    modality = MODALITIES[part.kind]
    media = {"text": None, "image": None, "audio": None, "video": None} | {modality: part.value}
    return medium_scores(searched, modality, query_media(**media)[modality])  # type: ignore[arg-type]


def _without(values: FloatVector, items: Sequence[int]) -> FloatVector:
    """Return `values` [n_items], NaN for `items`."""
    left = values.copy()
    left[list(items)] = np.nan
    return left


def _name(part: SearchPart, taken: Mapping[str, object]) -> str:
    """Return what a part is called: its modality, with a number where there are several, or its item."""
    if part.kind == ITEM:
        first = f"{ITEM}:{part.value!s}"
        return first if first not in taken else f"{first}:{len(taken)}"
    first = MODALITIES[part.kind]
    return first if first not in taken else f"{first}:{sum(name.startswith(first) for name in taken) + 1}"
