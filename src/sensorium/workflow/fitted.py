"""A fitted model: recommends, finds similar items, searches, explains, takes new items; saved as a bundle."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from scipy import sparse

from sensorium.catalog.catalog import Catalog
from sensorium.core.arrays import BoolVector, FloatVector, IntVector, SparseMatrix
from sensorium.core.errors import ConfigError
from sensorium.core.item_list import ItemList, Reason
from sensorium.core.vocabulary import Vocabulary
from sensorium.fusion.late import LateFusion
from sensorium.insight.languages import Situation, phrases_in
from sensorium.insight.reasons import sentence
from sensorium.models.base import QueryBatch, TrainingData
from sensorium.ranking.filters import ItemFilter
from sensorium.ranking.rank import top_k
from sensorium.workflow import content
from sensorium.workflow.asking import asked_query
from sensorium.workflow.knowledge import Knowledge


class FittedModel:
    """What `sensorium.fit` returns and what a bundle holds.

    Parameters
    ----------
    catalog
        The items, in the order of the columns of `data`.
    users
        The users, in the order of the rows of `data`.
    data
        What was learnt from; also each known user's history.
    knowledge
        Scaled feature blocks, and how to make more rows for them.
    fusion
        The fitted recommender.
    facts
        What was fitted, on what, and what was chosen: JSON, part of the bundle's manifest.
    seen
        CSR [n_users, n_items]: what each user knows, liked or not, and is not recommended again; what was
        liked if not given.
    """

    def __init__(
        self,
        catalog: Catalog,
        users: Vocabulary,
        data: TrainingData,
        knowledge: Knowledge,
        fusion: LateFusion,
        facts: Mapping[str, Any] | None = None,
        seen: SparseMatrix | None = None,
    ) -> None:
        self.catalog, self.users, self.data = catalog, users, data
        self.knowledge, self.fusion = knowledge, fusion
        self.facts = dict(facts or {})
        self.seen: SparseMatrix = data.interactions if seen is None else seen
        self._filter = ItemFilter(catalog)
        self._titles: list[str] | None = None

    def __repr__(self) -> str:
        return f"FittedModel({len(self.catalog):,} items, {len(self.users):,} users; {self.fusion!r})"

    def recommend(
        self,
        user: object | None = None,
        *,
        history: Iterable[object] | None = None,
        disliked: Iterable[object] = (),
        k: int = 10,
        where: Sequence[str] = (),
        allow: Iterable[object] | None = None,
        deny: Iterable[object] = (),
        explain: bool = False,
    ) -> ItemList:
        """Return the best `k` items for a known user, for a history, or for nobody in particular.

        Parameters
        ----------
        user
            A user of the events; the history that was learnt from is used.
        history
            Items that somebody liked, the latest last: serves users nobody has seen. With `user`, they are
            added.
        disliked
            Items that somebody did not like.
        k
            Number of items.
        where
            Conditions on columns that must all hold, such as `genres=Comedy` or `year>=1990`.
        allow, deny
            Only these items; never these items.
        explain
            Also give each item's reasons, which add up to its score.

        Raises
        ------
        UnknownIdError
            For a user or item that is not known.
        """
        query = self._query(user, history, disliked)
        fused = self.fusion.scored(query)
        indices, values = top_k(
            fused.scores, _checked(k), exclude=self._known(query), eligible=self._eligible(where, allow, deny)
        )
        found = indices[0][indices[0] >= 0]
        reasons = self.fusion.explain(query, found, self.catalog.items, fused=fused) if explain else ()
        return self._list(found, values[0], fused.query_paths[0], reasons, fused.path_names(0, found))

    def similar(
        self,
        item: object,
        *,
        by: str | None = None,
        k: int = 10,
        where: Sequence[str] = (),
        allow: Iterable[object] | None = None,
        deny: Iterable[object] = (),
        explain: bool = False,
    ) -> ItemList:
        """Return the `k` items most like `item`; `explain` also gives reasons, which add up to the score.

        `by` is a modality (`image`) or a block (`image:poster`): cosine of the features. Without it,
        what the model would recommend to somebody who liked only this item.
        """
        index = self.catalog.items.index(item)
        eligible = self._eligible(where, allow, deny)
        eligible[index] = False
        if by is not None:
            scores = content.similar(self.knowledge, index, by, where=f"item {item}")[None, :]
            indices, values = top_k(scores, _checked(k), eligible=eligible)
            found = indices[0][indices[0] >= 0]
            known = index, self.catalog.items.id(index)
            reasons = content.similar_reasons(self.knowledge, known, by, found) if explain else ()
            return self._list(found, values[0], by, tuple(reasons))
        query = self._query(None, [item], ())
        fused = self.fusion.scored(query)
        indices, values = top_k(fused.scores, _checked(k), eligible=eligible)
        found = indices[0][indices[0] >= 0]
        reasons = self.fusion.explain(query, found, self.catalog.items, fused=fused) if explain else ()
        return self._list(found, values[0], fused.query_paths[0], reasons)

    def search(
        self,
        *,
        text: str | None = None,
        image: str | Path | bytes | None = None,
        audio: str | Path | bytes | None = None,
        video: str | Path | bytes | None = None,
        user: object | None = None,
        history: Iterable[object] | None = None,
        k: int = 10,
        where: Sequence[str] = (),
        allow: Iterable[object] | None = None,
        deny: Iterable[object] = (),
    ) -> ItemList:
        """Return the `k` items that best match words, a picture, a sound or a clip, or several of them.

        Each modality's cosines are standardised and added. With `user` or `history`, the model's own scores
        join them with the same weight: personalised search. Media are paths or the bytes of a file.
        """
        asked = {"text": text, "image": image, "audio": audio, "video": video}
        sources = content.search_scores(self.knowledge, {m: v for m, v in asked.items() if v is not None})
        path = "+".join(sources)
        if user is not None or history is not None:
            query = self._query(user, history, ())
            fused = self.fusion.scored(query)
            sources = {**sources, content.TASTE: fused.scores[0]}
            path += f"+{fused.query_paths[0]}"
        scores = content.added(sources)
        eligible = self._eligible(where, allow, deny)
        indices, values = top_k(scores[None, :], _checked(k), eligible=eligible)
        found = indices[0][indices[0] >= 0]
        reasons = tuple(content.search_reasons(sources, found)) if len(sources) > 1 else ()
        return self._list(found, values[0], path, reasons)

    def explain(self, user: object, item: object) -> tuple[Reason, ...]:
        """Return the parts of the score that `item` has for `user`; they add up to it."""
        query = self._query(user, None, ())
        index = np.asarray([self.catalog.items.index(item)], dtype=np.int64)
        return self.fusion.explain(query, index, ids=self.catalog.items)[0]

    def because(self, reasons: Sequence[Reason], *, liked: bool = True, language: str = "en") -> str:
        """Return the reasons of one item as a sentence for people, in English (`en`) or Chinese (`zh`).

        `liked` is false for reasons of `similar`: nobody said to like the item that was asked about.
        """
        named = list(dict.fromkeys(reason.item_id for reason in reasons if reason.item_id is not None))
        rows = self.catalog.items.indices(named)
        searched = not named and all(reason.source in content.SOURCES for reason in reasons)
        situation = Situation.FOUND if searched else Situation.LIKED if liked else Situation.ALIKE
        phrases = phrases_in(language, situation)
        return sentence(reasons, dict(zip(named, self.titles(rows), strict=True)), phrases=phrases)

    def titles(self, items: IntVector) -> list[str]:
        """Return what to call each of `items`, which are indices."""
        if self._titles is None:
            self._titles = self.catalog.titles()
        return [self._titles[index] for index in items]

    def add_items(self, rows: object) -> list[str]:
        """Make new items recommendable at once, from their content, without a refit; return their ids.

        Parameters
        ----------
        rows
            A polars, pandas or Arrow frame with the catalogue's columns; missing ones are empty.

        Raises
        ------
        DataError
            If an id is known already or stands twice; nothing is added then.
        """
        catalog = self.catalog.extended(rows)
        fresh = _tail(catalog, len(self.catalog))
        knowledge = self.knowledge.extended(fresh)
        fusion = self.fusion.extend(knowledge.blocks)
        self.data = _widened(self.data, len(catalog), knowledge)
        self.seen = _wide(self.seen, len(catalog))
        self.catalog, self.knowledge, self.fusion = catalog, knowledge, fusion
        self._filter, self._titles = ItemFilter(catalog), None
        return fresh.items.ids.to_list()

    def _query(
        self, user: object | None, history: Iterable[object] | None, disliked: Iterable[object]
    ) -> QueryBatch:
        """Return one query; a history that the caller gives is joined to the known one."""
        row = -1 if user is None else self.users.index(user)
        liked = self.catalog.items.indices(history or ())
        against = self.catalog.items.indices(disliked)
        return asked_query(self.data, row, liked, against, len(self.catalog))

    def _known(self, query: QueryBatch) -> SparseMatrix:
        """Return what not to recommend [1, n_items]: the history of the query, and all that the user saw."""
        user = int(query.users[0])
        return query.history if user < 0 else sparse.csr_array(abs(query.history) + self.seen[[user]])

    def _eligible(
        self, where: Sequence[str], allow: Iterable[object] | None, deny: Iterable[object]
    ) -> BoolVector:
        return self._filter.eligible(where, allow=allow, deny=deny)

    def _list(
        self,
        found: IntVector,
        scores: FloatVector,
        path: str,
        reasons: Sequence[tuple[Reason, ...]] = (),
        paths: tuple[str, ...] = (),
    ) -> ItemList:
        return ItemList(
            item_ids=tuple(self.catalog.items.ids_at(found)),
            indices=found,
            scores=scores[: len(found)],
            path=path,
            reasons=tuple(reasons),
            paths=paths,
        )


def _checked(k: int) -> int:
    if k < 1:
        raise ConfigError(f"k is {k}", remedy="Ask for at least one item")
    return k


def _tail(catalog: Catalog, start: int) -> Catalog:
    return replace(catalog, frame=catalog.frame[start:], items=Vocabulary(catalog.items.ids[start:]))


def _widened(data: TrainingData, n_items: int, knowledge: Knowledge) -> TrainingData:
    times = None if data.times is None else _wide(data.times, n_items)
    ratings = None if data.ratings is None else _wide(data.ratings, n_items)
    return TrainingData(_wide(data.interactions, n_items), times, ratings, knowledge.blocks)


def _wide(matrix: SparseMatrix, n_items: int) -> SparseMatrix:
    parts = (matrix.data, matrix.indices, matrix.indptr)
    return sparse.csr_array(parts, shape=(matrix.shape[0], n_items))
