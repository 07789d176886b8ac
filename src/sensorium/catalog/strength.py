"""What an event says: from its type, value, count and the share taken in, one strength.

What types are taken to say by their names is in `type_strengths`. An event's strength is the product of

- what its type says in `[events.strength]`: above zero for the item, 0 nothing, below zero against it;
- its rating about what its user mostly gives, where the name of the value column is a key there;
- log2(1 + count), where there is a column of counts: 1 for one, 2 for three, 3 for seven;
- the share of the item that was taken in, where there is a column of shares.

Without `[events.strength]`, an event that the rules of `positive` call so says 1 and any other 0; without
rules each says 1, but for those whose type is against by its name, such as `dislike`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, NamedTuple, Self, TypeAlias, get_args

import numpy as np
import polars as pl
from numpy.typing import NDArray

from sensorium.catalog.columns import as_text
from sensorium.catalog.positive import parse_rule
from sensorium.core.arguments import as_choice
from sensorium.core.arrays import BoolVector, FloatVector, IntVector
from sensorium.core.errors import ConfigError

AGAINST_TYPES = frozenset((
    "dislike", "disliked", "downvote", "thumbs_down", "not_interested", "notinterested", "hide", "block",
    "report",
    "不感兴趣", "不喜欢", "讨厌", "踩", "拉黑", "屏蔽", "举报", "点踩",
))  # fmt: skip
"""Types of events that speak against an item, whatever the log; in lower case."""
Weighting: TypeAlias = Literal["auto", "strength", "plain", "strong"]
"""What models learn from: events as strong as they are, all that speak for an item alike, or the relevant."""
WHERE = "events.strength"
RELEVANT = 0.5
"""From which strength on a pair of user and item counts as relevant, if nothing else is said."""
LARGEST = 2.0
"""A rating is taken to lie at most so many spreads from what its user mostly gives."""
MOST = 1_000_000
"""The largest strength of a type, and the largest against."""
PRIOR_RATINGS = 5.0
"""A user's mean is drawn to that of all as if so many ratings at it had been given, too."""


def require_strengths(strengths: Mapping[str, float], positive: Sequence[str]) -> dict[str, float]:
    """Return `strengths` by type in lower case.

    Raises
    ------
    ConfigError
        If one is no number or beyond `MOST`, if two are given for a type, if none is above zero, or if there
        are rules of `positive` as well.
    """
    if not strengths:
        return {}
    if positive:
        raise ConfigError(
            "`positive` and strengths both say what an event means",
            where=WHERE,
            remedy="Leave one of them out: strengths can say all that `positive` can",
        )
    if not isinstance(strengths, Mapping):  # pyright: ignore[reportUnnecessaryIsInstance]
        what = f"{strengths!r} is no table of types with their strengths"
        raise ConfigError(what, where=WHERE, remedy='Write for example {"view": 0.2, "purchase": 1}')
    found: dict[str, float] = {}
    for name, value in strengths.items():
        kind = str(name).strip().lower()
        if not _is_number(value) or not abs(value) <= MOST:
            raise ConfigError(
                f"the strength of {name!r} is {repr(value)[:20]}, which is no number within {MOST:,}",
                where=WHERE,
                remedy="Write 1 for the strongest, 0 for what says nothing, below 0 for what is against",
            )
        if found.setdefault(kind, float(value)) != value:
            what = f"two strengths are given for {kind!r}: {found[kind]:g} and {value:g}"
            raise ConfigError(what, where=WHERE, remedy="Leave one of them out: case and spaces do not count")
    if max(found.values()) <= 0:
        raise ConfigError(
            "no type of event has a strength above zero",
            where=WHERE,
            remedy="Give the type that says most for an item 1",
        )
    return found


def _is_number(value: object) -> bool:
    return isinstance(value, int | float | np.number) and not isinstance(value, bool)


