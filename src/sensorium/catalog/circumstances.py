"""Circumstances of events (hour, weekday, device, place) as conditions such as `hour=21` and `device=tv`."""

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl
from scipy import sparse

from sensorium.catalog.event_rows import FROM_TIME
from sensorium.catalog.events import Events
from sensorium.core.arrays import SparseMatrix
from sensorium.core.errors import ConfigError, UnknownIdError
from sensorium.core.units import DAY_S
from sensorium.core.vocabulary import id_text

MOST_LABELS = 50
"""Of one column, the most frequent."""
NEXT_HOUR = 0.5
"""How much an event counts for the hours before and after its own."""
WHERE = "context"


def condition_names(events: Events) -> tuple[str, ...]:
    """Return the conditions that the circumstances of `events` are told by; none unless any are named."""
    names: list[str] = []
    for column in events.columns.context:
        if column in FROM_TIME:
            first = 1 if column == "weekday" else 0  # Monday is weekday 1, as in ISO 8601
            names += [f"{column}={n + first}" for n in range(FROM_TIME[column])] if events.has_times else []
        elif events.details is not None and column in events.details.columns:
            counts = (
                events.details[column]
                .drop_nulls()
                .value_counts(sort=True)
                .sort(["count", column], descending=[True, False])
            )
            names += [f"{column}={label}" for label in counts[column].head(MOST_LABELS)]
    return tuple(names)


def event_conditions(events: Events, names: Sequence[str]) -> SparseMatrix:
    """Return under which of the conditions `names` each event happened [n_events, n_conditions] float32.

    An event counts half for the hours before and after its own. Labels that are not among `names` say
    nothing.
    """
    place = {name: number for number, name in enumerate(names)}
    rows, columns, values = [list[np.ndarray]() for _ in range(3)]

    def put(column: str, labels: pl.Series, weight: float) -> None:
        found = (pl.Series([column]) + "=" + labels.cast(pl.String)).replace_strict(
            place, default=None, return_dtype=pl.Int64
        )
        kept = found.is_not_null()
        rows.append(np.flatnonzero(kept.to_numpy()))
        columns.append(found.drop_nulls().to_numpy())
        values.append(np.full(int(kept.sum()), weight, dtype=np.float32))

    moment = pl.Series(events.time, nan_to_null=True)
    hour, day = ((moment % DAY_S) // 3600).cast(pl.Int64), ((moment // DAY_S + 3) % 7 + 1).cast(pl.Int64)
    for column in dict.fromkeys(name.partition("=")[0] for name in names):
        if column == "hour":
            for step, weight in ((-1, NEXT_HOUR), (0, 1.0), (1, NEXT_HOUR)):
                put(column, (hour + step) % 24, weight)
        elif column == "weekday":
            put(column, day, 1.0)
        elif events.details is not None and column in events.details.columns:
            put(column, events.details[column], 1.0)
    cells = [np.concatenate(part) if part else np.zeros(0) for part in (values, rows, columns)]
    return sparse.csr_array(
        (cells[0].astype(np.float32), (cells[1].astype(np.int64), cells[2].astype(np.int64))),
        shape=(len(events), len(names)),
    )


def circumstances_of_items(events: Events, names: Sequence[str]) -> SparseMatrix:
    """Return how often each item was chosen under each condition [n_conditions, n_items] float32."""
    chosen = events.where(events.positive)
    return _summed(event_conditions(chosen, names), chosen.item, len(events.items)).T.tocsr()


def circumstances_of_users(events: Events, names: Sequence[str]) -> SparseMatrix:
    """Return under which conditions each user chose, on average [n_users, n_conditions] float32."""
    chosen = events.where(events.positive)
    total = _summed(event_conditions(chosen, names), chosen.user, len(events.users))
    counts = np.bincount(chosen.user, minlength=len(events.users)).astype(np.float32)
    return sparse.csr_array(sparse.diags_array(1 / np.maximum(counts, 1)) @ total, dtype=np.float32)


def stated_circumstances(context: Mapping[str, object], names: Sequence[str]) -> SparseMatrix:
    """Return the conditions that a caller states [1, n_conditions] float32.

    Raises
    ------
    ConfigError
        If events have no such circumstance.
    UnknownIdError
        If no event happened under it.
    """
    known = list(dict.fromkeys(name.partition("=")[0] for name in names))
    if not isinstance(context, Mapping):  # pyright: ignore[reportUnnecessaryIsInstance] - a public door
        raise ConfigError(
            f"{context!r} names no circumstance", where=WHERE, remedy="Write context={'hour': 21}"
        )
    row = np.zeros((1, len(names)), dtype=np.float32)
    for column, value in context.items():
        if column not in known:
            remedy = (
                f"Known are: {', '.join(known)}" if known else "Name some of the events: context=['hour']"
            )
            raise ConfigError(f"events have no circumstance {column!r}", where=WHERE, remedy=remedy)
        condition = f"{column}={id_text(value)}"
        if condition not in names:
            there = [name.partition("=")[2] for name in names if name.startswith(f"{column}=")]
            raise UnknownIdError(
                f"no event has the {column} {id_text(value)!r}",
                where=WHERE,
                remedy=f"There are for example: {', '.join(there[:8])}",
            )
        row[0, list(names).index(condition)] = 1.0
    return sparse.csr_array(row)


def _summed(conditions: SparseMatrix, group: "np.ndarray", n_groups: int) -> SparseMatrix:
    """Return the sums of the rows of each group [n_groups, n_conditions]."""
    ones = np.ones(len(group), dtype=np.float32)
    members = sparse.csr_array((ones, (group, np.arange(len(group)))), shape=(n_groups, len(group)))
    return sparse.csr_array(members @ conditions)
