"""Who asks an engine that keeps nothing of users: all that is known of somebody comes with the question."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Any, NamedTuple

import numpy as np
import polars as pl
from scipy import sparse

from sensorium.catalog.circumstances import stated_circumstances
from sensorium.catalog.event_rows import EventColumns
from sensorium.catalog.events import Events
from sensorium.catalog.people import ATTRIBUTES, FOLLOWS
from sensorium.catalog.searches import SEARCHES, Searches
from sensorium.catalog.strength import strength_of_few
from sensorium.core.arrays import SparseMatrix
from sensorium.core.errors import ConfigError, UserError
from sensorium.core.units import DAY_S
from sensorium.core.vocabulary import Vocabulary
from sensorium.models.circumstances import CIRCUMSTANCES
from sensorium.ranking.seen_items import known_items, split_by_type
from sensorium.serving.event_data import event_data
from sensorium.serving.fit_record import ReadingRules
from sensorium.serving.fold_in_events import read_as_learnt
from sensorium.serving.found_items import item_finder, searched_now
from sensorium.serving.item_features import SEARCHABLE
from sensorium.serving.model_parts import ModelParts
from sensorium.serving.person import Person
from sensorium.serving.search import Medium, query_media
from sensorium.serving.stated_preferences import STEER

_ASKING = Vocabulary(["who asks"], name="user")
_CELLS = ("type", "value", "count", "portion")
_LARGEST = 1e30
"""Larger numbers are read as those of a table."""


@dataclass(frozen=True)
class AskingEvent:
    """One thing that who asks did with an item, as a row of a database holds it."""

    item_id: str
    type: str | None = None
    """What it was, such as `purchase`."""
    strength: float | None = None
    """What it says: above zero for the item, below against it. Where any event does not say it, all are read
    by the rules that the events of the fit were read by."""
    value: float | None = None
    """A rating, a weight."""
    count: float | None = None
    """How often it happened; None: once."""
    portion: float | None = None
    """Which share of the item was taken in, from 0 to 1."""
    timestamp_s: float | None = None
    """Seconds since 1970; None: unknown, which is before all that is known."""


@dataclass(frozen=True)
class Asking:
    """Who asks, and for what: an engine knows nothing else of them.

    What a model cannot use (an item, an attribute, a circumstance that it has not learnt from) is passed
    over, and the answer names it.
    """

    events: Sequence[AskingEvent] = ()
    """What they did; in any order."""
    attributes: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """Who they are, such as `{"age": 25}`, by the columns of the table of users of the fit."""
    follows: Sequence[str] = ()
    """The ids of users whom they follow."""
    searches: Sequence[str] = ()
    """What they searched for in words, the latest last."""
    liked: Sequence[str] = ()
    """Items that they say to like, now and after all events."""
    disliked: Sequence[str] = ()
    """Items that they say to dislike."""
    like: Mapping[str, Sequence[str]] = field(default_factory=dict[str, Sequence[str]])
    """Category column -> labels that they say to like."""
    dislike: Mapping[str, Sequence[str]] = field(default_factory=dict[str, Sequence[str]])
    """The same for labels that they do not like."""
    media: Mapping[str, Medium] = field(default_factory=dict[str, Medium])
    """`text`, `image`, `audio` or `video` -> words, or a file's path or bytes, that they say to like."""
    steer: float = STEER
    """How far all that is said to be liked decides, from 0 to 1; see `FittedModel.recommend`."""
    context: Mapping[str, str] = field(default_factory=dict[str, str])
    """The circumstances, such as `{"device": "tv"}`."""
    now_s: float | None = None
    """When they ask, seconds since 1970: tells the hour and the weekday where the context does not."""

    def __post_init__(self) -> None:
        """Refuse media that are none."""
        query_media(**{"text": None, "image": None, "audio": None, "video": None, **_named(self.media)})


def _named(media: Mapping[str, Medium]) -> dict[str, Any]:
    """Return media by modality; `ConfigError` if one is called otherwise."""
    for name in media:
        if name not in SEARCHABLE:
            remedy = f"Call it one of: {', '.join(SEARCHABLE)}"
            raise ConfigError(f"{name!r} is no medium", where="media", remedy=remedy)
    return dict(media)


NOBODY = Asking()


class AskedPerson(NamedTuple):
    """Who asks, as the parts of a model take them."""

    person: Person
    ignored: tuple[str, ...]
    """What of the question the model cannot use, in words."""


