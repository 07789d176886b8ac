"""Ways to hold events back: by time, by user, at random, in folds, by item, or as somebody else did it.

As `sn.splits`: `time`, `per_user`, `random`, `folds`, `cold_items` divide events, `own` takes ready parts.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from sensorium.catalog.events import Events
from sensorium.catalog.people import People
from sensorium.core.arguments import as_seed
from sensorium.core.arrays import BoolVector, IntVector
from sensorium.core.errors import ConfigError, DataError
from sensorium.evaluation.dividing_moment import dividing_moment
from sensorium.evaluation.protocol import events_hash, stamped
from sensorium.ranking.seen_items import ALL, Seen, is_of_types, known_items, require_seen

__all__ = ["Split", "TuningView", "cold_items", "folds", "known_items", "own", "per_user", "random", "time"]

_TRAIN, _VALIDATION, _TEST = 0, 1, 2


@dataclass(frozen=True)
class TuningView:
    """All that tuning may see. There is no way from here to the test events."""

    train: Events
    validation: Events


@dataclass(frozen=True)
class Split:
    """Events in three parts that share their vocabularies."""

    train: Events
    validation: Events
    test: Events
    protocol: dict[str, Any]
    """JSON: kind, parameters, seed, hash of the data, counts and the fingerprint of all these."""

    @property
    def tuning(self) -> TuningView:
        """Train and validation without the test."""
        return TuningView(self.train, self.validation)

    def knowing(self, people: People) -> Self:
        """Return the same parts, whose users are known as `people` says."""
        return self.with_parts(replace(part, people=people) for part in self.parts)

    def with_parts(self, parts: Iterable[Events]) -> Self:
        """Return the same split of other train, validation and test events."""
        train, validation, test = parts
        return replace(self, train=train, validation=validation, test=test)

    @property
    def parts(self) -> tuple[Events, Events, Events]:
        """Train, validation and test."""
        return self.train, self.validation, self.test

    def __repr__(self) -> str:
        counts = ", ".join(f"{len(getattr(self, part)):,} {part}" for part in ("train", "validation", "test"))
        return f"Split({self.protocol['split']}: {counts} events)"


def time(events: Events, test: float = 0.1, validation: float = 0.1) -> Split:
    """Return a split at two moments, the same for all users: past, then validation, then test.

    `test` and `validation` are shares of the dated events. A cut lies between two timestamps, never
    among equal ones: the boundary that comes nearest to the asked share is taken. Events without a
    time go to train, since nothing says that they came later; the protocol counts them.

    Raises
    ------
    DataError
        Without timestamps, or if a part would be empty.
    """
    _require_events(events)
    _check_shares(test, validation)
    _require_times(events)
    dated = events.time[~np.isnan(events.time)]
    test_from = dividing_moment(dated, test)
    validation_from = dividing_moment(dated[dated < test_from], validation / (1 - test))
    part = np.zeros(len(events), dtype=np.int64)
    part[events.time >= validation_from] = _VALIDATION
    part[events.time >= test_from] = _TEST
    parameters = {"test": test, "validation": validation}
    facts = {
        "validation_from": validation_from,
        "test_from": test_from,
        "n_undated": int(np.isnan(events.time).sum()),
    }
    from_moments = np.full((2, len(events.users)), [[validation_from], [test_from]])
    return _split(events, part, "time", parameters, facts=facts, moments=from_moments)


def per_user(
    events: Events, test: float | int = 1, validation: float | int = 1, *, min_train: int = 1
) -> Split:
    """Return a split that holds back the last events of each user: validation, then test.

    A whole number (1 or more) is a count for each user, a fraction a share of the user's events,
    rounded. Test is filled first; users keep at least `min_train` events in train, so short
    histories give to train, then to test, then to validation. Equal timestamps keep their order in the log.
    Other users' later events stay in train: the future leaks across users, unlike in `time`.

    Raises
    ------
    DataError
        Without timestamps, or if a part would be empty.
    """
    _require_events(events)
    _check_amount(test, "test")
    _check_amount(validation, "validation")
    _require_times(events)
    order = np.lexsort((np.nan_to_num(events.time, nan=-np.inf), events.user))
    n_events = np.bincount(events.user, minlength=len(events.users))
    last = np.cumsum(n_events) - 1
    from_end = np.empty(len(events), dtype=np.int64)
    from_end[order] = last[events.user[order]] - np.arange(len(events))
    spare = np.maximum(n_events - min_train, 0)
    n_test = np.minimum(_amounts(n_events, test), spare)
    n_validation = np.minimum(_amounts(n_events, validation), spare - n_test)
    part = np.zeros(len(events), dtype=np.int64)
    part[from_end < (n_test + n_validation)[events.user]] = _VALIDATION
    part[from_end < n_test[events.user]] = _TEST
    parameters = {"test": test, "validation": validation, "min_train": min_train}
    return _split(events, part, "user-time", parameters, moments=_first_moments(events, part))


def random(
    events: Events,
    test: float = 0.1,
    validation: float = 0.1,
    *,
    seed: int = 0,
    per_user: bool = False,
    seen: object = ALL,
) -> Split:
    """Return a split drawn at random: of all events together, or the same shares of each user's events.

    All events of a user with an item that take it off the user's lists go to one part, so that nothing is
    asked for that is known from another part: with `seen="all"` all of them, with a list of types those of
    these types; with `[]` each event is drawn by itself. With `per_user`, a user's count in a part is the
    share of his or her events, rounded.
    """
    _require_events(events)
    _check_shares(test, validation)
    rng = np.random.default_rng(as_seed(seed))
    drawn = _Drawn.of(events, require_seen(seen, events))
    user, part = drawn.user, np.zeros(len(drawn.user), dtype=np.int64)
    if per_user:
        order = np.lexsort((rng.random(len(user)), user))
        n_events = np.bincount(user, minlength=len(events.users))
        first = np.cumsum(n_events) - n_events
        place = np.empty(len(user), dtype=np.int64)
        place[order] = np.arange(len(user)) - first[user[order]]
        n_test, n_validation = _amounts(n_events, test), _amounts(n_events, validation)
    else:
        place = rng.permutation(len(user))
        n_test, n_validation = (_amounts(np.array([len(user)]), share) for share in (test, validation))
    of = user if per_user else np.zeros(len(user), dtype=np.int64)
    part[place < (n_test + n_validation)[of]] = _VALIDATION
    part[place < n_test[of]] = _TEST
    parameters = {"test": test, "validation": validation, "per_user": per_user}
    return _split(events, part[drawn.number], "random", parameters, seed=seed, facts=drawn.facts)


def folds(events: Events, n: int = 5, *, seed: int = 0, seen: object = ALL) -> list[Split]:
    """Return `n` splits: every event is test once and validation once; the other folds are train.

    Events stay together as `random` says, by `seen`.
    """
    _require_events(events)
    if not (_is_number(n) and n % 1 == 0 and n >= 3):
        raise ConfigError(
            f"{n!r} folds leave nothing to train on", where="n", remedy="Ask for 3 or more folds"
        )
    n = int(n)
    drawn = _Drawn.of(events, require_seen(seen, events))
    fold = np.random.default_rng(as_seed(seed)).permutation(np.arange(len(drawn.user)) % n)[drawn.number]
    splits: list[Split] = []
    for index in range(n):
        part = np.where(fold == index, _TEST, np.where(fold == (index + 1) % n, _VALIDATION, _TRAIN))
        parameters = {"n": n, "fold": index}
        splits.append(_split(events, part, "folds", parameters, seed=seed, facts=drawn.facts))
    return splits


@dataclass(frozen=True)
class _Drawn:
    """What is drawn at random: single events, or several that stay together."""

    number: IntVector
    """[n_events]: which of what is drawn each event belongs to, numbered in the order of the log."""
    user: IntVector
    """[n_drawn]: whose it is."""
    facts: dict[str, Any]
    """What the protocol says of it."""

    @classmethod
    def of(cls, events: Events, seen: Seen) -> "_Drawn":
        """Return what is drawn where events that `seen` names stay together by user and item."""
        together = is_of_types(events, seen)
        cells = events.user.astype(np.int64) * len(events.items) + events.item
        keys = np.where(together, cells, -1 - np.arange(len(events)))
        _, first, number = np.unique(keys, return_index=True, return_inverse=True)
        place = np.empty(len(first), dtype=np.int64)
        place[np.argsort(first)] = np.arange(len(first))
        facts: dict[str, Any] = {} if seen == ALL else {"seen": list(seen)}
        if len(first) < len(events):
            facts["n_drawn"] = len(first)
        return cls(place[number], events.user[np.sort(first)], facts)


def cold_items(events: Events, share: float = 0.2, *, seed: int = 0) -> Split:
    """Return a split that hides every event of a random `share` of the items from train.

    Half of the hidden items, with all their events, are validation; the other half are test.
    Only items that have events are drawn.
    """
    _require_events(events)
    if not (_is_number(share) and 0 < share < 1):
        raise ConfigError(
            f"{share!r} is no share between 0 and 1", where="share", remedy="Use for example 0.2"
        )
    used = np.unique(events.item)
    n_hidden = max(round(share * len(used)), 2)
    hidden = np.random.default_rng(as_seed(seed)).permutation(used)[:n_hidden]
    of_item = np.zeros(len(events.items), dtype=np.int64)
    of_item[hidden] = _VALIDATION
    of_item[hidden[: (n_hidden + 1) // 2]] = _TEST
    return _split(events, of_item[events.item], "cold-items", {"share": share}, seed=seed)


def own(train: Events, validation: Events, test: Events) -> Split:
    """Return somebody's own split; the parts were read with the same items, users are joined by their ids.

    Raises
    ------
    DataError
        If the parts speak about different items.
    """
    _require_events(train, validation, test)
    for name, part in (("train", train), ("validation", validation), ("test", test)):
        if part.items != train.items:
            raise DataError(
                f"{name} and train speak about different items",
                where="split",
                remedy="Read all parts with items=catalog.items",
            )
    train, validation, test = _with_same_users(train, validation, test)
    protocol = _protocol(
        "folder",
        {},
        [events_hash(part) for part in (train, validation, test)],
        {"train": len(train), "validation": len(validation), "test": len(test)},
    )
    return Split(train, validation, test, protocol)


def _with_same_users(*parts: Events) -> tuple[Events, ...]:
    """Return the parts with one vocabulary of users: those of the first, then those who come later."""
    users = parts[0].users
    if all(part.users == users for part in parts):
        return parts
    for part in parts[1:]:
        users = users.extended(part.users)
    return tuple(part.by_users(users, users.lookup(part.users.ids)) for part in parts)


def _split(
    events: Events,
    part: IntVector,
    kind: str,
    parameters: dict[str, Any],
    *,
    seed: int | None = None,
    facts: dict[str, Any] | None = None,
    moments: NDArray[np.float64] | None = None,
) -> Split:
    """Return the split in which `part` [n_events] says where each event goes.

    Each user's searches go to train, those from `moments` [2, n_users] on to validation and to test.
    """
    masks: dict[str, BoolVector] = {
        name: part == code for name, code in (("train", _TRAIN), ("validation", _VALIDATION), ("test", _TEST))
    }
    counts = {name: int(mask.sum()) for name, mask in masks.items()}
    empty = [name for name, count in counts.items() if count == 0]
    if empty:
        raise DataError(
            f"the {kind} split of {len(events):,} event{'s' * (len(events) != 1)} "
            f"leaves nothing for {' and '.join(empty)}",
            remedy="Bring more events or ask for another split",
        )
    protocol = _protocol(kind, parameters, events_hash(events), counts, seed=seed, facts=facts)
    kept = {name: events.where(mask) for name, mask in masks.items()}
    if events.searches is not None:
        never = np.full((2, len(events.users)), np.inf)
        searched = events.searches.parts(never if moments is None else moments)
        for code, name in enumerate(kept):
            kept[name] = replace(kept[name], searches=events.searches.where(searched == code))
    return Split(kept["train"], kept["validation"], kept["test"], protocol)


def _first_moments(events: Events, part: IntVector) -> NDArray[np.float64]:
    """Return when the validation and the test events of each user begin [2, n_users]; infinity: never."""
    moments = np.full((2, len(events.users)), np.inf)
    for row, first in enumerate((_VALIDATION, _TEST)):
        held = (part >= first) & np.isfinite(events.time)
        np.minimum.at(moments[row], events.user[held], events.time[held])
    return moments


def _protocol(
    kind: str,
    parameters: dict[str, Any],
    data: str | list[str],
    counts: dict[str, int],
    *,
    seed: int | None = None,
    facts: dict[str, Any] | None = None,
) -> dict[str, Any]:
    plain = {
        name: value.item() if isinstance(value, np.generic) else value for name, value in parameters.items()
    }
    protocol: dict[str, Any] = {"split": kind, "parameters": plain, "data": data, "n_events": counts}
    if seed is not None:
        protocol["seed"] = int(seed)
    return stamped(protocol | (facts or {}))


def _amounts(n_events: IntVector, amount: float | int) -> IntVector:
    """Return how many of each user's events `amount`, a count or a share, asks for [n_users]."""
    wanted = np.full(len(n_events), amount) if amount >= 1 else np.floor(n_events * amount + 0.5)
    return wanted.astype(np.int64)


