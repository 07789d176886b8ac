"""What users searched for, as items: the words of a log of searches are looked up as a search does."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cache

import numpy as np
import polars as pl

from sensorium.catalog.catalog import Catalog
from sensorium.catalog.events import Events
from sensorium.catalog.searches import SEARCHES, Finder, Searches, joined_searches
from sensorium.core.arrays import FloatVector, IntVector
from sensorium.core.errors import DataError
from sensorium.core.item_list import Reason
from sensorium.core.roles import Role
from sensorium.core.source_kind import SourceKind
from sensorium.models.base import TrainingData
from sensorium.serving.calibration import CLOSE
from sensorium.serving.item_features import ItemFeatures
from sensorium.serving.search import Searched, search_scores
from sensorium.serving.search_knowledge import SearchKnowledge

MOST_FOUND = 100
"""Items that one search finds: the best."""


def item_finder(
    catalog: Catalog, item_features: ItemFeatures, knowledge: SearchKnowledge | None = None
) -> Finder:
    """Return what finds the items that match some words, as `search` does; others find none.

    Nothing of it is learnt from events, so that held-back ones cannot leak.
    """
    searched = Searched(catalog, item_features, SearchKnowledge() if knowledge is None else knowledge)

    @cache
    def find(text: str) -> tuple[IntVector, FloatVector]:
        try:
            scores = search_scores(searched, {Role.TEXT.value: text})[Role.TEXT.value]
        except DataError:  # a catalogue without words, and no encoder that reads any
            return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.float32)
        close = np.flatnonzero(scores >= CLOSE)
        best = np.sort(close[np.argsort(-scores[close], kind="stable")[:MOST_FOUND]])
        return best, scores[best].astype(np.float32)

    return find


def later_searches(
    known: Searches | None, new: Events, find: Finder, data: TrainingData
) -> tuple[Searches | None, TrainingData]:
    """Return the last searches of each user after `new` events, and `data` that knows what they find.

    A search without a time happens now: at the end of the log. One that is known changes nothing.
    """
    if new.searches is None:
        return known, data
    ends = [data.times.data.max()] if data.times is not None and data.times.nnz else []
    if known is not None and np.isfinite(known.time).any():
        ends.append(np.nanmax(known.time))
    asked = new.searches.finding(find, data.n_items)
    if ends:
        asked = replace(asked, time=np.where(np.isnan(asked.time), max(ends), asked.time))
    together = joined_searches([known, asked])
    if together is None:
        return known, data
    searches = together.latest()
    about = {**data.about, SEARCHES: searches.about(data.n_users)}
    return searches, replace(data, about=about)


def searched_now(known: Searches | None, texts: Sequence[str], find: Finder, n_items: int) -> Searches:
    """Return the searches of one user, user 0: those `known` and, later, the words `texts` in turn."""
    end = 0.0 if known is None else float(np.nan_to_num(known.time, nan=0.0).max(initial=0.0))
    times = end + 1 + np.arange(len(texts), dtype=np.float64)
    asked = Searches(np.zeros(len(texts), dtype=np.int64), pl.Series("text", texts, dtype=pl.String), times)
    together = joined_searches([known, asked.finding(find, n_items)])
    return asked if together is None else together


def with_words(
    reasons: Sequence[tuple[Reason, ...]], items: IntVector, searches: Searches | None
) -> tuple[tuple[Reason, ...], ...]:
    """Return the reasons of `items`, each with what its user searched for; `searches` are that user's."""
    if searches is None:
        return tuple(reasons)
    return tuple(
        tuple(
            replace(reason, words=searches.words_for(item)) if reason.kind is SourceKind.SEARCHES else reason
            for reason in of_item
        )
        for of_item, item in zip(reasons, items.tolist(), strict=True)
    )


def with_found_items(events: Events, find: Finder) -> Events:
    """Return `events` that know of each search which items it finds; the same words are looked up once."""
    if events.searches is None:
        return events
    return replace(events, searches=events.searches.finding(find, len(events.items)))
