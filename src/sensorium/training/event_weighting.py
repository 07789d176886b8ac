"""What models learn from where events differ in strength: decided on held-back events, once a fit."""

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sensorium.catalog.events import Events
from sensorium.catalog.strength import Weighting
from sensorium.evaluation.intervals import bootstrap
from sensorium.evaluation.splits import Split, TuningView
from sensorium.fusion.tuning_metric import ndcg_of_queries
from sensorium.models.base import FitOptions, Recommender, TrainingData
from sensorium.models.ease import EASE
from sensorium.models.ials import IALS
from sensorium.models.item_knn import ItemKNN
from sensorium.ranking.seen_items import ALL, Seen
from sensorium.serving.event_data import event_data
from sensorium.serving.fit_record import WeightingRecord
from sensorium.training.training_data import validation_data

PLAIN: Weighting = "plain"
OTHERS: tuple[Weighting, ...] = ("strength", "strong")
"""What is tried against it."""
MOST_QUERIES = 2_000
"""Users who decide."""
MOST_DENSE_ITEMS = 3_000
"""With more items than that, neighbours decide in the place of EASE."""
MOST_PAIRS = 2_000_000
"""With more pairs of user and item than that, iALS has no say."""


def choose_weighting(
    tuning: TuningView | None, options: FitOptions, seen: Seen = ALL
) -> WeightingRecord | None:
    """Return what to learn from; None where there is nothing to choose, or nobody to choose by.

    Models with their default settings learn from the same events in three ways, and are asked about the same
    users for the same relevant items. The best way is taken of those that surely beat all events alike: the
    95% interval of the gain lies above zero. If none does, all count alike.
    """
    if tuning is None:
        return None
    train = tuning.train
    if not train.is_weighted or train.rules.weighting != "auto":
        return None
    if not tuning.validation.relevant().nnz:
        return None
    reached: dict[str, NDArray[np.float64]] = {}
    names: tuple[str, ...] = ()
    with options.progress.stage("strengths", 1 + len(OTHERS), unit="ways") as stage:
        for weighting in (PLAIN, *OTHERS):
            data = event_data(train.weighed(weighting), seen=seen)
            asked = validation_data(data, tuning, seen).sample(MOST_QUERIES, options.seed)
            models = [model.fit(data, options) for model in _judges(data)]
            names = tuple(model.name for model in models)
            reached[weighting] = np.mean([ndcg_of_queries(model, asked) for model in models], axis=0)
            stage.advance(note=weighting)
    ndcg = {name: float(values.mean()) for name, values in reached.items()}
    gains = {
        name: bootstrap((reached[name] - reached[PLAIN])[:, None], seed=options.seed)[0] for name in OTHERS
    }
    better: list[Weighting] = [name for name in OTHERS if gains[name].low > 0]
    taken = max(better, key=lambda name: ndcg[name]) if better else PLAIN
    return WeightingRecord(taken, ndcg, gains, names)


def weighed(events: Events, choice: WeightingRecord | None) -> Events:
    """Return `events`, from which models learn as was chosen, if anything was."""
    return events if choice is None else events.weighed(choice.weighting)


def weighed_tuning(tuning: TuningView | None, choice: WeightingRecord | None) -> TuningView | None:
    """Return what to tune on, from which models learn as was chosen."""
    if tuning is None:
        return None
    return TuningView(weighed(tuning.train, choice), weighed(tuning.validation, choice))


def weighed_split(
    split: Split, options: FitOptions, seen: Seen = ALL
) -> tuple[Split, WeightingRecord | None]:
    """Return `split` with events from which models learn as its validation part decides."""
    choice = choose_weighting(split.tuning, options, seen)
    if choice is None:
        return split, None
    train, validation, test = (weighed(part, choice) for part in (split.train, split.validation, split.test))
    return replace(split, train=train, validation=validation, test=test), choice


def _judges(data: TrainingData) -> list[Recommender[Any]]:
    """Return the unfitted models that decide: what a fit has time for."""
    near: Recommender[Any] = EASE() if data.n_items <= MOST_DENSE_ITEMS else ItemKNN()
    return [near, *([IALS()] if data.interactions.nnz <= MOST_PAIRS else [])]
