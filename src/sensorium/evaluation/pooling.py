"""Several evaluations of one model as one: the folds of a cross-validation."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from sensorium.core.errors import DataError
from sensorium.evaluation.intervals import bootstrap
from sensorium.evaluation.protocol import stamped
from sensorium.evaluation.result import EvaluationResult, SliceResult


def pooled(results: Sequence[EvaluationResult], *, seed: int = 0) -> EvaluationResult:
    """Return the folds' results as one: each user's mean over the folds that judged the user.

    Metrics and intervals are over users, with a user's folds counted together, so that folds do not
    pretend to be more users than there are. Slices and list qualities are means over the folds.

    Raises
    ------
    DataError
        If there is nothing to pool, or the results are of different models.
    """
    if not results or len({result.model for result in results}) != 1:
        raise DataError("only the folds of one model can be pooled", where="evaluation")
    first = results[0]
    per_user = {name: _mean_over_folds([r.per_user[name] for r in results]) for name in first.per_user}
    judged = np.flatnonzero(np.isfinite(next(iter(per_user.values()))))
    table = np.column_stack([values[judged] for values in per_user.values()])
    intervals = dict(zip(per_user, bootstrap(table, seed=seed), strict=True))
    counts = {
        part: sum(r.protocol["n_events"][part] for r in results) // len(results) for part in _parts(first)
    }
    return EvaluationResult(
        model=first.model,
        protocol=stamped({**first.protocol, "folds": len(results), "n_events": counts}),
        metrics={name: interval.mean for name, interval in intervals.items()},
        intervals=intervals,
        slices={name: _pooled_slice([r.slices[name] for r in results]) for name in first.slices},
        per_user=per_user,
        beyond={name: float(np.mean([r.beyond[name] for r in results])) for name in first.beyond},
        exposure=np.sum([r.exposure for r in results], axis=0),
        n_users=len(judged),
        n_relevant=sum(r.n_relevant for r in results),
    )


def _parts(result: EvaluationResult) -> Mapping[str, int]:
    return result.protocol.get("n_events", {})


def _mean_over_folds(values: Sequence[NDArray[np.float64]]) -> NDArray[np.float64]:
    table = np.stack(values)
    known = np.isfinite(table)
    total = np.where(known, table, 0.0).sum(axis=0)
    count = known.sum(axis=0)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _pooled_slice(slices: Sequence[SliceResult]) -> SliceResult:
    """Return the slice over all folds; a fold counts by its number of users."""
    filled = [part for part in slices if part.n_users]
    weights = [part.n_users for part in filled]
    names = filled[0].metrics if filled else ()
    metrics = {name: float(np.average([p.metrics[name] for p in filled], weights=weights)) for name in names}
    return SliceResult(sum(p.n_users for p in slices), sum(p.n_relevant for p in slices), metrics)
