"""What a fit was told, what it chose and what for: kept with the model, printed by `sensorium fit --json`."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Self

from sensorium.catalog.event_rows import EventColumns
from sensorium.catalog.events import Events
from sensorium.catalog.strength import EventRules, Weighting
from sensorium.core.errors import NotReadyError
from sensorium.evaluation.intervals import Interval
from sensorium.fusion.plan import Plan, PlannedTrial
from sensorium.models.base import Recommender
from sensorium.models.shared.imputation import Impute
from sensorium.ranking.seen_items import ALL, Seen, parse_seen


@dataclass(frozen=True)
class ReadingRules:
    """How events were read, so that later ones are read alike."""

    columns: EventColumns = field(default=EventColumns())
    rules: EventRules = field(default=EventRules())
    """What they say."""

    @classmethod
    def of(cls, events: Events) -> Self:
        """Return how `events` were read."""
        return cls(events.columns, events.rules)

    def to_json(self) -> dict[str, Any]:
        """Return columns and rules side by side."""
        columns = asdict(self.columns) | {"context": list(self.columns.context)}
        named = {
            name: column for name, column in columns.items() if column or name not in ("text", "context")
        }
        return named | self.rules.to_json()

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """Return what `to_json` wrote; the usual columns where it says nothing."""
        columns = {part.name: value[part.name] for part in fields(EventColumns) if part.name in value}
        columns["context"] = tuple(columns.get("context", ()))
        return cls(EventColumns(**columns), EventRules.from_json(value))


@dataclass(frozen=True)
class MemberRecord:
    """What was chosen for one member of the fusion, and why."""

    name: str
    model: str
    settings: Mapping[str, Any]
    """What differs from the defaults."""
    weight: float
    cold_weight: float
    """The weight where content alone can score."""
    serves: bool
    """Whether it is part of what answers; members that add nothing are not."""
    ndcg: float | None
    """NDCG@20 alone, on held-back events; None where there were none."""
    trials: int
    seconds: float
    """Spent on all trials."""
    why: str
    weights_by_history: tuple[float, ...] = ()
    """The weights that stand in place of `weight` at growing lengths of a history; empty: always `weight`."""
    weight_without_history: float | None = None
    """The weight where the query has no history; None: `weight`."""
    tried: tuple[PlannedTrial, ...] = ()
    """The settings that were tried, in order; empty in bundles from before that was kept."""

    def to_json(self) -> dict[str, Any]:
        """Return the parts by name; the measure is called `ndcg@20`."""
        return {
            "name": self.name,
            "model": self.model,
            "settings": dict(self.settings),
            "weight": self.weight,
            "cold_weight": self.cold_weight,
            "serves": self.serves,
            "ndcg@20": self.ndcg,
            "trials": self.trials,
            "seconds": self.seconds,
            "why": self.why,
            "tried": [trial.to_json() for trial in self.tried],
            "weights_by_history": list(self.weights_by_history),
            "weight_without_history": self.weight_without_history,
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """Return what `to_json` wrote, or older versions with fewer parts."""
        return cls(
            name=value["name"],
            model=value.get("model", value["name"]),
            settings=value.get("settings", {}),
            weight=value.get("weight", 0.0),
            cold_weight=value.get("cold_weight", 0.0),
            serves=value.get("serves", True),
            ndcg=value.get("ndcg@20"),
            trials=value.get("trials", 0),
            seconds=value.get("seconds", 0.0),
            why=value.get("why", ""),
            tried=tuple(map(PlannedTrial.from_json, value.get("tried", ()))),
            weights_by_history=tuple(value.get("weights_by_history", ())),
            weight_without_history=value.get("weight_without_history"),
        )


@dataclass(frozen=True)
class WeightsRecord:
    """How the weights of the members were learnt."""

    method: str
    moving_with: tuple[str, ...]
    """What they move with, in words."""
    ndcg: float | None
    """NDCG@20 of the fusion on the held-back events that it was tuned on."""
    held_out: Mapping[str, float]
    """Method -> NDCG@20 on queries that it had not learnt from."""

    def to_json(self) -> dict[str, Any]:
        """Return the parts by name; the measure is called `ndcg@20`."""
        return {
            "method": self.method,
            "moving_with": list(self.moving_with),
            "ndcg@20": self.ndcg,
            "held_out": dict(self.held_out),
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """Return what `to_json` wrote, or older versions with fewer parts."""
        moving_with = tuple(value.get("moving_with", ()))
        return cls(value.get("method", ""), moving_with, value.get("ndcg@20"), value.get("held_out", {}))


@dataclass(frozen=True)
class RatingsRecord:
    """Which model predicts ratings."""

    model: str
    settings: Mapping[str, Any]
    """What differs from the defaults."""

    @classmethod
    def of(cls, model: Recommender[Any]) -> Self:
        """Return which model `model` is, and its settings."""
        return cls(model.name, model.config.model_dump(mode="json", exclude_defaults=True))

    def to_json(self) -> dict[str, Any]:
        """Return both parts by name."""
        return {"model": self.model, "settings": dict(self.settings)}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """Return what `to_json` wrote."""
        return cls(value["model"], value.get("settings", {}))


@dataclass(frozen=True)
class WeightingRecord:
    """What models learn from, and by how much it ranks held-back events better."""

    weighting: Weighting
    ndcg: Mapping[str, float]
    """Weighting -> NDCG@20 of the models that decided, on average."""
    gains: Mapping[str, Interval]
    """Weighting -> what it gains over all positive events alike, by user."""
    models: tuple[str, ...]
    """Which models decided."""

    def to_json(self) -> dict[str, Any]:
        """Return the parts by name; the measure is called `ndcg@20`."""
        return {
            "weighting": self.weighting,
            "ndcg@20": dict(self.ndcg),
            "against_plain": {name: gain.to_json() for name, gain in self.gains.items()},
            "models": list(self.models),
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """Return what `to_json` wrote."""
        gains = {name: Interval(**gain) for name, gain in value["against_plain"].items()}
        return cls(value["weighting"], dict(value["ndcg@20"]), gains, tuple(value["models"]))


@dataclass(frozen=True)
class FitRecord:
    """What was fitted, on what, and what was chosen; part of a bundle's manifest."""

    model: str = ""
    """As it was asked for: `auto`, a model or a block."""
    seed: int = 0
    members: tuple[MemberRecord, ...] = ()
    weights: WeightsRecord | None = None
    """None where there was nothing to learn weights from."""
    left_out: Mapping[str, str] = field(default_factory=dict[str, str])
    """Model or block -> why it is no member."""
    impute: Impute = "no"
    ratings: RatingsRecord | None = None
    """None where events have no ratings."""
    events: ReadingRules = field(default=ReadingRules())
    weighting: WeightingRecord | None = None
    """What models learn from, where events differ in strength and that was to be chosen."""
    seen: Seen = ALL
    """Which events take an item off a user's lists."""
    similar: Mapping[str, float] = field(default_factory=dict[str, float])
    """Source -> its weight in what is similar; empty where there was too little to learn it from."""
    updates: tuple[str, ...] | None = None
    """The workspace's batches of events that were learnt from; None outside a workspace."""
    seconds: float | None = None
    """Those that were asked for; None in bundles from before it was kept."""
    taken: Mapping[str, float] = field(default_factory=dict[str, float])
    """Step of the fit -> the seconds that it took, in order."""
    late_gain: float | None = None
    """By which share the second half of the search raised NDCG@20 alone, a mean over what answers; None
    where nothing was searched."""
    out_of_time: tuple[str, ...] = ()
    """Those of `left_out` that more time would have let in."""

    @property
    def plan(self) -> Plan:
        """What was tried; `NotReadyError` if that was not kept."""
        if self.seconds is None:
            raise NotReadyError(
                "this model does not say what was tried for it",
                where="plan",
                remedy="Take one that was fitted by this version",
            )
        trials = {member.name: member.tried for member in self.members if member.tried}
        left_out = {name: self.left_out[name] for name in self.out_of_time}
        return Plan(self.model, self.seconds, self.seed, trials, left_out)

    def to_json(self) -> dict[str, Any]:
        """Return the parts by name; `weights` and `updates` only where there are any."""
        found: dict[str, Any] = {
            "model": self.model,
            "seed": self.seed,
            "seconds": self.seconds,
            "taken": dict(self.taken),
            "late_gain": self.late_gain,
            "members": [member.to_json() for member in self.members],
        }
        if self.weights is not None:
            found["weights"] = self.weights.to_json()
        found |= {
            "left_out": dict(self.left_out),
            "out_of_time": list(self.out_of_time),
            "impute": self.impute,
            "ratings": None if self.ratings is None else self.ratings.to_json(),
            "events": self.events.to_json(),
            "seen": self.seen if self.seen == ALL else list(self.seen),
            "similar": dict(self.similar),
        }
        if self.weighting is not None:
            found["strengths"] = self.weighting.to_json()
        return found if self.updates is None else found | {"updates": list(self.updates)}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """Return what `to_json` wrote; what older bundles do not say is as by default."""
        weights, ratings, updates = (value.get(name) for name in ("weights", "ratings", "updates"))
        weighting = value.get("strengths")
        return cls(
            model=value.get("model", ""),
            seed=value.get("seed", 0),
            seconds=value.get("seconds"),
            taken=value.get("taken", {}),
            late_gain=value.get("late_gain"),
            out_of_time=tuple(value.get("out_of_time", ())),
            members=tuple(map(MemberRecord.from_json, value.get("members", ()))),
            weights=None if weights is None else WeightsRecord.from_json(weights),
            left_out=value.get("left_out", {}),
            impute=value.get("impute", "no"),
            ratings=None if ratings is None else RatingsRecord.from_json(ratings),
            events=ReadingRules.from_json(value.get("events", {})),
            weighting=None if weighting is None else WeightingRecord.from_json(weighting),
            seen=parse_seen(value.get("seen", ALL)),
            similar=value.get("similar", {}),
            updates=None if updates is None else tuple(updates),
        )
