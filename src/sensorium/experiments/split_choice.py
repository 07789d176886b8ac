"""Which split to evaluate on: by its name, somebody's own, or several."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, TypeAlias, cast, get_args

from sensorium.catalog.catalog import Catalog
from sensorium.catalog.events import Events
from sensorium.catalog.read_tables import given_events
from sensorium.core.errors import ConfigError
from sensorium.evaluation.splits import Split, folds
from sensorium.ranking.seen_items import ALL, Seen, require_seen
from sensorium.training.fit import require_usable
from sensorium.training.training_data import SplitKind, split_events

SplitName: TypeAlias = Literal["auto", "time", "per-user", "random", "folds", "cold-items"]
SplitChoice: TypeAlias = SplitName | Split | Sequence[Split]
_KINDS: Mapping[str, SplitKind] = {
    "auto": "auto",
    "time": "time",
    "per-user": "user-time",
    "random": "random",
    "cold-items": "cold-items",
}


def chosen_splits(
    split: SplitChoice, catalog: Catalog, events: object, *, seed: int, seen: Seen = ALL
) -> list[Split]:
    """Return one split, or the folds.

    Parameters
    ----------
    split
        A name, as in `sn.splits`; `auto` is by time if events have times, else at random; a `Split`; or
        several, which are pooled.
    catalog
        The items of the events.
    events
        `Events` or a frame, for splits by name; None does where the split is given.
    seen
        Which events take an item off a user's lists; what is drawn at random goes by it.

    Raises
    ------
    ConfigError
        If the name is unknown, or there is nothing to divide.
    DataError
        If the split speaks of other items, or the events cannot be divided.
    """
    if not isinstance(split, str):
        splits = [split] if isinstance(split, Split) else _listed(split)
        for one in splits:
            whole = Events.concat(one.train, one.validation, one.test)
            require_usable(catalog, whole)
            require_seen(seen, whole)
        return splits
    if split not in get_args(SplitName):
        raise _unknown(split)
    if events is None:
        raise ConfigError(
            "there are no events to divide", where="split", remedy="Give events, or a split from sn.splits"
        )
    read = given_events(events, catalog)
    require_usable(catalog, read)
    require_seen(seen, read)
    if split == "folds":
        return folds(read, seed=seed, seen=seen)
    return [split_events(read, _KINDS[split], seed=seed, seen=seen)]


def _listed(splits: object) -> list[Split]:
    """Return several splits; `ConfigError` if they are none."""
    listed = list(cast("Iterable[object]", splits)) if isinstance(splits, Iterable) else []
    if not listed or not all(isinstance(one, Split) for one in listed):
        raise _unknown(splits)
    return cast("list[Split]", listed)


def _unknown(split: object) -> ConfigError:
    said = repr(split) if isinstance(split, str) else f"a {type(split).__name__}"
    return ConfigError(
        f"{said} is no split",
        where="split",
        remedy=f"Name one of {', '.join(get_args(SplitName))}; or give what sn.splits makes, one or a list",
    )
