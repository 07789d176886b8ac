"""What a fitted model answers: recommendations, similar items, searches, ratings, explanations."""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from sensorium.catalog.item_lookup import item_index, item_indices
from sensorium.core.arguments import as_length, as_list
from sensorium.core.arrays import BoolVector, FloatMatrix, FloatVector, IntVector, SparseMatrix
from sensorium.core.errors import NotReadyError
from sensorium.core.item_list import ItemList, Reason
from sensorium.ranking.top_k import top_k
from sensorium.serving.content_search import Medium, Searched, query_media, search_items
from sensorium.serving.explanations import ItemExplanation, Question, explain_item
from sensorium.serving.history_events import with_events
from sensorium.serving.model_parts import ModelParts
from sensorium.serving.one_moment import at_one_moment
from sensorium.serving.reason_text import reason_text
from sensorium.serving.seen_by_type import ExcludeSeen
from sensorium.serving.similar_items import similar_reasons, similarity_scores
from sensorium.serving.stated_preferences import StatedPreferences, blend_preferences

if TYPE_CHECKING:
    from sensorium.serving.similarity_explanation import SimilarityExplanation


class Answering(ModelParts):
    """The part of a fitted model that answers; it changes nothing.

    Parameters as for `ModelParts`.
    """

    @at_one_moment
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
        attributes: Mapping[str, object] = MappingProxyType({}),
        context: Mapping[str, object] = MappingProxyType({}),
        k: int = 10,
        exclude_seen: ExcludeSeen = True,
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
        text
            Words that the user likes. With `like` and media they serve new users: similarity to them is
            blended with the scores, which without a history are those of popularity.
        image, audio, video
            A picture, a sound or a clip that the user likes: a file's path or bytes.
        attributes
            Who the user is, such as `{"age": 25, "occupation": "student"}`, by the columns of the table of
            users that was fitted on; of a known user, instead of what that table says.
        context
            The circumstances, such as `{"hour": 21, "device": "tv"}`: those that the events were read with.
        k
            Number of items.
        exclude_seen
            Whether items of the history and seen ones are left out; or the types of events, such as
            `["purchase"]`: what the user met by events of these types is left out, and nothing else.
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
        ConfigError
            For a type of events or an attribute that there is not.
        """
        liked = [] if history is None else as_list(history, "history")
        items, query = self.catalog.items, self._query(user, liked, disliked, attributes, context)
        fused = self.fusion.scored(query)
        wishes = StatedPreferences(like, query_media(text, image, audio, video))
        wished = blend_preferences(fused, self._searched(), wishes) if wishes else None
        scores, path = (
            (fused.scores, fused.query_paths[0]) if wished is None else (wished.scores, wished.path)
        )
        eligible = self._eligible(where, allow, deny)
        found = _best_items(scores, k, eligible, exclude=self._known(user, query, exclude_seen))
        reasons = self.fusion.explain(query, found[0], items, fused=fused) if explain else ()
        if explain:
            reasons = with_events(reasons, self._events_of(user, query, liked))
        if wished is not None and explain:
            reasons = wished.reasons(reasons, found[0])
        return self._item_list(found, path, reasons, fused.path_names(0, found[0]))

    @at_one_moment
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
        items = self.catalog.items
        index = item_index(self.catalog, item)
        eligible = self._eligible(where, allow, deny)
        eligible[index] = False
        if by is not None:
            scores = similarity_scores(self.item_features, index, by, where=f"item {item}")
            found = _best_items(scores[None, :], k, eligible)
            known = index, items.id(index)
            parts = similar_reasons(self.item_features, known, by, found[0]) if explain else ()
            return self._item_list(found, by, tuple(parts))
        query = self._query(None, [item], ())
        fused = self.fusion.scored(query)
        found = _best_items(fused.scores, k, eligible)
        reasons = self.fusion.explain(query, found[0], items, fused=fused) if explain else ()
        return self._item_list(found, fused.query_paths[0], reasons)

    @at_one_moment
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

        Scores are from 0 to 1, and 0.5 or more is a match. Nothing else is shown: where nothing matches,
        `nothing_close` is true and the three nearest items are offered. Words are looked for in all texts,
        labels and numbers; of several modalities the mean counts. With `user` or `history`, their taste
        reorders what matches and brings in nothing. Media are paths or the bytes of a file.
        """
        search = search_items(self._searched(), query_media(text, image, audio, video))
        if user is not None or history is not None:
            search = search.with_taste(self.fusion.scored(self._query(user, history, ())))
        shown = search.found(self._eligible(where, allow, deny))
        found = _best_items(shown.scores, shown.most(as_length(k)))
        reasons = shown.reasons(found[0])
        return self._item_list(found, search.path, reasons, nothing_close=shown.nothing_close)

    def _searched(self) -> Searched:
        return Searched(self.catalog, self.item_features, self.search_knowledge)

    @at_one_moment
    def predict_ratings(self, user: object | None, items: Iterable[object]) -> FloatVector:
        """Return the rating that `user` is expected to give each of `items` [n_asked], on the events' scale.

        None as user is a new user. A new item is rated by its content, or at the mean.

        Raises
        ------
        NotReadyError
            If there were no ratings to learn from.
        """
        query, asked = self._query(user, None, ()), item_indices(self.catalog, as_list(items, "items"))
        ratings = self.data.ratings
        if self.rating_model is None or ratings is None:
            raise NotReadyError(
                "no ratings were learnt, so that none can be predicted",
                remedy="Fit on events with a column of ratings: `value`",
            )
        return np.clip(self.rating_model.score(query)[0, asked], ratings.data.min(), ratings.data.max())

    @at_one_moment
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
        liked = [] if history is None else as_list(history, "history")
        query = self._query(user, liked, disliked)
        index = item_index(self.catalog, item)
        ranked = self._filter.eligible(())
        known = self._known(user, query)
        if known is not None:
            ranked[known.indices] = False
        ranked[index] = True
        question = Question(query, index, ranked, self._events_of(user, query, liked))
        return explain_item(self.fusion, question, self.catalog.items, self._all_titles(), n_items=n_items)

    @at_one_moment
    def explain_similarity(
        self, item: object, other: object, *, by: str = "image"
    ) -> "SimilarityExplanation":
        """Return which regions of two pictures, or which moments of sounds or clips, make two items similar.

        `by` is `image`, `audio` or `video`, or a block such as `image:poster`. The media are read from where
        the catalogue says they are.
        """
        from sensorium.serving.similarity_explanation import explain_similarity  # it imports decoders

        pair = item_index(self.catalog, item), item_index(self.catalog, other)
        return explain_similarity(self.catalog, self.item_features, pair, by)

    @at_one_moment
    def explain_text(self, reasons: Sequence[Reason], *, liked: bool = True, language: str = "en") -> str:
        """Return the reasons of one item as a sentence for people, in English (`en`) or Chinese (`zh`).

        `liked` is false for reasons of `similar`: nobody said to like the item that was asked about.
        """
        items = self.catalog.items
        return reason_text(
            reasons, lambda ids: self.titles(items.indices(ids)), liked=liked, language=language
        )


def _best_items(
    scores: FloatMatrix, k: int, eligible: BoolVector | None = None, exclude: SparseMatrix | None = None
) -> tuple[IntVector, FloatVector]:
    """Return the best `k` items of the one row of `scores`, and their scores; fewer if there are fewer."""
    indices, values = top_k(scores, as_length(k), exclude=exclude, eligible=eligible)
    found = indices[0][indices[0] >= 0]
    return found, values[0][: len(found)]
