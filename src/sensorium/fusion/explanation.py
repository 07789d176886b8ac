"""Why an item scored what it scored: arithmetic on the parts, which add up to the score."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np

from sensorium.core.arrays import FloatMatrix, FloatVector, IntVector
from sensorium.core.item_list import Part, Reason
from sensorium.core.source_kind import SourceKind, SourceOrigin
from sensorium.core.vocabulary import Vocabulary

BASELINE = "baseline"
"""The source of the part that neither history nor popularity gives: the means that z-scores subtract."""
SECOND_LEVEL = "second-level"
"""The source of what a second level changes in the score: the score with it less the score without."""


@dataclass(frozen=True)
class Explanation:
    """The scores of some items for one query, split over sources and history items."""

    history_items: IntVector
    """[n_history]: the items of the query's history."""
    items: IntVector
    """[n_items_asked]: the items explained."""
    through_history: dict[str, FloatMatrix]
    """Source -> [n_history, n_items_asked] float32: what it adds through each history item."""
    direct: dict[str, FloatVector]
    """Source -> [n_items_asked] float32: what it adds whatever the history is."""
    scores: FloatVector
    """[n_items_asked] float32: the fused scores, which all parts add up to."""
    by_part: Mapping[str, Mapping[str, FloatMatrix]] = field(
        default_factory=dict[str, Mapping[str, FloatMatrix]]
    )
    """Source -> named part of its features -> [n_history, n_items_asked] float32; the parts of a source
    add up to what it adds through history. Without those that do not divide."""

    def totals(self) -> dict[str, FloatVector]:
        """Return what each source adds in all [n_items_asked]; the values add up to the scores."""
        added = {name: part.sum(axis=0) for name, part in self.through_history.items()}
        for name, part in self.direct.items():
            added[name] = added.get(name, np.float32(0)) + part
        return added

    def reasons(
        self, origins: Mapping[str, SourceOrigin], ids: Vocabulary | None = None
    ) -> list[tuple[Reason, ...]]:
        """Return the parts that are not zero, for each item, largest first; `baseline` is always there.

        `origins` says what each source stands for; see `source_origins`. History items are named by `ids`;
        without, by their index.
        """
        names = [str(item) for item in self.history_items] if ids is None else ids.ids_at(self.history_items)
        own = {BASELINE: SourceKind.BASELINE, SECOND_LEVEL: SourceKind.SECOND_LEVEL}
        origins = {**origins, **{name: SourceOrigin(kind) for name, kind in own.items()}}
        return [tuple(self._reasons(column, names, origins)) for column in range(len(self.items))]

    def _reasons(self, column: int, names: list[str], origins: Mapping[str, SourceOrigin]) -> list[Reason]:
        found: list[Reason] = []
        for source, table in self.through_history.items():
            kind, read = origins[source]
            rows = np.flatnonzero(table[:, column])
            divided = self._divided(source, rows, column)
            for row, value, parts in zip(rows.tolist(), table[rows, column].tolist(), divided, strict=True):
                found.append(Reason(source, kind, value, names[row], parts, read))
        for source, values in self.direct.items():
            if values[column] or source == BASELINE:
                kind, read = origins[source]
                found.append(Reason(source, kind, float(values[column]), column=read))
        return sorted(found, key=lambda reason: -abs(reason.contribution))

    def _divided(self, source: str, rows: IntVector, column: int) -> Iterable[tuple[Part, ...]]:
        """Return what each named part of the source's features adds through each of `rows`."""
        parts = self.by_part.get(source)
        if not parts:
            return [()] * len(rows)
        table = np.stack([values[rows, column] for values in parts.values()], axis=1).tolist()
        return [tuple(map(Part, parts, values)) for values in table]
