"""From events to the matrices that models take: to learn from, and to ask with."""

from collections.abc import Mapping

from sensorium.catalog.circumstances import circumstances_of_items, condition_names
from sensorium.catalog.events import Events
from sensorium.catalog.searches import SEARCHES
from sensorium.core.arrays import SparseMatrix
from sensorium.features.block import FeatureBlock
from sensorium.models.base import TrainingData
from sensorium.ranking.seen_items import ALL, Seen

NO_BLOCKS: Mapping[str, FeatureBlock] = {}


def event_data(
    events: Events, blocks: Mapping[str, FeatureBlock] = NO_BLOCKS, seen: Seen = ALL
) -> TrainingData:
    """Return `events` as matrices, with these blocks and no others beside them.

    How often users met items is part of it where `seen`, which says what is not recommended again, lets any
    of them come back.
    """
    interactions, against, names = events.interactions(), events.against(), condition_names(events)
    return TrainingData(
        interactions,
        events.times(interactions),
        events.ratings(),
        blocks,
        against=against if against.nnz else None,
        against_times=events.times(against) if against.nnz else None,
        about=about_users(events),
        circumstances=circumstances_of_items(events, names) if names else None,
        conditions=names,
        frequency=None if seen == ALL else events.frequency(interactions),
    )


def about_users(events: Events) -> dict[str, SparseMatrix]:
    """Return what is known of the users of `events` beside these, by name: see `TrainingData.about`."""
    found = {} if events.people is None else events.people.about(events.users)
    searches = events.searches
    if searches is None or searches.found is None or not searches.found.nnz:
        return found
    return {**found, SEARCHES: searches.about(len(events.users))}
