"""New events, folded into what a fitted model knows of users and items, without a refit."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple, Self

import numpy as np
from scipy import sparse

from sensorium.catalog.event_rows import EventColumns
from sensorium.catalog.events import Events, ReadEvents, read_events
from sensorium.catalog.positive import with_rule_columns
from sensorium.catalog.read_tables import warn_of_undated
from sensorium.catalog.readers.files import read_table
from sensorium.catalog.readers.frames import as_polars
from sensorium.catalog.readers.table import Table
from sensorium.catalog.rejected import KIND, Rejected
from sensorium.core.arrays import SparseMatrix
from sensorium.core.log_clock import date_undated
from sensorium.core.sparse import (
    append_rows,
    entries_at,
    entry_rows,
    is_stored,
    keep_entries,
    merge_entries,
    with_data,
)
from sensorium.core.vocabulary import MISSING, Id, Vocabulary
from sensorium.fusion.event_updates import RefreshedFusion
from sensorium.models.base import TrainingData
from sensorium.ranking.seen_items import known_items
from sensorium.serving.fit_record import ReadingRules

UNKNOWN_ITEM = "unknown item"


@dataclass(frozen=True)
class Update:
    """What new events changed at once, and what waits for the next fit."""

    events: int
    """Events that took effect: each one's user is answered by it from the next request on."""
    liked: int
    """Those of them that count as positive; the others are left out of answers, as seen."""
    searches: int
    """Searches that took effect: rows that say a search in words, and no item."""
    users: tuple[Id, ...]
    """Whose histories or searches grew, new users among them."""
    new_users: tuple[Id, ...]
    """Those nobody had seen before; they are answered from the history that they have now."""
    counted: tuple[str, ...]
    """Sources that count the new events at once, exactly as a fit would."""
    waiting: tuple[str, ...]
    """Sources that learn from these events at the next fit, and so do the weights of all sources."""
    unknown_items: tuple[Id, ...]
    """Items of events that could not be used: bring them with `add_items`, then these events again."""
    rejected: Rejected
    """Rows that could not be used, with row numbers and reasons, those of unknown items among them."""

    def to_json(self) -> dict[str, Any]:
        """Return what `sensorium update --json` prints, but for where the events are kept."""
        return {
            "events": self.events,
            "liked": self.liked,
            "searches": self.searches,
            "users": [str(user) for user in self.users],
            "new_users": [str(user) for user in self.new_users],
            "counted": list(self.counted),
            "waiting": list(self.waiting),
            "unknown_items": [str(item) for item in self.unknown_items],
            "set_aside": dict(self.rejected.counts()),
        }

    @classmethod
    def of(cls, new: "NewEvents", n_known: int, counted: RefreshedFusion) -> Self:
        """Return what the `new` events changed for a model that knew the first `n_known` of their users."""
        users, searches = new.events.users, new.events.searches
        asking = np.zeros(0, dtype=np.int64) if searches is None else searches.user
        return cls(
            events=len(new.events),
            liked=int(new.events.positive.sum()),
            searches=len(asking),
            users=tuple(users.given_ids_at(np.unique(np.concatenate([new.events.user, asking])))),
            new_users=tuple(users.given_ids[n_known:]),
            counted=counted.counted,
            waiting=counted.waiting,
            unknown_items=tuple(map(new.events.items.as_given, new.unknown_items)),
            rejected=new.rejected,
        )


@dataclass(frozen=True)
class NewEvents:
    """New events as read."""

    events: Events
    rejected: Rejected
    unknown_items: tuple[str, ...]


def read_new_events(source: object, items: Vocabulary, users: Vocabulary, rules: ReadingRules) -> NewEvents:
    """Return the usable rows of `source` as events, and the others.

    Parameters
    ----------
    source
        `Events`, or a frame, file or `Table` with the columns of the events that were learnt from. Value,
        time and type may be left out; an event is then liked by the rules that it can satisfy.
    items, users
        What the model knows; new users are appended.
    rules
        How the events that were learnt from were read.
    """
    if isinstance(source, Events):
        return _translated(source, items, users)
    read = read_as_learnt(source, items, users, rules)
    warn_of_undated(read)
    return NewEvents(read.events, read.rejected, _unknown(read.rejected, rules.columns.item))


