"""What a fitted model is made of, and how a request looks things up in it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import numpy as np

from sensorium.catalog.catalog import Catalog
from sensorium.catalog.circumstances import stated_circumstances
from sensorium.catalog.item_lookup import item_indices
from sensorium.catalog.people import ATTRIBUTES
from sensorium.catalog.searches import SEARCHES, Searches
from sensorium.core.arguments import as_list, as_texts
from sensorium.core.arrays import BoolVector, FloatVector, IntVector, SparseMatrix
from sensorium.core.errors import ConfigError
from sensorium.core.item_list import ItemList, Reason
from sensorium.core.vocabulary import MISSING, Vocabulary
from sensorium.fusion.late_fusion import LateFusion
from sensorium.models.base import QueryBatch, Recommender, TrainingData
from sensorium.models.circumstances import CIRCUMSTANCES
from sensorium.ranking.filters import ItemFilter
from sensorium.ranking.seen_items import Seen, parse_seen
from sensorium.serving.build_query import build_query
from sensorium.serving.explanations import with_given_ids
from sensorium.serving.fit_record import FitRecord
from sensorium.serving.found_items import item_finder, searched_now
from sensorium.serving.history_events import ToldHistory, history_events, how_met
from sensorium.serving.item_features import ItemFeatures
from sensorium.serving.item_previews import MediaPreviews
from sensorium.serving.missing_events import require_users
from sensorium.serving.one_moment import Momentary, at_one_moment
from sensorium.serving.person import Person, left_out
from sensorium.serving.search_knowledge import SearchKnowledge
from sensorium.serving.seen_by_type import WHERE, ExcludeSeen
from sensorium.serving.user_profiles import UserProfiles

UNRECORDED = FitRecord()


class ModelParts(Momentary):
    """What a fitted model is made of, and how a request looks things up in it.

    Parameters
    ----------
    catalog
        The items, in the order of the columns of `data`.
    users
        The users, in the order of the rows of `data`.
    data
        What was learnt from; also each known user's history.
    item_features
        Scaled feature blocks, and how to make more rows for them.
    fusion
        The fitted recommender.
    record
        What was fitted, on what, and what was chosen; part of the bundle's manifest.
    seen
        CSR [n_users, n_items]: what each user knows, liked or not, and is not recommended again; what was
        liked if not given.
    n_learnt
        How many of the users, from the first, the models were fitted on; all if not given.
    seen_by_type
        Type of event in lower case -> CSR [n_users, n_items]: what each user met by such events; None: that
        is not known, as in bundles from before it was kept.
    rating_model
        What predicts ratings; None where events have none.
    rated_at
        CSR [n_users, n_items] float64: when each rating of `data` was given, seconds since 1970; guessed from
        when the item was liked if not given.
    search_knowledge
        The words of the items and what similarities reach by chance; found out when asked for if not given.
    profiles
        What is known of users beside their events; None: nothing.
    searches
        What each user searched for last, and what it finds; None: that is not known.
    """

    def __init__(
        self,
        catalog: Catalog,
        users: Vocabulary,
        data: TrainingData,
        item_features: ItemFeatures,
        fusion: LateFusion,
        record: FitRecord = UNRECORDED,
        seen: SparseMatrix | None = None,
        n_learnt: int | None = None,
        rating_model: Recommender[Any] | None = None,
        seen_by_type: Mapping[str, SparseMatrix] | None = None,
        rated_at: SparseMatrix | None = None,
        search_knowledge: SearchKnowledge | None = None,
        profiles: UserProfiles | None = None,
        searches: Searches | None = None,
    ) -> None:
        super().__init__()
        self.catalog, self.users, self.data = catalog, users, data
        self.item_features, self.fusion = item_features, fusion
        self.record = record
        self.seen: SparseMatrix = data.interactions if seen is None else seen
        self.seen_by_type = seen_by_type
        self.n_learnt = len(users) if n_learnt is None else n_learnt
        self.rating_model: Recommender[Any] | None = rating_model
        self.rated_at: SparseMatrix | None = rated_at
        self.search_knowledge = SearchKnowledge() if search_knowledge is None else search_knowledge
        self.profiles, self.searches = profiles, searches
        self._filter = ItemFilter(catalog)
        self._titles: list[str] | None = None

    @at_one_moment
    def titles(self, items: IntVector) -> list[str]:
        """Return what to call each of `items`, which are indices."""
        called = self._all_titles()
        return [called[index] for index in items]

    def _item_list(
        self,
        found: tuple[IntVector, FloatVector],
        path: str,
        reasons: Sequence[tuple[Reason, ...]] = (),
        paths: tuple[str, ...] = (),
        *,
        nothing_close: bool | None = None,
    ) -> ItemList:
        """Return what was `found`, indices and scores, as a list that can name and show its items."""
        (indices, scores), items = found, self.catalog.items
        return ItemList(
            item_ids=tuple(items.given_ids_at(indices)),
            indices=indices,
            scores=scores,
            path=path,
            reasons=tuple(with_given_ids(each, items) for each in reasons),
            paths=paths,
            titles=tuple(self.titles(indices)),
            previews=MediaPreviews(self.catalog),
            nothing_close=nothing_close,
        )

    def _query(
        self,
        user: object | None,
        history: Iterable[object] | None,
        disliked: Iterable[object],
        attributes: Mapping[str, object] = MappingProxyType({}),
        context: Mapping[str, object] = MappingProxyType({}),
        searches: Searches | None = None,
    ) -> QueryBatch:
        """Return one query; what the caller says is joined to what is known; `searches` hold all."""
        person = self._person(user)
        liked = item_indices(self.catalog, [] if history is None else as_list(history, "history"))
        against = item_indices(self.catalog, as_list(disliked, "disliked"))
        query = build_query(person.data, person.row, liked, against, len(self.catalog))
        if attributes:
            query = replace(query, about={**query.about, ATTRIBUTES: self._stated(attributes, query)})
        if context:
            asked = stated_circumstances(context, self.data.conditions)
            query = replace(query, about={**query.about, CIRCUMSTANCES: asked})
        if searches is not None:
            query = replace(query, about={**query.about, SEARCHES: searches.about(1)})
        # The fusion knows nothing of users who came after it but their history.
        return query if person.is_learnt else replace(query, users=np.asarray([MISSING], dtype=np.int64))

    def _person(self, user: object | None) -> Person:
        """Return who asks: a user's id, None for somebody unknown, or a `Person` already."""
        if isinstance(user, Person):
            return user
        row = MISSING
        if user is not None:
            require_users(self.users)
            row = self.users.index(user)
        is_learnt = row < self.n_learnt
        return Person(row, self.data, self.seen, self.seen_by_type, self.searches, is_learnt)

    def _told(self, user: object | None, query: QueryBatch, history: Iterable[object]) -> ToldHistory:
        """Return what reasons say of the items of the query; `history` are those that the caller names."""
        person = self._person(user)
        named = item_indices(self.catalog, history).tolist()
        columns = self.record.events.columns
        events = history_events(person.row, query.history, person.seen_by_type, columns, named)
        met = how_met(person.row, person.data, person.seen_by_type, columns, named)
        return ToldHistory.of(self.catalog.items, events, met)

    def _searches_of(self, user: object | None, texts: Sequence[str]) -> Searches | None:
        """Return what `user` searched for and, after it, the words `texts`; None if nothing is known."""
        known, asked = self._person(user).searched(), [text for text in texts if text.strip()]
        if asked:
            if not self.data.tells(SEARCHES):
                raise ConfigError(
                    "this model has not learnt from searches",
                    where="searches",
                    remedy="Fit it on events of type search, with words in the column `text`; or say what is "
                    "liked, with text=...",
                )
            find = item_finder(self.catalog, self.item_features, self.search_knowledge)
            known = searched_now(known, asked, find, len(self.catalog))
        return known or None  # none, or an empty lot

    def _stated(self, attributes: Mapping[str, object], query: QueryBatch) -> SparseMatrix:
        """Return the row of the attributes that a caller says of a user [1, n_attributes]."""
        return self._require_profiles("attributes").stated(attributes, query.about.get(ATTRIBUTES))

    def _require_profiles(self, where: str) -> UserProfiles:
        """Return what is known of users; `ConfigError` where nothing is."""
        if self.profiles is None:
            raise ConfigError(
                "this model knows no attributes of users",
                where=where,
                remedy="Fit it with a table of users: users=..., or [users] in sensorium.toml",
            )
        return self.profiles

    def _eligible(
        self, where: Sequence[str], allow: Iterable[object] | None, deny: Iterable[object]
    ) -> BoolVector:
        """Return which items meet the conditions [n_items]; all three are lists."""
        conditions = as_texts(where, "where")
        only = None if allow is None else as_list(allow, "allow")
        return self._filter.eligible(conditions, allow=only, deny=as_list(deny, "deny"))

    def _known(
        self, user: object | None, query: QueryBatch, exclude_seen: ExcludeSeen = None
    ) -> SparseMatrix | None:
        """Return what not to recommend [1, n_items]; None: there is nothing to leave out."""
        return self._person(user).known(query, self._seen_rule(exclude_seen))

    def _left_out(
        self, rows: IntVector, queries: QueryBatch, exclude_seen: ExcludeSeen
    ) -> SparseMatrix | None:
        """Return what not to recommend to the users of `rows`; see `left_out`."""
        return left_out(rows, queries, self.seen, self.seen_by_type, self._seen_rule(exclude_seen))

    def _seen_rule(self, exclude_seen: ExcludeSeen) -> Seen:
        """Return which events take an item off an answer; None: those of the rule of the fit."""
        return self.record.seen if exclude_seen is None else parse_seen(exclude_seen, WHERE)

    def _all_titles(self) -> list[str]:
        if self._titles is None:
            self._titles = self.catalog.titles()
        return self._titles
