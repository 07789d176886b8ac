"""Results made of given per-user values, for the tests of this layer."""

import numpy as np

from sensorium.evaluation.intervals import bootstrap
from sensorium.evaluation.result import EvaluationResult, SliceResult


def result(model: str, values: np.ndarray, n_items: int = 50) -> EvaluationResult:
    """A result whose `ndcg@20` and `recall@20` are `values` [n_users]."""
    names = ("ndcg@20", "recall@20")
    interval = bootstrap(np.asarray(values, dtype=np.float64)[:, None], n_resamples=200)[0]
    intervals = dict.fromkeys(names, interval)
    means = dict.fromkeys(names, interval.mean)
    part = SliceResult(len(values), 2 * len(values), means, intervals)
    slices = {"warm": part, "cold": SliceResult(0, 0), "cold_users": part, "history:1-5": part}
    return EvaluationResult(
        model=model,
        protocol={
            "split": "time",
            "parameters": {"test": 0.1},
            "test_from": 891382309.0,
            "fingerprint": "f" * 32,
        },
        metrics=means,
        intervals=intervals,
        slices=slices,
        per_user=dict.fromkeys(names, np.asarray(values, dtype=np.float64)),
        beyond={"coverage@20": 0.5, "novelty@20": float("nan")},
        exposure=np.arange(n_items),
        n_users=len(values),
        n_relevant=2 * len(values),
    )