def read_as_learnt(
    source: object, items: Vocabulary, users: Vocabulary | None, rules: ReadingRules
) -> ReadEvents:
    """Return the events of a frame, file or table, and what could not become one; as `read_new_events`.

    An event that does not say what a rule compares does not satisfy it: it counts as seen.
    """
    table, learnt = event_table(source), rules.columns
    frame = with_rule_columns(table.frame, rules.rules.positive, kind=learnt.type, value=learnt.value)
    table = table.with_frame(frame)
    return read_events(table, present_columns(table, rules), items=items, users=users, rules=rules.rules)


def present_columns(table: Table, rules: ReadingRules) -> EventColumns:
    """Return the columns that were learnt from, without those that `table` lacks; ids it must have."""
    present = {
        name: column if (column := getattr(rules.columns, name)) in table.frame.columns else None
        for name in ("value", "time", "type", "count", "portion", "text")
    }
    context = tuple(name for name in rules.columns.context if name in table.frame.columns)
    return replace(rules.columns, **present, context=context)


def event_table(source: object) -> Table:
    """Return a frame, file or table as a table."""
    if isinstance(source, Table):
        return source
    if isinstance(source, str | Path):
        return read_table(Path(source))
    return Table(as_polars(source), where="events")


class FoldedIn(NamedTuple):
    """What a model knows of users after new events."""

    data: TrainingData
    rated_at: SparseMatrix | None
    """When each rating of `data` was given."""


def fold_in_events(data: TrainingData, new: Events, rated_at: SparseMatrix | None) -> FoldedIn:
    """Return `data` with the `new` events: longer histories, more users, all items as before.

    What is said against an item takes it out of `interactions`, and the other way round: the last word
    counts. Of what is said for it again, the stronger word counts until the next fit, which adds words up.

    An event without a time counts as happening now: at the end of the log by its own clock, and after the
    user's own events. Of two ratings the later one counts, as in a fit, the new one if both were given at
    once; `rated_at` is when those in `data` were, in their pattern.
    """
    new = _dated(new, data.times, data.against_times, rated_at)
    interactions, times, against, against_times = _later_words(data, new)
    ratings = data.ratings
    if ratings is not None:
        rated_at = guess_rating_times(ratings, data.times) if rated_at is None else rated_at
        ratings, rated_at = _later_ratings(ratings, rated_at, new)
    folded = replace(
        data,
        interactions=interactions,
        times=times,
        ratings=ratings,
        against=against,
        against_times=against_times,
        about={name: append_rows(known, len(new.users)) for name, known in data.about.items()},
        frequency=_later_frequency(data, new, interactions),
    )
    return FoldedIn(folded, rated_at)


def _later_frequency(data: TrainingData, new: Events, interactions: SparseMatrix) -> SparseMatrix | None:
    """Return how often each user met what he or she is for after the `new` events, as `interactions` hold it.

    Where times are known, an event no later than the last one that is known of its user and item is taken for
    one of those that are known.
    """
    if data.frequency is None:
        return None
    fresh, old = new, append_rows(data.frequency, len(new.users))
    if data.times is not None:
        last = np.asarray(append_rows(data.times, len(new.users))[new.user, new.item]).ravel()
        fresh = new.where(np.asarray(new.time > np.where(last == 0, -np.inf, last), dtype=np.bool_))
    ended = known_items(fresh.where(fresh.strength < 0))
    old = keep_entries(old, ~is_stored(old, ended))
    return entries_at(sparse.csr_array(old + fresh.frequency()), interactions)


class _Words(NamedTuple):
    """What users say for items and against them, and when."""

    interactions: SparseMatrix
    times: SparseMatrix | None
    against: SparseMatrix | None
    against_times: SparseMatrix | None


