"""What an evaluation takes, beside what it foretold: seconds of fitting and of judging.

    python benchmarks/bench_evaluate.py [tiktok amazon-baby ml-1m] [--seconds 30] [--model auto]

Each data set is a folder of the real data with a published `train.csv` and `validation.csv`, and perhaps
features as `.npy`. A random tenth of train is held back to tune on, and the published validation part is
judged. Foretold is what `evaluate` says before anything is fitted; judging is also given in processor
seconds, since the clock of a busy machine tells little. Needs the folder of real data.
"""

import argparse
import time
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

import sensorium as sn
from real_data import data_folder, write_result
from sensorium.core.block_name import BlockName
from sensorium.core.progress import SILENT, Stage
from sensorium.evaluation.splits import Split
from sensorium.experiments.evaluate import evaluate_split
from sensorium.experiments.evaluation_options import EvaluationOptions
from sensorium.experiments.forecast import Evaluated
from sensorium.features.block import FeatureBlock
from sensorium.insight.tables import text_table
from sensorium.training.training_data import training_data, validation_data

DEFAULT = ("tiktok", "amazon-baby", "ml-1m")


def read(folder: Path) -> tuple[Split, dict[str, FeatureBlock]]:
    """Return the split and the features of a published data set."""
    train, test = (pl.read_csv(folder / f"{part}.csv") for part in ("train", "validation"))
    arrays = {path.stem: np.load(path).astype(np.float32) for path in sorted(folder.glob("*.npy"))}
    ids = pl.concat([train["item_id"], test["item_id"]]).unique().sort()
    if arrays:  # rows of features are items
        ids = pl.Series(range(max(map(len, arrays.values()))))
    items = sn.Catalog.from_frame(pl.DataFrame({"item_id": ids.cast(pl.String)})).items
    held = pl.Series(np.random.default_rng(0).random(len(train)) < 0.1)
    parts = [
        sn.Events.from_frame(part.select(pl.col("user_id", "item_id").cast(pl.String)), items=items)
        for part in (train.filter(~held), train.filter(held), test)
    ]
    blocks = {
        name: FeatureBlock(BlockName(name), values, np.asarray(values.any(axis=1)), {"source": name})
        for name, values in arrays.items()
    }
    return sn.splits.own(*parts), blocks


class _Begun:
    """A progress that notes when judging began, in processor seconds."""

    def __init__(self) -> None:
        self.judging_s = 0.0

    def stage(
        self, name: str, total: int | None = None, *, unit: str = "items"
    ) -> AbstractContextManager[Stage]:
        """Open a stage that shows nothing."""
        if name == "judge":
            self.judging_s = time.process_time()
        return SILENT.stage(name, total, unit=unit)

    def say(self, line: str) -> None:
        """Leave out what is said on the way."""


def measure(dataset: str, model: str, seconds: float) -> dict[str, Any]:
    """Return what one evaluation foretold and took."""
    split, blocks = read(data_folder(dataset))
    options, begun = EvaluationOptions(model=model, seconds=seconds, ratings=False), _Begun()
    train = training_data(split.train, blocks)
    foretold = Evaluated.of(split, train, validation_data(train, split.tuning), options).of_tuned(model)
    print(f"{dataset}: {foretold.line}", flush=True)
    found = evaluate_split(split, blocks, options, progress=begun, n_foretold=0)
    judging_s = time.process_time() - begun.judging_s
    taken_s = found.fit_seconds + found.judge_seconds
    return {
        "data": dataset,
        "users": found.result.n_users,
        "models": foretold.n_models,
        "foretold": f"{foretold.fitting_s:.1f} + {foretold.judging_s:.1f}",
        "fit": round(found.fit_seconds, 1),
        "judge": round(found.judge_seconds, 1),
        "taken": round(taken_s, 1),
        "ratio": round(foretold.seconds / taken_s, 2),
        "judge cpu": round(judging_s, 1),
        "NDCG@20": round(found.result.metrics["ndcg@20"], 4),
    }


def main() -> None:
    """Measure, print and keep the numbers."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("datasets", nargs="*", default=list(DEFAULT))
    parser.add_argument("--model", default="auto")
    parser.add_argument("--seconds", type=float, default=30)
    options = parser.parse_args()
    rows = [measure(dataset, options.model, options.seconds) for dataset in options.datasets]
    print(text_table("seconds", [list(rows[0]), *([str(value) for value in row.values()] for row in rows)]))
    write_result("evaluate", {"model": options.model, "seconds": options.seconds, "rows": rows})


if __name__ == "__main__":
    main()
