"""What a trial of a search is expected to cost: a fit, the scores of all queries, and their judgement."""

from collections.abc import Mapping
from typing import Any

from sensorium.models.base import Recommender, Size
from sensorium.models.registry import make_model
from sensorium.models.search_space import OneOf

JUDGING = 2.5e-8
"""Seconds for a score to be masked and ranked."""


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
