"""A fitted model: recommends, finds, explains, takes new items and events; saved as a bundle."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeAlias

import numpy as np
from scipy import sparse

from sensorium.catalog.catalog import Catalog
from sensorium.core.arrays import BoolVector, FloatMatrix, FloatVector, IntVector, SparseMatrix
from sensorium.core.errors import ConfigError
from sensorium.core.item_list import ItemList, Reason
from sensorium.core.vocabulary import Vocabulary
from sensorium.fusion.counting import counted_anew
from sensorium.fusion.late import LateFusion
from sensorium.insight.languages import Situation, phrases_in
from sensorium.insight.reasons import sentence
from sensorium.models.base import QueryBatch, TrainingData
from sensorium.models.imputing import filled
from sensorium.ranking.filters import ItemFilter
from sensorium.ranking.rank import top_k
from sensorium.workflow import content
from sensorium.workflow.alike import Alike, alike
from sensorium.workflow.asking import asked_query
from sensorium.workflow.explaining import ItemExplanation, Question, explained
from sensorium.workflow.growing import wide, widened
from sensorium.workflow.knowledge import Knowledge
from sensorium.workflow.updating import Update, events_as_learnt, folded, read_new_events, seen_with
from sensorium.workflow.wishes import WISH, Wishes, blended

Medium: TypeAlias = str | Path | bytes
"""Words, or the path or the bytes of a media file."""


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
    n_learnt
        How many of the users, from the first, the fusion was fitted on; all if not given.
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
        n_learnt: int | None = None,
    ) -> None:
        self.catalog, self.users, self.data = catalog, users, data
        self.knowledge, self.fusion = knowledge, fusion
        self.facts = dict(facts or {})
        self.seen: SparseMatrix = data.interactions if seen is None else seen
        self.n_learnt = len(users) if n_learnt is None else n_learnt
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
        like: Mapping[str, Sequence[str]] = MappingProxyType({}),
        text: str | None = None,
        image: Medium | None = None,
        audio: Medium | None = None,
        video: Medium | None = None,
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
            A user of the events; the history that was learnt from is used, and what `update` added.
        history
            Items that somebody liked, the latest last: serves users nobody has seen. With `user`, they are
            added, as liked after all else.
        disliked
            Items that somebody did not like.
        like
            Category column -> labels that somebody likes, such as `{"genres": ["Comedy"]}`.
        text, image, audio, video
            Words, a picture, a sound or a clip that somebody likes: a file's path or bytes. With `like` they
            serve people without any history: likeness to them is blended with the scores, which are then
            those of popularity; see `workflow.wishes`.
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
            For a user, item or label that is not known.
        """
        query = self._query(user, history, disliked)
        fused = self.fusion.scored(query)
        wishes = Wishes(like, _given({"text": text, "image": image, "audio": audio, "video": video}))
        wished = blended(fused, self.knowledge, self.catalog, wishes) if wishes else None
        scores, path = fused.scores, fused.query_paths[0]
        if wished is not None:
            scores, path = (
                wished.scores,
                "+".join([path, *(name.removeprefix(WISH) for name in wished.wishes)]),
            )
        eligible = self._filter.eligible(where, allow=allow, deny=deny)
        found, values = _best(scores, k, eligible, exclude=self._known(user, query))
        reasons = self.fusion.explain(query, found, self.catalog.items, fused=fused) if explain else ()
        if wished is not None and explain:
            reasons = wished.reasons(reasons, found)
        return self._list(found, values, path, reasons, fused.path_names(0, found))

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
        eligible = self._filter.eligible(where, allow=allow, deny=deny)
        eligible[index] = False
        if by is not None:
            scores = content.similar(self.knowledge, index, by, where=f"item {item}")[None, :]
            found, values = _best(scores, k, eligible)
            known = index, self.catalog.items.id(index)
            reasons = content.similar_reasons(self.knowledge, known, by, found) if explain else ()
            return self._list(found, values, by, tuple(reasons))
        query = self._query(None, [item], ())
        fused = self.fusion.scored(query)
        found, values = _best(fused.scores, k, eligible)
        reasons = self.fusion.explain(query, found, self.catalog.items, fused=fused) if explain else ()
        return self._list(found, values, fused.query_paths[0], reasons)

    def search(
        self,
        *,
        text: str | None = None,
        image: Medium | None = None,
        audio: Medium | None = None,
        video: Medium | None = None,
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
        asked = _given({"text": text, "image": image, "audio": audio, "video": video})
        sources = content.search_scores(self.knowledge, asked)
        path = "+".join(sources)
        if user is not None or history is not None:
            query = self._query(user, history, ())
            fused = self.fusion.scored(query)
            sources = {**sources, content.TASTE: fused.scores[0]}
            path += f"+{fused.query_paths[0]}"
        scores = content.added(sources)
        eligible = self._filter.eligible(where, allow=allow, deny=deny)
        found, values = _best(scores[None, :], k, eligible)
        reasons = tuple(content.search_reasons(sources, found)) if len(sources) > 1 else ()
        return self._list(found, values, path, reasons)

    def explain(
        self,
        user: object | None,
        item: object,
        *,
        history: Iterable[object] | None = None,
        disliked: Iterable[object] = (),
        n_items: int = 5,
    ) -> ItemExplanation:
        """Return why `item` scores what it scores: parts that add up, and what would change its rank.

        `user`, `history` and `disliked` as for `recommend`. For each of the `n_items` history items that say
        most, and for each modality, the score and rank without it are computed anew, exactly.
        """
        query = self._query(user, history, disliked)
        index = self.catalog.items.index(item)
        ranked = self._filter.eligible(())
        ranked[self._known(user, query).indices] = False
        ranked[index] = True
        question = Question(query, index, ranked)
        return explained(self.fusion, question, self.catalog.items, self._all_titles(), n_items=n_items)

    def alike(self, item: object, other: object, *, by: str = "image") -> Alike:
        """Return which regions of two pictures, or which moments of sounds or clips, made two items alike.

        `by` is `image`, `audio` or `video`, or a block such as `image:poster`. The media are read from where
        the catalogue says they are.
        """
        pair = self.catalog.items.index(item), self.catalog.items.index(other)
        return alike(self.catalog, self.knowledge, pair, by)

    def because(self, reasons: Sequence[Reason], *, liked: bool = True, language: str = "en") -> str:
        """Return the reasons of one item as a sentence for people, in English (`en`) or Chinese (`zh`).

        `liked` is false for reasons of `similar`: nobody said to like the item that was asked about.
        """
        named = list(dict.fromkeys(reason.item_id for reason in reasons if reason.item_id is not None))
        rows = self.catalog.items.indices(named)
        situation = Situation.LIKED if liked else Situation.ALIKE
        if any(reason.source.startswith(WISH) for reason in reasons):
            situation = Situation.WISHED
        elif not named and all(reason.source in content.SOURCES for reason in reasons):
            situation = Situation.FOUND
        phrases = phrases_in(language, situation)
        return sentence(reasons, dict(zip(named, self.titles(rows), strict=True)), phrases=phrases)

    def titles(self, items: IntVector) -> list[str]:
        """Return what to call each of `items`, which are indices."""
        called = self._all_titles()
        return [called[index] for index in items]

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
        fresh = replace(
            catalog,
            frame=catalog.frame[len(self.catalog) :],
            items=Vocabulary(catalog.items.ids[len(self.catalog) :]),
        )
        knowledge = self.knowledge.extended(fresh)
        self.data = widened(self.data, len(catalog), knowledge.blocks)
        fusion = self.fusion.extend(filled(self.data, self.facts.get("impute", "no")).blocks)
        self.seen = wide(self.seen, len(catalog))
        self.catalog, self.knowledge, self.fusion = catalog, knowledge, fusion
        self._filter, self._titles = ItemFilter(catalog), None
        return fresh.items.ids.to_list()

    def update(self, events: object) -> Update:
        """Fold new events in at once; return what took effect and what waits for the next fit.

        From the next request on, each user's answer reflects them: histories grow, users nobody had seen
        become known, what was met is not recommended again, and popularity counts them. What was learnt
        between items and the weights of the sources wait. Events that are known already change nothing.

        Parameters
        ----------
        events
            `Events`, or a polars, pandas or Arrow frame or a file, with the columns of the events that were
            learnt from and read by the same rules. Value, time and type may be missing; without a time an
            event is the latest.
        """
        columns, rules = events_as_learnt(self.facts)
        new = read_new_events(events, self.catalog.items, self.users, columns, rules)
        users = new.events.users
        data, seen = folded(self.data, new.events), seen_with(self.seen, new.events)
        counted = counted_anew(self.fusion, data)
        grown = np.unique(new.events.user)
        update = Update(
            events=len(new.events),
            liked=int(new.events.positive.sum()),
            users=tuple(users.ids_at(grown)),
            new_users=tuple(users.ids[len(self.users) :]),
            counted=counted.counted,
            waiting=counted.waiting,
            unknown_items=new.unknown_items,
            rejected=new.rejected,
        )
        self.users, self.data, self.seen, self.fusion = users, data, seen, counted.fusion
        return update

    def _query(
        self, user: object | None, history: Iterable[object] | None, disliked: Iterable[object]
    ) -> QueryBatch:
        """Return one query; a history that the caller gives is joined to the known one."""
        row = -1 if user is None else self.users.index(user)
        liked = self.catalog.items.indices(history or ())
        against = self.catalog.items.indices(disliked)
        query = asked_query(self.data, row, liked, against, len(self.catalog))
        # The fusion knows nothing of users who came after it but their history.
        return query if row < self.n_learnt else replace(query, users=np.asarray([-1], dtype=np.int64))

    def _known(self, user: object | None, query: QueryBatch) -> SparseMatrix:
        """Return what not to recommend [1, n_items]: the history of the query, and all that the user saw."""
        if user is None:
            return query.history
        return sparse.csr_array(abs(query.history) + self.seen[[self.users.index(user)]])

    def _all_titles(self) -> list[str]:
        if self._titles is None:
            self._titles = self.catalog.titles()
        return self._titles

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
            scores=scores,
            path=path,
            reasons=tuple(reasons),
            paths=paths,
        )


def _given(media: Mapping[str, Medium | None]) -> dict[str, Medium]:
    """Return what was given."""
    return {name: medium for name, medium in media.items() if medium is not None}


def _best(
    scores: FloatMatrix, k: int, eligible: BoolVector, exclude: SparseMatrix | None = None
) -> tuple[IntVector, FloatVector]:
    """Return the best `k` items of the one row of `scores`, and their scores; fewer if there are fewer."""
    if k < 1:
        raise ConfigError(f"k is {k}", remedy="Ask for at least one item")
    indices, values = top_k(scores, k, exclude=exclude, eligible=eligible)
    found = indices[0][indices[0] >= 0]
    return found, values[0][: len(found)]