@dataclass(frozen=True)
class RatingScale:
    """What ratings mean: how a log's users mostly rate, and how far they spread."""

    mean: float
    """Of all ratings."""
    spread: float
    """The standard deviation about the users' means; 0 where all ratings are the same."""

    @classmethod
    def of(cls, user: IntVector, value: FloatVector, n_users: int) -> Self:
        """Return the scale of ratings `value` [n], without NaN, by `user` [n]."""
        mean = float(value.mean(dtype=np.float64)) if len(value) else 0.0
        about = value - _means(user, value, n_users, mean)[user]
        return cls(mean, float(about.std(dtype=np.float64)) if len(value) else 0.0)

    def scaled(self, user: IntVector, value: FloatVector, n_users: int) -> FloatVector:
        """Return ratings `value` [n] about what each `user` [n] mostly gives, in spreads [n] float32.

        Where all ratings are the same, each says 1.
        """
        if self.spread < 1e-6 * max(1.0, abs(self.mean)):
            return np.ones(len(value), dtype=np.float32)
        about = (value - _means(user, value, n_users, self.mean)[user]) / self.spread
        return np.clip(about, -LARGEST, LARGEST).astype(np.float32)

    def to_json(self) -> dict[str, float]:
        """Return both numbers by name."""
        return {"mean": self.mean, "spread": self.spread}


def _means(user: IntVector, value: NDArray[Any], n_users: int, mean: float) -> NDArray[np.float64]:
    """Return what each user mostly gives [n_users], drawn to the `mean` of all."""
    counts = np.bincount(user, minlength=n_users)
    sums = np.bincount(user, weights=value, minlength=n_users)
    return (sums + PRIOR_RATINGS * mean) / (counts + PRIOR_RATINGS)


@dataclass(frozen=True)
class EventRules:
    """How it was told what events say."""

    positive: tuple[str, ...] = ()
    """What counted as liked, where no strengths are given; nothing: every event."""
    strength: Mapping[str, float] = field(default_factory=dict[str, float])
    """Type of event in lower case -> what it says; the name of the value column -> what ratings say."""
    relevant: float = RELEVANT
    """From which strength on a pair of user and item is what a recommendation should have found."""
    scale: RatingScale | None = None
    """How ratings were scaled; None where they do not count, or before any were read."""
    weighting: Weighting = "auto"
    """What models learn from: `auto` lets a fit choose by what ranks held-back events best."""

    @classmethod
    def parse(
        cls,
        positive: Sequence[str] = (),
        strength: Mapping[str, float] | None = None,
        relevant: float = RELEVANT,
        weighting: Weighting = "auto",
    ) -> Self:
        """Return the rules; `ConfigError` says which of them cannot be understood."""
        rules = (positive,) if isinstance(positive, str) else tuple(positive)
        for rule in rules:
            parse_rule(rule)
        if not _is_number(relevant) or not 0 < relevant <= MOST:
            raise ConfigError(
                f"{repr(relevant)[:20]} is no strength above zero, up to {MOST:,}",
                where="relevant",
                remedy=f"Write for example {RELEVANT}: half of what the strongest type says",
            )
        known: tuple[Weighting, ...] = get_args(Weighting)
        chosen = as_choice(weighting, known, "weighting")
        return cls(rules, require_strengths(strength or {}, rules), float(relevant), weighting=chosen)

    def to_json(self) -> dict[str, Any]:
        """Return the rules by name; what is as usual is left out, but for `positive`."""
        found: dict[str, Any] = {"positive": list(self.positive)}
        if self.strength:
            found["strength"] = dict(self.strength)
        if self.relevant != RELEVANT:
            found["relevant"] = self.relevant
        if self.scale is not None:
            found["scale"] = self.scale.to_json()
        if self.weighting != "auto":
            found["weighting"] = self.weighting
        return found

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """Return what `to_json` wrote."""
        scale = value.get("scale")
        return cls(
            tuple(value.get("positive", ())),
            dict(value.get("strength", {})),
            value.get("relevant", RELEVANT),
            None if scale is None else RatingScale(**scale),
            value.get("weighting", "auto"),
        )

    def counts_ratings(self, value_column: str | None) -> bool:
        """Return whether ratings, in the column so called, say anything."""
        return value_column is not None and value_column.lower() in self.strength


class Said(NamedTuple):
    """What events say, and the rules with the scale that was found."""

    strength: FloatVector
    """[n_events] float32: above zero for the item, 0 nothing, below zero against it."""
    rules: EventRules


