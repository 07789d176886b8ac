"""What a fitted model answers: recommendations, similar items, searches, ratings, explanations."""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

import numpy as np

from sensorium.catalog.item_lookup import item_index, item_indices
from sensorium.core.arguments import as_length, as_list, as_texts
from sensorium.core.arrays import FloatVector
from sensorium.core.errors import NotReadyError
from sensorium.core.item_list import ItemList, Reason
from sensorium.ranking.top_k import best_items
from sensorium.serving.explanations import ItemExplanation, Question, explain_item
from sensorium.serving.finding import Finding
from sensorium.serving.found_items import with_words
from sensorium.serving.history_events import with_events
from sensorium.serving.missing_events import require_evidence
from sensorium.serving.one_moment import at_one_moment
from sensorium.serving.reason_text import reason_text
from sensorium.serving.search import Medium, query_media
from sensorium.serving.seen_by_type import ExcludeSeen
from sensorium.serving.stated_preferences import STEER, StatedPreferences, blend_preferences


class Answering(Finding):
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
        dislike: Mapping[str, Sequence[str]] = MappingProxyType({}),
        text: str | None = None,
        image: Medium | None = None,
        audio: Medium | None = None,
        video: Medium | None = None,
        steer: float = STEER,
        attributes: Mapping[str, object] = MappingProxyType({}),
        context: Mapping[str, object] = MappingProxyType({}),
        searches: Sequence[str] = (),
        k: int = 10,
        exclude_seen: ExcludeSeen = None,
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
        dislike
            The same for labels that the user does not like.
        text
            Words that the user likes. With `like` and media they serve new users: what an item has of them is
            blended with the scores, which without a history are those of popularity.
        image, audio, video
            A picture, a sound or a clip that the user likes: a file's path or bytes.
        steer
            How far all these decide, from 0, not at all, to 1: the share of the answer, at least, that has
            what is liked, where so many items have. From 0.5 on, nothing disliked is shown while others are
            left.
        attributes
            Who the user is, such as `{"age": 25, "occupation": "student"}`, by the columns of the table of
            users that was fitted on; of a known user, instead of what that table says.
        context
            The circumstances, such as `{"hour": 21, "device": "tv"}`: those that the events were read with.
        searches
            What the user has just searched for, in words, the latest last: evidence of taste beside what
            the user searched for before, of a model that has learnt from searches.
        k
            Number of items.
        exclude_seen
            Whether items of the history and seen ones are left out; or the types of events, such as
            `["purchase"]`: what the user met by events of these types is left out, and nothing else but what
            the user is against. As the model was fitted, with `seen`, if not given.
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
        NotReadyError
            If the model was fitted on a catalogue alone, and nothing is said of what the user likes.
        """
        liked = [] if history is None else as_list(history, "history")
        asked = as_texts(searches, "searches")
        searched = self._searches_of(user, asked) if asked or explain else None
        items, query = self.catalog.items, self._query(user, liked, disliked, attributes, context, searched)
        wishes = StatedPreferences(like, query_media(text, image, audio, video), dislike, steer)
        if not wishes:
            require_evidence(self.data, query)
        eligible, known = self._eligible(where, allow, deny), self._known(user, query, exclude_seen)
        if known is not None:
            eligible[known.indices] = False
        quick = None if wishes or explain else self.fusion.best(query, eligible, as_length(k))
        if quick is not None:
            return self._item_list((quick.items, quick.scores), quick.path, paths=quick.paths)
        fused = self.fusion.scored(query)
        wished = None
        if wishes:
            wished = blend_preferences(fused, self._searched(), wishes, eligible, as_length(k))
        told, path = (fused.scores, fused.query_paths[0]) if wished is None else (wished.scores, wished.path)
        found = best_items(told, k, eligible)
        reasons = self.fusion.explain(query, found[0], items, fused=fused) if explain else ()
        if explain:
            reasons = with_events(reasons, items.ids_at(found[0]), self._told(user, query, liked))
            reasons = with_words(reasons, found[0], searched)
        if wished is not None and explain:
            reasons = wished.reasons(reasons, found[0])
        return self._item_list(found, path, reasons, fused.path_names(0, found[0]))

    @at_one_moment
    def predict_ratings(self, user: object | None, items: Iterable[object]) -> FloatVector:
        """Return the rating that `user` is expected to give each of `items` [n_asked], on the events' scale.

        None as user is a new user. A new item is rated by its content, or at the mean.

        Raises
        ------
        NotReadyError
            If there were no ratings to learn from, or a fit of a single model was not told to learn them.
        """
        query, asked = self._query(user, None, ()), item_indices(self.catalog, as_list(items, "items"))
        ratings = self.data.ratings
        if self.rating_model is None or ratings is None:
            given = "Fit on events with a column of ratings: `value`"
            asked = "Fit with `ratings=True`; in a workspace, with `ratings = true` under `[model]`"
            raise NotReadyError(
                "no ratings were learnt, so that none can be predicted",
                remedy=given if ratings is None else asked,
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
        searched = self._searches_of(user, ())
        question = Question(query, index, ranked, self._told(user, query, liked), searched)
        return explain_item(self.fusion, question, self.catalog.items, self._all_titles(), n_items=n_items)

    @at_one_moment
    def explain_text(self, reasons: Sequence[Reason], *, liked: bool = True, language: str = "en") -> str:
        """Return the reasons of one item as a sentence for people, in English (`en`) or Chinese (`zh`).

        `liked` is false for reasons of `similar`: nobody said to like the item that was asked about.
        """
        items = self.catalog.items
        return reason_text(
            reasons, lambda ids: self.titles(items.indices(ids)), liked=liked, language=language
        )
