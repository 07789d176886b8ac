"""The model of an engine view: what answers, from a bundle in memory that processes share."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any, Self

import numpy as np
import polars as pl
from scipy import sparse

from sensorium.core.arguments import as_length
from sensorium.core.arrays import FloatVector
from sensorium.core.deadline import OutOfTimeError, deadline
from sensorium.core.item_list import ItemList
from sensorium.core.vocabulary import MISSING
from sensorium.models.base import QueryBatch
from sensorium.ranking.top_k import best_items
from sensorium.serving.answering import Answering
from sensorium.serving.overlay import Overlaid
from sensorium.serving.persistence import load_parts
from sensorium.serving.person import Person
from sensorium.serving.search_parts import SearchPart, named_items, search_by_parts, search_by_words
from sensorium.serving.seen_by_type import ExcludeSeen
from sensorium.serving.segment import Segment
from sensorium.serving.state_changes import with_changes

POPULAR = "popularity"


class ViewedModel(Answering):
    """What answers for a view. It never changes: `with_segment` and `with_overlaid` return others.

    Parameters as for `ModelParts`. What users did is in files, and is not looked into but for what the same
    users chose (`similar`).
    """

    _popular: FloatVector | None = None
    """The scores of the fallback for somebody unknown [n_items]; found out when first asked for."""

    @classmethod
    def open(cls, folder: Path, manifest: Mapping[str, Any]) -> Self:
        """Return the model in a bundle's folder, its arrays mapped."""
        return cls(**load_parts(folder, manifest, mapped=True))

    def with_changes(self, changed: Mapping[str, Any]) -> Self:
        """Return the model with other attributes, which shares all else."""
        other = object.__new__(type(self))
        other.__dict__ = {**self.__dict__, "_titles": None, "_popular": None, **changed}
        return other

    def with_segment(self, segment: Segment, overlaid: Overlaid) -> Self:
        """Return the model with the items of a segment; `overlaid` is what overlays made of all items."""
        fusion = type(self.fusion)(self.fusion.config)
        return self.with_rows(segment.rows, overlaid).with_changes(
            {
                "item_features": self.item_features.with_rows(segment.indices, segment.features),
                "fusion": fusion.restore(with_changes(self.fusion.state(), segment.model)),
            }
        )

    def with_rows(self, rows: pl.DataFrame | None, overlaid: Overlaid) -> Self:
        """Return the model whose catalogue has these rows; features stay. None: the rows that it has."""
        catalog, indices = self.catalog, np.zeros(0, dtype=np.int64)
        if rows is not None:
            catalog, indices = catalog.with_rows(rows)
        return self.with_changes(
            {
                "catalog": catalog,
                "search_knowledge": self.search_knowledge.with_items(indices),
                "_filter": self._filter.after(catalog, indices, overlaid.never),
            }
        )

    def popular(
        self,
        person: Person,
        *,
        k: int,
        exclude_seen: ExcludeSeen,
        where: Sequence[str],
        allow: Iterable[object] | None,
        deny: Iterable[object],
    ) -> ItemList:
        """Return the best items for everybody that may be shown to `person`: what takes no time."""
        query = self._query(person, None, ())
        eligible, known = self._eligible(where, allow, deny), self._known(person, query, exclude_seen)
        if known is not None:
            eligible[known.indices] = False
        found = best_items(self._popularity()[None, :], as_length(k), eligible)
        return self._item_list(found, POPULAR)

    def _popularity(self) -> FloatVector:
        found = self._popular
        if found is None:
            nothing = sparse.csr_array((1, len(self.catalog)), dtype=np.float32)
            nobody = QueryBatch(nothing, np.asarray([MISSING]))
            found = self._popular = self.fusion.members[self.fusion.config.fallback].score(nobody)[0]
        return found

    def source_lists(
        self, person: Person, *, k: int, exclude_seen: ExcludeSeen, where: Sequence[str]
    ) -> dict[str, ItemList | None]:
        """Return the best items of each source that has a say, by it alone; none where it can say nothing.

        None in place of a list: a deadline was past before the source was asked. The fallback always is.
        """
        query = self._query(person, None, ())
        eligible, known = self._eligible(where, None, ()), self._known(person, query, exclude_seen)
        if known is not None:
            eligible[known.indices] = False
        fallback = self.fusion.config.fallback
        found: dict[str, ItemList | None] = {}
        for member in self.fusion.config.members:
            if member.is_heard(self.fusion.kind(member.name)) or member.name == fallback:
                try:
                    with deadline(None) if member.name == fallback else nullcontext():
                        scores = self.fusion.members[member.name].score(query)
                except OutOfTimeError:
                    found[member.name] = None
                    continue
                found[member.name] = self._item_list(best_items(scores, as_length(k), eligible), member.name)
        return found

    def search_parts(
        self,
        parts: Sequence[SearchPart],
        person: Person | None,
        *,
        k: int,
        where: Sequence[str],
        allow: Iterable[object] | None,
        deny: Iterable[object],
    ) -> tuple[ItemList, bool]:
        """Return what a question of several parts finds, and whether a deadline was past before the end.

        With a `person`, their taste reorders it. When time is up taste is left out, or all parts but words;
        where no words are wanted, what is popular answers.
        """
        searched = self._searched()
        try:
            search, is_late = search_by_parts(searched, parts), False
        except OutOfTimeError:
            search, is_late = search_by_words(searched, parts), True
        if search is None:
            eligible = self._eligible(where, allow, deny)
            eligible[named_items(searched, parts)] = False
            with deadline(None):
                found = best_items(self._popularity()[None, :], as_length(k), eligible)
            return self._item_list(found, POPULAR, nothing_close=True), True
        if person is not None and not is_late:
            try:
                search = search.with_taste(self.fusion.scored(self._query(person, None, ())))
            except OutOfTimeError:
                is_late = True
        return self._shown_of(search, k, where, allow, deny), is_late
