"""What happened: who met which item, when, how, with what value, and whether it counts as positive."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Self

import numpy as np
import polars as pl
from numpy.typing import NDArray

from sensorium.catalog.event_details import event_details, joined_details
from sensorium.catalog.event_matrices import EventMatrices
from sensorium.catalog.event_rows import EventColumns, EventRows, event_rows
from sensorium.catalog.people import People
from sensorium.catalog.positive import rule_columns
from sensorium.catalog.readers.files import read_table
from sensorium.catalog.readers.frames import as_polars
from sensorium.catalog.readers.table import Table
from sensorium.catalog.rejected import Rejected
from sensorium.catalog.searches import Searches, joined_searches, with_items_column
from sensorium.catalog.strength import RELEVANT, EventRules, Weighting, strength_of_events
from sensorium.catalog.times import Doubt, TimeFormat
from sensorium.core.arrays import BoolVector, FloatVector, IntVector
from sensorium.core.errors import DataError
from sensorium.core.vocabulary import Vocabulary

if TYPE_CHECKING:
    from sensorium.training.event_text_reader import EventTextReader

_REMEDY = "Mend the row, or read both tables with sensorium.read_tables, which sets bad rows aside"


@dataclass(frozen=True)
class Events(EventMatrices):
    """Events as aligned arrays [n_events], in the order in which they were read."""

    users: Vocabulary
    items: Vocabulary
    user: IntVector
    """[n_events] int64: index into `users`."""
    item: IntVector
    """[n_events] int64: index into `items`."""
    value: FloatVector = field(repr=False)
    """[n_events] float32: rating, weight, seconds watched; NaN where there is none."""
    time: NDArray[np.float64] = field(repr=False)
    """[n_events] float64: seconds since 1970; NaN where unknown."""
    strength: FloatVector = field(repr=False)
    """[n_events] float32: what the event says: above zero for the item, 0 nothing, below zero against it."""
    count: FloatVector = field(repr=False)
    """[n_events] float32: how often it happened; NaN where that is not said."""
    columns: EventColumns = field(default=EventColumns(), repr=False)
    """The columns that they were read from."""
    rules: EventRules = field(default=EventRules(), repr=False)
    """How it was told what they say."""
    types: pl.Series | None = field(default=None, repr=False)
    """[n_events] categories: what each event was, null where that is not said; None without such a column."""
    details: pl.DataFrame | None = field(default=None, repr=False)
    """[n_events] what each says in words and under which named circumstances it happened; None: nothing."""
    people: People | None = field(default=None, repr=False)
    """What is known of the users beside their events; None: nothing."""
    searches: Searches | None = field(default=None, repr=False)
    """What users searched for in words, beside their events with items; None: that is not known."""
    text_reader: "EventTextReader | None" = field(default=None, repr=False)
    """What makes features of the items of what events say in words; None: the default."""

    def __repr__(self) -> str:
        return f"Events({len(self):,} events; {len(self.users):,} users, {len(self.items):,} items)"

    @staticmethod
    def from_frame(
        frame: object,
        *,
        items: Vocabulary,
        users: Vocabulary | None = None,
        user: str = "user_id",
        item: str = "item_id",
        value: str | None = None,
        time: str | None = None,
        type: str | None = None,  # noqa: A002
        count: str | None = None,
        portion: str | None = None,
        time_format: TimeFormat | None = None,
        text: str | None = None,
        context: Sequence[str] = (),
        positive: Sequence[str] = (),
        strength: Mapping[str, float] | None = None,
        relevant: float = RELEVANT,
    ) -> "Events":
        """Return the events of a polars, pandas or pyarrow frame.

        Parameters
        ----------
        frame
            One row an event.
        items
            The items of the catalogue.
        users
            Known users, who keep their indices; others are appended in order of appearance.
        user, item, value, time, type, count, portion
            Columns. Value, time and type are found by name if not given: rating, value, weight;
            timestamp, time, date; type, event. `count` says how often it happened, such as plays;
            `portion` which share of the item was taken in, from 0 to 1 or in per cent.
        time_format
            How times are written, where the column does not tell: a format of `strptime`, or one of
            `sensorium.catalog.times.WORDS`.
        text
            The column with words about the item, such as a review: they become features of the items.
        context
            Columns with circumstances, such as the device or the place.
        positive
            Rules such as `rating >= 4` or `purchase`; an event that satisfies any of them has strength
            1, others 0. Without rules every event has strength 1, also where there are ratings; those whose
            type says that they are against, such as `dislike`, have -1.
        strength
            Instead of rules, type of event -> what it says: `{"view": 0.2, "purchase": 1, "dislike": -1}`;
            0 is ignored, as are types that are not named. The name of the value column as a key lets ratings
            count, about what each user mostly gives. See `sensorium.catalog.strength`.
        relevant
            From which strength on an item is what a recommendation should have found.

        Raises
        ------
        DataError
            If a column is not there, or any row is bad: an empty id, an unknown item, a value that is no
            number, a time that cannot be read. `read_events` sets such rows aside instead.
        ConfigError
            If a rule or a strength cannot be understood.
        """
        columns = EventColumns(
            user, item, value, time, type, count, portion, time_format, text=text, context=tuple(context)
        )
        rules = EventRules.parse(positive, strength, relevant)
        return _require_no_bad_rows(read_events(frame, columns, items=items, users=users, rules=rules))

    @staticmethod
    def from_file(
        path: str | Path,
        *,
        items: Vocabulary,
        users: Vocabulary | None = None,
        user: str = "user_id",
        item: str = "item_id",
        value: str | None = None,
        time: str | None = None,
        type: str | None = None,  # noqa: A002
        count: str | None = None,
        portion: str | None = None,
        time_format: TimeFormat | None = None,
        text: str | None = None,
        context: Sequence[str] = (),
        positive: Sequence[str] = (),
        strength: Mapping[str, float] | None = None,
        relevant: float = RELEVANT,
    ) -> "Events":
        """Return the events of a CSV, TSV, JSON, Parquet, Excel or RecBole file; else as `from_frame`."""
        columns = EventColumns(
            user, item, value, time, type, count, portion, time_format, text=text, context=tuple(context)
        )
        rules = EventRules.parse(positive, strength, relevant)
        return _require_no_bad_rows(read_events(Path(path), columns, items=items, users=users, rules=rules))

    def texts(self) -> pl.Series | None:
        """Return what each event says in words [n_events], null where nothing; None without such a column."""
        name = self.columns.text
        return None if name is None or self.details is None else self.details.get_column(name, default=None)

    def weighed(self, weighting: Weighting) -> Self:
        """Return the events, of which models learn so: see `interactions`."""
        return replace(self, rules=replace(self.rules, weighting=weighting))

    def where(self, mask: BoolVector) -> Self:
        """Return the events where `mask` [n_events] holds; vocabularies and searches stay the same."""
        kept = pl.Series(mask)
        types = None if self.types is None else self.types.filter(kept)
        details = None if self.details is None else self.details.filter(kept)
        arrays = {name: column[mask] for name, column in self.arrays().items()}
        return replace(self, **arrays, types=types, details=details)

    def divided(self, moment: float) -> tuple[Self, Self]:
        """Return the events and searches before `moment`, those without a time among them, and from it on."""
        late = self.time >= moment
        before, after = self.where(~late), self.where(late)
        if self.searches is None:
            return before, after
        later = self.searches.time >= moment
        return (
            replace(before, searches=self.searches.where(~later)),
            replace(after, searches=self.searches.where(later)),
        )

    def by_users(self, users: Vocabulary, rows: IntVector) -> Self:
        """Return the events in the numbering of `users`: `rows` [n_users] are the former users' numbers."""
        searches = None if self.searches is None else self.searches.by_users(rows)
        return replace(self, users=users, user=rows[self.user], searches=searches)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return what is known of each event: name -> column [n_events]."""
        values = {part.name: getattr(self, part.name) for part in fields(self)}
        return {name: value for name, value in values.items() if isinstance(value, np.ndarray)}

    @staticmethod
    def concat(first: "Events", *others: "Events") -> "Events":
        """Return the events of all, in this order, with the columns and rules of the first.

        Each vocabulary must be the one before or go on from it; the last one's is kept.

        Raises
        ------
        DataError
            If ids are numbered differently.
        """
        parts = (first, *others)
        _require_continued(*(part.users for part in parts))
        _require_continued(*(part.items for part in parts))
        tables = [part.arrays() for part in parts]
        columns: dict[str, Any] = {
            name: np.concatenate([table[name] for table in tables]) for name in tables[0]
        }
        columns |= {"types": _joined_types(parts)}
        columns |= {"details": joined_details([(part.details, len(part)) for part in parts])}
        columns |= {"searches": joined_searches([part.searches for part in parts])}
        return replace(first, users=parts[-1].users, items=parts[-1].items, **columns)

    def extended(
        self,
        frame: object,
        *,
        items: Vocabulary | None = None,
        user: str = "user_id",
        item: str = "item_id",
        value: str | None = None,
        time: str | None = None,
        type: str | None = None,  # noqa: A002
        count: str | None = None,
        portion: str | None = None,
        time_format: TimeFormat | None = None,
        text: str | None = None,
        context: Sequence[str] = (),
        positive: Sequence[str] = (),
        strength: Mapping[str, float] | None = None,
        relevant: float = RELEVANT,
    ) -> "Events":
        """Return these events and, after them, those of `frame`.

        `items` may be a longer vocabulary than before; users not seen before are appended. Times are read as
        before, unless `time_format` says otherwise.
        """
        more = self.from_frame(
            frame,
            items=self.items if items is None else items,
            users=self.users,
            user=user,
            item=item,
            value=value,
            time=time,
            type=type,
            count=count,
            portion=portion,
            time_format=time_format or self.columns.time_format,
            text=text,
            context=context,
            positive=positive,
            strength=strength,
            relevant=relevant,
        )
        return replace(self.concat(self, more), columns=more.columns, rules=more.rules)


def _joined_types(parts: Sequence[Events]) -> pl.Series | None:
    """Return the types of the events of all `parts`; None if none of them says any."""
    if all(part.types is None for part in parts):
        return None
    unsaid = [pl.Series([None], dtype=pl.Categorical).new_from_index(0, len(part)) for part in parts]
    return pl.concat(
        [rest if part.types is None else part.types for part, rest in zip(parts, unsaid, strict=True)]
    ).alias("type")


def _require_continued(*vocabularies: Vocabulary) -> None:
    """Raise `DataError` unless each vocabulary begins with the one before."""
    for shorter, longer in pairwise(vocabularies):
        if shorter is longer:
            continue
        if len(shorter) > len(longer) or not shorter.ids.equals(longer.ids.head(len(shorter))):
            raise DataError(
                f"the {shorter.name}s of the events are numbered differently",
                where="Events.concat",
                remedy=f"Read the later events with {shorter.name}s= of the earlier ones",
            )


def no_events(items: Vocabulary) -> Events:
    """Return the events of a catalogue alone: none."""
    empty = dict.fromkeys((EventColumns.user, EventColumns.item), pl.Series([], dtype=pl.String))
    return read_events(pl.DataFrame(empty), items=items).events


class ReadEvents(NamedTuple):
    """Events, and what could not become one."""

    events: Events
    rejected: Rejected
    undated: Rejected
    """Rows that are used without their time, which cannot be read."""
    doubt: Doubt | None
    """What other times they might be, where two readings are possible."""
    columns: EventColumns
    table: Table
    kept: pl.Series | None
    """Which rows of the table became events; None: all."""

    def rows_of(self, mask: BoolVector) -> pl.Series:
        """Return the row numbers of the events where `mask` [n_events] holds."""
        if self.kept is None:
            return self.table.rows(pl.Series(mask))
        return self.table.rows(self.kept).filter(pl.Series(mask))


ALL_ALIKE = EventRules()
"""Every event says the same."""


def read_events(
    source: object,
    columns: EventColumns | None = None,
    *,
    items: Vocabulary,
    users: Vocabulary | None = None,
    rules: EventRules = ALL_ALIKE,
) -> ReadEvents:
    """Return the events of a file or frame, with bad rows set aside: numbered, with a reason, counted.

    Parameters as in `Events.from_frame`; `source` is a path, a frame or a `Table`.
    """
    given = columns or EventColumns()
    table = _table(source, given, rules.positive)
    found = given.completed(table.frame.columns, where=table.where)
    table = with_items_column(table, found.item, found.type, found.text)
    rows: EventRows = event_rows(table, found, items=items, users=users, positive=rules.positive)
    said = strength_of_events(
        rules,
        kinds=rows.types,
        user=rows.user,
        value=rows.value,
        count=rows.count,
        portion=rows.portion,
        n_users=len(rows.users),
        value_column=found.value,
        positive=rows.positive,
    )
    events = Events(
        users=rows.users,
        items=items,
        user=rows.user,
        item=rows.item,
        value=rows.value,
        time=rows.time,
        strength=said.strength,
        count=rows.count,
        columns=rows.columns,
        rules=said.rules,
        types=rows.types,
        details=event_details(table.frame, rows.kept, found),
        searches=rows.searches,
    )
    rejected = Rejected.together([table.rejected, rows.rejected], table.where)
    return ReadEvents(events, rejected, rows.undated, rows.doubt, rows.columns, table, rows.kept)


def _require_no_bad_rows(read: ReadEvents) -> Events:
    Rejected.together([read.rejected, read.undated], read.table.where).refuse(_REMEDY)
    return read.events


def _table(source: object, columns: EventColumns, rules: Sequence[str]) -> Table:
    if isinstance(source, Table):
        return source
    if not isinstance(source, str | Path):
        return Table(as_polars(source), where="events")

    def choose(names: Sequence[str]) -> Sequence[str]:
        used = columns.completed(names, where=str(source)).used()
        return [*used, *rule_columns(rules, names)]

    return read_table(Path(source), choose=choose)
