"""What a trial of a search is expected to cost: a fit, the scores of all queries, and their judgement."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from sensorium.models.base import Recommender, Size
from sensorium.models.registry import make_model
from sensorium.models.search_space import OneOf

JUDGING = 2.5e-8
"""Seconds for a score to be masked and ranked."""


class Tried(Protocol):
    """A setting that was tried."""

    @property
    def settings(self) -> Mapping[str, Any]:
        """What differs from the defaults."""
        ...

    @property
    def seconds(self) -> float:
        """Fit and judgement."""
        ...

    @property
    def queries(self) -> int:
        """How many queries it was asked."""
        ...


def as_searched(name: str, settings: Mapping[str, Any]) -> Recommender[Any]:
    """Return the unfitted model `name` as a search tries it at its dearest.

    A setting that is not given and off by default is on: some trials will have it so, and it costs.
    """
    model = make_model(name, settings)
    fields = model.config_type.model_fields
    chosen = {
        setting: space.values[-1]
        for setting, space in model.space.items()
        if setting not in settings and isinstance(space, OneOf) and fields[setting].default is None
    }
    return make_model(name, {**chosen, **settings})


def trial_seconds(model: Recommender[Any], size: Size) -> float:
    """Return about how long a later fit of `model` and its judgement take on two slow cores."""
    return model.fit_cost(size, again=True) + model.score_cost(size) + JUDGING * size.n_scores


def expected_s(model: str, settings: Mapping[str, Any], asked: int, size: Size) -> float:
    """Return about how long a trial of `settings` takes that is `asked` so many of the queries of `size`."""
    made = make_model(model, settings)
    fit_s, judged = made.fit_cost(size, again=True), asked / max(size.n_queries, 1)
    return fit_s + judged * (trial_seconds(made, size) - fit_s)


def pace_of(model: str, trials: Sequence[Tried], size: Size) -> float:
    """Return how many times as long as expected the `trials` of a model took."""
    expected = sum(expected_s(model, trial.settings, trial.queries, size) for trial in trials)
    taken = sum(trial.seconds for trial in trials)
    return max(taken / expected if expected else 1.0, 1e-3)