def strength_of_events(
    rules: EventRules,
    *,
    kinds: pl.Series | None,
    user: IntVector,
    value: FloatVector,
    count: FloatVector,
    portion: FloatVector,
    n_users: int,
    value_column: str | None,
    positive: BoolVector | None,
) -> Said:
    """Return what each event says; the parts of the product are in the text above.

    Parameters
    ----------
    rules
        If they hold a scale, ratings are scaled by it, else by one that is found in these events.
    kinds
        [n_events] the types as text or categories, null where it is not said; None without such a column.
    user
        [n_events] the users' indices, of `n_users`.
    value, count, portion
        [n_events] NaN where nothing is said.
    value_column
        The name of the column of values; None without one.
    positive
        [n_events] what `rules.positive` says; None without such rules.
    """
    said = _by_type(kinds, len(user), rules.strength, positive)
    is_rated = value_column is not None and rules.counts_ratings(value_column)
    listed = _is_listed(kinds, len(user), rules.strength) if is_rated else np.zeros(len(user), dtype=np.bool_)
    return _said(rules, said, listed, user, value, count, portion, n_users, value_column)


def strength_of_few(
    rules: EventRules,
    *,
    kinds: Sequence[str | None],
    value: FloatVector,
    count: FloatVector,
    portion: FloatVector,
    value_column: str | None,
) -> Said:
    """Return what a few events of one user say, without a table; `strength_of_events` is the plain twin.

    Parameters as there; `kinds` [n_events] are words, None where none is said. Rules of `positive` are for
    the plain twin alone.
    """
    words = [None if kind is None else kind.strip().lower() for kind in kinds]
    strengths = rules.strength or dict.fromkeys(AGAINST_TYPES, -1.0)
    table: dict[str | None, float] = dict(strengths.items())
    untold = 0.0 if rules.strength else 1.0
    said = np.asarray([table.get(word, untold) for word in words], dtype=np.float64)
    listed = np.asarray([word in rules.strength for word in words], dtype=np.bool_)
    return _said(rules, said, listed, np.zeros(len(words), np.int64), value, count, portion, 1, value_column)


def _said(
    rules: EventRules,
    said: NDArray[np.float64],
    listed: BoolVector,
    user: IntVector,
    value: FloatVector,
    count: FloatVector,
    portion: FloatVector,
    n_users: int,
    value_column: str | None,
) -> Said:
    """Return what events say whose types say `said`, and whether they are `listed` among the strengths."""
    if value_column is not None and rules.counts_ratings(value_column):
        rated = np.flatnonzero(np.isfinite(value))
        if rules.scale is None and len(rated):
            rules = replace(rules, scale=RatingScale.of(user[rated], value[rated], n_users))
        scale = rules.scale or RatingScale(0.0, 0.0)
        factor = rules.strength[value_column.lower()]
        scaled = scale.scaled(user[rated], value[rated], n_users)
        said[rated] = np.where(listed[rated], said[rated], 1.0) * factor * scaled
    said *= np.where(np.isnan(count), 1, np.log2(1 + np.maximum(count, 0)))
    said *= np.where(np.isnan(portion), 1, portion)
    return Said(said.astype(np.float32), rules)


def _lowered(kinds: pl.Series) -> pl.Series:
    return as_text(kinds.cast(pl.String)).str.strip_chars().str.to_lowercase()


def _is_listed(kinds: pl.Series | None, n: int, strengths: Mapping[str, float]) -> BoolVector:
    """Return whether `strengths` hold the type of each event [n]."""
    if kinds is None:
        return np.zeros(n, dtype=np.bool_)
    return _lowered(kinds).is_in(list(strengths)).fill_null(value=False).to_numpy()


def _by_type(
    kinds: pl.Series | None, n: int, strengths: Mapping[str, float], positive: BoolVector | None
) -> NDArray[np.float64]:
    """Return what the type of each event says [n] float64."""
    if positive is not None:
        return positive.astype(np.float64)
    if kinds is None:
        # Without types a table of strengths speaks of ratings alone; without it, every event says 1.
        return np.full(n, 0.0 if strengths else 1.0)
    table = dict(strengths) or dict.fromkeys(AGAINST_TYPES, -1.0)
    distinct = kinds.unique()
    words = _lowered(distinct)
    if not strengths and not words.is_in(list(AGAINST_TYPES)).any():
        return np.ones(n)
    said = [table.get(word, 0.0 if strengths else 1.0) if word is not None else None for word in words]
    untyped = 0.0 if strengths else 1.0
    numbers = pl.DataFrame({"kind": distinct.cast(pl.String), "said": pl.Series(said, dtype=pl.Float64)})
    asked = pl.DataFrame({"kind": kinds.cast(pl.String)})
    joined = asked.join(numbers, on="kind", how="left", maintain_order="left")
    return joined["said"].fill_null(untyped).to_numpy(writable=True)