def person_who_asks(asking: Asking, parts: ModelParts) -> AskedPerson:
    """Return the person that an `Asking` tells of, for the `parts` of a model."""
    ignored: list[str] = []
    events = events_of(asking, parts, ignored)
    data = replace(event_data(events, seen=parts.record.seen), conditions=parts.data.conditions)
    if not events.has_values:
        data = replace(data, ratings=None)
    by_type = None
    if parts.seen_by_type is not None:
        nothing = sparse.csr_array((1, len(parts.catalog)), dtype=np.float32)
        by_type = {**dict.fromkeys(parts.seen_by_type, nothing), **split_by_type(events, parts.seen_by_type)}
    searches = _searches(asking, parts, ignored)
    about = _about(asking, parts, ignored)
    if searches is not None:
        about[SEARCHES] = searches.about(1)
    person = Person(0, replace(data, about=about), known_items(events), by_type, searches)
    return AskedPerson(person, tuple(ignored))


def events_of(asking: Asking, parts: ModelParts, ignored: list[str]) -> Events:
    """Return the events of who asks, user 0; those with items that are not known are `ignored`."""
    items, rules = parts.catalog.items, parts.record.events
    kept = [event for event in asking.events if event.item_id in items]
    unknown = list(dict.fromkeys(e.item_id for e in asking.events if e.item_id not in items))
    if unknown:
        more = f" and {len(unknown) - 1:,} more" if len(unknown) > 1 else ""
        ignored.append(f"events with item {unknown[0]!r}{more}, which is not in the catalogue")
    if kept and any(event.strength is None for event in kept):
        return _as_learnt(kept, rules, items)
    types = None
    if any(event.type is not None for event in kept):
        types = pl.Series("type", [event.type for event in kept], dtype=pl.Categorical)
    return Events(
        users=_ASKING,
        items=items,
        user=np.zeros(len(kept), dtype=np.int64),
        item=np.asarray([items.index(event.item_id) for event in kept], dtype=np.int64),
        value=_numbers([event.value for event in kept]),
        time=_times(kept),
        strength=_numbers([event.strength for event in kept]),
        count=_numbers([event.count for event in kept]),
        columns=replace(rules.columns, context=()),
        rules=rules.rules,
        types=types,
    )


def _as_learnt(events: Sequence[AskingEvent], rules: ReadingRules, items: Vocabulary) -> Events:
    """Return events read by the rules of those that were learnt from."""
    plainly = _read_plainly(events, rules, items)
    return _read_as_table(events, rules, items) if plainly is None else plainly


def _read_as_table(events: Sequence[AskingEvent], rules: ReadingRules, items: Vocabulary) -> Events:
    """Return events as they are read of tables, whatever their cells hold."""
    columns = replace(rules.columns, time=None, time_format=None, context=())
    rules = replace(rules, columns=columns)
    read = read_as_learnt(_as_table(events, columns), items, _ASKING, rules)
    times = _times(events)
    return replace(read.events, time=times if read.kept is None else times[read.kept.to_numpy()])


def _read_plainly(events: Sequence[AskingEvent], rules: ReadingRules, items: Vocabulary) -> Events | None:
    """Return what `_read_as_table` does, much quicker; None where a cell needs care."""
    told = {name: _cells(events, name, rules.columns) for name in _CELLS}
    kinds = told.pop("type")
    if rules.rules.positive or not all(kind is None or kind.strip() for kind in kinds):
        return None
    if not all(map(_is_plain_number, chain.from_iterable(told.values()))):
        return None
    if any(share is not None and not 0 <= share <= 1 for share in told["portion"]):
        return None
    numbers = {name: _numbers(cells) for name, cells in told.items()}
    said = {name: any(cell is not None for cell in cells) for name, cells in {**told, "type": kinds}.items()}
    columns = replace(rules.columns, time=None, time_format=None, context=(), text=None)
    columns = replace(columns, **{name: None for name, is_said in said.items() if not is_said})
    strength = strength_of_few(rules.rules, kinds=kinds, value_column=columns.value, **numbers)
    return Events(
        users=_ASKING,
        items=items,
        user=np.zeros(len(events), dtype=np.int64),
        item=np.asarray([items.index(event.item_id) for event in events], dtype=np.int64),
        value=numbers["value"],
        time=_times(events),
        strength=strength.strength,
        count=numbers["count"],
        columns=columns,
        rules=strength.rules,
        types=pl.Series("type", [kind and kind.strip() for kind in kinds], dtype=pl.Categorical)
        if said["type"]
        else None,
    )


