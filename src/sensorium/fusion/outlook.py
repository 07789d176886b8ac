"""What a search found late: a sign of what more time would bring."""

import numpy as np

from sensorium.fusion.auto import AutoFit
from sensorium.fusion.hyperparameter_search import ChosenSettings


def late_gain(fit: AutoFit) -> float | None:
    """Return by which share the second half of the search raised NDCG@20 alone; None if none was made.

    A mean over the members, each as it counts in the fusion. Twice the time would hardly bring more than
    that again, since each further setting finds less.
    """
    searched = [choice for choice in fit.choices if len(choice.trials) > 1]
    if not searched:
        return None
    end_s = max(trial.ended_s for choice in searched for trial in choice.trials)
    weights = np.asarray([fit.fusion.weights.get(choice.name, 0.0) for choice in searched])
    if not weights.any():
        weights = np.ones(len(searched))
    return float(np.average([_gain_since(choice, end_s / 2) for choice in searched], weights=weights))


def _gain_since(choice: ChosenSettings, moment_s: float) -> float:
    early = max(trial.ndcg for n, trial in enumerate(choice.trials) if not n or trial.ended_s <= moment_s)
    return max(trial.ndcg for trial in choice.trials) / early - 1 if early > 0 else 0.0
