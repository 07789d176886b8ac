"""How much a fit tries: for so many seconds, or the same as another, whatever the clock says."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Self


@dataclass(frozen=True)
class PlannedTrial:
    """One setting to try."""

    settings: Mapping[str, Any]
    """What differs from the defaults."""
    queries: int = 0
    """How many validation queries it was asked; it follows from the data, and is kept to be read."""

    def to_json(self) -> dict[str, Any]:
        """Return both parts by name."""
        return {"settings": dict(self.settings), "queries": self.queries}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """Return what `to_json` wrote."""
        return cls(dict(value["settings"]), value.get("queries", 0))


@dataclass(frozen=True)
class Plan:
    """What was tried for each member, in order.

    Nothing else of a search depends on time: which of these settings is the best, how many queries each is
    asked, and how weights are learnt follow from the data and `seed`. So a plan repeated on the same data on
    one machine gives the same model, bit for bit; on later data it is a start that is known to be good.
    """

    model: str
    """As it was asked for: `auto`, a model or a block."""
    seconds: float
    """The time that was asked for."""
    seed: int
    trials: Mapping[str, Sequence[PlannedTrial]]
    """Member -> the settings tried of it, in order; one that is not named is tried once."""
    left_out: Mapping[str, str] = field(default_factory=dict[str, str])
    """Member -> why it was left out: nobody of these is tried."""

    def to_json(self) -> dict[str, Any]:
        """Return the parts by name."""
        return {
            "model": self.model,
            "seconds": self.seconds,
            "seed": self.seed,
            "trials": {name: [one.to_json() for one in tried] for name, tried in self.trials.items()},
            "left_out": dict(self.left_out),
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """Return what `to_json` wrote."""
        trials = {
            name: tuple(PlannedTrial.from_json(one) for one in tried)
            for name, tried in value["trials"].items()
        }
        return cls(value["model"], value["seconds"], value["seed"], trials, dict(value["left_out"]))


@dataclass(frozen=True)
class Effort:
    """What a fit may take, and where its search begins."""

    seconds: float
    """For all of it, as the clock goes: settings, weights, and the fits that follow."""
    refits: float = 0.0
    """How many times as long as now it takes to fit what was chosen once more, on all data, which has to be
    done within the same time; 0: that is not done."""
    plan: Plan | None = None
    """What another fit tried: just that is tried again, whatever the time."""
    start: Mapping[str, Mapping[str, Any]] = field(default_factory=dict[str, Mapping[str, Any]])
    """Member -> settings that did well before, tried right after the defaults."""

    is_kept_by_hand: bool = False
    """Whether Ctrl-C ends the search, and what is best so far is taken, rather than ending everything."""

    def less(self, spent_s: float) -> Self:
        """Return what is left once `spent_s` seconds are spent."""
        return replace(self, seconds=max(self.seconds - spent_s, 0.0))


def as_effort(given: "Effort | float") -> Effort:
    """Return an effort; a number is its seconds."""
    return given if isinstance(given, Effort) else Effort(given)