def _cells(events: Sequence[AskingEvent], name: str, columns: EventColumns) -> list[Any]:
    """Return what events say of a part that was learnt from [n_events], None of one that was not."""
    if getattr(columns, name) is None:
        return [None] * len(events)
    return [getattr(event, name) for event in events]


def _is_plain_number(cell: float | None) -> bool:
    return cell is None or abs(cell) <= _LARGEST  # false of what is no number


def _times(events: Sequence[AskingEvent]) -> "np.ndarray[Any, np.dtype[np.float64]]":
    told = [np.nan if event.timestamp_s is None else event.timestamp_s for event in events]
    return np.asarray(told, dtype=np.float64)


def _numbers(values: Sequence[float | None]) -> "np.ndarray[Any, Any]":
    return np.asarray([np.nan if value is None else value for value in values], dtype=np.float32)


def _as_table(events: Sequence[AskingEvent], columns: EventColumns) -> pl.DataFrame:
    """Return events as a table with the columns of those that were learnt from, but for the time."""
    table: dict[str, Any] = {
        columns.user: [_ASKING.id(0)] * len(events),
        columns.item: [event.item_id for event in events],
    }
    for name in _CELLS:
        column, cells = getattr(columns, name), [getattr(event, name) for event in events]
        if column is not None and any(cell is not None for cell in cells):
            table[column] = cells
    return pl.DataFrame(table, strict=False)


def _searches(asking: Asking, parts: ModelParts, ignored: list[str]) -> Searches | None:
    """Return what who asks searched for, as user 0."""
    texts = [text for text in asking.searches if text.strip()]
    if not texts:
        return None
    if not parts.data.tells(SEARCHES):
        ignored.append("searches, from which this model has not learnt")
        return None
    find = item_finder(parts.catalog, parts.item_features, parts.search_knowledge)
    return searched_now(None, texts, find, len(parts.catalog))


def _about(asking: Asking, parts: ModelParts, ignored: list[str]) -> dict[str, SparseMatrix]:
    """Return what else is known of who asks: attributes, whom they follow, circumstances; each one row."""
    about: dict[str, SparseMatrix] = {}
    profiles, names = parts.profiles, parts.data.conditions
    if asking.attributes and profiles is None:
        ignored.append("attributes: this model knows none of users")
    if profiles is not None:
        rows = _stated(asking.attributes, profiles.stated, ignored)
        if rows:
            about[ATTRIBUTES] = sparse.csr_array(_largest(rows))
        if asking.follows and profiles.users.follows is not None:
            about[FOLLOWS] = _follows(asking.follows, parts.users)
    rows = _stated(_context(asking, names), lambda one: stated_circumstances(one, names), ignored)
    if rows:
        about[CIRCUMSTANCES] = sparse.csr_array(_largest(rows))
    return {name: known for name, known in about.items() if known.nnz}


def _stated(
    told: Mapping[str, Any], read: Callable[[dict[str, Any]], SparseMatrix], ignored: list[str]
) -> list[SparseMatrix]:
    """Return what each part of what is `told` is read as; what cannot be read is `ignored`."""
    found: list[SparseMatrix] = []
    for name, value in told.items():
        try:
            found.append(read({name: value}))
        except UserError as error:
            ignored.append(f"{name}: {error.what}")
    return found


def _largest(rows: Sequence[SparseMatrix]) -> SparseMatrix:
    """Return rows that are zero but for their own columns as one row."""
    return sparse.csr_array(sum(rows[1:], start=rows[0]))


def _context(asking: Asking, names: Sequence[str]) -> dict[str, Any]:
    """Return the circumstances, the hour and the weekday among them where time is known and they count."""
    told: dict[str, Any] = dict(asking.context)
    kinds = {name.partition("=")[0] for name in names}
    if asking.now_s is not None:
        if "hour" in kinds:
            told.setdefault("hour", int(asking.now_s % DAY_S // 3600))
        if "weekday" in kinds:
            told.setdefault("weekday", int((asking.now_s // DAY_S + 3) % 7 + 1))
    return told


def _follows(ids: Sequence[str], users: Vocabulary) -> SparseMatrix:
    """Return whom somebody follows [1, n_users]; ids that are not known say nothing."""
    columns = np.unique([users.index(each) for each in ids if each in users]).astype(np.int64)
    ones = np.ones(len(columns), dtype=np.float32)
    return sparse.csr_array((ones, columns, [0, len(columns)]), shape=(1, len(users)))
