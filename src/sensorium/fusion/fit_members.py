"""The members of a fusion, fitted side by side."""

from collections.abc import Mapping
from concurrent.futures import as_completed
from typing import Any

from sensorium.core.side_by_side import workers
from sensorium.models.base import FitOptions, Recommender, Size, TrainingData

Members = Mapping[str, Recommender[Any]]


def fit_members(unfitted: Members, data: TrainingData, options: FitOptions) -> dict[str, Recommender[Any]]:
    """Return each of `unfitted` fitted, in their order; as many at once as there are cores.

    The dearest begin first, so that nobody is waited for in the end. Those that hold a dense matrix of items
    come one after another: the memory is taken for one at work.
    """
    dense = {name: model for name, model in unfitted.items() if model.traits.dense_items}
    jobs = [dense] if dense else []
    jobs += [{name: model} for name, model in unfitted.items() if name not in dense]
    size = Size.of(data)
    jobs.sort(key=lambda job: -sum(model.fit_cost(size) for model in job.values()))
    found: dict[str, Recommender[Any]] = {}

    def fitted(job: Members) -> Members:
        return {name: model.fit(data, options) for name, model in job.items()}

    with (
        options.progress.stage("fit", len(unfitted), unit="models") as stage,
        workers(len(jobs)) as pool,
    ):
        for future in as_completed([pool.submit(fitted, job) for job in jobs]):
            some = future.result()
            found |= some
            stage.advance(len(some), note=", ".join(some))
    return {name: found[name] for name in unfitted}