def _later_words(data: TrainingData, new: Events) -> _Words:
    """Return what users say after the `new` events."""
    liked, disliked = new.interactions(), new.against()
    dated = data.times is not None
    interactions = merge_entries(data.interactions, liked, keep="larger")
    times, when = data.times, new.times(liked) if dated else None
    if times is not None:
        times = times if when is None else merge_entries(times, when, keep="larger")
        times = append_rows(times, len(new.users))
    if data.against is None and not disliked.nnz:
        return _Words(interactions, times, None, None)
    old = (
        sparse.csr_array(data.interactions.shape, dtype=np.float32) if data.against is None else data.against
    )
    against = merge_entries(old, disliked, keep="later")
    against_when = data.against_times
    if dated and (more := new.times(disliked)) is not None:
        known = with_data(old, np.zeros(old.nnz)) if against_when is None else against_when
        against_when = merge_entries(known, more, keep="larger")
    gone, back = is_stored(interactions, disliked), is_stored(against, liked)
    return _Words(
        keep_entries(interactions, ~gone),
        None if times is None else keep_entries(times, ~gone),
        keep_entries(against, ~back),
        None if against_when is None else keep_entries(against_when, ~back),
    )


def guess_rating_times(ratings: SparseMatrix, times: SparseMatrix | None) -> SparseMatrix:
    """Return when `ratings` were given where nothing says so: when the item was last liked, else long ago."""
    if times is None:
        return with_data(ratings, np.full(ratings.nnz, -np.inf))
    found = np.asarray(times[entry_rows(ratings), ratings.indices], dtype=np.float64).ravel()
    return with_data(ratings, np.where(found == 0, -np.inf, found))


def _later_ratings(
    ratings: SparseMatrix, rated_at: SparseMatrix, new: Events
) -> tuple[SparseMatrix, SparseMatrix]:
    """Return the last rating of each user and item, and when it was given."""
    more, when = new.ratings(), new.rating_times()
    if more is not None and when is not None:
        rated_at = merge_entries(rated_at, when, keep="larger")
        last = np.asarray(rated_at[entry_rows(when), when.indices]).ravel()
        ratings = merge_entries(ratings, keep_entries(more, when.data == last), keep="later")
    return append_rows(ratings, len(new.users)), append_rows(rated_at, len(new.users))


def _dated(new: Events, *known: SparseMatrix | None) -> Events:
    """Return the `new` events, those without a time dated now; `known` are the times of all others."""
    if not np.isnan(new.time).any():
        return new
    users = [entry_rows(times) for times in known if times is not None]
    moments = [np.asarray(times.data, dtype=np.float64) for times in known if times is not None]
    nobody, never = np.zeros(0, dtype=np.int64), np.zeros(0)
    others = np.concatenate([nobody, *users]), np.concatenate([never, *moments])
    return replace(new, time=date_undated(new.user, new.time, others))


def extend_seen(seen: SparseMatrix, new: Events) -> SparseMatrix:
    """Return what each user knows [n_users, n_items], with the `new` events, liked or not."""
    return merge_entries(seen, known_items(new), keep="larger")


def _translated(events: Events, items: Vocabulary, users: Vocabulary) -> NewEvents:
    """Return the same events in the numbering of `items` and `users`."""
    item_of = items.lookup(events.items.ids)
    usable = item_of[events.item] != MISSING
    unknown = dict.fromkeys(events.items.ids_at(events.item[~usable]))
    kept = events.where(usable)
    active = kept.user if kept.searches is None else np.concatenate([kept.user, kept.searches.user])
    people = users.extended(kept.users.ids_at(np.unique(active)))
    moved = kept.by_users(people, people.lookup(kept.users.ids))
    moved = replace(moved, items=items, item=item_of[kept.item])
    return NewEvents(moved, Rejected.none("events"), tuple(unknown))


def _unknown(rejected: Rejected, column: str) -> tuple[str, ...]:
    """Return the ids that made rows unusable, each once."""
    if not len(rejected):
        return ()
    name = column if column not in ("row", KIND, "reason") else f"{column}_"
    rows = rejected.frame.filter(rejected.frame[KIND] == UNKNOWN_ITEM)
    return tuple(rows[name].unique(maintain_order=True).to_list()) if len(rows) else ()