def _require_events(*parts: object) -> None:
    for part in parts:
        if not isinstance(part, Events):
            raise DataError(
                f"a {type(part).__name__} is given where events belong",
                where="split",
                remedy="Make them with sn.Events.from_frame(frame, items=catalog.items)",
            )


def _is_number(value: object) -> bool:
    return isinstance(value, int | float | np.number) and not isinstance(value, bool)


def _require_times(events: Events) -> None:
    if not events.has_times:
        raise DataError(
            "the events carry no timestamps",
            where="events",
            remedy="Name the time column, or use a random split",
        )


def _check_shares(test: float, validation: float) -> None:
    numbers = _is_number(test) and _is_number(validation)
    if not (numbers and 0 < test < 1 and 0 < validation < 1 and test + validation < 1):
        raise ConfigError(
            f"test = {test!r} and validation = {validation!r} must be above 0 and below 1 together",
            where="split",
            remedy="Use for example 0.1 and 0.1",
        )


def _check_amount(amount: float | int, where: str) -> None:
    if not (_is_number(amount) and (0 < amount < 1 or (amount >= 1 and amount % 1 == 0))):
        raise ConfigError(
            f"{amount!r} is neither a share between 0 and 1 nor a whole number",
            where=where,
            remedy="Use for example 0.1, or 1 for the last event",
        )
