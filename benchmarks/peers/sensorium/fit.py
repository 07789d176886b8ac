"""Ours: `auto`, given the same seconds; it sees train and validation, and writes lists like everybody."""

import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "contest"))

import numpy as np
from given import read_given
from tuning import SEED, arguments, write_lists

from ranking import top_items
from sensorium.catalog.events import Events
from sensorium.evaluation.splits import TuningView
from sensorium.experiments.split_folder import read_split_folder
from sensorium.fusion.plan import Effort
from sensorium.models.base import FitOptions, QueryBatch
from sensorium.training.fit_model import fit_model, refit, without_unused_members
from sensorium.training.training_data import training_data, validation_data


def main() -> None:
    """Tune, fit, and write the lists of the asked users."""
    options = arguments()
    given = read_given(options.split)
    brought = read_split_folder(options.split)
    view: TuningView = brought.split.tuning
    fit_options = FitOptions(seed=SEED)
    began_s = time.perf_counter()
    train = training_data(view.train, brought.item_features.blocks)
    refits = 1 + len(view.validation) / len(view.train) if given.refits else 0.0
    effort = Effort(options.seconds, refits)
    tuned = fit_model(options.model, train, validation_data(train, view), fit_options, effort)
    tune_s = time.perf_counter() - began_s
    began_s, known, fusion = time.perf_counter(), train, tuned.fusion
    if given.refits:
        known = training_data(Events.concat(view.train, view.validation), brought.item_features.blocks)
        fusion = refit(without_unused_members(fusion), known, fit_options)
    fit_s = time.perf_counter() - began_s
    users, items = (numbers(ids) for ids in (view.train.users.ids, view.train.items.ids))
    row_of = np.full(given.train.shape[0], -1)
    row_of[users] = np.arange(len(users))
    columns = np.argsort(items)

    def score(asked: np.ndarray) -> np.ndarray:
        scores = np.full((len(asked), given.train.shape[1]), np.nan, dtype=np.float32)
        found = fusion.score(QueryBatch.of_users(known, row_of[asked]))
        scores[:, items[columns]] = found[:, columns]
        return scores

    facts = {
        "settings": dict(fusion.weights),
        "trials": sum(len(choice.trials) for choice in tuned.choices),
        "trials_each": {choice.name: len(choice.trials) for choice in tuned.choices},
        "taken": dict(tuned.taken),
        "left_out": dict(tuned.left_out),
        "second_level": fusion.config.second_level is not None,
        "tune_seconds": tune_s,
        "fit_seconds": fit_s,
    }
    write_lists(options.out, given.asked, top_items(score, given.asked, given.known), facts)


def numbers(ids: object) -> np.ndarray:
    """Return ids as the numbers that they are."""
    return np.array([int(each) for each in ids], dtype=np.int64)  # type: ignore[attr-defined]


if __name__ == "__main__":
    main()
