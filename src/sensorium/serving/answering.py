"""What a fitted model answers: recommendations, similar items, searches, ratings, explanations."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import numpy as np
from scipy import sparse

from sensorium.catalog.catalog import Catalog
from sensorium.core.arrays import BoolVector, FloatVector, IntVector, SparseMatrix
from sensorium.core.item_list import ItemList, Reason
from sensorium.core.vocabulary import Vocabulary
from sensorium.fusion.late_fusion import FusedScores, LateFusion
from sensorium.models.base import QueryBatch, Recommender, TrainingData
from sensorium.ranking.filters import ItemFilter
from sensorium.serving import content_search
from sensorium.serving.build_query import as_list, build_query
from sensorium.serving.content_search import Medium, query_media
from sensorium.serving.expected_ratings import expected_ratings
from sensorium.serving.explanations import ItemExplanation, Question, explain_item
from sensorium.serving.item_features import ItemFeatures
from sensorium.serving.listing import best_items, item_list
from sensorium.serving.reason_text import reason_text
from sensorium.serving.searching import search_items
from sensorium.serving.similarity_explanation import SimilarityExplanation, explain_similarity
from sensorium.serving.stated_preferences import StatedPreferences, blend_preferences


class Answering:
    """The part of a fitted model that answers; it changes nothing.

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
        How many of the users, from the first, the models were fitted on; all if not given.
    rating_model
        What predicts ratings; None where events have none.
    """

    def __init__(
        self,
        catalog: Catalog,
        users: Vocabulary,
        data: TrainingData,
        item_features: ItemFeatures,
        fusion: LateFusion,
        facts: Mapping[str, Any] | None = None,
        seen: SparseMatrix | None = None,
        n_learnt: int | None = None,
        rating_model: Recommender[Any] | None = None,
    ) -> None:
        self.catalog, self.users, self.data = catalog, users, data
        self.item_features, self.fusion = item_features, fusion
        self.facts = dict(facts or {})
        self.seen: SparseMatrix = data.interactions if seen is None else seen
        self.n_learnt = len(users) if n_learnt is None else n_learnt
        self.rating_model: Recommender[Any] | None = rating_model
        self._filter = ItemFilter(catalog)
        self._titles: list[str] | None = None

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
        """Return the best `k` items for a known user, for a history, or for a new user.

        Parameters
        ----------
        user
            A user of the events; the history that was learnt from is used, and what `update` added.
        history
            Liked items, the latest last: serves new users. With `user`, they are
            added, as liked after all else.
        disliked
            Disliked items.
        like
            Category column -> labels that the user likes, such as `{"genres": ["Comedy"]}`.
        text, image, audio, video
            Words, a picture, a sound or a clip that the user likes: a file's path or bytes. With `like` they
            serve people without any history: similarity to them is blended with the scores, which are then
            those of popularity; see `serving.stated_preferences`.
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
        wishes = StatedPreferences(like, query_media(text, image, audio, video))
        wished = blend_preferences(fused, self.item_features, self.catalog, wishes) if wishes else None
        scores, path = (
            (fused.scores, fused.query_paths[0]) if wished is None else (wished.scores, wished.path)
        )
        eligible = self._eligible(where, allow, deny)
        found = best_items(scores, k, eligible, exclude=self._known(user, query))
        reasons = self._reasons(query, fused, found[0]) if explain else ()
        if wished is not None and explain:
            reasons = wished.reasons(reasons, found[0])
        return item_list(self.catalog.items, found, path, reasons, fused.path_names(0, found[0]))

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
        what the model would recommend to a user who liked only this item.
        """
        index = self.catalog.items.index(item)
        eligible = self._eligible(where, allow, deny)
        eligible[index] = False
        if by is not None:
            scores = content_search.similarity_scores(self.item_features, index, by, where=f"item {item}")[
                None, :
            ]
            found = best_items(scores, k, eligible)
            known = index, self.catalog.items.id(index)
            parts = content_search.similar_reasons(self.item_features, known, by, found[0]) if explain else ()
            return item_list(self.catalog.items, found, by, tuple(parts))
        query = self._query(None, [item], ())
        fused = self.fusion.scored(query)
        found = best_items(fused.scores, k, eligible)
        reasons = self._reasons(query, fused, found[0]) if explain else ()
        return item_list(self.catalog.items, found, fused.query_paths[0], reasons)

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
        search = search_items(self.item_features, query_media(text, image, audio, video))
        if user is not None or history is not None:
            search = search.with_taste(self.fusion.scored(self._query(user, history, ())))
        found = best_items(search.scores, k, self._eligible(where, allow, deny))
        return item_list(self.catalog.items, found, search.path, search.reasons(found[0]))

    def predict_ratings(self, user: object | None, items: Iterable[object]) -> FloatVector:
        """Return the rating that `user` is expected to give each of `items` [n_asked], on the events' scale.

        None as user is a new user. A new item is rated by its content, or at the mean.

        Raises
        ------
        NotReadyError
            If there were no ratings to learn from.
        """
        query, asked = self._query(user, None, ()), self.catalog.items.indices(items)
        return expected_ratings(self.rating_model, self.data, query, asked)

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
        return explain_item(self.fusion, question, self.catalog.items, self._all_titles(), n_items=n_items)

    def explain_similarity(self, item: object, other: object, *, by: str = "image") -> SimilarityExplanation:
        """Return which regions of two pictures, or which moments of sounds or clips, make two items similar.

        `by` is `image`, `audio` or `video`, or a block such as `image:poster`. The media are read from where
        the catalogue says they are.
        """
        pair = self.catalog.items.index(item), self.catalog.items.index(other)
        return explain_similarity(self.catalog, self.item_features, pair, by)

    def explain_text(self, reasons: Sequence[Reason], *, liked: bool = True, language: str = "en") -> str:
        """Return the reasons of one item as a sentence for people, in English (`en`) or Chinese (`zh`).

        `liked` is false for reasons of `similar`: nobody said to like the item that was asked about.
        """
        items = self.catalog.items
        return reason_text(
            reasons, lambda ids: self.titles(items.indices(ids)), liked=liked, language=language
        )

    def titles(self, items: IntVector) -> list[str]:
        """Return what to call each of `items`, which are indices."""
        called = self._all_titles()
        return [called[index] for index in items]

    def _query(
        self, user: object | None, history: Iterable[object] | None, disliked: Iterable[object]
    ) -> QueryBatch:
        """Return one query; a history that the caller gives is joined to the known one."""
        row = -1 if user is None else self.users.index(user)
        liked = self.catalog.items.indices([] if history is None else as_list(history, "history"))
        against = self.catalog.items.indices(as_list(disliked, "disliked"))
        query = build_query(self.data, row, liked, against, len(self.catalog))
        # The fusion knows nothing of users who came after it but their history.
        return query if row < self.n_learnt else replace(query, users=np.asarray([-1], dtype=np.int64))

    def _eligible(
        self, where: Sequence[str], allow: Iterable[object] | None, deny: Iterable[object]
    ) -> BoolVector:
        """Return which items meet the conditions [n_items]; all three are lists."""
        as_list(where, "where")
        only = None if allow is None else as_list(allow, "allow")
        return self._filter.eligible(where, allow=only, deny=as_list(deny, "deny"))

    def _known(self, user: object | None, query: QueryBatch) -> SparseMatrix:
        """Return what not to recommend [1, n_items]: the history of the query, and all that the user saw."""
        if user is None:
            return query.history
        return sparse.csr_array(abs(query.history) + self.seen[[self.users.index(user)]])

    def _reasons(
        self, query: QueryBatch, fused: FusedScores, items: IntVector
    ) -> Sequence[tuple[Reason, ...]]:
        """Return the parts of the scores of `items`."""
        return self.fusion.explain(query, items, self.catalog.items, fused=fused)

    def _all_titles(self) -> list[str]:
        if self._titles is None:
            self._titles = self.catalog.titles()
        return self._titles
