"""A ranked answer: items, their scores and, on request, the reasons."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from sensorium.core.arrays import FloatVector, IntVector, shortest_decimal
from sensorium.core.source_kind import SourceKind


class Part(NamedTuple):
    """What one named part of the features adds, such as colours or rhythm."""

    name: str
    contribution: float


@dataclass(frozen=True)
class Reason:
    """One part of a score; the parts of an item add up to it."""

    source: str
    """What contributed: a block such as `image:poster`, a behaviour model such as `ease`, or `baseline`."""
    kind: SourceKind
    """What kind of source that is."""
    contribution: float
    """Its share of the score, in the score's own unit."""
    item_id: str | None = None
    """The history item it came through; None where it does not depend on the history."""
    parts: tuple[Part, ...] = ()
    """The same divided over the features; they add up to `contribution`. Empty where it cannot be divided."""
    column: str = ""
    """The catalogue's column behind it, for example `genres`; empty if there is none, or several."""

    def to_json(self) -> dict[str, Any]:
        """Return the reason as JSON can hold it."""
        return {
            "source": self.source,
            "item_id": self.item_id,
            "contribution": shortest_decimal(self.contribution),
            "parts": {part.name: shortest_decimal(part.contribution) for part in self.parts},
        }


class ScoredItem(NamedTuple):
    """One row of an `ItemList`."""

    item_id: str
    score: float


@dataclass(frozen=True)
class ItemList:
    """Items in order of rank.

    `score` is NaN where a model cannot score an item; such items stand last or not at all.
    """

    item_ids: tuple[str, ...]
    indices: IntVector
    """Dense item indices [n]."""
    scores: FloatVector
    """[n] float32, descending."""
    path: str = ""
    """How the answer came about, for example `fusion`, `content` or `popularity`."""
    reasons: tuple[tuple[Reason, ...], ...] = ()
    """The reasons of each item [n], or empty if they were not asked for."""
    paths: tuple[str, ...] = field(default=())
    """How each item got its score [n]; empty if all came by `path`."""

    def __len__(self) -> int:
        return len(self.item_ids)

    def __iter__(self) -> Iterator[ScoredItem]:
        return map(ScoredItem, self.item_ids, np.asarray(self.scores).tolist())

    def to_json(self, sentences: Sequence[str] = ()) -> dict[str, Any]:
        """Return items and path as JSON can hold them; `sentences` are the reasons of each item in words."""
        items: list[dict[str, Any]] = []
        for rank, item in enumerate(self):
            reasons = self.reasons[rank] if self.reasons else ()
            shown: dict[str, Any] = {
                "item_id": item.item_id,
                "score": shortest_decimal(item.score),
                "path": self.paths[rank] if self.paths else self.path,
                "reasons": [reason.to_json() for reason in reasons],
            }
            items.append(shown | ({"because": sentences[rank]} if sentences else {}))
        return {"items": items, "path": self.path}
